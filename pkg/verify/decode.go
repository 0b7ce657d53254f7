package verify

import (
	"compress/gzip"
	"io"
	"sync/atomic"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
)

// Bounds of the work that only explains a mismatch: bytes that are decompressed, each counted once for every algorithm that
// hashes them.
const (
	decodedLimit    = 128 << 20 // of one file
	decodedRunLimit = 512 << 20 // of all files of a run
)

// allowance is the work that is left of what a run may spend.
type allowance struct{ spent atomic.Int64 }

// take returns how much of the work wanted may be done; give returns what of it was not.
func (a *allowance) take(wanted int64) int64 {
	over := max(a.spent.Add(wanted)-decodedRunLimit, 0)
	granted := max(wanted-over, 0)
	a.give(wanted - granted)
	return granted
}

func (a *allowance) give(rest int64) { a.spent.Add(-rest) }

// decoder is a body that also hashes what its bytes decompress to: a server that compresses unasked has
// the declared file perhaps, and serves another one. It decides nothing.
type decoder struct {
	*body
	decoded *digest.Hasher
	work    *allowance
	stream  *io.PipeWriter
	ended   chan struct{}
}

// Start forgets what was written, decompressed or not.
func (d *decoder) Start(head fetch.Head) {
	d.end()
	d.body.Start(head)
	d.decoded.Reset()
	stream, writer := io.Pipe()
	ended := make(chan struct{})
	d.stream, d.ended = writer, ended
	go func() {
		defer close(ended)
		if content, err := gzip.NewReader(stream); err == nil {
			d.decode(content)
		}
		_, _ = io.Copy(io.Discard, stream) // so that no Write blocks
	}()
}

// decode hashes what the allowance lets it. What is cut short explains nothing, and takes nothing for what it is not.
func (d *decoder) decode(content io.Reader) {
	each := int64(max(len(d.algorithms), 1))
	granted := d.work.take(decodedLimit)
	n, _ := io.CopyN(d.decoded, content, granted/each)
	d.work.give(granted - n*each)
}

// Write takes the next bytes of the file.
func (d *decoder) Write(p []byte) (int, error) {
	if _, err := d.stream.Write(p); err != nil {
		return 0, err
	}
	return d.body.Write(p)
}

// end waits until all that was written is decompressed.
func (d *decoder) end() {
	if d.stream != nil {
		_ = d.stream.Close()
		<-d.ended
	}
}
