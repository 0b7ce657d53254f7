package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// download is the state of one Get, Peek or Do.
type download struct {
	client       *Client
	url          *url.URL
	host         *host                   // of url; one of its slots is held throughout
	location     atomic.Pointer[url.URL] // where the latest redirect led; nil: ask at url
	waited       atomic.Int64            // time.Duration of all pauses
	retryMissing bool                    // a 404 or 410 may still be retried

	resume    Resume
	settled   bool // no further connections are tried
	rangeless bool // no ranges: the server can't serve them, or the request excludes them

	declared  int64        // bytes, by who asks
	announced atomic.Int64 // bytes: the most that any whole answer said the file has
	pieced    atomic.Bool
}

// begin checks the request and waits for a slot of its host.
func (c *Client) begin(ctx context.Context, r Request) (*download, error) {
	u, err := parse(r.URL, r.AllowHTTP)
	if err != nil {
		return nil, err
	}
	d := &download{client: c, url: u, host: c.host(u.Hostname()), retryMissing: r.RetryMissing, settled: r.Unbroken, rangeless: r.Unbroken, resume: r.Resume, declared: r.Declared}
	d.announced.Store(r.Announced)
	return d, d.host.enter(ctx)
}

// spend subtracts a pause from the download's total waiting time, or reports that it is too long.
func (d *download) spend(pause time.Duration) bool {
	return time.Duration(d.waited.Add(int64(pause))) <= maxWait
}

// announce records how many bytes a whole answer says the file has. Answers of whatever version count: a server may give each of
// them a validator of its own.
func (d *download) announce(size int64) {
	for known := d.announced.Load(); size > known && !d.announced.CompareAndSwap(known, size); known = d.announced.Load() {
	}
}

// incomplete returns an error for a body of fewer bytes than any answer announced, whatever its own length.
func (d *download) incomplete(host string, size int64) error {
	announced := d.announced.Load()
	if size >= announced {
		return nil
	}
	return unreachable(io.ErrUnexpectedEOF, "The server %s ended the file after %d bytes: expected %d", finding.Quote(host), size, announced).with(freshStart)
}

// moved keeps where a redirect led.
func (d *download) moved(a *answer) {
	if a.url == d.url {
		d.location.Store(nil)
		return
	}
	d.location.Store(a.url)
}

// open asks for the file: the first time from the offset to resume at, where that is possible, else from its first byte.
func (d *download) open(ctx context.Context) (a *answer, v version, offset int64, err error) {
	v, resumable := d.resume.version()
	offset, d.resume = d.resume.Offset, Resume{}
	if resumable && !d.rangeless && v.size <= d.client.config.MaxSize {
		a, err = persist(ctx, d, func(ctx context.Context) (*answer, error) { return d.rangeOf(ctx, v, offset, v.size-1) })
		failure, failed := errors.AsType[*Error](err)
		if !failed || failure.Status == 0 && failure.retry == noRetry { // a server that fails at ranges may serve the whole file
			return a, v, offset, err
		}
	}
	if a, err = persist(ctx, d, d.whole); err != nil {
		return nil, v, 0, err
	}
	return a, versionOf(a), 0, nil
}

// whole asks for the complete file.
func (d *download) whole(ctx context.Context) (*answer, error) {
	a, err := d.get(ctx, d.client.header())
	if err != nil {
		return nil, err
	}
	if !IsWhole(a.StatusCode) {
		a.discard()
		return nil, a.refusal()
	}
	if a.ContentLength > d.client.config.MaxSize {
		a.Close()
		return nil, d.tooLarge("The file has " + humanize.Bytes(uint64(a.ContentLength)))
	}
	return a, nil
}

// IsWhole reports whether a status announces the complete file. A proxy that may have transformed it says 203 (RFC 9110,
// section 15.3.4): the digest tells whether it has.
func IsWhole(status int) bool {
	return status == http.StatusOK || status == http.StatusNonAuthoritativeInfo
}

func (d *download) tooLarge(message string) error {
	return refused("Raise `max-file-size` if the file is meant to be that large", "%s: the limit is %s", message, humanize.Bytes(uint64(d.client.config.MaxSize)))
}

// rangeOf asks for the bytes from first to last of a version, at the latest redirect's target first, which may have expired, then at the
// URL.
func (d *download) rangeOf(ctx context.Context, v version, first, last int64) (*answer, error) {
	header := d.client.header()
	header.Set("Range", fmt.Sprintf("bytes=%d-%d", first, last))
	header.Set("If-Range", v.validator)
	if location := d.location.Load(); location != nil {
		a, err := d.exchange(ctx, http.MethodGet, location, header)
		if err == nil && v.accept(a, first, last) == nil {
			return a, nil
		}
	}
	a, err := d.get(ctx, header)
	if err != nil {
		return nil, err
	}
	if err := v.accept(a, first, last); err != nil {
		return nil, err
	}
	d.moved(a)
	return a, nil
}

// get follows the URL to the file, or a range of it.
func (d *download) get(ctx context.Context, header http.Header) (*answer, error) {
	return d.follow(ctx, http.MethodGet, header, d.client.token(d.url), nil)
}

// peek asks for the head of what is served at the URL, or where further redirects lead, by HEAD, and by GET where HEAD is refused or
// dropped: signed URLs allow only the method that they were signed for.
func (d *download) peek(ctx context.Context, further func(*answer) bool) (*answer, error) {
	header, token := d.client.header(), d.client.token(d.url)
	a, err := d.follow(ctx, http.MethodHead, header, token, further)
	isRefused := err == nil && a.StatusCode >= 400 && a.StatusCode != http.StatusTooManyRequests
	if isRefused {
		a.discard()
	}
	if isRefused || retryOf(err) == sameRequest {
		header.Set("Range", "bytes=0-0")
		a, err = d.follow(ctx, http.MethodGet, header, token, further)
	}
	if err != nil || a.StatusCode < 400 {
		return a, err
	}
	if refusal := a.refusal(); refusal.retry != noRetry {
		a.discard()
		return nil, refusal
	}
	return a, nil
}
