package verify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// atField returns a finding about a declared value, at that value. Its pointer is the artifact's where the value is not
// below that, such as the checksum of several mirrors.
func atField[T any](a artifact.Artifact, field *artifact.Field[T], rule, message, fix string) finding.Finding {
	f := a.Finding(rule, message, fix)
	f.Position = field.Position
	if strings.HasPrefix(field.Pointer, a.Pointer+"/") {
		f.Pointer = field.Pointer
	}
	return f
}

// judge returns the Result of an artifact whose complete file is known: the declared digest decides, or without one the content and
// the policy.
func (p Policy) judge(d Download, a artifact.Artifact, known *evidence) Result {
	r := Result{
		Artifact: a, Source: known.source,
		Observation: Observation{
			Digest: known.digests[algorithm(a)], Others: known.others(algorithm(a)), Size: known.size,
			ETag: known.etag, Commit: known.published.Commit(),
		},
	}
	if a.Attests != "" {
		r.Text = known.text
	}
	if known.isRead() {
		r.Format = known.kind.String()
		r.Findings = inspect(a, known)
	}
	switch {
	case a.Checksum != nil && a.Checksum.Value == r.Digest:
		r.Status = Verified
	case a.Checksum != nil:
		r.Status = Mismatch
		r.Findings = append(r.Findings, mismatch(d, a, known, r))
	case slices.ContainsFunc(r.Findings, isError):
		r.Status = Invalid
	default:
		r.Status = Unverified
		note, missing := p.unverified(a, known)
		r.Note = note
		r.Findings = append(r.Findings, missing...)
	}
	r.Findings = append(r.Findings, p.signature(a, known.message)...)
	if a.Size != nil && a.Size.Value != known.size {
		r.Findings = append(r.Findings, WrongSize(a, known.size))
	}
	if f := hostDigest(a, known.published); f != nil {
		r.Findings = append(r.Findings, *f)
	}
	return r
}

// capital makes the first letter upper case.
func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func isError(f finding.Finding) bool { return f.Severity == finding.Error }

func mismatch(d Download, a artifact.Artifact, known *evidence, r Result) finding.Finding {
	message := fmt.Sprintf("The file is not the declared one: %s %s of %s bytes", known.serves(), known.kind.Describe(), humanize.Comma(known.size))
	if oid, _, ok := known.kind.LFS(); ok && oid == a.Checksum.Value {
		message = capital(known.serves()) + " a Git LFS pointer whose oid is the declared checksum: it is the right file's pointer, not the file"
	}
	fix := ""
	if slices.ContainsFunc(r.Findings, isError) {
		fix = "Fix the URL first. Don't change the checksum yet"
	}
	observed := r.Digest.String()
	return atField(a, a.Checksum, finding.ArtifactMismatch, message, fix).
		Comparing("declared", a.Checksum.Value.String(), "served", observed, d.explanation(a, known, observed)+replacement(a))
}

// WrongSize is the finding about a file of another size than the declared one.
func WrongSize(a artifact.Artifact, size int64) finding.Finding {
	return atField(a, a.Size, finding.ArtifactSize,
		fmt.Sprintf("The file has %s bytes, and %s are declared", humanize.Comma(size), humanize.Comma(a.Size.Value)), "")
}

// unread returns the Result of an artifact whose body was not read to its end.
func unread(a artifact.Artifact, err error) Result {
	r := Result{Artifact: a, Observation: unseen}
	var failure *fetch.Error
	if !errors.As(err, &failure) {
		failure = &fetch.Error{Message: "The file could not be read: " + finding.Quote(err.Error())}
	}
	rule := finding.ArtifactUnreachable
	switch failure.Kind {
	case fetch.Unavailable:
		r.Status, rule = Unavailable, finding.ArtifactUnavailable
		r.Gone = failure.Status == http.StatusNotFound || failure.Status == http.StatusGone
	case fetch.Refused:
		r.Status, rule = Refused, finding.ArtifactRefused
	}
	r.Findings = []finding.Finding{a.Finding(rule, failure.Message, failure.Fix)}
	return r
}

// cutShort is the error of a file that was not read to its end because the run ended.
func cutShort(ctx context.Context, err error) error {
	return &fetch.Error{
		Message: "The file was not read to its end: " + finding.Clean(context.Cause(ctx).Error()),
		Fix:     "Run it again, with a longer `timeout` where that was over",
		Err:     errors.Join(err, ctx.Err()),
	}
}

// refused is the Result of an artifact that is not downloaded; the findings say why.
func refused(a artifact.Artifact, findings ...finding.Finding) Result {
	return Result{Artifact: a, Status: Refused, Observation: unseen, Findings: findings}
}

// conflicting refuses every artifact of a URL with two declared digests.
func conflicting(d Download, first, second artifact.Artifact) []Result {
	var results []Result
	for _, a := range d.Artifacts {
		message := fmt.Sprintf("Two digests are declared for this URL: %s in %s and %s in %s. Nothing was downloaded, since at most one can be right",
			finding.Quote(first.Checksum.Value.String()), place(first), finding.Quote(second.Checksum.Value.String()), place(second))
		results = append(results, refused(a, a.Finding(finding.ArtifactDigestConflict, message, "")))
	}
	return results
}

func place(a artifact.Artifact) string {
	return finding.Quote(fmt.Sprintf("%s:%d", a.Manifest, a.Checksum.Position.Line))
}

// replacement explains a mismatch by a change of the URL that left the checksum as it was, the most common reason.
func replacement(a artifact.Artifact) string {
	was := a.Was
	if was == nil || was.URL == a.URL || was.Checksum == nil || a.Checksum == nil || was.Checksum.Value != a.Checksum.Value {
		return ""
	}
	return fmt.Sprintf(". The change gives the file another URL (it was %s) and leaves its checksum as it was", finding.QuoteURL(was.URL))
}
