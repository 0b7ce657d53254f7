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

// commitOf matches the commit of an observation.
var commitOf = regexp.MustCompile(`^([0-9a-f]{40})?$`)

func newEvidence(result verify.Result) *verify.Observation {
	o := verify.Observation{ETag: result.ETag, Commit: result.Commit, Others: result.Others, Attested: result.Attested}
	if o.ETag == "" && o.Commit == "" && o.Attested == nil && len(o.Others) == 0 {
		return nil
	}
	return &o
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
		return errors.New("it has evidence of a file that was not seen")
	case !e.Digest.IsZero() || e.Size != 0:
		return errors.New("its evidence repeats digest or size")
	case e.ETag != "" && (a.Source != verify.FromDownload || !verify.IsStrongETag(e.ETag)):
		return fmt.Errorf("the validator %s is not a strong one of a download", finding.Quote(e.ETag))
	}
	if err := shaped("commit", e.Commit, commitOf); err != nil {
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
