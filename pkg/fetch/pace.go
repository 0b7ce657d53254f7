package fetch

import (
	"context"
	"time"
)

// When more connections are tried, and kept.
const (
	minParallel = 8   // chunks left: less is not worth it
	maxRun      = 4   // chunks that one request asks for, beside others: the sink waits for the slowest
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

func (p *pace) rate(now time.Time) float64 { return float64(p.bytes) / now.Sub(p.since).Seconds() }

// count adds a chunk that has been hashed, while so many were asked for at a time.
func (p *pace) count(now time.Time, size, width int) advice {
	p.bytes += size
	p.chunks++
	switch {
	case p.stage == alone && p.chunks >= 2:
		starved, rate := p.starved.Seconds() > starving*now.Sub(p.since).Seconds(), p.rate(now)
		p.reset(now)
		if starved {
			p.stage, p.single = opening, rate
			return more
		}
	case p.stage == opening && width == 1:
		p.reset(now)
	case p.stage == opening && p.chunks >= width:
		p.stage = trying
		p.reset(now)
	case p.stage == trying && p.chunks >= 2*width:
		p.stage = settled
		if p.rate(now) < worthwhile*p.single {
			return fewer
		}
	}
	return keep
}

// adjust follows the pace's advice.
func (p *attempt) adjust(ctx context.Context, size int, left int64) {
	width := int(p.width.Load())
	switch p.pace.count(time.Now(), size, width*runOf(width)) {
	case more:
		if single := p.pace.single; p.divisible(left) {
			p.workers.Go(func() { p.widen(ctx, single) })
		}
	case fewer:
		p.width.Store(1)
	}
}

// divisible reports whether the rest of the file may come over several connections.
func (p *attempt) divisible(left int64) bool {
	return left >= int64(minParallel*p.client.buffers.size) && p.version.pinned() && !p.single && p.client.config.Connections > 1
}

// promising reports whether workers can be worthwhile beside a single connection of that rate, where every request takes so
// long to begin.
func promising(single float64, width, chunkSize int, begins time.Duration) bool {
	return float64(width*runOf(width)*chunkSize) >= worthwhile*single*begins.Seconds()
}

// widen adds workers, after one byte has shown that the server serves ranges of this version, and how soon.
func (p *attempt) widen(ctx context.Context, single float64) {
	asked := time.Now()
	a, err := p.rangeOf(ctx, p.version, 0, 0)
	if err != nil {
		return
	}
	a.discard()
	if !promising(single, min(p.client.config.Connections, 1+hostExtra), p.client.buffers.size, time.Since(asked)) {
		return
	}
	for range p.client.config.Connections - 1 {
		if !p.host.enterExtra() {
			return
		}
		p.launch(ctx, &worker{attempt: p, extra: true})
	}
}
