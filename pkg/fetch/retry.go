package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// The bounds of tries and waiting.
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
	*download
	backoff *backoff.ExponentialBackOff
	tries   int
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

// wait returns nil when the time for another try has come, else the final error.
func (r *retry) wait(ctx context.Context, err error) error {
	failure, ok := errors.AsType[*Error](err)
	if !ok {
		return err
	}
	r.tries++
	pause, again := r.pause(failure)
	switch {
	case again && r.spend(pause) && r.host.retries.Add(1) <= maxHostRetries:
		if err := r.client.config.Sleep(ctx, pause); err != nil {
			return stopped(err)
		}
		return nil
	case failure.retry != sameRequest:
		return failure
	}
	final := failure.with(noRetry)
	final.Message = fmt.Sprintf("%s (tries: %d)", failure.Message, r.tries)
	return final
}

func (r *retry) pause(failure *Error) (pause time.Duration, again bool) {
	if failure.retry == sameRequest {
		return r.backoff.NextBackOff(), r.tries < maxTries
	}
	isGone := failure.Status == http.StatusNotFound || failure.Status == http.StatusGone
	again = isGone && r.retryMissing
	r.retryMissing = r.retryMissing && !isGone
	return secondLookAfter, again
}

// persist retries until there is an answer or a final error.
func persist[T any](ctx context.Context, d *download, ask func(context.Context) (T, error)) (T, error) {
	retry := d.newRetry()
	for {
		answer, err := ask(ctx)
		if err == nil {
			return answer, nil
		}
		if err := retry.wait(ctx, err); err != nil {
			return *new(T), err
		}
	}
}
