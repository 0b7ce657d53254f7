package verify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
	"github.com/premAI-io/verify-manifests/pkg/image"
	"github.com/premAI-io/verify-manifests/pkg/minisign"
)

// Policy is the maintainers' decision about which files may lack a checksum, and whose signatures are valid.
type Policy struct {
	// MissingChecksum is the severity of a missing checksum; nil reports none.
	MissingChecksum *finding.Severity
	// TrustedURLs are globs of the URLs that the registry's owner controls.
	TrustedURLs []string
	// PublicKeys verify signatures; without any, no signature is checked.
	PublicKeys []minisign.PublicKey
	// Server is the GitHub server whose URLs hosts.Parse interprets ("https://github.com").
	Server string
}

// Trusted reports whether the registry's owner controls an artifact's URL, and it names a version.
func (p Policy) Trusted(a artifact.Artifact) bool {
	return hosts.Trusted(a.URL, p.TrustedURLs) && hosts.Parse(a.URL, p.Server).Versioned
}

// apply returns the Result of an artifact whose complete file is known: the declared digest decides, or without one the content and
// the policy.
func (p Policy) apply(d Download, a artifact.Artifact, f *file) Result {
	r := Result{Artifact: a, Source: f.source, Observation: f.observation(algorithm(a))}
	if a.Attests != "" {
		r.Text = f.text
	}
	if f.isRead() {
		r.Format, r.Findings = f.kind.String(), inspect(a, f)
	}
	switch {
	case a.Checksum != nil && a.Checksum.Value == r.Digest:
		r.Status = Verified
	case a.Checksum != nil:
		r.Status = Mismatch
		r.Findings = append(r.Findings, d.mismatch(a, f, slices.ContainsFunc(r.Findings, isError)))
	case slices.ContainsFunc(r.Findings, isError):
		r.Status = Invalid
	default:
		p.unverified(&r, f)
	}
	r.Findings = append(r.Findings, p.signature(a, f.message)...)
	if a.Size != nil && a.Size.Value != f.size {
		r.Findings = append(r.Findings, WrongSize(a, f.size))
	}
	if says := f.published.Digest; a.Checksum != nil && says.Algorithm == algorithm(a) && says != a.Checksum.Value {
		message := fmt.Sprintf("The host publishes the digest %s, and %s is declared", finding.Quote(says.String()), finding.Quote(a.Checksum.Value.String()))
		r.Findings = append(r.Findings, at(a.Finding(finding.ArtifactHostDigest, message, ""), a.Checksum))
	}
	return r
}

func isError(f finding.Finding) bool { return f.Severity == finding.Error }

// unverified makes r the Result of an artifact without a checksum: a note says why it needs none, else it is reported. It needs none
//
//   - if the registry's owner controls the URL, and it names a version;
//   - if it is weights in a format that can't execute code, by its first bytes and not its name.
func (p Policy) unverified(r *Result, f *file) {
	r.Status = Unverified
	a, isWeight := r.Artifact, r.Artifact.Role == artifact.Weight
	message, fix := "No checksum is declared, so a replaced file goes unnoticed", ""
	switch {
	case p.Trusted(a):
		r.Note = "published by the registry's owner under a versioned URL"
		return
	case isWeight && f.kind.Safe():
		r.Note = fmt.Sprintf("weights in the %s format, which contains no code", f.kind)
		return
	case p.MissingChecksum == nil:
		return
	case isWeight && !f.isRead():
		message += ". Weights in a safe format don't need one, but this file was not read"
		fix = "Declare a checksum, or use the mode `full`, which reads the file"
	case isWeight && f.kind.Ambiguous():
		message += fmt.Sprintf(". It is %s, which is not a safe format", f.kind.Describe())
	}
	missing := a.Finding(finding.ArtifactMissingChecksum, message, fix)
	missing.Severity = *p.MissingChecksum
	r.Findings = append(r.Findings, missing)
}

// offline returns the Results of a URL's artifacts without a request: none is verified, and only the rules that need no bytes
// apply.
func (p Policy) offline(d Download) []Result {
	results := d.conflicts()
	if results == nil {
		results = d.each(func(a artifact.Artifact) Result { return Result{Artifact: a} })
	}
	for i := range results {
		r := &results[i]
		r.Status, r.Size = Unverified, -1
		if r.Artifact.Size != nil {
			r.Size = r.Artifact.Size.Value
		}
		if r.Artifact.Checksum == nil {
			p.unverified(r, &file{})
		}
	}
	return results
}

// signature returns what is wrong with an artifact's signature. One that verifies has no finding: the digest and the policy
// decide the status.
func (p Policy) signature(a artifact.Artifact, m *minisign.Message) []finding.Finding {
	if a.Signature == nil {
		return nil
	}
	rule, message := finding.SignatureUnverified, "The signature was not checked: no public key is configured"
	if len(p.PublicKeys) > 0 {
		isLegacy, err := m.Verify(a.Signature.Value, p.PublicKeys)
		switch {
		case err != nil:
			rule, message = finding.SignatureInvalid, "The signature does not verify: "+err.Error()
		case isLegacy:
			rule, message = finding.SignatureLegacy, "The signature is valid, but has the legacy format: it signs the file itself instead of its hash"
		default:
			return nil
		}
	}
	return []finding.Finding{at(a.Finding(rule, message, ""), a.Signature)}
}

