package verify

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/format"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
	"github.com/premAI-io/verify-manifests/pkg/image"
	"github.com/premAI-io/verify-manifests/pkg/minisign"
)

// evidence is what is known of a complete file, whether it was read or not.
type evidence struct {
	source    Source
	digests   map[digest.Algorithm]digest.Digest
	size      int64
	published hosts.Published // what the host says of the file

	// Of a file that was read:
	kind    format.Format
	etag    string // the URL's own, as sent, hostile; "" when there is none
	message *minisign.Message
	head    fetch.Head
	second  *evidence // of another download, which had other bytes; nil where there is none
	path    string    // of a file on disk
	text    []byte    // of a bundle
}

// isRead reports whether the bytes were seen, and not just their digest.
func (e *evidence) isRead() bool { return e.source == FromDownload || e.source == FromLocal }

// others returns the file's digests under other algorithms than one, sorted.
func (e *evidence) others(than digest.Algorithm) []digest.Digest {
	var all []digest.Digest
	for algorithm, d := range e.digests {
		if algorithm != than {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b digest.Digest) int { return strings.Compare(a.String(), b.String()) })
	return all
}

// serves begins a clause that says what the file is.
func (e *evidence) serves() string {
	if e.source == FromLocal {
		return finding.Quote(e.path) + " is"
	}
	return "the URL serves"
}

// hostDigest reports that the host publishes another digest than the declared one. It explains a mismatch,
// and decides nothing.
func hostDigest(a artifact.Artifact, p hosts.Published) *finding.Finding {
	if a.Checksum == nil || p.Digest.IsZero() || p.Digest.Algorithm != algorithm(a) || p.Digest == a.Checksum.Value {
		return nil
	}
	f := atField(a, a.Checksum, finding.ArtifactHostDigest,
		fmt.Sprintf("The host publishes the digest %s, and %s is declared", finding.Quote(p.Digest.String()), finding.Quote(a.Checksum.Value.String())), "")
	return &f
}

// compared adds to the results of one URL's artifacts without a checksum that the baseline had other bytes.
// A declared digest that the bytes have says that they are right, whoever else declares none.
func compared(results []Result, known *evidence, baseline Baseline) []Result {
	if known == nil || baseline.Digest.IsZero() {
		return results
	}
	now := known.digests[baseline.Digest.Algorithm]
	for _, r := range results {
		if now == baseline.Digest || r.Status == Verified {
			return results
		}
	}
	more := known.secondDownload(baseline.Digest, "the earlier file")
	for i, r := range results {
		if r.Status == Unverified {
			results[i].Findings = append(r.Findings, Changed(r.Artifact, baseline, now, more))
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
