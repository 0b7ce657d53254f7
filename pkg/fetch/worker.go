package fetch

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// worker fills chunks over one connection, from one answer as long as the chunks are adjacent.
type worker struct {
	*attempt
	isExtra bool    // not the first: it ends when a single one is enough
	answer  *answer // nil: ask for a range
	offset  int64   // in the file, of the answer's next byte
	end     int64   // in the file, of the answer; -1 when not announced
	until   int64   // in the file, the end of the chunks that the worker has
}

func (w *worker) run(ctx context.Context) {
	defer w.hangUp()
	if w.isExtra {
		defer w.host.leaveExtra()
	}
	for !w.isExtra || w.width.Load() > 1 {
		run := w.next(ctx)
		if len(run) == 0 {
			return
		}
		w.until = run[len(run)-1].end()
		for _, chunk := range run {
			chunk.err = w.fill(ctx, chunk)
			close(chunk.done)
			if chunk.err != nil || chunk.last {
				return
			}
		}
	}
}

func (w *worker) hangUp() {
	if w.answer != nil {
		_ = w.answer.Close()
		w.answer = nil
	}
}

// fill fills a chunk, resuming it where it was interrupted.
func (w *worker) fill(ctx context.Context, chunk *chunk) error {
	retry, beside := w.newRetry(), w.width.Load() > 1
	for {
		before := chunk.filled
		err := w.read(ctx, chunk)
		failure, ok := errors.AsType[*Error](err)
		if !ok || failure.retry != sameRequest {
			return err
		}
		if w.rangeless || !w.version.pinned() {
			return failure.with(freshStart)
		}
		if float64(chunk.filled-before) > minRate*w.client.config.StallTimeout.Seconds() {
			retry.progressed()
		}
		w.hangUp()
		w.location.Store(nil) // redirect targets expire
		if failure.Status == http.StatusTooManyRequests || failure.Status == http.StatusServiceUnavailable {
			w.width.Store(1)
		}
		switch final := retry.wait(ctx, failure); {
		case final == nil:
		case beside && ctx.Err() == nil: // it may succeed over a single connection
			beside = false
			w.width.Store(1)
			retry.progressed()
		case failure.Status != 0 && ctx.Err() == nil: // a server that fails at ranges may serve the whole file
			return failure.with(rangelessStart)
		default:
			return final
		}
	}
}

// read reads what a chunk still lacks.
func (w *worker) read(ctx context.Context, chunk *chunk) error {
	if err := w.seek(ctx, chunk); err != nil {
		return err
	}
	n, err := io.ReadFull(w.answer, chunk.buffer[chunk.filled:])
	chunk.filled += n
	w.offset += int64(n)
	isEnd := err == io.EOF || err == io.ErrUnexpectedEOF // of the answer, as its framing says
	switch {
	case w.offset > w.client.config.MaxSize:
		return w.tooLarge("The file is too large")
	case isEnd && w.version.size < 0:
		chunk.last = true
		return nil
	case isEnd || errors.Is(err, io.ErrUnexpectedEOF):
		return w.brokenOff()
	}
	return err
}

// seek makes the answer's next byte the one that the chunk lacks. A single worker asks for the rest of the file, one of several for
// its own chunks.
func (w *worker) seek(ctx context.Context, chunk *chunk) error {
	first := chunk.at + int64(chunk.filled)
	if w.answer != nil && w.offset == first && w.offset != w.end {
		return nil
	}
	w.hangUp()
	end := w.version.size
	if w.width.Load() > 1 {
		end = w.until
	}
	a, err := w.rangeOf(ctx, w.version, first, end-1)
	if err == nil {
		w.answer, w.offset, w.end = a, first, end
		w.pieced.Store(true)
	}
	return err
}

func (w *worker) brokenOff() error {
	host := finding.Quote(w.answer.url.Hostname())
	if w.version.size < 0 {
		return unreachable(io.ErrUnexpectedEOF, "The server %s ended the file after %d bytes, before its end", host, w.offset)
	}
	return unreachable(io.ErrUnexpectedEOF, "The server %s ended the file after %d of %d bytes", host, w.offset, w.version.size)
}
