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

// Images is what is asked about container images, with the promises of image.Client.
type Images interface {
	Ask(ctx context.Context, r image.Reference) (image.Image, error)
	Read(ctx context.Context, r image.Reference, isWhole bool) (image.Image, error)
}

// seenImage is what is known of the image that a reference names. The zero seenImage is of one that was not asked about.
type seenImage struct {
	image.Image
	ref      image.Reference
	baseline Baseline
	moved    string // where the tag beside a digest is now, as a clause; "" where it is where it was
}

// images returns the Results of the artifacts that name one image.
func (v *Verifier) images(ctx context.Context, d Download, progress counter) []Result {
	results := v.image(ctx, d, progress)
	for i := range results {
		if v.Offline {
			results[i].Status = Unverified
		}
	}
	return results
}

func (v *Verifier) image(ctx context.Context, d Download, progress counter) []Result {
	ref, err := image.Parse(d.URL)
	if err != nil {
		return eachArtifact(d, func(a artifact.Artifact) Result { return notAnImage(a, err) })
	}
	d.Artifacts = slices.Clone(d.Artifacts)
	for i, a := range d.Artifacts {
		d.Artifacts[i].Checksum = declaredImage(a, ref)
	}
	if first, second, found := d.conflict(); found {
		return conflicting(d, first, second)
	}
	known := seenImage{Image: image.Image{Size: -1}, ref: ref, baseline: v.baseline(d)}
	if !v.Offline && d.needed() {
		err = v.inspectImage(ctx, d, &known, progress)
	}
	return eachArtifact(d, func(a artifact.Artifact) Result {
		switch {
		case unreadable(a):
			return refused(a) // whoever read the manifest has reported the checksum
		case err != nil:
			return withMutable(unreadImage(a, known, err), ref)
		}
		return withMutable(v.Policy.judgeImage(a, known), ref)
	})
}

func eachArtifact(d Download, judge func(artifact.Artifact) Result) (results []Result) {
	for _, a := range d.Artifacts {
		results = append(results, judge(a))
	}
	return results
}

// declaredImage returns the digest that an artifact declares: beside the reference, else in it.
func declaredImage(a artifact.Artifact, ref image.Reference) *artifact.Field[digest.Digest] {
	if a.Checksum != nil || ref.Digest.IsZero() {
		return a.Checksum
	}
	return &artifact.Field[digest.Digest]{Value: ref.Digest, Pointer: a.Pointer, Position: a.Position}
}

func notAnImage(a artifact.Artifact, err error) Result {
	return refused(a, a.Finding(finding.ImageInvalid, fmt.Sprintf("The reference %s names no image: %s", finding.QuoteURL(a.URL), err), ""))
}

// inspectImage finds out about an image. In fast mode the registry's word is enough where it says what is expected, or
// nothing is.
func (v *Verifier) inspectImage(ctx context.Context, d Download, known *seenImage, progress counter) (err error) {
	want := d.pinned()
	if want.IsZero() {
		want = known.baseline.Digest
	}
	if v.Fast {
		known.Image, err = v.Images.Ask(ctx, known.ref)
		countWhole(progress, known.Bytes)
	}
	if err == nil && (known.Digest.IsZero() || !want.IsZero() && known.Digest != want) {
		known.Image, err = v.Images.Read(ctx, known.ref, !d.pinned().IsZero())
		countWhole(progress, known.Bytes)
	}
	if err == nil && known.ref.Tag != "" && !known.ref.Digest.IsZero() {
		known.moved = v.moved(ctx, known.ref, progress)
	}
	if err != nil && ctx.Err() != nil {
		err = cutShort(ctx, err)
	}
	return err
}

// countWhole counts n bytes that were read of something that was not announced.
func countWhole(to counter, n int64) {
	to.began(n, 0, 0)
	to.advance(int(n))
}

// pinned returns the digest that some artifact declares for the image, zero where none does.
func (d Download) pinned() digest.Digest {
	for _, a := range d.readable() {
		if a.Checksum != nil {
			return a.Checksum.Value
		}
	}
	return digest.Digest{}
}

// moved says where a tag beside a digest is now, "" where that is not known: it decides nothing.
func (v *Verifier) moved(ctx context.Context, ref image.Reference, progress counter) string {
	now, err := v.Images.Ask(ctx, ref.Tagged())
	countWhole(progress, now.Bytes)
	if err != nil || now.Digest == ref.Digest {
		return ""
	}
	now, err = v.Images.Read(ctx, ref.Tagged(), false) // a difference is only believed where it was read
	countWhole(progress, now.Bytes)
	var failure *fetch.Error
	switch {
	case errors.As(err, &failure) && failure.Kind == fetch.Unavailable:
		return "is not there any more"
	case err != nil || now.Digest == ref.Digest || now.Digest.Algorithm != ref.Digest.Algorithm:
		return ""
	}
	return "is at " + finding.Quote(now.Digest.String()) + " now"
}

