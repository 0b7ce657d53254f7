package verify

import (
	"context"
	"errors"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/image"
)

// crawlRate is how many bytes a second a file has to come at, on the average, to keep its slot while others wait: the time
// that it may take is thereby in proportion to its size.
const crawlRate = 64 << 10

// errYielded is the cause of a slot's end when its file crawled and others waited.
var errYielded = errors.New("the file came slowly, and others waited")

// slotQueue hands out the slots of a run, fairly by host and manifest: the files of a host that never answers don't keep
// those of other hosts from beginning. A file that crawls yields its slot while others wait and comes again after them, each time
// with twice the patience: so none holds up the others, and each ends.
type slotQueue struct {
	patience time.Duration // of the first slot of each file; 0 is without end

	mu      sync.Mutex
	waiting map[string][]*slot // by host, in order; no list is empty
	running map[*slot]bool
	held    map[string]int // slots, by host and by manifest
}

// slot is one file's place in the queue. It counts the bytes that come, and what Progress counted of them as done, which is
// taken back where the file yields.
type slot struct {
	*Progress
	index          int // of the download
	order          int // in which files begin, others being equal
	host, manifest string
	patience       time.Duration
	came           atomic.Int64
	counted        tally
}

func newSlotQueue(downloads []Download, patience time.Duration, progress *Progress) *slotQueue {
	q := &slotQueue{patience: patience, waiting: map[string][]*slot{}, running: map[*slot]bool{}, held: map[string]int{}}
	for order, i := range schedule(downloads) {
		d := downloads[i]
		s := &slot{Progress: progress, index: i, order: order, host: d.host(), manifest: d.Artifacts[0].Manifest, patience: patience}
		q.waiting[s.host] = append(q.waiting[s.host], s)
	}
	return q
}

// host names who serves a download.
func (d Download) host() string {
	if ref, err := image.Parse(d.URL); err == nil && d.isImage() {
		return ref.Registry
	}
	u, err := url.Parse(d.URL)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

func (s *slot) began(size, earlierKept, earlierSize int64) {
	s.counted.began(size, earlierKept, earlierSize)
	s.Progress.began(size, earlierKept, earlierSize)
}

func (s *slot) advance(n int) {
	s.came.Add(int64(n))
	s.counted.kept.Add(int64(n))
	s.Progress.advance(n)
}

// share is how many slots the host and the manifest of a waiting file hold. The prefixes keep their names apart.
func (q *slotQueue) share(s *slot) int { return q.held["h"+s.host] + q.held["m"+s.manifest] }

func (q *slotQueue) hold(s *slot, n int) {
	q.held["h"+s.host] += n
	q.held["m"+s.manifest] += n
}

// next returns the file whose host and manifest hold the fewest slots, nil when none waits.
func (q *slotQueue) next() *slot {
	q.mu.Lock()
	defer q.mu.Unlock()
	var best *slot
	least := 0
	for _, list := range q.waiting {
		s := list[0]
		if share := q.share(s); best == nil || share < least || share == least && s.order < best.order {
			best, least = s, share
		}
	}
	if best == nil {
		return nil
	}
	if rest := q.waiting[best.host][1:]; len(rest) > 0 {
		q.waiting[best.host] = rest
	} else {
		delete(q.waiting, best.host)
	}
	q.running[best] = true
	q.hold(best, 1)
	best.came.Store(0)
	return best
}

// ended takes a slot back; again has its file wait for another.
func (q *slotQueue) ended(s *slot, again bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.running, s)
	q.hold(s, -1)
	if again {
		s.began(0, s.counted.kept.Load(), s.counted.announced.Load())
		s.patience *= 2
		q.waiting[s.host] = append(q.waiting[s.host], s)
	}
}

// othersWait reports whether a file has no slot yet, or has one and nothing came: it may wait for its host, which serves a
// few at a time.
func (q *slotQueue) othersWait(s *slot) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for other := range q.running {
		if other != s && other.came.Load() == 0 {
			return true
		}
	}
	return len(q.waiting) > 0
}

// watch returns a context that ends with errYielded once a slot's file crawls while others wait.
func (q *slotQueue) watch(ctx context.Context, s *slot) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	if q.patience <= 0 {
		return ctx, func() { cancel(nil) }
	}
	began := time.Now()
	check := make(chan struct{}) // closed when the timer is set
	var timer *time.Timer
	timer = time.AfterFunc(s.patience, func() {
		<-check
		due := time.Duration(float64(s.came.Load()) / crawlRate * float64(time.Second))
		switch left := due - time.Since(began); {
		case ctx.Err() != nil:
		case left > 0:
			timer.Reset(max(left, q.patience))
		case q.othersWait(s):
			cancel(errYielded)
		default:
			timer.Reset(q.patience)
		}
	})
	close(check)
	return ctx, func() { timer.Stop(); cancel(nil) }
}

// each calls work for every download, so many at a time, in the queue's order, until all have ended.
func (q *slotQueue) each(workers int, work func(*slot) (again bool)) {
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for s := q.next(); s != nil; s = q.next() {
				q.ended(s, work(s))
			}
		})
	}
	all.Wait()
}
