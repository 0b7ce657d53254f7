package verify

import (
	"slices"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/format"
	"github.com/premAI-io/verify-manifests/pkg/minisign"
	"github.com/premAI-io/verify-manifests/pkg/provenance"
)

// body takes the bytes of one file and keeps what a Result needs: digests, size, the first and the last bytes. It is a
// fetch.Sink.
type body struct {
	algorithms []digest.Algorithm
	hasher     *digest.Hasher
	message    *minisign.Message // nil if no signature is verified
	head, tail []byte
	size       int64
	http       fetch.Head
	slot       *slot

	keepsText bool
	text      []byte // the whole, and one byte more than a bundle may have at most
}

// newBody returns a body that computes all declared digests, and SHA-256 where none or a weak one is declared (so that a report can name
// the digest to declare instead), those that are wanted besides, and that of the baseline.
func (v *Verifier) newBody(d Download, s *slot) *body {
	b := &body{slot: s, keepsText: d.attests()}
	if !d.baseline.Digest.IsZero() {
		b.algorithms = append(b.algorithms, d.baseline.Digest.Algorithm)
	}
	for _, a := range d.Artifacts {
		b.algorithms = append(b.algorithms, algorithm(a))
		if a.Wanted != "" {
			b.algorithms = append(b.algorithms, a.Wanted)
		}
	}
	if v.needsSHA256(d) || slices.ContainsFunc(b.algorithms, digest.Algorithm.Weak) {
		b.algorithms = append(b.algorithms, digest.SHA256)
	}
	b.hasher = digest.NewHasher(b.algorithms...)
	if v.isSigned(d) {
		b.message = minisign.NewMessage()
	}
	return b
}

// Start discards what was written.
func (b *body) Start(head fetch.Head) {
	b.slot.restart(head.Size)
	b.http = head
	b.hasher.Reset()
	b.message.Reset()
	b.head, b.tail, b.text, b.size = b.head[:0], b.tail[:0], b.text[:0], 0
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
	b.slot.advance(int64(len(p)))
	return b.hasher.Write(p)
}

// keepTail keeps the last bytes, once they may be the file's last.
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

// file returns what a complete body proves.
func (b *body) file(source Source, head fetch.Head) *file {
	f := &file{
		source: source, size: b.size, digests: map[digest.Algorithm]digest.Digest{}, head: head, message: b.message,
		kind: format.Sniff(b.head, b.size == int64(len(b.head))).WithTail(b.tail),
	}
	for _, algorithm := range b.algorithms {
		f.digests[algorithm] = b.hasher.Digest(algorithm)
	}
	if IsStrongETag(head.ETag) && head.First.Get("ETag") == head.ETag { // else it is that of where a redirect led
		f.etag = head.ETag
	}
	return f
}
