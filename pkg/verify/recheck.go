package verify

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/dustin/go-humanize"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// recheckLimit is the largest file, in bytes, that is read again before it is called a mismatch although its server tells
// versions apart.
const recheckLimit = 64 << 20

// isRight reports whether a file has every digest that is declared or was there before.
func (d Download) isRight(known *evidence, baseline Baseline) bool {
	return !slices.ContainsFunc(d.readable(), func(a artifact.Artifact) bool {
		want := expected(a, baseline)
		return !want.IsZero() && want != known.digests[want.Algorithm]
	})
}

// suspicious reports whether a file is read again before anything is said of it: it is wrong and small, or its server tells no
// versions apart or does not say where the file ends; or it was put together from several answers, of which the server may
// have mixed up one, and is wrong or nobody says what it should be. The digest that its host publishes settles it.
func (d Download) suspicious(known *evidence, baseline Baseline) bool {
	published := known.published.Digest
	if !published.IsZero() && published == known.digests[published.Algorithm] {
		return false
	}
	if !d.isRight(known, baseline) {
		hasValidator := known.head.ETag != "" || known.head.LastModified != ""
		return known.size <= recheckLimit || !hasValidator || known.head.CloseDelimited || known.head.Pieced
	}
	isUnknown := func(a artifact.Artifact) bool { return expected(a, baseline).IsZero() }
	return known.head.Pieced && slices.ContainsFunc(d.readable(), isUnknown)
}

// recheck downloads a file that is incomplete or suspicious once more, in one answer, and returns the download that counts by the
// table in docs/security.md. announced is what an answer before the first said.
func (v *Verifier) recheck(ctx context.Context, d Download, announced int64, first *evidence, progress counter) (*evidence, error) {
	baseline := v.baseline(d)
	isProof := !first.head.Pieced && d.incomplete(first, baseline) == nil
	if !isProof {
		announced = first.head.Announced
	}
	second, err := v.get(ctx, d, fetch.Request{Unbroken: true, Announced: announced}, progress)
	if err == nil {
		second.published = first.published
		err = d.incomplete(second, baseline)
	}
	if !isProof {
		return second, err
	}
	return d.decide(first, second, err, baseline)
}

// decide returns which of two downloads counts, of which the first came in one answer and is wrong; err is why the second proves
// nothing. What a complete download has proven is never denied, and only one whose answer gave no length can have been cut short.
func (d Download) decide(first, second *evidence, err error, baseline Baseline) (*evidence, error) {
	isOpen := first.head.CloseDelimited // only the connection's end was its end
	switch {
	case err != nil && isOpen:
		return nil, err
	case err != nil:
		return first, nil
	case maps.Equal(first.digests, second.digests):
		return first, nil
	case isOpen && second.head.CloseDelimited && !d.isRight(second, baseline):
		return nil, &fetch.Error{Message: fmt.Sprintf("The server does not say how long the file is, and two downloads had %s and %s bytes: one of them was cut short",
			humanize.Comma(first.size), humanize.Comma(second.size))}
	case isOpen:
		return second, nil
	case first.head.Size < 0 && first.size < second.size && d.isRight(second, baseline):
		return second, nil // the first was cut short, and its end looked like the file's
	}
	if !second.head.CloseDelimited || d.isRight(second, baseline) {
		first.second = second
	}
	return first, nil
}

// incomplete returns why the bytes that came are not taken for the file: they are fewer than the host publishes or, where the
// answer gave no length, than are declared; or only the host says what they should be, and they are not that. It is nil for a body
// that is evidently something else than the beginning of the file.
func (d Download) incomplete(known *evidence, baseline Baseline) error {
	kind := seen{Format: known.kind}
	published := known.published
	isPublished := !published.Digest.IsZero() && published.Digest == known.digests[published.Digest.Algorithm]
	for _, a := range d.readable() {
		switch {
		case webPage(a, kind) != nil || lfsPointer(a, kind) != nil:
		case published.Size > known.size && !isPublished:
			return shorterThan(known, published.Size, "that its host publishes")
		case known.head.Size < 0 && a.Size != nil && a.Size.Value > known.size:
			return shorterThan(known, a.Size.Value, "that are declared, and the server announced no length")
		case expected(a, baseline).IsZero() && !published.Digest.IsZero() && !isPublished:
			return &fetch.Error{Message: fmt.Sprintf("The host publishes the digest %s and serves a file with the digest %s: one of the two is wrong",
				finding.Quote(published.Digest.String()), finding.Quote(known.digests[published.Digest.Algorithm].String()))}
		}
	}
	return nil
}

func shorterThan(known *evidence, size int64, whose string) error {
	return &fetch.Error{Message: fmt.Sprintf("The body ended after %s of the %s bytes %s", humanize.Comma(known.size), humanize.Comma(size), whose)}
}

// secondDownload is a sentence about a second download that had other bytes, "" where there was none; want is the digest of what
// a file should be.
func (e *evidence) secondDownload(want digest.Digest, should string) string {
	switch {
	case e.second == nil:
		return ""
	case !want.IsZero() && want == e.second.digests[want.Algorithm]:
		return fmt.Sprintf(". A second download was %s: the server does not always serve the same bytes", should)
	case e.head.Validator != "" && e.head.Validator == e.second.head.Validator:
		return ". A second download had other bytes under the same validator: the server contradicts itself"
	}
	return ". A second download had other bytes again: the server makes the file anew each time, so no checksum can pin it"
}

// explanation adds to a mismatch what else is known of the bytes.
func (d Download) explanation(a artifact.Artifact, known *evidence, observed string) string {
	said := known.secondDownload(a.Checksum.Value, "the declared file")
	if pointer, found := d.declared[declaration{a.Manifest, observed}]; found && pointer != a.Pointer {
		said += fmt.Sprintf(". This is the digest that is declared for %s: the two may be swapped", finding.Quote(pointer))
	}
	if known.source == FromLocal && a.Size == nil {
		said += ". No size is declared that would tell whether its download has ended"
	}
	if known.source == FromLocal && a.Size != nil && a.Size.Value == known.size {
		said += ". It has the declared size, so programs take it for complete: an interrupted download may have gone on with another version"
	}
	if encoding := known.head.ContentEncoding; encoding != "" && encoding != "identity" {
		said += fmt.Sprintf(". The server applied the Content-Encoding %s, which was not asked for", finding.Quote(encoding))
	}
	return said
}

// declaration is a digest as a manifest declares it.
type declaration struct{ manifest, digest string }

// declarations tells at which pointer of a manifest a digest is declared.
func declarations(artifacts []artifact.Artifact) map[declaration]string {
	declared := map[declaration]string{}
	for _, a := range artifacts {
		if a.Checksum != nil && !unreadable(a) {
			declared[declaration{a.Manifest, a.Checksum.Value.String()}] = a.Pointer
		}
	}
	return declared
}
