package fetch

import (
	"context"
	"time"
)

// When more connections are tried, and kept.
const (
	minParallel = 48  // chunks left: less is not worth it
	maxRun      = 24  // chunks that one request asks for, beside others: the sink waits for the slowest
	period      = 12  // chunks of each connection, between two decisions
	starving    = 0.5 // of the time that the sink waits for bytes
	worthwhile  = 1.3 // times the rate of one connection
)

// pace measures, from the sink's side, whether the network keeps up with the hash, and whether more connections pay.
type pace struct {
	stage   stage
	since   time.Time
	starved time.Duration // since then, waiting for bytes
	bytes   int           // since then
	chunks  int           // since then
	single  float64       // bytes a second of one connection
}

// stage is what a pace is about to find out.
type stage int

const (
	alone   stage = iota // does one connection do?
	opening              // do the others deliver?
	trying               // do they pay?
	settled
)

// advice is what a pace says.
type advice int

const (
	keep advice = iota
	more
	fewer
)

func (p *pace) reset(now time.Time) { p.since, p.starved, p.bytes, p.chunks = now, 0, 0, 0 }

// count adds a chunk that has been hashed, while there were so many workers.
func (p *pace) count(now time.Time, size, width int) advice {
	p.bytes += size
	p.chunks++
	if p.chunks < period*width {
		return keep
	}
	took := now.Sub(p.since).Seconds()
	isStarved, rate := p.starved.Seconds() > starving*took, float64(p.bytes)/took
	p.reset(now)
	switch {
	case p.stage == alone && isStarved:
		p.stage, p.single = opening, rate
		return more
	case p.stage == opening && width > 1:
		p.stage = trying
	case p.stage == trying:
		p.stage = settled
		if rate < worthwhile*p.single {
			return fewer
		}
	}
	return keep
}

// adjust follows the pace's advice.
func (p *attempt) adjust(ctx context.Context, size int, left int64) {
	switch p.pace.count(time.Now(), size, int(p.width.Load())) {
	case more:
		isLarge := left >= int64(minParallel*p.client.chunkSize)
		if isLarge && p.version.pinned() && !p.single && p.client.config.Connections > 1 {
			p.workers.Go(func() { p.widen(ctx) })
		}
	case fewer:
		p.width.Store(1)
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
