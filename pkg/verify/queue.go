package verify

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/image"
)

// crawlRate is how many bytes a second a file has to come at, on the average, to keep its slot while others wait: the time
// that it may take is thereby in proportion to its size.
const crawlRate = 64 << 10

// errYielded is the cause of a slot's end when its file crawled and others waited.
var errYielded = errors.New("the file came slowly, and others waited")

// slotQueue hands out the slots of a run, the largest files first, and fairly by host and manifest: the files of a host that never
// answers don't keep those of other hosts from beginning. A file that crawls yields its slot while others wait and comes again after
// them, each time with twice the patience: so no file blocks the others, and each ends.
type slotQueue struct {
	*Progress
	patience time.Duration // of the first slot of each file; 0 means no limit

	waiting map[string][]*slot // by host, in order; no list is empty
	held    map[string]int     // slots, by host and by manifest
}

// slot is one file in the queue. It counts the bytes that come.
type slot struct {
	*Progress
	index, order   int    // of the download; of the start, as a tie-breaker
	url            string // of a file; "" for an image, which is many small requests
	host, manifest string
	patience       time.Duration
	began          time.Time
	came           atomic.Int64 // bytes, in this slot

	counted, size int64 // bytes kept and announced that Progress has of the file, which a new beginning takes back
}

func newSlotQueue(downloads []Download, patience time.Duration, progress *Progress) *slotQueue {
	q := &slotQueue{Progress: progress, patience: patience, waiting: map[string][]*slot{}, held: map[string]int{}}
	q.mu.Lock()
	q.running = map[*slot]bool{}
	q.mu.Unlock()
	var all []*slot
	for i, d := range downloads {
		s := &slot{Progress: progress, index: i, host: d.host(), manifest: d.Artifacts[0].Manifest, patience: patience}
		if !d.isImage() {
			s.url = d.URL
		}
		all = append(all, s)
	}
	// The last to end is then not one that could have begun earlier (Graham's longest processing time rule).
	slices.SortStableFunc(all, func(a, b *slot) int {
		return cmp.Compare(downloads[b.index].expectedSize(), downloads[a.index].expectedSize())
	})
	for i, s := range all {
		s.order = i
		q.waiting[s.host] = append(q.waiting[s.host], s)
	}
	return q
}

// host returns who serves a download.
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

// Rough sizes of files without a declared size, in bytes.
const (
	modelSize  = 4 << 30
	binarySize = 50 << 20
	otherSize  = 1 << 20
)

// modelExtensions are those of weights that hold a model rather than its configuration.
var modelExtensions = []string{".gguf", ".ggml", ".safetensors", ".bin", ".pt", ".pth", ".onnx"}

// expectedSize returns the known size of a download, else a guess by what the file is for.
func (d Download) expectedSize() int64 {
	size := d.Size
	for _, a := range d.Artifacts {
		switch {
		case a.Size != nil:
			size = max(size, a.Size.Value)
		case a.Role == artifact.Binary:
			size = max(size, binarySize)
		case slices.Contains(modelExtensions, extension(a)):
			size = max(size, modelSize)
		default:
			size = max(size, otherSize)
		}
	}
	return size
}

func extension(a artifact.Artifact) string { return strings.ToLower(path.Ext(a.Name)) }

// restart counts a body that begins, instead of the bytes of the file that came before.
func (s *slot) restart(size int64) {
	s.kept.Add(-s.counted)
	s.announced.Add(max(size, 0) - s.size)
	s.counted, s.size = 0, max(size, 0)
}

// add counts n bytes of something that was not announced.
func (s *slot) add(n int64) {
	s.size += n
	s.announced.Add(n)
	s.advance(n)
}

func (s *slot) advance(n int64) {
	s.came.Add(n)
	s.counted += n
	s.read.Add(n)
	s.kept.Add(n)
}

// next returns the file whose host and manifest hold the fewest slots; nil if none waits.
func (q *slotQueue) next() *slot {
	q.mu.Lock()
	defer q.mu.Unlock()
	var best *slot
	least := 0
	for _, list := range q.waiting {
		s := list[0]
		share := q.held["host "+s.host] + q.held["manifest "+s.manifest]
		if best == nil || share < least || share == least && s.order < best.order {
			best, least = s, share
		}
	}
	if best == nil {
		return nil
	}
	q.waiting[best.host] = q.waiting[best.host][1:]
	if len(q.waiting[best.host]) == 0 {
		delete(q.waiting, best.host)
	}
	q.hold(best, 1)
	q.running[best] = true
	best.began = time.Now()
	best.came.Store(0)
	return best
}

func (q *slotQueue) hold(s *slot, n int) {
	q.held["host "+s.host] += n
	q.held["manifest "+s.manifest] += n
}

// ended takes a slot back; again has its file wait for another.
func (q *slotQueue) ended(s *slot, again bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.running, s)
	q.hold(s, -1)
	if again {
		s.restart(0)
		s.patience *= 2
		q.waiting[s.host] = append(q.waiting[s.host], s)
	}
}

// othersWait reports whether a file waits for a slot, or no byte came yet in another one: that file may wait for its host, which serves
// a few at a time.
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
	go func() {
		for wait := s.patience; ; {
			select {
			case <-ctx.Done():
				return
			case <-time.After(wait):
			}
			due := time.Duration(float64(s.came.Load()) / crawlRate * float64(time.Second))
			left := due - time.Since(began)
			if left <= 0 && q.othersWait(s) {
				cancel(errYielded)
			}
			wait = max(left, q.patience)
		}
	}()
	return ctx, func() { cancel(nil) }
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
