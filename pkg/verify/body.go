package verify

import (
	"sync/atomic"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/format"
	"github.com/premAI-io/verify-manifests/pkg/minisign"
	"github.com/premAI-io/verify-manifests/pkg/provenance"
)

// counter is told what is done.
type counter interface {
	began(size, earlierKept, earlierSize int64)
	advance(n int)
}

// body takes the bytes of one file and keeps what can be said of them: digests, size and the first
// bytes. No byte goes anywhere else. It is a fetch.Sink.
type body struct {
	algorithms []digest.Algorithm
	hasher     *digest.Hasher
	message    *minisign.Message
	head, tail []byte // the first bytes and the last
	size       int64
	http       fetch.Head
	counts     counter
	received   atomic.Int64 // bytes, of all tries

	keepsText bool
	text      []byte // the whole, and one byte more than a bundle may have at most
}

func newBody(algorithms []digest.Algorithm, message *minisign.Message, counts counter) *body {
	return &body{hasher: digest.NewHasher(algorithms...), algorithms: algorithms, message: message, counts: counts}
}

// Start forgets what was written: the file is read from its first byte.
func (b *body) Start(head fetch.Head) {
	b.counts.began(head.Size, b.size, b.http.Size)
	b.http = head
	b.hasher.Reset()
	b.message.Reset()
	b.head, b.tail = b.head[:0], b.tail[:0]
	b.text = b.text[:0]
	b.size = 0
}

// Write takes the next bytes of the file.
func (b *body) Write(p []byte) (int, error) {
	if room := format.HeadSize - len(b.head); room > 0 {
		b.head = append(b.head, p[:min(room, len(p))]...)
	}
	b.keepTail(p)
	if room := provenance.MaxBundle + 1 - len(b.text); b.keepsText && room > 0 {
		b.text = append(b.text, p[:min(room, len(p))]...)
	}
	b.size += int64(len(p))
	_, _ = b.message.Write(p)
	b.counts.advance(len(p))
	b.received.Add(int64(len(p)))
	return b.hasher.Write(p)
}

// keepTail keeps the last bytes that came, once they may be the file's last.
func (b *body) keepTail(p []byte) {
	if b.http.Size >= 0 && b.size+int64(len(p)) < b.http.Size-format.TailSize {
		return
	}
	p = p[max(0, len(p)-format.TailSize):]
	if over := len(b.tail) + len(p) - format.TailSize; over > 0 {
		b.tail = append(b.tail[:0], b.tail[over:]...)
	}
	b.tail = append(b.tail, p...)
}

// evidence is what the body, which has to be complete, proves.
func (b *body) evidence(source Source, head fetch.Head) *evidence {
	e := &evidence{
		source: source, size: b.size, digests: map[digest.Algorithm]digest.Digest{},
		kind:    format.Sniff(b.head, b.size == int64(len(b.head))).WithTail(b.tail),
		head:    head,
		message: b.message,
	}
	for _, algorithm := range b.algorithms {
		e.digests[algorithm] = b.hasher.Digest(algorithm)
	}
	if IsStrongETag(head.ETag) && head.First.Get("ETag") == head.ETag { // else it is that of where a redirect led
		e.etag = head.ETag
	}
	return e
}
