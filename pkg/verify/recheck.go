package verify

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/dustin/go-humanize"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/format"
)

// recheckLimit is the largest file, in bytes, that is read again before it is reported as a mismatch although its server sends
// validators.
const recheckLimit = 64 << 20

// isRight reports whether a file has every digest that is declared or was there before.
func (d Download) isRight(f *file) bool {
	return !slices.ContainsFunc(d.decided(), func(a artifact.Artifact) bool { return !f.has(d.expected(a)) })
}

// suspicious reports whether a file is read again before it is reported: it is wrong and small, or its server sends no
// validators or no length; or it was put together from several answers, of which the server may
// have mixed up one, and is wrong or has no expected digest. The digest that its host publishes settles it.
func (d Download) suspicious(f *file) bool {
	switch {
	case f.isPublished():
		return false
	case !d.isRight(f):
		hasValidator := f.head.ETag != "" || f.head.LastModified != ""
		return f.size <= recheckLimit || !hasValidator || f.head.CloseDelimited || f.head.Pieced
	}
	return f.head.Pieced && slices.ContainsFunc(d.decided(), func(a artifact.Artifact) bool { return d.expected(a).IsZero() })
}

// recheck downloads a file that is incomplete or suspicious once more, in one answer, and returns the download that counts by the
// table in docs/security.md. announced is the size by an answer before the first.
func (v *Verifier) recheck(ctx context.Context, d Download, announced int64, first *file, s *slot) (*file, error) {
	isProof := !first.head.Pieced && d.incomplete(first) == nil
	if !isProof {
		announced = first.head.Announced
	}
	second, err := v.get(ctx, d, fetch.Request{Unbroken: true, Announced: announced}, s)
	if err == nil {
		second.published = first.published
		err = d.incomplete(second)
	}
	if !isProof {
		return second, err
	}
	return d.decide(first, second, err)
}

// decide returns which of two downloads counts, of which the first came in one answer and is wrong; err is why the second proves
// nothing. The result of a complete download stays valid; only a download without an announced length can have been cut short.
func (d Download) decide(first, second *file, err error) (*file, error) {
	isOpen := first.head.CloseDelimited // only the connection's end was its end
	switch {
	case err != nil && isOpen:
		return nil, err
	case err != nil, maps.Equal(first.digests, second.digests):
		return first, nil
	case isOpen && second.head.CloseDelimited && !d.isRight(second):
		return nil, &fetch.Error{Message: fmt.Sprintf("The server does not say how long the file is, and two downloads had %s and %s bytes: one of them was cut short",
			humanize.Comma(first.size), humanize.Comma(second.size))}
	case isOpen:
		return second, nil
	case first.head.Size < 0 && first.size < second.size && d.isRight(second):
		return second, nil // the first was cut short, and its end looked like the file's
	case !second.head.CloseDelimited || d.isRight(second):
		first.second = second
	}
	return first, nil
}

// incomplete returns why the received bytes are not considered the file: they are fewer than the host publishes or, where the
// answer gave no length, than are declared; or only the host says what they should be, and they are not that. It is nil for a body
// that is clearly not the beginning of the file.
func (d Download) incomplete(f *file) error {
	shorterThan := func(size int64, whose string) error {
		return &fetch.Error{Message: fmt.Sprintf("The body ended after %s of the %s bytes %s", humanize.Comma(f.size), humanize.Comma(size), whose)}
	}
	says := f.published
	for _, a := range d.decided() {
		switch {
		case isPage(a, f.kind) || f.kind.Kind == format.LFSPointer:
		case says.Size > f.size && !f.isPublished():
			return shorterThan(says.Size, "that its host publishes")
		case f.head.Size < 0 && a.Size != nil && a.Size.Value > f.size:
			return shorterThan(a.Size.Value, "that are declared, and the server announced no length")
		case d.expected(a).IsZero() && !f.has(says.Digest):
			return &fetch.Error{Message: fmt.Sprintf("The host publishes the digest %s and serves a file with the digest %s: one of the two is wrong",
				finding.Quote(says.Digest.String()), finding.Quote(f.digests[says.Digest.Algorithm].String()))}
		}
	}
	return nil
}
