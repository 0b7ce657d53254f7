package verify

import "github.com/premAI-io/verify-manifests/pkg/finding"

// offline says what is known of a URL's artifacts without asking anybody: that none is verified, and what the rules that need no
// bytes say of what is declared.
func (p Policy) offline(d Download) []Result {
	var results []Result
	if first, second, found := d.conflict(); found {
		results = conflicting(d, first, second)
	} else {
		for _, a := range d.Artifacts {
			results = append(results, Result{Artifact: a})
		}
	}
	for i := range results {
		r := &results[i]
		r.Status, r.Size = Unverified, -1
		if r.Artifact.Size != nil {
			r.Size = r.Artifact.Size.Value
		}
		if r.Artifact.Checksum == nil {
			var missing []finding.Finding
			r.Note, missing = p.unverified(r.Artifact, &evidence{})
			r.Findings = append(r.Findings, missing...)
		}
	}
	return results
}
