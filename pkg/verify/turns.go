package verify

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// crawlRate is how many bytes a second a file has to come at, on the average, to keep its slot while others wait: the time
// that it may take is thereby in proportion to its size.
const crawlRate = 64 << 10

// errYielded is the cause of a turn's end when the file crawled and others waited.
var errYielded = errors.New("the file came slowly, and others waited")

// turns hands out the slots of a run. A file that crawls yields its slot while others wait, and comes again after them, each
// time with twice the patience: so none holds up the others, and each ends.
type turns struct {
	patience time.Duration // of the first turn of each file; 0 is without end

	mu      sync.Mutex
	waiting []*turn // in order
	running map[*turn]bool
}

// turn is one file's time in a slot. It counts the bytes that come, and what Progress counted of them as done, which is
// taken back where the file yields.
type turn struct {
	*Progress
	index    int // of the download
	patience time.Duration
	came     atomic.Int64
	counted  tally
}

func newTurns(order []int, patience time.Duration, progress *Progress) *turns {
	all := &turns{patience: patience, running: map[*turn]bool{}}
	for _, i := range order {
		all.waiting = append(all.waiting, &turn{Progress: progress, index: i, patience: patience})
	}
	return all
}

func (t *turn) began(size, earlierKept, earlierSize int64) {
	t.counted.began(size, earlierKept, earlierSize)
	t.Progress.began(size, earlierKept, earlierSize)
}

func (t *turn) advance(n int) {
	t.came.Add(int64(n))
	t.counted.kept.Add(int64(n))
	t.Progress.advance(n)
}

// next returns whose turn it is, nil when nobody waits.
func (s *turns) next() *turn {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) == 0 {
		return nil
	}
	t := s.waiting[0]
	s.waiting = s.waiting[1:]
	s.running[t] = true
	t.came.Store(0)
	return t
}

// ended takes a turn's slot back; again has it wait for another.
func (s *turns) ended(t *turn, again bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.running, t)
	if again {
		t.began(0, t.counted.kept.Load(), t.counted.announced.Load())
		t.patience *= 2
		s.waiting = append(s.waiting, t)
	}
}

// othersWait reports whether a file has no slot yet, or has one and nothing came: it may wait for its host, which serves a
// few at a time.
func (s *turns) othersWait(t *turn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for other := range s.running {
		if other != t && other.came.Load() == 0 {
			return true
		}
	}
	return len(s.waiting) > 0
}

// watch returns a context that ends with errYielded once the turn's file crawls while others wait.
func (s *turns) watch(ctx context.Context, t *turn) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	if s.patience <= 0 {
		return ctx, func() { cancel(nil) }
	}
	began := time.Now()
	check := make(chan struct{}) // closed when the timer is set
	var timer *time.Timer
	timer = time.AfterFunc(t.patience, func() {
		<-check
		due := time.Duration(float64(t.came.Load()) / crawlRate * float64(time.Second))
		switch left := due - time.Since(began); {
		case ctx.Err() != nil:
		case left > 0:
			timer.Reset(max(left, s.patience))
		case s.othersWait(t):
			cancel(errYielded)
		default:
			timer.Reset(s.patience)
		}
	})
	close(check)
	return ctx, func() { timer.Stop(); cancel(nil) }
}
