package cli

import (
	"fmt"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/registry"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// explainReuse says of a mismatch that the change gave the file another URL and left the checksum of the
// one before it: the commonest reason of all.
func explainReuse(results []verify.Result, before map[string]*registry.Manifest) {
	for i, r := range results {
		if r.Status != verify.Mismatch {
			continue
		}
		if old := before[r.Artifact.Manifest].Artifact(r.Artifact.Pointer); old != nil && old.URL != r.Artifact.URL && old.Checksum != nil && old.Checksum.Value == r.Artifact.Checksum.Value {
			explain(results[i].Findings, fmt.Sprintf(". The change gives the file another URL (it was %s) and leaves its checksum as it was", finding.Quote(old.URL)))
		}
	}
}

func explain(findings []finding.Finding, more string) {
	for i := range findings {
		if findings[i].Rule == finding.ArtifactMismatch {
			findings[i].Message += more
		}
	}
}
