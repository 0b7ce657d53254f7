package fetch

import (
	"context"
	"time"
)

// When more connections are tried, and kept.
const (
	minParallel = 8 * partSize // bytes left: less is not worth it
	starving    = 0.5          // of the time that the sink waits for bytes
	worthwhile  = 1.3          // times the rate of one connection
)

// stage is how far a pass is in finding out whether more connections pay.
type stage int

const (
	alone   stage = iota // one connection, measured
	opening              // more are asked for
	trying               // more are at work, and measured
	settled
)

// pace measures, from the sink's side, whether the network keeps up with the hash.
type pace struct {
	stage   stage
	since   time.Time
	starved time.Duration // since then, waiting for bytes
	bytes   int64         // since then
	parts   int           // since then
	single  float64       // bytes a second of one connection
}

func (p *pace) reset() {
	p.since, p.starved, p.bytes, p.parts = time.Now(), 0, 0, 0
}

func (p *pace) rate() float64 { return float64(p.bytes) / time.Since(p.since).Seconds() }

// adjust counts a part that was hashed, and tries more connections, or goes back to one.
func (p *pass) adjust(ctx context.Context, size int, left int64) {
	pace, width := &p.pace, int(p.width.Load())
	pace.bytes += int64(size)
	pace.parts++
	switch {
	case pace.stage == alone && pace.parts >= 2:
		if p.divisible(left) && pace.starved.Seconds() > starving*time.Since(pace.since).Seconds() {
			pace.stage, pace.single = opening, pace.rate()
			p.lanes.Go(func() { p.widen(ctx) })
		}
		pace.reset()
	case pace.stage == opening && width == 1:
		pace.reset()
	case pace.stage == opening && pace.parts >= width:
		pace.stage = trying
		pace.reset()
	case pace.stage == trying && pace.parts >= 2*width:
		pace.stage = settled
		if pace.rate() < worthwhile*pace.single {
			p.width.Store(1)
		}
	}
}

// divisible reports whether the rest of the file may come over several connections.
func (p *pass) divisible(left int64) bool {
	return left >= minParallel && p.version.pinned() && !p.single && p.client.config.Connections > 1
}

// widen adds lanes, after one byte has shown that the server serves ranges of this version.
func (p *pass) widen(ctx context.Context) {
	a, err := p.rangeOf(ctx, 0, 0)
	if err != nil {
		return
	}
	a.discard()
	p.wide.Store(true)
	for range p.client.config.Connections - 1 {
		if !p.host.tryEnter() {
			return
		}
		p.launch(ctx, &lane{pass: p, extra: true})
	}
}