// at moves a finding about an artifact to a declared value. Its pointer stays the artifact's where the value is not below that, such as
// the checksum of several mirrors.
func at[T any](f finding.Finding, field *artifact.Field[T]) finding.Finding {
	f.Position = field.Position
	if strings.HasPrefix(field.Pointer, f.Pointer+"/") {
		f.Pointer = field.Pointer
	}
	return f
}

// mismatch reports that a file does not have the declared digest, and what may explain that. isOther says that its content is reported.
func (d Download) mismatch(a artifact.Artifact, f *file, isOther bool) finding.Finding {
	declared, observed := a.Checksum.Value, f.digests[algorithm(a)]
	message := fmt.Sprintf("The file is not the declared one: %s %s of %s bytes", f.serves(), f.kind.Describe(), humanize.Comma(f.size))
	if oid, _, ok := f.kind.LFS(); ok && oid == declared {
		message = capital(f.serves()) + " a Git LFS pointer whose oid is the declared checksum: this is the pointer of the declared file, not the file"
	}
	fix := ""
	if isOther {
		fix = "Fix the URL first. Don't change the checksum yet"
	}
	why := f.secondDownload(declared, "the declared file")
	if pointer, found := d.declared[declaration{a.Manifest, observed}]; found && pointer != a.Pointer {
		why += fmt.Sprintf(". This is the digest that is declared for %s: the two may be swapped", finding.Quote(pointer))
	}
	switch {
	case f.source != FromLocal:
	case a.Size == nil:
		why += ". No size is declared, so the download may be incomplete"
	case a.Size.Value == f.size:
		why += ". It has the declared size, so programs consider it complete: an interrupted download may have been resumed with another version"
	}
	if encoding := f.head.ContentEncoding; encoding != "" && encoding != "identity" {
		why += fmt.Sprintf(". The server applied the Content-Encoding %s, which was not requested", finding.Quote(encoding))
	}
	if was := a.Was; was != nil && was.URL != a.URL && was.Checksum != nil && was.Checksum.Value == declared {
		why += fmt.Sprintf(". The change edits the file's URL (before: %s) but not its checksum", finding.QuoteURL(was.URL))
	}
	return at(a.Finding(finding.ArtifactMismatch, message, fix), a.Checksum).Comparing("declared", declared.String(), "served", observed.String(), why)
}

// capital makes the first letter upper case.
func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// WrongSize is the finding about a file of another size than the declared one.
func WrongSize(a artifact.Artifact, size int64) finding.Finding {
	message := fmt.Sprintf("The file has %s bytes, and %s are declared", humanize.Comma(size), humanize.Comma(a.Size.Value))
	return at(a.Finding(finding.ArtifactSize, message, ""), a.Size)
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

// cutShort is the error of a file that was not read to its end because the run ended; any other error it returns as it is.
func cutShort(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	return &fetch.Error{
		Message: "The file was not read to its end: " + finding.Clean(context.Cause(ctx).Error()),
		Fix:     "Run it again, with a longer `timeout` if that expired",
		Err:     errors.Join(err, ctx.Err()),
	}
}

// compared adds to the results of one URL's artifacts without a checksum that the baseline had other bytes.
// If one of the artifacts declares the digest of the bytes, they are right.
func compared(results []Result, f *file, baseline Baseline) []Result {
	isRight := func(r Result) bool { return r.Status == Verified }
	if f == nil || f.has(baseline.Digest) || slices.ContainsFunc(results, isRight) {
		return results
	}
	more := f.secondDownload(baseline.Digest, "the earlier file")
	for i, r := range results {
		if r.Status == Unverified {
			results[i].Findings = append(r.Findings, Changed(r.Artifact, baseline, f.digests[baseline.Digest.Algorithm], more))
		}
	}
	return results
}

// Changed reports that an artifact's file, or the image that its reference names, is another one than its baseline. More follows the
// sentence that says so.
func Changed(a artifact.Artifact, baseline Baseline, now digest.Digest, more string) finding.Finding {
	day := baseline.Seen.Format(time.DateOnly)
	message, fix := "The file has changed since "+day, ""
	if ref, err := image.Parse(a.URL); err == nil && a.Role == artifact.Image {
		message = "The tag names another image than on " + day
		fix = "Ask the publisher whether the change was intended. To keep the earlier image, " + writePinned(ref, baseline.Digest)
	}
	return a.Finding(finding.ArtifactChanged, message, fix).Comparing("before", baseline.Digest.String(), "now", now.String(), more)
}
