package fetch

import (
	"context"
	"sync"
)

// The memory of all downloads of a Client together: chunks that are being received, or wait to be hashed. A download that needs no
// more than blockSize, or would get nothing, has a buffer of its own.
const (
	chunkSize  = 3 << 19
	maxBuffers = 16
)

// buffers lends out buffers, never more than maxBuffers at a time, and to each borrower only its
// share. A borrower who has none never waits: stuck downloads must not hold up quick ones, however many they are.
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

func newBuffers() *buffers { return &buffers{size: chunkSize, returned: make(chan struct{})} }

// join adds n borrowers.
func (b *buffers) join(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.borrowers += n
}

// get waits for a buffer for the next need bytes, or the first of them. It returns nil when ctx has ended.
func (b *buffers) get(ctx context.Context, to *borrower, need int64) []byte {
	for {
		buffer, returned := b.try(to, need)
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
func (b *buffers) try(to *borrower, need int64) ([]byte, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case to.held >= max(1, maxBuffers/b.borrowers), b.lent == maxBuffers && to.held > 0:
		return nil, b.returned
	case b.lent == maxBuffers, need <= blockSize:
		to.held++
		return make([]byte, min(need, blockSize, int64(b.size)-1)), nil // which put tells apart
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
	from.held--
	if cap(buffer) >= b.size {
		b.lent--
		b.free = append(b.free, buffer[:b.size])
	}
	close(b.returned)
	b.returned = make(chan struct{})
}
