package fetch

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// How many connections at a time serve the URLs of one host. Half of them are for first connections alone, so that a
// file with many does not hold up the others.
const (
	hostConnections = 16
	hostExtra       = hostConnections / 2
)

// host enforces the limits of one server.
type host struct {
	name  string
	slots slots // one is held for each connection's worth of work
	extra slots // one more for each that is not its file's first

	retries atomic.Int64 // of its URLs, since one of them was read
	silent  atomic.Int64 // unanswered requests in a row

	mu    sync.Mutex
	quiet time.Time // no request before
	probe time.Time // no request before, while the host answers nothing
}

func (c *Client) host(name string) *host {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.hosts[name] == nil {
		c.hosts[name] = &host{name: name, slots: newSlots(hostConnections), extra: newSlots(hostExtra)}
	}
	return c.hosts[name]
}

// maxSilent is how many requests in a row a host may leave without an answer before no more are sent, so that thousands of URLs
// of a dead host take no longer than a few.
const maxSilent = 2 * hostConnections

// probeAfter is how long after such a host's last request another one finds out whether it is back.
const probeAfter = 30 * time.Second

// dead returns an error for a host that answers nothing.
func (h *host) dead() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now := time.Now(); h.silent.Load() < maxSilent || now.After(h.probe) {
		h.probe = now.Add(probeAfter)
		return nil
	}
	return &Error{Message: fmt.Sprintf("The server %s did not answer %d requests in a row", finding.Quote(h.name), maxSilent)}
}

// enter waits for a slot.
func (h *host) enter(ctx context.Context) error {
	if err := h.slots.take(ctx); err != nil {
		return stopped(err)
	}
	return nil
}

func (h *host) leave() { h.slots.give() }

// enterExtra takes a slot for one more connection of a file, if one is free: it never waits.
func (h *host) enterExtra() bool {
	if !h.extra.tryTake() {
		return false
	}
	isFree := h.slots.tryTake()
	if !isFree {
		h.extra.give()
	}
	return isFree
}

func (h *host) leaveExtra() {
	h.slots.give()
	h.extra.give()
}

// awaitRateLimit waits for the server's rate limit, within the download's total waiting time.
func (h *host) awaitRateLimit(ctx context.Context, d *download) error {
	h.mu.Lock()
	wait := time.Until(h.quiet)
	h.mu.Unlock()
	if wait <= 0 {
		return nil
	}
	if !d.spend(wait) {
		return &Error{Message: fmt.Sprintf("The server %s keeps asking to wait", finding.Quote(h.name))}
	}
	if err := d.client.config.Sleep(ctx, wait); err != nil {
		return stopped(err)
	}
	return nil
}

// noteRateLimit records how long a server asks to wait, by Retry-After or RateLimit.
func (h *host) noteRateLimit(answer *http.Response) {
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

// rateLimit reads the longest wait from a RateLimit header, such as `"resolvers";r=0;t=55`: seconds until there are requests left
// (draft-ietf-httpapi-ratelimit-headers; https://huggingface.co/docs/hub/rate-limits).
func rateLimit(answer http.Header) (longest time.Duration) {
	for policy := range strings.SplitSeq(answer.Get("RateLimit"), ",") {
		parameters := map[string]int64{"r": -1}
		for parameter := range strings.SplitSeq(policy, ";") {
			name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
			parameters[name] = decimal(value)
		}
		if parameters["r"] == 0 {
			longest = max(longest, seconds(parameters["t"]))
		}
	}
	return longest
}

// seconds is a wait that a server asked for, within the cap.
func seconds(n int64) time.Duration {
	return time.Duration(min(max(n, 0), int64(maxRetryAfter/time.Second))) * time.Second
}
