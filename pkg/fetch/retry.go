package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// What one URL may cost in tries and waiting.
const (
	maxTries        = 4
	firstPause      = 500 * time.Millisecond // before the second try; doubled each time, give or take a half
	maxPause        = 8 * time.Second        // unless the server asks for more
	maxWait         = 2 * time.Minute        // all pauses together
	secondLookAfter = 3 * time.Second
)

// retry decides which errors are worth another try, and waits for it.
type retry struct {
	sleep      func(context.Context, time.Duration) error
	backoff    *backoff.ExponentialBackOff
	tries      int
	waited     time.Duration
	secondLook bool // a 404 or 410 may still have one
}

func (c *Client) newRetry(secondLook bool) *retry {
	return &retry{sleep: c.config.Sleep, secondLook: secondLook, backoff: &backoff.ExponentialBackOff{
		InitialInterval: firstPause, RandomizationFactor: 0.5, Multiplier: 2, MaxInterval: maxPause,
	}}
}

// wait returns nil when the time for another try has come, else the error to report.
func (r *retry) wait(ctx context.Context, err error) error {
	r.tries++
	pause, again := r.pause(err)
	if !again || r.waited+pause > maxWait {
		return r.final(err)
	}
	r.waited += pause
	if err := r.sleep(ctx, pause); err != nil {
		return stopped(err)
	}
	return nil
}

func (r *retry) pause(err error) (pause time.Duration, again bool) {
	var passing *transient
	if errors.As(err, &passing) {
		return max(passing.after, r.backoff.NextBackOff()), r.tries < maxTries
	}
	var final *Error
	if errors.As(err, &final) && r.secondLook && (final.Status == http.StatusNotFound || final.Status == http.StatusGone) {
		r.secondLook = false
		return secondLookAfter, true
	}
	return 0, false
}

// final is err as a caller sees it.
func (r *retry) final(err error) error {
	var passing *transient
	if !errors.As(err, &passing) {
		return err
	}
	last := *passing.cause
	last.Message = fmt.Sprintf("%s (tries: %d)", last.Message, r.tries)
	return &last
}
