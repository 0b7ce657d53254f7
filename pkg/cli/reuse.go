package cli

import (
	"fmt"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/manifest"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// explainReuse says of a mismatch that the change gave the file another URL and left the checksum of the
// one before it: the commonest reason of all.
func explainReuse(results []verify.Result, before map[string]source) {
	for i, r := range results {
		base, found := before[r.Artifact.Manifest]
		if r.Status != verify.Mismatch || !found {
			continue
		}
		m, _ := base.parse()
		if old := predecessor(m, r.Artifact); old != nil && old.URL != r.Artifact.URL && old.Checksum != nil && old.Checksum.Value == r.Artifact.Checksum.Value {
			explain(results[i].Findings, fmt.Sprintf(". The change gives the file another URL (it was %s) and leaves its checksum as it was", finding.Quote(old.URL)))
		}
	}
}

// predecessor is the artifact at the same place of the manifest before the change, nil where there is none.
func predecessor(m *manifest.Manifest, a manifest.Artifact) *manifest.Artifact {
	if m == nil {
		return nil
	}
	for i := range m.Artifacts {
		if m.Artifacts[i].Pointer == a.Pointer {
			return &m.Artifacts[i]
		}
	}
	return nil
}

func explain(findings []finding.Finding, more string) {
	for i := range findings {
		if findings[i].Rule == finding.ArtifactMismatch {
			findings[i].Message += more
		}
	}
}
