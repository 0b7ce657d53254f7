package fetch

import (
	"context"
	"time"
)

// When more connections are opened.
const (
	minParallel = 48  // chunks left: less is not worth it
	maxRun      = 24  // chunks that one request asks for, beside others: the sink waits for the slowest
	period      = 12  // chunks, after which a single connection is measured
	starving    = 0.5 // of the time that the sink waits for bytes
)

// pace measures, from the sink's side, whether a single connection keeps up with the hash.
type pace struct {
	since   time.Time
	starved time.Duration // since then, waiting for bytes
	chunks  int           // since then
}

// falls adds a chunk that has been hashed, and reports whether the network has fallen behind the hash for a period.
func (p *pace) falls(now time.Time) bool {
	if p.chunks++; p.chunks < period {
		return false
	}
	isStarved := p.starved.Seconds() > starving*now.Sub(p.since).Seconds()
	*p = pace{since: now}
	return isStarved
}

// adjust opens more connections, once, where a single one is too slow and the rest of the file may come over several.
func (p *attempt) adjust(ctx context.Context, left int64) {
	isLarge := left >= int64(minParallel*p.client.chunkSize)
	if !p.settled && p.pace.falls(time.Now()) && isLarge && p.version.pinned() && p.client.config.Connections > 1 {
		p.settled = true
		p.workers.Go(func() { p.widen(ctx) })
	}
}

// widen adds workers, after one byte has shown that the server serves ranges of this version.
func (p *attempt) widen(ctx context.Context) {
	a, err := p.rangeOf(ctx, p.version, 0, 0)
	if err != nil {
		return
	}
	a.discard()
	for range p.client.config.Connections - 1 {
		if !p.host.enterExtra() {
			return
		}
		p.launch(ctx, &worker{attempt: p, isExtra: true})
	}
}
