package fetch

import (
	"context"
	"sync"
)

// The memory of all downloads of a Client together: parts that are being received, or wait to be hashed.
const (
	partSize   = 2 << 20
	maxBuffers = 16
)

// buffers lends out buffers, never more than maxBuffers at a time, and to each borrower only its
// share: a stuck download must not hold up quick ones.
type buffers struct {
	size      int
	mu        sync.Mutex
	free      [][]byte
	lent      int
	borrowers int
	returned  chan struct{} // closed when a buffer comes back
}

// borrower is a download as the buffers see it.
type borrower struct{ held int }

func newBuffers() *buffers { return &buffers{size: partSize, returned: make(chan struct{})} }

// join adds n borrowers.
func (b *buffers) join(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.borrowers += n
}

// get waits for a buffer. It returns nil when ctx has ended.
func (b *buffers) get(ctx context.Context, to *borrower) []byte {
	for {
		buffer, returned := b.try(to)
		if buffer != nil {
			return buffer
		}
		select {
		case <-returned:
		case <-ctx.Done():
			return nil
		}
	}
}

// try returns a buffer, or what to wait for before the next try.
func (b *buffers) try(to *borrower) ([]byte, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.lent == maxBuffers || to.held >= max(1, maxBuffers/b.borrowers) {
		return nil, b.returned
	}
	b.lent++
	to.held++
	if n := len(b.free); n > 0 {
		buffer := b.free[n-1]
		b.free = b.free[:n-1]
		return buffer, nil
	}
	return make([]byte, b.size), nil
}

func (b *buffers) put(from *borrower, buffer []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lent--
	from.held--
	b.free = append(b.free, buffer[:b.size])
	close(b.returned)
	b.returned = make(chan struct{})
}
