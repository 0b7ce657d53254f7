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

// attempt is one reading of a file, from its first byte or where it is resumed. Workers fill its chunks, over the network and out of order; the
// sink takes them in order. Reading and hashing thereby overlap, and memory is bounded by the buffers.
type attempt struct {
	*download
	sink    Sink
	version version
	pace    pace
	taken   *chunk // by the sink
	began   time.Time
	memory  borrower

	mu      sync.Mutex // guards at, and keeps ordered in order
	at      int64      // of the chunk that comes next
	ordered chan *chunk

	workers sync.WaitGroup
	width   atomic.Int32 // workers that there should be
}

// chunk is a piece of the file: a buffer full, or what is left.
type chunk struct {
	at     int64 // of its first byte in the file
	buffer []byte
	filled int      // bytes; the worker's
	ready  chan int // counts of bytes as they arrive; closed after the last, or after err was set
	err    error
	last   bool // the file turned out to end here
}

func (p *chunk) end() int64 { return p.at + int64(len(p.buffer)) }

// deliver hands n more bytes to the sink's side.
func (p *chunk) deliver(ctx context.Context, n int) error {
	select {
	case p.ready <- n:
		return nil
	case <-ctx.Done():
		return stopped(context.Cause(ctx))
	}
}

// read makes one attempt. A *startOver error asks for another.
func (d *download) read(ctx context.Context, sink Sink) (Head, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a, version, offset, err := d.open(ctx)
	if err != nil {
		return Head{}, err
	}
	head := a.head()
	head.Offset = offset
	if version.pinned() {
		head.Validator = version.ifRange()
	}
	host := a.url.Hostname()
	if version.size >= 0 {
		if err := d.incomplete(host, version.size); err != nil {
			a.discard()
			return head, err
		}
	}
	d.pieced.Store(offset > 0)
	sink.Start(head)
	d.client.buffers.join(1)
	defer d.client.buffers.join(-1)
	p := &attempt{download: d, sink: sink, version: version, at: offset, ordered: make(chan *chunk, maxBuffers), began: time.Now()}
	p.moved(a)
	p.pace.reset(time.Now())
	p.launch(ctx, &worker{attempt: p, answer: a, offset: offset, left: version.size - offset})
	size, err := p.drain(ctx, offset)
	if err == nil {
		if version.size < 0 {
			d.announce(d.declared)
		}
		err = d.incomplete(host, size)
	}
	cancel()
	p.workers.Wait()
	p.giveBack()
	head.Pieced, head.Announced = d.pieced.Load(), d.announced.Load()
	return head, err
}

func (p *attempt) launch(ctx context.Context, l *worker) {
	p.width.Add(1)
	p.workers.Go(func() { l.run(ctx) })
}

// next hands out the chunks that come next once there is memory for the first: one to a worker alone, and to workers beside
// each other as many as one request is worth, as far as there is memory. None is the end of the file, or of ctx.
func (p *attempt) next(ctx context.Context) (run []*chunk) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.at != p.version.size && len(run) < p.run() {
		var buffer []byte
		if len(run) == 0 {
			buffer = p.client.buffers.get(ctx, &p.memory, p.need())
		} else {
			buffer, _ = p.client.buffers.try(&p.memory, p.need())
		}
		if buffer == nil {
			return run
		}
		run = append(run, p.hand(buffer))
	}
	return run
}

// need is how many bytes are left. A file of unknown size is taken for a small one until more than blockSize has come.
func (p *attempt) need() int64 {
	if p.version.size < 0 {
		if p.at == 0 {
			return blockSize
		}
		return chunkSize
	}
	return p.version.size - p.at
}

// run is how many chunks a worker gets at a time: fewer near the end of the file, so that no worker has all that is left.
func (p *attempt) run() int {
	width := int(p.width.Load())
	left := (p.version.size - p.at) / int64(p.client.buffers.size)
	return max(1, min(runOf(width), int(left)/max(1, width)))
}

// runOf is how many chunks a request of one of so many workers is for: each costs a round trip, and there is so much memory.
func runOf(width int) int {
	if width <= 1 {
		return 1
	}
	return min(maxRun, (maxBuffers+width-1)/width)
}

// hand makes the chunk that comes next of a buffer.
func (p *attempt) hand(buffer []byte) *chunk {
	if p.version.size >= 0 {
		buffer = buffer[:min(int64(len(buffer)), p.version.size-p.at)]
	}
	next := &chunk{at: p.at, buffer: buffer, ready: make(chan int, chunkSize/blockSize)}
	p.at += int64(len(buffer))
	p.ordered <- next // has room for all buffers that there are
	return next
}

// drain passes the chunks to the sink, in order, until the file ends, and returns its size; done is how much of it the sink has.
func (p *attempt) drain(ctx context.Context, done int64) (int64, error) {
	for done != p.version.size {
		chunk, _, err := await(ctx, &p.pace, p.ordered)
		if err != nil {
			return done, err
		}
		p.taken = chunk
		if err := p.take(ctx, chunk); err != nil {
			return done, err
		}
		p.taken = nil
		p.client.buffers.put(&p.memory, chunk.buffer)
		done += int64(chunk.filled)
		if chunk.last {
			return done, nil
		}
		p.adjust(ctx, len(chunk.buffer), p.version.size-done)
	}
	return done, nil
}

// take passes a chunk to the sink as its bytes arrive.
func (p *attempt) take(ctx context.Context, chunk *chunk) error {
	for from := 0; ; {
		n, more, err := await(ctx, &p.pace, chunk.ready)
		if err != nil {
			return err
		}
		if !more {
			return chunk.err
		}
		if _, err := p.sink.Write(chunk.buffer[from : from+n]); err != nil {
			return &Error{Message: "The bytes of the file could not be taken: " + finding.Quote(err.Error()), Err: err}
		}
		from += n
		if err := p.tooSlow(chunk.at + int64(from)); err != nil {
			return err
		}
	}
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

// await receives from a channel, and counts the wait as the pace's.
func await[T any](ctx context.Context, pace *pace, ch <-chan T) (value T, open bool, err error) {
	began := time.Now()
	defer func() { pace.starved += time.Since(began) }()
	select {
	case value, open = <-ch:
		return value, open, nil
	case <-ctx.Done():
		return value, false, stopped(context.Cause(ctx))
	}
}

// giveBack returns the buffers of an ended attempt, whose workers have stopped.
func (p *attempt) giveBack() {
	close(p.ordered)
	if p.taken != nil {
		p.client.buffers.put(&p.memory, p.taken.buffer)
	}
	for chunk := range p.ordered {
		p.client.buffers.put(&p.memory, chunk.buffer)
	}
}
