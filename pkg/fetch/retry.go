package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// What tries and waiting may cost.
const (
	maxTries        = 4                      // without progress
	firstPause      = 500 * time.Millisecond // before the second try; doubled each time, give or take a half
	maxPause        = 8 * time.Second
	maxWait         = 2 * time.Minute // all pauses of one URL
	maxHostRetries  = 1000            // of all URLs of a host in a row
	secondLookAfter = 3 * time.Second
)

// retry decides which errors are worth another try, and waits for it.
type retry struct {
	download *download
	backoff  *backoff.ExponentialBackOff
	tries    int
}

func (d *download) newRetry() *retry {
	return &retry{download: d, backoff: &backoff.ExponentialBackOff{
		InitialInterval: firstPause, RandomizationFactor: 0.5, Multiplier: 2, MaxInterval: maxPause,
	}}
}

// progressed starts the count of tries again.
func (r *retry) progressed() {
	r.tries = 0
	r.backoff.Reset()
}

// wait returns nil when the time for another try has come, else the error to report.
func (r *retry) wait(ctx context.Context, err error) error {
	r.tries++
	pause, again := r.pause(err)
	if !again || !r.download.spend(pause) || r.download.host.retries.Add(1) > maxHostRetries {
		return r.final(err)
	}
	if err := r.download.client.config.Sleep(ctx, pause); err != nil {
		return stopped(err)
	}
	return nil
}

func (r *retry) pause(err error) (pause time.Duration, again bool) {
	var passing *transient
	if errors.As(err, &passing) {
		return r.backoff.NextBackOff(), r.tries < maxTries
	}
	var final *Error
	if errors.As(err, &final) && (final.Status == http.StatusNotFound || final.Status == http.StatusGone) && r.download.secondLook {
		r.download.secondLook = false
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
