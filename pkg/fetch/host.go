package fetch

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"
)

// hostConnections is how many connections at a time serve the URLs of one host.
const hostConnections = 16

// host keeps our manners towards one server.
type host struct {
	slots chan struct{} // one is held for each connection's worth of work

	mu    sync.Mutex
	quiet time.Time // no request before
}

func (c *Client) host(name string) *host {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.hosts[name] == nil {
		c.hosts[name] = &host{slots: make(chan struct{}, hostConnections)}
	}
	return c.hosts[name]
}

// enter waits for a slot.
func (h *host) enter(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return stopped(context.Cause(ctx))
	}
}

// tryEnter takes a slot if one is free. More connections than the first never wait for one: they come after
// what other files need.
func (h *host) tryEnter() bool {
	select {
	case h.slots <- struct{}{}:
		return true
	default:
		return false
	}
}

func (h *host) leave() { <-h.slots }

// rest waits as long as the server asked everybody to, within what the download may wait.
func (h *host) rest(ctx context.Context, d *download) error {
	h.mu.Lock()
	until := h.quiet
	h.mu.Unlock()
	wait := time.Until(until)
	if wait <= 0 {
		return nil
	}
	if !d.spend(wait) {
		return &Error{Message: "The server asks to wait again and again"}
	}
	if err := d.client.config.Sleep(ctx, wait); err != nil {
		return stopped(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.quiet.Equal(until) {
		h.quiet = time.Time{}
	}
	return nil
}

// heed keeps in mind how long a server asks not to be bothered.
func (h *host) heed(answer *http.Response) {
	wait := rateLimit(answer.Header)
	if answer.StatusCode >= 400 {
		wait = max(wait, retryAfter(answer.Header))
	}
	if wait == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if until := time.Now().Add(wait); until.After(h.quiet) {
		h.quiet = until
	}
}

// rateLimit reads the wait from a RateLimit header, as `"resolvers";r=0;t=55`: seconds until there are requests left
// (draft-ietf-httpapi-ratelimit-headers; https://huggingface.co/docs/hub/rate-limits).
func rateLimit(answer http.Header) time.Duration {
	var longest time.Duration
	for policy := range strings.SplitSeq(answer.Get("RateLimit"), ",") {
		parameters := map[string]int64{}
		for parameter := range strings.SplitSeq(policy, ";") {
			name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
			parameters[name] = decimal(value)
		}
		if left, known := parameters["r"]; known && left == 0 {
			longest = max(longest, seconds(parameters["t"]))
		}
	}
	return longest
}

// seconds is a wait that a server asked for, within the cap.
func seconds(n int64) time.Duration {
	return time.Duration(min(max(n, 0), int64(maxRetryAfter/time.Second))) * time.Second
}
