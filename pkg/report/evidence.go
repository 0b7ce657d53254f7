package report

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// Evidence is what the baseline keeps of a file beside what a report says of it. Shards write it, for their merge to remember; a
// whole run's report, and a merged one, are without.
type Evidence struct {
	ETag   string          `json:"etag,omitempty"` // the strong validator under which the file was downloaded
	Commit string          `json:"commit,omitempty"`
	Others []digest.Digest `json:"digests,omitempty"` // under other algorithms than the observed digest's
}

// strongETag is a strong validator in ASCII, and not empty (RFC 9110, section 8.8.3).
var strongETag = regexp.MustCompile(`^"[\x21\x23-\x7e]{1,1000}"$`)

// sha1Shape is a commit of Hugging Face.
var sha1Shape = regexp.MustCompile(`^([0-9a-f]{40})?$`)

func newEvidence(result verify.Result) *Evidence {
	e := Evidence{Commit: result.Commit, Others: result.Others}
	if result.Source == verify.FromDownload && strongETag.MatchString(result.ETag) {
		e.ETag = result.ETag
	}
	if e.ETag == "" && e.Commit == "" && len(e.Others) == 0 {
		return nil
	}
	return &e
}

// withoutEvidence is the report as it is written where it is no shard's.
func (r *Report) withoutEvidence() *Report {
	bare := *r
	bare.Artifacts = slices.Clone(r.Artifacts)
	for i := range bare.Artifacts {
		bare.Artifacts[i].Evidence = nil
	}
	return &bare
}

// checkEvidence reports what no shard says.
func (a Artifact) checkEvidence() error {
	e := a.Evidence
	switch {
	case e == nil:
		return nil
	case a.Observed.IsZero():
		return errors.New("it keeps something of a file that was not seen")
	case e.ETag != "" && (a.Source != verify.FromDownload || !strongETag.MatchString(e.ETag)):
		return fmt.Errorf("the validator %s is no strong one of a download", finding.Quote(e.ETag))
	}
	if err := shaped("commit", e.Commit, sha1Shape); err != nil {
		return err
	}
	seen := map[digest.Algorithm]bool{a.Observed.Algorithm: true}
	for _, d := range e.Others {
		if d.IsZero() || seen[d.Algorithm] {
			return errors.New("it has two digests of one algorithm")
		}
		seen[d.Algorithm] = true
	}
	return nil
}

// Add adds findings to a report that was made without them.
func (r *Report) Add(findings ...finding.Finding) {
	r.Findings = append(r.Findings, findings...)
	r.sort()
	r.Summary = r.count(r.Summary.Manifests, r.Summary.Bytes)
}
