package verify

import (
	"compress/gzip"
	"io"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
)

// decodedLimit bounds what is decompressed only to explain a mismatch, in bytes.
const decodedLimit = 1 << 30

// decoder is a body that also hashes what its bytes decompress to: a server that compresses unasked has
// the declared file perhaps, and serves another one. It decides nothing.
type decoder struct {
	*body
	decoded *digest.Hasher
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
			_, _ = io.CopyN(d.decoded, content, decodedLimit)
		}
		_, _ = io.Copy(io.Discard, stream) // so that no Write blocks
	}()
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
