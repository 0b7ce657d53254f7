package github

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	maxBody     = 64 << 20 // bytes of any answer, decoded; a tree of GitHub's limit has 7 MB
	dialTimeout = 10 * time.Second
	idleTimeout = 60 * time.Second
)

// transport sends the token to the API's own host only, also along redirects, and bounds every body.
type transport struct {
	next  http.RoundTripper
	api   *url.URL
	token string
}

func newTransport(api *url.URL, token string) transport {
	return transport{api: api, token: token, next: &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSHandshakeTimeout: dialTimeout,
		IdleConnTimeout:     idleTimeout,
		ForceAttemptHTTP2:   true,
	}}
}

// RoundTrip sends one request, including redirects.
func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(t.authorize(req))
	if err == nil {
		resp.Body = http.MaxBytesReader(nil, resp.Body, maxBody) // fails at its limit instead of truncating
	}
	return resp, err
}

func (t transport) authorize(req *http.Request) *http.Request {
	if t.token == "" || req.URL.Scheme != t.api.Scheme || req.URL.Host != t.api.Host {
		return req
	}
	req = req.Clone(req.Context())
	req.Header.Set("Authorization", "Bearer "+t.token)
	return req
}

// errRedirect is a redirect that is not followed.
var errRedirect = errors.New("a redirect is not followed")

// keepMethod follows redirects (of a renamed repository) like net/http, but refuses a 301 or 302 that
// would turn a write into a read, which looks like a success.
func keepMethod(req *http.Request, via []*http.Request) error {
	switch {
	case len(via) >= 10:
		return fmt.Errorf("%w: more than 10 redirects", errRedirect)
	case req.Method != via[0].Method:
		return fmt.Errorf("%w: it would turn %s into %s", errRedirect, via[0].Method, req.Method)
	}
	return nil
}
