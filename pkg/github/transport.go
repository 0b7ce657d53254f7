package github

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	maxBody      = 64 << 20 // of any answer, decoded; a tree of GitHub's limit has 7 MB
	maxErrorBody = 64 << 10

	dialTimeout = 10 * time.Second
	idleTimeout = 60 * time.Second
)

// transport is what stands between go-github and the network. It sends the token to the API's own host
// only, also along redirects; bounds every body; and turns rate limits into a limitError,
// because go-github knows them on 403 only and refuses requests by itself once it has seen one.
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

// RoundTrip sends one request, a redirect's among them.
func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(t.authorize(req))
	if err != nil {
		return nil, err
	}
	resp.Body = http.MaxBytesReader(nil, resp.Body, maxBody) // which fails, rather than ends, at its limit
	if err := limited(resp); err != nil {
		resp.Body.Close()
		return nil, err
	}
	for _, name := range []string{"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} {
		resp.Header.Del(name) // go-github would refuse the next request on its own clock
	}
	return resp, nil
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

// keepMethod follows redirects (a renamed repository's) as net/http does, but not where a 301 or 302
// would turn a write into a read that then looks like a success.
func keepMethod(req *http.Request, via []*http.Request) error {
	switch {
	case len(via) >= 10:
		return fmt.Errorf("%w: more than 10 redirects", errRedirect)
	case req.Method != via[0].Method:
		return fmt.Errorf("%w: it would turn %s into %s", errRedirect, via[0].Method, req.Method)
	}
	return nil
}

// limitError is an answer that reports a rate limit.
type limitError struct {
	status  int
	message string
	wait    time.Duration // 0 where GitHub names none
}

func (e *limitError) Error() string { return e.message }

// limited reports whether an answer is a primary or secondary rate limit, which come as 403 or 429
// (https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit).
// Any other answer is left readable as it came.
func limited(resp *http.Response) error {
	if resp.StatusCode != http.StatusForbidden && resp.StatusCode != http.StatusTooManyRequests {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	if err != nil {
		return err
	}
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	message := cmp.Or(messageOf(body), http.StatusText(resp.StatusCode))
	named := resp.Header.Get("Retry-After") != "" || resp.Header.Get("X-RateLimit-Remaining") == "0"
	if resp.StatusCode == http.StatusForbidden && !named && !strings.Contains(strings.ToLower(message), "rate limit") {
		return nil
	}
	return &limitError{status: resp.StatusCode, message: message, wait: waitOf(resp.Header)}
}

func messageOf(body []byte) string {
	var answer struct{ Message string }
	if json.Unmarshal(body, &answer) == nil && answer.Message != "" {
		return answer.Message
	}
	return string(body)
}

// waitOf returns how long an answer asks to wait, by its own clock; 0 where it names none.
func waitOf(h http.Header) time.Duration {
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	if after := h.Get("Retry-After"); after != "" {
		return retryAfter(after, now)
	}
	reset, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil || h.Get("X-RateLimit-Remaining") != "0" {
		return 0
	}
	return time.Unix(reset, 0).Sub(now)
}

// retryAfter reads seconds or a date (RFC 9110, section 10.2.3).
func retryAfter(s string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(s, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(s); err == nil {
		return at.Sub(now)
	}
	return 0
}
