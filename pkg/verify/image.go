package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dustin/go-humanize"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/format"
	"github.com/premAI-io/verify-manifests/pkg/image"
)

// Images is what is asked about container images, as image.Client implements it.
type Images interface {
	Ask(ctx context.Context, r image.Reference) (image.Image, error)
	Read(ctx context.Context, r image.Reference, isWhole bool) (image.Image, error)
}

// imageObservation describes the image that a reference names. Its Digest is zero if no registry was asked.
type imageObservation struct {
	image.Image
	ref   image.Reference
	was   digest.Digest // what an earlier scan saw behind a tag that has moved since; zero for none
	moved string        // where the tag beside a digest is now, as a clause; "" for where it was
}

func (k imageObservation) observation() Observation {
	return Observation{Digest: k.Digest, Size: k.Size}
}

func (k imageObservation) source() Source {
	switch {
	case k.Digest.IsZero():
		return ""
	case k.Read:
		return FromDownload
	}
	return FromHost
}

// image returns the Results of the artifacts that name one image.
func (v *Verifier) image(ctx context.Context, d Download, s *slot) []Result {
	results := v.readImage(ctx, d, s)
	for i := range results {
		if v.Offline {
			results[i].Status = Unverified
		}
	}
	return results
}

func (v *Verifier) readImage(ctx context.Context, d Download, s *slot) []Result {
	ref, err := image.Parse(d.URL)
	if err != nil {
		return d.each(func(a artifact.Artifact) Result {
			return refused(a, a.Finding(finding.ImageInvalid, fmt.Sprintf("Invalid image reference %s: %s", finding.QuoteURL(a.URL), err), ""))
		})
	}
	d.Artifacts = slices.Clone(d.Artifacts)
	for i, a := range d.Artifacts {
		if a.Checksum == nil && !ref.Digest.IsZero() {
			d.Artifacts[i].Checksum = &artifact.Field[digest.Digest]{Value: ref.Digest, Pointer: a.Pointer, Position: a.Position}
		}
	}
	if refused := d.conflicts(); refused != nil {
		return refused
	}
	known := imageObservation{Image: image.Image{Size: -1}, ref: ref}
	if !v.Offline && len(d.decided()) > 0 {
		err = cutShort(ctx, v.inspectImage(ctx, d, &known, s))
	}
	return d.results(nil, func(a artifact.Artifact) Result {
		r := v.Policy.applyToImage(a, known, d.baseline, err)
		if why := ref.Mutable(); why != "" && a.Checksum == nil {
			r.Findings = append(r.Findings, a.Finding(finding.URLMutable,
				fmt.Sprintf("The reference has %s: each release changes what is pulled", why),
				"Use the tag of a version, and append its digest"))
		}
		return r
	})
}

// inspectImage finds out about an image. In fast mode the registry's answer is enough if it is the expected digest, or
// none is expected.
func (v *Verifier) inspectImage(ctx context.Context, d Download, known *imageObservation, s *slot) (err error) {
	var pinned digest.Digest
	for _, a := range d.decided() {
		if a.Checksum != nil {
			pinned = a.Checksum.Value
			break
		}
	}
	want := pinned
	if want.IsZero() {
		want = d.baseline.Digest
	}
	if v.Fast {
		known.Image, err = v.Images.Ask(ctx, known.ref)
		s.add(known.Bytes)
	}
	if err == nil && (known.Digest.IsZero() || !want.IsZero() && known.Digest != want) {
		known.Image, err = v.Images.Read(ctx, known.ref, !pinned.IsZero())
		s.add(known.Bytes)
	}
	if was := d.baseline.Digest; was.Algorithm == known.Digest.Algorithm && was != known.Digest {
		known.was = was
	}
	if err == nil && known.ref.Tag != "" && !known.ref.Digest.IsZero() {
		known.moved = v.moved(ctx, known.ref, s)
	}
	return err
}

// moved says where a tag beside a digest is now, "" if unknown: it decides nothing. A difference counts only if the manifest was read.
func (v *Verifier) moved(ctx context.Context, ref image.Reference, s *slot) string {
	now, err := v.Images.Ask(ctx, ref.Tagged())
	s.add(now.Bytes)
	if err == nil && now.Digest != ref.Digest {
		now, err = v.Images.Read(ctx, ref.Tagged(), false)
		s.add(now.Bytes)
		if failure := new(fetch.Error); errors.As(err, &failure) && failure.Kind == fetch.Unavailable {
			return "no longer exists"
		}
	}
	if err != nil || now.Digest == ref.Digest || now.Digest.Algorithm != ref.Digest.Algorithm {
		return ""
	}
	return "now names " + finding.Quote(now.Digest.String())
}

