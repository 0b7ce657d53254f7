package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"golang.org/x/net/idna"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// maxRedirects pass; the next one is refused.
const maxRedirects = 10

// errStalled is the cause of an exchange's end when nothing arrived for the stall time-out.
var errStalled = errors.New("the server stopped answering")

// answer is a response whose header has arrived and whose body is watched while it is read. It has to be closed.
type answer struct {
	*http.Response
	ctx    context.Context // of this exchange
	cancel context.CancelCauseFunc
	stall  *time.Timer // ends ctx with errStalled; runs only while bytes are waited for
	limit  time.Duration
	url    *url.URL
	first  http.Header
}

// Read reads the body. Its errors other than io.EOF are those of failure.
func (a *answer) Read(p []byte) (int, error) {
	a.stall.Reset(a.limit)
	n, err := a.Body.Read(p)
	a.stall.Stop()
	if err != nil && err != io.EOF {
		err = failure(a.ctx, a.url.Hostname(), err)
	}
	return n, err
}

func (a *answer) Close() error {
	a.stall.Stop()
	a.cancel(nil)
	return a.Body.Close()
}

// discard closes an answer whose body nobody wants, after having read a short one so that the connection can serve again.
func (a *answer) discard() {
	a.stall.Reset(a.limit)
	_, _ = io.CopyN(io.Discard, a.Body, maxDrainedBytes)
	_ = a.Close()
}

func (a *answer) head() Head {
	return Head{
		Status: a.StatusCode, Size: a.ContentLength,
		ContentType: a.Header.Get("Content-Type"), ContentEncoding: a.Header.Get("Content-Encoding"),
		ETag: a.Header.Get("ETag"), LastModified: a.Header.Get("Last-Modified"),
		Host:           a.url.Hostname(),
		CloseDelimited: a.ContentLength < 0 && a.ProtoMajor == 1 && len(a.TransferEncoding) == 0,
		First:          a.first,
	}
}

// exchange sends one request and returns the answer's header, whatever its status. Only the hop of a
// Request itself carries a token.
func (c *Client) exchange(ctx context.Context, method string, u *url.URL, header http.Header) (*answer, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	stall := time.AfterFunc(c.config.StallTimeout, func() { cancel(errStalled) })
	request := (&http.Request{Method: method, URL: u, Host: u.Host, Header: header}).WithContext(ctx)
	response, err := c.transport.RoundTrip(request)
	stall.Stop()
	if err != nil {
		defer cancel(nil)
		return nil, failure(ctx, u.Hostname(), err)
	}
	return &answer{Response: response, ctx: ctx, cancel: cancel, stall: stall, limit: c.config.StallTimeout, url: u, first: response.Header}, nil
}

// follow sends a GET and follows redirects, each checked like the first URL.
func (c *Client) follow(ctx context.Context, raw string, header http.Header) (*answer, error) {
	u, err := parse(raw)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	a, err := c.exchange(ctx, http.MethodGet, u, c.authorize(u, c.header(header)))
	for redirects := 0; err == nil && redirected(a.StatusCode); redirects++ {
		seen[u.String()] = true
		first := a.first
		a.discard()
		u, err = nextHop(a, redirects, seen)
		if err != nil {
			return nil, err
		}
		if a, err = c.exchange(ctx, http.MethodGet, u, c.header(header)); err == nil {
			a.first = first
		}
	}
	return a, err
}

func redirected(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

func nextHop(a *answer, redirects int, seen map[string]bool) (*url.URL, error) {
	from := finding.Quote(a.url.Hostname())
	if redirects == maxRedirects {
		return nil, refused(fmt.Sprintf("The URL redirects more than %d times", maxRedirects), "")
	}
	location := a.Header.Get("Location")
	next, err := a.url.Parse(location)
	if err != nil || location == "" { // err quotes the query
		return nil, refused(fmt.Sprintf("The server %s redirects to something that is no URL", from), "")
	}
	if err := check(next); err != nil {
		err.Message = fmt.Sprintf("The server %s redirects elsewhere. %s", from, err.Message)
		return nil, err
	}
	if seen[next.String()] {
		return nil, refused(fmt.Sprintf("The URL redirects in a loop: the server %s sends back to %s", from, display(next)), "")
	}
	return next, nil
}

// parse reads the URL of a Request.
func parse(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil { // err quotes the query
		return nil, refused("The URL can't be read", "Write it as `https://host/path`")
	}
	if err := check(u); err != nil {
		return nil, err
	}
	return u, nil
}

// check refuses a URL that is never requested, and gives its host the ASCII form.
func check(u *url.URL) *Error {
	switch {
	case u.Scheme != "https":
		return refused(fmt.Sprintf("The URL %s is not https", display(u)), "Use an https URL")
	case u.User != nil:
		return refused(fmt.Sprintf("The URL %s holds a user name or password", display(u)), "Use a URL that needs none")
	case u.Hostname() == "":
		return refused(fmt.Sprintf("The URL %s names no host", display(u)), "Write it as `https://host/path`")
	}
	host, err := asciiHost(u)
	if err != nil {
		return refused(fmt.Sprintf("The URL %s has a host that is no valid name", display(u)), "Check the spelling of the host")
	}
	u.Host, u.Fragment, u.RawFragment = host, "", ""
	return nil
}

// asciiHost returns the host, with its port, in lower case and as DNS knows it. IDNA's rules judge only names that
// need it: ASCII ones with underscores or "--" are in use.
func asciiHost(u *url.URL) (string, error) {
	if !strings.ContainsFunc(u.Host, func(r rune) bool { return r > unicode.MaxASCII }) {
		return strings.ToLower(u.Host), nil
	}
	host, err := idna.Lookup.ToASCII(u.Hostname())
	if port := u.Port(); port != "" {
		host = net.JoinHostPort(host, port)
	}
	return host, err
}

// header returns what every request carries, and extra.
func (c *Client) header(extra http.Header) http.Header {
	h := extra.Clone()
	if h == nil {
		h = http.Header{}
	}
	h.Set("User-Agent", c.config.UserAgent)
	h.Set("Accept", "*/*")
	h.Set("Accept-Encoding", "identity")
	return h
}

// authorize adds the token of exactly the URL's host.
func (c *Client) authorize(u *url.URL, h http.Header) http.Header {
	if token := c.config.Tokens[strings.TrimSuffix(u.Host, ":443")]; token != "" {
		h.Set("Authorization", "Bearer "+token)
	}
	return h
}
