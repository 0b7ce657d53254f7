package fetch

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// blockSize is how many bytes are read before they are passed on to be hashed.
const blockSize = 256 << 10

// worker fills chunks over one connection, from one answer as long as the chunks are adjacent.
type worker struct {
	*attempt
	extra  bool    // not the first: it ends when a single one is enough
	answer *answer // nil: ask for a range
	offset int64   // in the file, of the answer's next byte
	left   int64   // bytes of the answer; negative when not announced
	until  int64   // in the file, the end of the chunks that it has
}

func (l *worker) run(ctx context.Context) {
	defer l.end()
	for !l.extra || l.width.Load() > 1 {
		run := l.next(ctx)
		if len(run) == 0 {
			return
		}
		l.until = run[len(run)-1].end()
		for _, chunk := range run {
			chunk.err = l.fill(ctx, chunk)
			close(chunk.ready)
			if chunk.err != nil || chunk.last {
				return
			}
		}
	}
}

func (l *worker) end() {
	l.hangUp()
	if l.extra {
		l.host.leaveExtra()
	}
}

func (l *worker) hangUp() {
	if l.answer != nil {
		_ = l.answer.Close()
		l.answer = nil
	}
}

// fill fills a chunk, resuming it where it was interrupted.
func (l *worker) fill(ctx context.Context, chunk *chunk) error {
	retry, beside := l.newRetry(), l.width.Load() > 1
	for {
		before := chunk.filled
		err := l.read(ctx, chunk)
		var passing *transient
		if !errors.As(err, &passing) {
			return err
		}
		if l.rangeless || !l.version.pinned() {
			return &startOver{cause: passing}
		}
		l.hangUp()
		l.location.Store(nil) // such places expire
		if overloaded(passing.cause.Status) {
			l.width.Store(1)
		}
		if float64(chunk.filled-before) > minRate*l.client.config.StallTimeout.Seconds() {
			retry.progressed()
		}
		final := retry.wait(ctx, passing)
		switch {
		case final == nil:
		case ctx.Err() != nil:
			return final
		case beside: // it may succeed over a single connection
			beside = false
			l.width.Store(1)
			retry.progressed()
		case passing.cause.Status != 0: // a server that fails at ranges may serve the whole file
			return &startOver{cause: passing, rangeless: true}
		default:
			return final
		}
	}
}

// overloaded reports whether a status says that the server has too much to do.
func overloaded(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
}

// read reads what a chunk still lacks.
func (l *worker) read(ctx context.Context, chunk *chunk) error {
	for chunk.filled < len(chunk.buffer) {
		if err := l.seek(ctx, chunk); err != nil {
			return err
		}
		n, err := readBlock(l.answer, chunk.buffer[chunk.filled:])
		if chunk.filled += n; chunk.at+int64(chunk.filled) > l.client.config.MaxSize {
			return l.tooLarge("The file has no end in sight")
		}
		l.offset, l.left = l.offset+int64(n), l.left-int64(n)
		if err := chunk.deliver(ctx, n); err != nil {
			return err
		}
		switch {
		case err == io.EOF && l.version.size < 0:
			chunk.last = true
			return nil
		case err == io.EOF && chunk.filled < len(chunk.buffer), errors.Is(err, io.ErrUnexpectedEOF):
			return l.brokenOff()
		case err != nil && err != io.EOF:
			return err
		}
	}
	return nil
}

// readBlock reads until it has blockSize bytes, or p is full, or r fails or ends.
func readBlock(r io.Reader, p []byte) (n int, err error) {
	for n < min(len(p), blockSize) && err == nil {
		var m int
		m, err = r.Read(p[n:])
		n += m
	}
	return n, err
}

// seek makes the answer's next byte the one that the chunk lacks. A single worker asks for the rest of the file, one of several for
// its own chunks.
func (l *worker) seek(ctx context.Context, chunk *chunk) error {
	first := chunk.at + int64(chunk.filled)
	if l.answer != nil && l.offset == first && l.left != 0 {
		return nil
	}
	l.hangUp()
	last := l.version.size - 1
	if l.width.Load() > 1 {
		last = l.until - 1
	}
	a, err := l.rangeOf(ctx, l.version, first, last)
	if err == nil {
		l.answer, l.offset, l.left = a, first, last-first+1
		l.pieced.Store(true)
	}
	return err
}

func (l *worker) brokenOff() error {
	host := finding.Quote(l.answer.url.Hostname())
	if l.version.size < 0 {
		return unreachable(io.ErrUnexpectedEOF, "The server %s ended the file after %d bytes, before its end", host, l.offset)
	}
	return unreachable(io.ErrUnexpectedEOF, "The server %s ended the file after %d of %d bytes", host, l.offset, l.version.size)
}
