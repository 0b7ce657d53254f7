package drift

import (
	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/provenance"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/state"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// placeKey is where a manifest names an artifact, as State.Builders has it.
func placeKey(manifest, pointer string) string { return manifest + "#" + pointer }

// Builder returns who built an artifact's file when a scan last found it attested: by its URL, else by its place.
// isDeclared says that a bundle which the registry names told so.
func (m *Memory) Builder(a artifact.Artifact) (by provenance.Facts, isDeclared, found bool) {
	for _, key := range []string{verify.Key(a.URL), placeKey(a.Manifest, a.Pointer)} {
		if b, found := m.before.Builders[key]; found {
			return provenance.Facts{Repository: b.Repository, Signer: b.Signer}, b.Declared, true
		}
	}
	return by, false, false
}

// learnAttested keeps who built the files of a report. A file that is not attested any more keeps its builder.
func (m *Memory) learnAttested(r *report.Report) {
	for _, a := range r.Artifacts {
		if e := a.Evidence; e != nil && e.Attested != nil {
			if sum := under([]report.Artifact{a}, digest.SHA256).Sum; sum != "" {
				m.Attest(e.Attested.Repository, sum, e.Attested.Builds)
			}
		}
		if p := a.Provenance; p != nil {
			by := state.Builder{Repository: p.Repository, Signer: p.Signer, Declared: a.Evidence == nil || a.Evidence.Attested == nil}
			m.Build(verify.Key(a.URL), by)
			m.Build(placeKey(a.Manifest, a.Pointer), by)
		}
	}
}

// forgetAttested drops what is known of files that the registry does not name any more.
func (m *Memory) forgetAttested(r *report.Report) {
	named, known := map[string]bool{}, map[string]bool{}
	for _, a := range r.Artifacts {
		named[verify.Key(a.URL)], named[placeKey(a.Manifest, a.Pointer)] = true, true
		known[under([]report.Artifact{a}, digest.SHA256).Sum], known[a.Declared.Sum] = true, true
	}
	m.KeepAttested(func(key string) bool { return named[key] }, func(sum string) bool { return known[sum] })
}
