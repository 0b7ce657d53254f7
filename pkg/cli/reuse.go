package cli

import (
	"fmt"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/plan"
	"github.com/premAI-io/verify-manifests/pkg/registry"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// replaced returns the URLs that a change took from artifacts whose checksums it left.
func replaced(artifacts []artifact.Artifact, before map[string]*registry.Manifest) map[plan.Place]string {
	urls := map[plan.Place]string{}
	for _, a := range artifacts {
		old := before[a.Manifest].Artifact(a.Pointer)
		if old != nil && old.URL != a.URL && old.Checksum != nil && a.Checksum != nil && old.Checksum.Value == a.Checksum.Value {
			urls[plan.PlaceOf(a)] = old.URL
		}
	}
	return urls
}

// explainReuse says of a mismatch that the change gave the file another URL and left the checksum of the
// one before it: the commonest reason of all.
func explainReuse(results []verify.Result, replaced map[plan.Place]string) {
	for i, r := range results {
		if was := replaced[plan.PlaceOf(r.Artifact)]; was != "" && r.Status == verify.Mismatch {
			explain(results[i].Findings, fmt.Sprintf(". The change gives the file another URL (it was %s) and leaves its checksum as it was", finding.QuoteURL(was)))
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
