package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/dustin/go-humanize"
)

// download is one Get or Peek, and what was learnt on the way.
type download struct {
	client     *Client
	url        *url.URL
	host       *host                   // of url; one of its slots is held throughout
	location   atomic.Pointer[url.URL] // where the latest redirect led; nil: ask at url
	waited     atomic.Int64            // time.Duration of all pauses
	secondLook bool                    // a 404 or 410 may still have one

	single    bool // one connection it stays
	rangeless bool // the server can't continue a body
	changed   bool // the content has changed once
}

// begin checks the request and waits for a slot of its host.
func (c *Client) begin(ctx context.Context, r Request) (*download, error) {
	u, err := parse(r.URL)
	if err != nil {
		return nil, err
	}
	d := &download{client: c, url: u, host: c.host(u.Hostname()), secondLook: r.SecondLook}
	return d, d.host.enter(ctx)
}

// spend takes a pause from what the download may wait in all, or reports that it is too long.
func (d *download) spend(pause time.Duration) bool {
	return time.Duration(d.waited.Add(int64(pause))) <= maxWait
}

// learn prepares the next pass by what ended the last one.
func (d *download) learn(over *startOver) error {
	if over.changed && d.changed {
		return &Error{Message: "The file keeps changing while it is read"}
	}
	d.single = true
	d.changed = d.changed || over.changed
	d.rangeless = d.rangeless || over.rangeless
	return nil
}

// moved keeps where a redirect led.
func (d *download) moved(a *answer) {
	if a.url == d.url {
		d.location.Store(nil)
		return
	}
	d.location.Store(a.url)
}

// persist asks until there is an answer, or an error that lasts.
func (d *download) persist(ctx context.Context, ask func(context.Context) (*answer, error)) (*answer, error) {
	retry := d.newRetry()
	for {
		a, err := ask(ctx)
		if err == nil {
			return a, nil
		}
		if err := retry.wait(ctx, err); err != nil {
			return nil, err
		}
	}
}

// whole asks for the complete file.
func (d *download) whole(ctx context.Context) (*answer, error) {
	a, err := d.follow(ctx, d.client.header())
	if err != nil {
		return nil, err
	}
	if a.StatusCode != http.StatusOK {
		a.discard()
		return nil, a.refusal()
	}
	if a.ContentLength > d.client.config.MaxSize {
		a.Close()
		return nil, d.tooLarge(fmt.Sprintf("The file has %s", humanize.Bytes(uint64(a.ContentLength))))
	}
	return a, nil
}

func (d *download) tooLarge(message string) error {
	limit := humanize.Bytes(uint64(d.client.config.MaxSize))
	return refused(fmt.Sprintf("%s, and more than %s are not read", message, limit), "Raise `max-file-size` if the file is meant to be that large")
}

// peek asks for the head of what is served at the URL, by HEAD, and by GET where HEAD is refused:
// signed URLs allow only the method that they were signed for.
func (d *download) peek(ctx context.Context) (*answer, error) {
	header := d.client.authorize(d.url, d.client.header())
	a, err := d.exchange(ctx, http.MethodHead, d.url, header)
	if err == nil && a.StatusCode >= 400 && a.StatusCode != http.StatusTooManyRequests {
		a.discard()
		header.Set("Range", "bytes=0-0")
		a, err = d.exchange(ctx, http.MethodGet, d.url, header)
	}
	if err != nil || a.StatusCode < 400 {
		return a, err
	}
	var passing *transient
	if err := a.refusal(); errors.As(err, &passing) {
		a.discard()
		return nil, err
	}
	return a, nil
}
