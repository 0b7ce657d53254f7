package fetch

import (
	"context"
	"testing"
)

// take borrows until there is nothing more to have.
func take(b *buffers, to *borrower) (all [][]byte) {
	for {
		buffer, _ := b.try(to, chunkSize)
		if buffer == nil {
			return all
		}
		all = append(all, buffer)
	}
}

func TestBuffersAreSharedAndBounded(t *testing.T) {
	if chunkSize*maxBuffers > 24<<20 {
		t.Error("with the buffers, a download takes more than the 64 MiB that it may")
	}
	b := newBuffers()
	var one, two, three borrower
	b.join(1)
	if n := len(take(b, &one)); n != maxBuffers {
		t.Errorf("one borrower gets %d buffers", n)
	}
	b.join(1)
	small := take(b, &two)
	if len(small) != 1 || len(small[0]) != blockSize {
		t.Fatalf("one who has none gets %d buffers beyond the bound", len(small))
	}
	b.put(&two, small[0])
	if len(b.free) != 0 {
		t.Error("a small buffer is lent out again")
	}
	for range maxBuffers {
		b.put(&one, make([]byte, chunkSize))
	}
	b.join(1)
	for _, who := range []*borrower{&one, &two, &three} {
		if n := len(take(b, who)); n != maxBuffers/3 {
			t.Errorf("one of three gets %d buffers", n)
		}
	}
	held := b.lent
	for _, need := range []int64{1, blockSize} {
		if buffer, _ := b.try(new(borrower), need); int64(len(buffer)) != need || b.lent != held {
			t.Errorf("a file of %d bytes gets %d, and holds up the large ones: %d buffers are lent, %d were", need, len(buffer), b.lent, held)
		}
	}
	b.join(3 * maxBuffers)
	var late borrower
	if n := len(take(b, &late)); n != 1 {
		t.Errorf("one of very many gets %d buffers", n)
	}
}

func TestWaitForABufferEnds(t *testing.T) {
	b := newBuffers()
	b.join(1)
	var one borrower
	all := take(b, &one)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if b.get(ctx, &one, chunkSize) != nil {
		t.Error("got a buffer that is not there")
	}
	got := make(chan []byte)
	go func() { got <- b.get(t.Context(), &one, chunkSize) }()
	b.put(&one, all[0][:1])
	if n := len(<-got); n != chunkSize {
		t.Errorf("a returned buffer comes back with %d bytes", n)
	}
}
