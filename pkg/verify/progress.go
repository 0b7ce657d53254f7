package verify

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Progress counts what a run has done so far. It may be read while the run goes on; the zero Progress is ready for use.
type Progress struct {
	files, filesDone atomic.Int64
	read             atomic.Int64 // all bytes received
	kept, announced  atomic.Int64 // bytes of the files that were begun, each counted once

	mu      sync.Mutex // for the queue of a run too
	running map[*slot]bool
}

// Files returns how many files have ended, and how many there are.
func (p *Progress) Files() (done, all int64) { return p.filesDone.Load(), p.files.Load() }

// Bytes returns how much has been read of the files that were begun, and how much their servers announced.
func (p *Progress) Bytes() (done, announced int64) { return p.kept.Load(), p.announced.Load() }

// Slowest returns the URL of the file of which the fewest bytes come in a second, among those that have been read for at least as long
// as after; "" for none.
func (p *Progress) Slowest(now time.Time, after time.Duration) (url string, bytesPerSecond float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	type slow struct {
		url  string
		rate float64
	}
	var all []slow
	for s := range p.running {
		if took := now.Sub(s.began); s.url != "" && took >= max(after, 1) {
			all = append(all, slow{s.url, float64(s.came.Load()) / took.Seconds()})
		}
	}
	if len(all) == 0 {
		return "", 0
	}
	slowest := slices.MinFunc(all, func(a, b slow) int { return cmp.Or(cmp.Compare(a.rate, b.rate), cmp.Compare(a.url, b.url)) })
	return slowest.url, slowest.rate
}
