package fetch

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// minRate is the slowest that a body may come, in bytes a second over one stall time-out.
const minRate = 1 << 10

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
	first  http.Header // of the exchange before any redirect
	wire   *wire       // nil where nothing tells how it ended

	// The current window of the rate: bytes, and the time spent waiting for them.
	got    int
	waited time.Duration
}

// Read reads the body. Its errors other than io.EOF are those of failure.
func (a *answer) Read(p []byte) (int, error) {
	began := time.Now()
	a.stall.Reset(a.limit)
	n, err := a.Body.Read(p)
	a.stall.Stop()
	if err == io.EOF && a.closeDelimited() && (a.wire == nil || a.wire.ended.Load()) {
		err = io.ErrUnexpectedEOF // the end is unproven
	}
	if err != nil && (err != io.EOF || a.ctx.Err() != nil) { // a server may end the body cleanly once the client has left
		return n, failure(a.ctx, a.url.Hostname(), err)
	}
	a.got, a.waited = a.got+n, a.waited+time.Since(began)
	if err == nil && a.crawls() {
		err = unreachable(nil, "The server %s sends less than %d bytes a second", finding.Quote(a.url.Hostname()), minRate)
	}
	return n, err
}

// crawls reports, once in each stall time-out, whether the body came slower than minRate.
func (a *answer) crawls() bool {
	if a.waited < a.limit {
		return false
	}
	slow := float64(a.got) < minRate*a.waited.Seconds()
	a.got, a.waited = 0, 0
	return slow
}

func (a *answer) Close() error {
	a.stall.Stop()
	a.cancel(nil)
	return a.Body.Close()
}

// discard closes an answer whose body is unused, after having read a short one so that the connection can serve again.
func (a *answer) discard() {
	a.stall.Reset(min(a.limit, maxDrainTime))
	_, _ = io.CopyN(io.Discard, a.Body, maxDrainedBytes)
	_ = a.Close()
}

func (a *answer) head() Head {
	return Head{
		Status: a.StatusCode, Size: a.size(),
		ContentEncoding: a.Header.Get("Content-Encoding"), ETag: a.Header.Get("ETag"), LastModified: a.Header.Get("Last-Modified"),
		Host:           a.url.Hostname(),
		CloseDelimited: a.closeDelimited(),
		First:          a.first,
	}
}

// closeDelimited reports whether the body ends where the connection does (RFC 9112, section 6.3).
func (a *answer) closeDelimited() bool {
	return a.ContentLength < 0 && a.ProtoMajor == 1 && len(a.TransferEncoding) == 0
}

// size returns the bytes of the complete file, -1 where neither the answer nor that to a request for the first byte tells.
func (a *answer) size() int64 {
	if IsWhole(a.StatusCode) {
		return a.ContentLength
	}
	if total, ok := strings.CutPrefix(a.Header.Get("Content-Range"), "bytes 0-0/"); ok && decimal(total) > 0 {
		return decimal(total)
	}
	return -1
}

// exchange sends one request and returns the answer's header, whatever its status.
func (d *download) exchange(ctx context.Context, method string, u *url.URL, header http.Header) (*answer, error) {
	host := d.client.host(u.Hostname())
	if err := host.dead(); err != nil {
		return nil, err
	}
	if err := host.awaitRateLimit(ctx, d); err != nil {
		return nil, err
	}
	limit := d.client.config.StallTimeout
	ctx, cancel := context.WithCancelCause(ctx)
	stall := time.AfterFunc(limit, func() { cancel(errStalled) })
	var by atomic.Pointer[wire]
	request := &http.Request{Method: method, URL: u, Host: u.Host, Header: header}
	response, err := d.client.send(request.WithContext(traced(ctx, &by)))
	stall.Stop()
	if err == nil && ctx.Err() != nil { // too late, and the answer may be a reaction to the cancellation
		err = context.Cause(ctx)
		_ = response.Body.Close()
	}
	if err != nil {
		err = failure(ctx, u.Hostname(), err)
		cancel(nil)
		if retryOf(err) == sameRequest {
			host.silent.Add(1)
		}
		return nil, err
	}
	host.silent.Store(0)
	host.noteRateLimit(response)
	dropLong(response.Header)
	a := &answer{Response: response, ctx: ctx, cancel: cancel, stall: stall, limit: limit, url: u, first: kept(response.Header), wire: by.Load()}
	if IsWhole(a.StatusCode) {
		d.announce(a.ContentLength)
	}
	return a, nil
}

// dropLong removes the fields that are unreasonably long, except those that may be long: a server could otherwise fill the
// memory of whoever keeps its validators.
func dropLong(header http.Header) {
	for name, values := range header {
		isLong := slices.ContainsFunc(values, func(v string) bool { return len(v) > maxField })
		if isLong && name != "Location" && name != "Set-Cookie" && name != "Www-Authenticate" {
			delete(header, name)
		}
	}
}

// kept returns the fields that Head.First has.
func kept(header http.Header) http.Header {
	first := http.Header{}
	for _, name := range []string{"Etag", "Location", "X-Linked-Etag", "X-Linked-Size", "X-Repo-Commit"} {
		if values := header[name]; len(values) > 0 {
			first[name] = values[:1]
		}
	}
	return first
}

// send sends a request, after a host that only the proxy will dial has been checked here.
func (c *Client) send(request *http.Request) (*http.Response, error) {
	lines := c.direct
	if proxy, err := c.proxy(request.URL); err != nil || proxy != nil {
		if err := c.guard.lookup(request.Context(), request.URL.Hostname()); err != nil {
			return nil, err
		}
		lines = c.proxied
	}
	if request.Header.Get("Range") != "" {
		return lines.ranges.RoundTrip(request)
	}
	return lines.whole.RoundTrip(request)
}

// follow asks for the download's URL and follows redirects, each checked like the first URL, while further says so; nil always does.
// The token is for the URL's own host.
func (d *download) follow(ctx context.Context, method string, header http.Header, token string, further func(*answer) bool) (*answer, error) {
	chain := &redirectChain{token: token, host: d.url.Host, cookies: map[string][]*http.Cookie{}}
	a, err := d.exchange(ctx, method, d.url, chain.header(d.url, header))
	for err == nil && redirected(a.StatusCode) && (further == nil || further(a)) {
		a.discard()
		next, refusal := chain.next(a)
		if refusal != nil {
			return nil, refusal
		}
		first := a.first
		if a, err = d.exchange(ctx, method, next, chain.header(next, header)); err == nil {
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

// header returns what every request carries.
func (c *Client) header() http.Header {
	return http.Header{"User-Agent": {c.config.UserAgent}, "Accept": {"*/*"}, "Accept-Encoding": {"identity"}}
}
