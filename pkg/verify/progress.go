package verify

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Progress counts what a run has done so far. It may be read while the run goes on; the zero Progress is
// ready for use.
type Progress struct {
	files, filesDone atomic.Int64
	read             atomic.Int64 // every byte that came
	tally

	mu       sync.Mutex
	readings map[*body]reading // those that go on
}

// tally is the bytes of the files begun and done, each counted once however often it was begun.
type tally struct{ kept, announced atomic.Int64 }

// began counts a body that begins, in place of what an earlier try had counted.
func (t *tally) began(size, earlierKept, earlierSize int64) {
	t.kept.Add(-earlierKept)
	t.announced.Add(max(size, 0) - max(earlierSize, 0))
}

// reading is a download that goes on.
type reading struct {
	url   string
	since time.Time
}

// reads notes that a file is read from now on, until the function that it returns is called. A nil Progress notes nothing.
func (p *Progress) reads(url string, got *body, now time.Time) (end func()) {
	if p == nil {
		return func() {}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.readings == nil {
		p.readings = map[*body]reading{}
	}
	p.readings[got] = reading{url, now}
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.readings, got)
	}
}

// Slowest returns the URL of the file of which the fewest bytes come in a second, among those that have been read for
// at least as long as after; "" where there is none.
func (p *Progress) Slowest(now time.Time, after time.Duration) (url string, bytesPerSecond float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	type slow struct {
		url  string
		rate float64
	}
	var all []slow
	for got, r := range p.readings {
		if took := now.Sub(r.since); took >= max(after, 1) {
			all = append(all, slow{r.url, float64(got.received.Load()) / took.Seconds()})
		}
	}
	if len(all) == 0 {
		return "", 0
	}
	slowest := slices.MinFunc(all, func(a, b slow) int { return cmp.Or(cmp.Compare(a.rate, b.rate), cmp.Compare(a.url, b.url)) })
	return slowest.url, slowest.rate
}

// Files returns how many files have ended, and how many there are.
func (p *Progress) Files() (done, all int64) { return p.filesDone.Load(), p.files.Load() }

// Bytes returns how much has been read of the files that were begun, and how much their servers announced.
func (p *Progress) Bytes() (done, announced int64) { return p.kept.Load(), p.announced.Load() }

func (p *Progress) advance(n int) {
	p.read.Add(int64(n))
	p.kept.Add(int64(n))
}
