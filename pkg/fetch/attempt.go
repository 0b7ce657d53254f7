package fetch

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// The memory of downloads: the chunks that all of a Client share, and one more for each, so that none waits for another.
const (
	chunkSize = 256 << 10
	maxChunks = 96
)

// attempt is one reading of a file, from its first byte or where it is resumed. Workers fill its chunks, over the network and out of
// order; the sink takes them in order. Reading and hashing thereby overlap, and memory is bounded by the slots of the chunks.
type attempt struct {
	*download
	version version
	began   time.Time
	pace    pace
	workers sync.WaitGroup
	width   atomic.Int32 // workers that there should be
	own     slots        // one chunk, which no other download takes

	mu      sync.Mutex // guards at, and keeps ordered in order
	at      int64      // of the chunk that comes next
	ordered chan *chunk
}

// chunk is a piece of the file.
type chunk struct {
	at     int64 // of its first byte in the file
	buffer []byte
	home   slots // where its slot goes back

	// What a worker leaves, before it closes done.
	filled int // bytes
	err    error
	last   bool // the file turned out to end here
	done   chan struct{}
}

func (c *chunk) end() int64 { return c.at + int64(len(c.buffer)) }

// giveBack keeps the buffer of a chunk for another, and frees the chunk's slot.
func (p *attempt) giveBack(c *chunk) {
	select {
	case p.client.spare <- c.buffer[:cap(c.buffer)]:
	default:
	}
	c.home.give()
}

// read makes one attempt. The retry of its Error says whether another attempt may succeed.
func (d *download) read(ctx context.Context, sink Sink) (Head, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a, version, offset, err := d.open(ctx)
	if err != nil {
		return Head{}, err
	}
	head := a.head()
	head.Offset, head.Size = offset, version.size
	if version.pinned() {
		head.Validator = version.validator
	}
	if err := d.incomplete(head.Host, version.size); version.size >= 0 && err != nil {
		a.discard()
		return head, err
	}
	d.pieced.Store(offset > 0)
	d.moved(a)
	sink.Start(head)
	p := &attempt{download: d, version: version, began: time.Now(), pace: pace{since: time.Now()}, own: newSlots(1), at: offset, ordered: make(chan *chunk, maxChunks+1)}
	p.launch(ctx, &worker{attempt: p, answer: a, offset: offset, end: version.size})
	size, err := p.drain(ctx, sink, offset)
	if err == nil {
		if version.size < 0 {
			d.announce(d.declared)
		}
		err = d.incomplete(head.Host, size)
	}
	cancel()
	p.workers.Wait()
	close(p.ordered)
	for chunk := range p.ordered {
		p.giveBack(chunk)
	}
	head.Pieced, head.Announced = d.pieced.Load(), d.announced.Load()
	return head, err
}

func (p *attempt) launch(ctx context.Context, w *worker) {
	p.width.Add(1)
	p.workers.Go(func() { w.run(ctx) })
}

// next hands out the chunks that come next once there is memory for the first: one to a worker alone, and to workers beside
// each other as many as one request is worth, as far as there is memory. None is the end of the file, or of ctx.
func (p *attempt) next(ctx context.Context) (run []*chunk) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.at != p.version.size && len(run) < p.run() {
		home := p.room(ctx, len(run) == 0)
		if home == nil {
			return run
		}
		next := &chunk{at: p.at, buffer: p.buffer(), home: home, done: make(chan struct{})}
		p.at = next.end()
		p.ordered <- next // has room for all slots that there are
		run = append(run, next)
	}
	return run
}

// run is how many chunks a worker gets at a time: fewer near the end of the file, so that no worker has all that is left.
func (p *attempt) run() int {
	width := int(p.width.Load())
	if width <= 1 {
		return 1
	}
	left := int(p.version.size-p.at) / p.client.chunkSize
	return max(1, min(maxRun, (maxChunks+width-1)/width, left/width))
}

// room takes a slot for the chunk that comes next, and returns what it was taken from; nil where there is none, or ctx ends the wait
// for one.
func (p *attempt) room(ctx context.Context, wait bool) slots {
	shared := p.client.chunks
	switch {
	case p.own.tryTake():
		return p.own
	case shared.tryTake():
		return shared
	case !wait:
		return nil
	}
	select {
	case <-p.own:
		return p.own
	case <-shared:
		return shared
	case <-ctx.Done():
		return nil
	}
}

// buffer returns a buffer as long as the chunk that comes next: a spare one, else a new one.
func (p *attempt) buffer() []byte {
	size := p.client.chunkSize
	if p.version.size >= 0 {
		size = int(min(int64(size), p.version.size-p.at))
	}
	select {
	case spare := <-p.client.spare:
		if cap(spare) >= size {
			return spare[:size]
		}
	default:
	}
	return make([]byte, size)
}

// drain passes the chunks to the sink, in order, until the file ends, and returns its size; done is how much of it the sink has.
func (p *attempt) drain(ctx context.Context, sink Sink, done int64) (int64, error) {
	for done != p.version.size {
		chunk, err := p.receive(ctx)
		if err != nil {
			return done, err
		}
		if _, err := sink.Write(chunk.buffer[:chunk.filled]); err != nil {
			p.giveBack(chunk)
			return done, &Error{Message: "The bytes of the file could not be processed: " + finding.Quote(err.Error()), Err: err}
		}
		p.giveBack(chunk)
		done += int64(chunk.filled)
		if chunk.err != nil || chunk.last {
			return done, chunk.err
		}
		if err := p.tooSlow(done); err != nil {
			return done, err
		}
		p.adjust(ctx, p.version.size-done)
	}
	return done, nil
}

// receive waits for the chunk that comes next to be filled.
func (p *attempt) receive(ctx context.Context) (*chunk, error) {
	began := time.Now()
	defer func() { p.pace.starved += time.Since(began) }()
	select {
	case next := <-p.ordered:
		select {
		case <-next.done:
			return next, nil
		case <-ctx.Done():
			p.ordered <- next // its worker still has it
		}
	case <-ctx.Done():
	}
	return nil, stopped(context.Cause(ctx))
}

// tooSlow returns an error for a file that has taken longer than any that is meant to end.
func (p *attempt) tooSlow(received int64) error {
	slowest, size := p.client.slowest, received
	rate := slowest.unsized
	if p.version.size >= 0 {
		rate, size = slowest.sized, p.version.size
	}
	took := time.Since(p.began)
	if took <= slowest.grace+time.Duration(float64(size)/rate*float64(time.Second)) {
		return nil
	}
	return &Error{Message: fmt.Sprintf("The file came too slowly: %s in %s", humanize.Bytes(uint64(received)), took.Round(time.Second))}
}
