package fetch

import "context"

// The memory of all downloads of a Client together: parts that are being received, or wait to be hashed.
const (
	partSize   = 2 << 20
	maxBuffers = 20
)

// buffers lends out buffers of partSize, never more than maxBuffers at a time.
type buffers struct {
	lent chan struct{}
	free chan []byte
}

func newBuffers() *buffers {
	return &buffers{lent: make(chan struct{}, maxBuffers), free: make(chan []byte, maxBuffers)}
}

// get waits for a buffer. It returns nil when ctx has ended.
func (b *buffers) get(ctx context.Context) []byte {
	select {
	case b.lent <- struct{}{}:
	case <-ctx.Done():
		return nil
	}
	select {
	case buffer := <-b.free:
		return buffer
	default:
		return make([]byte, partSize)
	}
}

func (b *buffers) put(buffer []byte) {
	b.free <- buffer[:partSize]
	<-b.lent
}