// applyToImage returns the Result of an artifact whose image is known, but for err.
func (p Policy) applyToImage(a artifact.Artifact, known imageObservation, baseline Baseline, err error) Result {
	if err == nil && a.Checksum != nil && !known.Digest.IsZero() && a.Checksum.Value != known.Digest {
		err = &image.OtherError{Part: "The image", Want: a.Checksum.Value, Got: known.Digest}
	}
	if err != nil {
		return unreadImage(a, known, err)
	}
	r := Result{Artifact: a, Status: Unverified, Observation: known.observation(), Format: known.Format, Source: known.source()}
	if a.Checksum != nil && !known.Digest.IsZero() {
		r.Status = Verified
	}
	isMoved := a.Checksum == nil && !known.was.IsZero()
	if isMoved {
		r.Findings = append(r.Findings, Changed(a, baseline, known.Digest, ""))
	}
	if known.moved != "" {
		r.Findings = append(r.Findings, a.Finding(finding.ImageTagMoved,
			fmt.Sprintf("The tag %s %s; the digest still decides what is pulled", finding.Quote(known.ref.Tag), known.moved), ""))
	}
	if a.Checksum != nil || p.MissingChecksum == nil {
		return r
	}
	fix := ""
	switch {
	case isMoved: // the new image is not recommended
		fix = "Find out why the tag moved. Then append the digest of the image that you have reviewed"
	case !known.Digest.IsZero():
		fix = "Review the image that the tag names now. Then " + writePinned(known.ref, known.Digest)
	}
	f := a.Finding(finding.ImageUnpinned, "No digest is declared for the image, so a tag that moves to another image goes unnoticed", fix)
	f.Severity = *p.MissingChecksum
	r.Findings = append(r.Findings, f)
	return r
}

// quotable is how many characters of a reference can be quoted whole.
const quotable = 200

// writePinned describes how to pin a reference.
func writePinned(ref image.Reference, d digest.Digest) string {
	if pinned := ref.Pin(d); len(pinned) <= quotable {
		return "write " + finding.Quote(pinned)
	}
	return "append " + finding.Quote("@"+d.String()) + " to the reference"
}

// unreadImage returns the Result of an artifact whose image is incomplete, or another.
func unreadImage(a artifact.Artifact, known imageObservation, err error) Result {
	describe := func(body []byte) string { return format.Sniff(body, true).Describe() }
	var other *image.OtherError
	var invalid *image.InvalidError
	switch {
	case errors.As(err, &invalid):
		f := a.Finding(finding.ArtifactWrongFormat, invalid.Message, "Use an image that docker can pull")
		if format.Sniff(invalid.Body, true).Kind == format.HTML {
			f = a.Finding(finding.ArtifactHTMLPage, fmt.Sprintf("The registry serves %s instead of an image's manifest", describe(invalid.Body)),
				"Check the registry's host: this one serves a web site")
		}
		return Result{Artifact: a, Status: Invalid, Observation: known.observation(), Source: known.source(), Findings: []finding.Finding{f}}
	case !errors.As(err, &other):
		return unread(a, err)
	}
	message := fmt.Sprintf("%s is not the declared one: its digest is %s instead of %s", other.Part,
		finding.Quote(other.Got.String()), finding.Quote(other.Want.String()))
	fix := ""
	if len(other.Body) > 0 {
		message += fmt.Sprintf(". The registry serves %s of %s bytes", describe(other.Body), humanize.Comma(int64(len(other.Body))))
		fix = "Don't pull from this registry until its operator explains why it serves other bytes under a digest"
	}
	r := Result{Artifact: a, Status: Mismatch, Observation: Observation{Digest: other.Got, Size: -1}, Source: FromDownload}
	f := a.Finding(finding.ArtifactMismatch, message, fix)
	if a.Checksum == nil { // another artifact declares the digest
		r.Status = Invalid
	} else {
		f = at(f, a.Checksum)
	}
	r.Findings = []finding.Finding{f}
	return r
}
