package verify

import (
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/format"
)

// body takes the bytes of one file and keeps what can be said of them: digests, size and the first
// bytes. No byte goes anywhere else. It is a fetch.Sink.
type body struct {
	hasher  *digest.Hasher
	message *message
	head    []byte
	size    int64
	http    fetch.Head
	source  Source
	counts  *Progress
}

func newBody(algorithms []digest.Algorithm, message *message, source Source, counts *Progress) *body {
	return &body{hasher: digest.NewHasher(algorithms...), message: message, source: source, counts: counts}
}

// Start forgets what was written: the file is read from its first byte.
func (b *body) Start(head fetch.Head) {
	b.counts.began(head.Size, b.size, b.http.Size)
	b.http = head
	b.hasher.Reset()
	b.message.reset()
	b.head = b.head[:0]
	b.size = 0
}

// Write takes the next bytes of the file.
func (b *body) Write(p []byte) (int, error) {
	if room := format.HeadSize - len(b.head); room > 0 {
		b.head = append(b.head, p[:min(room, len(p))]...)
	}
	b.size += int64(len(p))
	b.message.write(p)
	b.counts.advance(len(p))
	return b.hasher.Write(p)
}

func (b *body) format() format.Format {
	return format.Sniff(b.head, b.size == int64(len(b.head)))
}