// judgeImage returns the Result of an artifact whose image is known.
func (p Policy) judgeImage(a artifact.Artifact, known seenImage) Result {
	r := Result{Artifact: a, Status: Unverified, Observation: Observation{Digest: known.Digest, Size: known.Size}, Format: known.Format, Source: known.source()}
	switch {
	case known.Digest.IsZero(): // nobody was asked
	case a.Checksum != nil && a.Checksum.Value == known.Digest:
		r.Status = Verified
	case a.Checksum != nil:
		return unreadImage(a, known, &image.OtherError{Part: "The image", Want: a.Checksum.Value, Got: known.Digest})
	case known.isChanged():
		r.Findings = append(r.Findings, Changed(a, known.baseline, known.Digest, ""))
	}
	if known.moved != "" {
		r.Findings = append(r.Findings, a.Finding(finding.ImageTagMoved,
			fmt.Sprintf("The tag %s %s; the digest beside it still decides what is pulled", finding.Quote(known.ref.Tag), known.moved), ""))
	}
	if a.Checksum == nil && p.MissingChecksum != nil {
		f := unpinned(a, known)
		f.Severity = *p.MissingChecksum
		r.Findings = append(r.Findings, f)
	}
	return r
}

func (k seenImage) source() Source {
	switch {
	case k.Digest.IsZero():
		return ""
	case k.Read:
		return FromDownload
	}
	return FromHost
}

// isChanged reports whether a tag is elsewhere than an earlier scan saw it.
func (k seenImage) isChanged() bool {
	was := k.baseline.Digest
	return !was.IsZero() && was.Algorithm == k.Digest.Algorithm && was != k.Digest
}

// unpinned reports an image without a digest. Where the tag has moved it offers nobody's new image.
func unpinned(a artifact.Artifact, known seenImage) finding.Finding {
	message, fix := "No digest is declared for the image, so a tag that moves to another image goes unnoticed", ""
	switch {
	case known.isChanged():
		fix = "Find out why the tag moved. Then append the digest of the image that you have reviewed"
	case !known.Digest.IsZero():
		fix = "Review the image that the tag names now. Then " + writePinned(known.ref, known.Digest)
	}
	return a.Finding(finding.ImageUnpinned, message, fix)
}

// quotable is how many characters of a reference can be quoted whole.
const quotable = 200

// writePinned says how to pin a reference.
func writePinned(ref image.Reference, d digest.Digest) string {
	if pinned := ref.Pin(d); len(pinned) <= quotable {
		return "write " + finding.Quote(pinned)
	}
	return "append " + finding.Quote("@"+d.String()) + " to the reference"
}

// withMutable adds that an image is named so that it changes as a matter of course.
func withMutable(r Result, ref image.Reference) Result {
	if why := ref.Mutable(); why != "" && r.Artifact.Checksum == nil {
		r.Findings = append(r.Findings, r.Artifact.Finding(finding.URLMutable,
			fmt.Sprintf("The reference has %s: what is pulled changes with every release, without a change here", why),
			"Name the tag of a version, and the digest behind it"))
	}
	return r
}

// unreadImage says what an artifact ends as whose image is not all there, or another.
func unreadImage(a artifact.Artifact, known seenImage, err error) Result {
	var other *image.OtherError
	var invalid *image.InvalidError
	switch {
	case errors.As(err, &other):
		return otherImage(a, other)
	case errors.As(err, &invalid):
		return Result{Artifact: a, Status: Invalid, Observation: Observation{Digest: known.Digest, Size: known.Size}, Source: known.source(), Findings: []finding.Finding{noImage(a, invalid)}}
	}
	return unread(a, err)
}

func otherImage(a artifact.Artifact, other *image.OtherError) Result {
	message := fmt.Sprintf("%s is not the declared one: its digest is %s instead of %s", other.Part,
		finding.Quote(other.Got.String()), finding.Quote(other.Want.String()))
	fix := ""
	if len(other.Body) > 0 {
		message += fmt.Sprintf(". The registry serves %s of %s bytes", describe(other.Body), humanize.Comma(int64(len(other.Body))))
		fix = "Don't pull from this registry until its operator explains why it serves other bytes under a digest"
	}
	r := Result{Artifact: a, Status: Mismatch, Observation: Observation{Digest: other.Got, Size: -1}, Source: FromDownload}
	if a.Checksum == nil { // the digest is another artifact's to declare
		r.Status = Invalid
		r.Findings = []finding.Finding{a.Finding(finding.ArtifactMismatch, message, fix)}
		return r
	}
	r.Findings = []finding.Finding{atField(a, a.Checksum, finding.ArtifactMismatch, message, fix)}
	return r
}

func describe(body []byte) string { return format.Sniff(body, true).Describe() }

// noImage reports what a registry serves in place of an image.
func noImage(a artifact.Artifact, invalid *image.InvalidError) finding.Finding {
	if format.Sniff(invalid.Body, true).Kind == format.HTML {
		return a.Finding(finding.ArtifactHTMLPage, fmt.Sprintf("The registry serves %s instead of an image's manifest", describe(invalid.Body)),
			"Check the registry's host: this one answers like a web site")
	}
	return a.Finding(finding.ArtifactWrongFormat, invalid.Message, "Name an image that docker can pull")
}

// isImage reports whether a download is an image to ask a registry about.
func (d Download) isImage() bool {
	return slices.ContainsFunc(d.Artifacts, isImage)
}

func isImage(a artifact.Artifact) bool { return a.Role == artifact.Image }
