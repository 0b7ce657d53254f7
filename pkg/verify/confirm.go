package verify

import (
	"context"
	"fmt"
	"maps"

	"github.com/dustin/go-humanize"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// confirmLimit is the largest file, in bytes, that is read again before it is called a mismatch.
const confirmLimit = 64 << 20

// alarming reports whether a file is another than the declared one or the baseline's, and is worth a second look before
// that is said: where it is small, where its server names nothing that would tell two versions apart, and where it was put
// together from several answers, of which the server may have mixed up one. Such a file is worth it too where nobody says what
// it should be: what is learned of it is what later scans hold it against.
// The host's own word for the bytes is one.
func (d Download) alarming(known *evidence, baseline Baseline) bool {
	said := known.published.Digest
	if known.size > confirmLimit && known.hasValidator && !known.closeDelimited && !known.pieced || !said.IsZero() && said == known.digests[said.Algorithm] {
		return false
	}
	for _, a := range d.readable() {
		want := expected(a, baseline)
		if want.IsZero() && known.pieced || !want.IsZero() && want != known.digests[want.Algorithm] {
			return true
		}
	}
	return false
}

// confirm reads an alarming file again, in one answer. That answer alone counts where the first reading was put together from
// several, or is in doubt. Where two whole readings differ, the server makes the file anew each time, which is no tampering;
// or, where nothing told the body's length, one of them was cut short.
func (v *Verifier) confirm(ctx context.Context, d Download, first *evidence, progress counter) (*evidence, error) {
	baseline := v.baseline(d)
	counts := !first.pieced && d.doubt(first, baseline) == nil
	second, err := v.get(ctx, d, fetch.Request{Unbroken: true, Announced: max(first.announced, 0)}, progress)
	if err == nil {
		second.published = first.published
		err = d.doubt(second, baseline)
	}
	switch {
	case err != nil && (!counts || first.closeDelimited):
		return nil, err
	case err != nil:
		return first, nil
	case !counts:
		return second, nil
	case maps.Equal(first.digests, second.digests):
		return first, nil
	case first.size < second.size && !d.alarming(second, baseline):
		return second, nil // the first was cut short, and its end looked like the file's
	case first.closeDelimited || second.closeDelimited:
		return nil, &fetch.Error{Message: fmt.Sprintf("The server does not say how long the file is, and two downloads had %s and %s bytes: one of them was cut short",
			humanize.Comma(first.size), humanize.Comma(second.size))}
	}
	first.unstable = true
	return first, nil
}

// doubt returns why the bytes that came are not taken for the file: they are fewer than the host publishes or, where the
// answer did not say how many there are, than are declared; or nobody says what they should be but the host, and they
// are not that. It is nil for a body that is evidently something else than the beginning of the file.
func (d Download) doubt(known *evidence, baseline Baseline) error {
	kind := seen{Format: known.kind}
	said := known.published
	isSaid := !said.Digest.IsZero() && said.Digest == known.digests[said.Digest.Algorithm]
	for _, a := range d.readable() {
		switch {
		case webPage(a, kind) != nil || lfsPointer(a, kind) != nil:
		case said.Size > known.size && !isSaid:
			return cutShortOf(known, said.Size, "that its host publishes")
		case known.announced < 0 && a.Size != nil && a.Size.Value > known.size:
			return cutShortOf(known, a.Size.Value, "that are declared, and its server does not say how long it is")
		case expected(a, baseline).IsZero() && !said.Digest.IsZero() && !isSaid:
			return &fetch.Error{Message: fmt.Sprintf("The host says that the file's digest is %s, and what it sends has %s: one of the two is wrong, so nothing is known of the file",
				finding.Quote(said.Digest.String()), finding.Quote(known.digests[said.Digest.Algorithm].String()))}
		}
	}
	return nil
}

func cutShortOf(known *evidence, size int64, whose string) error {
	return &fetch.Error{Message: fmt.Sprintf("The body ended after %s of the %s bytes %s", humanize.Comma(known.size), humanize.Comma(size), whose)}
}

// explanation adds to a mismatch what else is known of the bytes.
func (d Download) explanation(a artifact.Artifact, known *evidence, observed string) string {
	var said string
	if known.unstable {
		said = ". Two downloads differ from each other too: the server makes the file anew each time, so that no checksum can hold"
	}
	if pointer, found := d.declared[declaration{a.Manifest, observed}]; found && pointer != a.Pointer {
		said += fmt.Sprintf(". This is the digest that is declared for %s: the two may be swapped", finding.Quote(pointer))
	}
	if known.source == FromLocal && a.Size == nil {
		said += ". No size is declared that would tell whether its download has ended"
	}
	if known.source == FromLocal && a.Size != nil && a.Size.Value == known.size {
		said += ". It has the declared size, so programs take it for complete: an interrupted download may have gone on with another version"
	}
	if encoding := known.encoding; encoding != "" && encoding != "identity" {
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
