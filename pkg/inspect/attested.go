package inspect

import (
	"fmt"
	"maps"
	"path"
	"slices"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/provenance"
	"github.com/premAI-io/verify-manifests/pkg/source"
)

// lostBundles reports the files beside manifests that were attested at the base, and that a change leaves without a bundle. A file
// that the change removes too, or replaces by an attested one, has lost nothing.
func (r *Registries) lostBundles(s source.Selection) (findings []finding.Finding) {
	before := map[string]artifact.Artifact{} // bundles, by the path of the file that they attest
	manifests := map[string]string{}         // by folder: the one that findings are about
	for _, was := range slices.AppendSeq(slices.Clone(s.Removed), maps.Values(s.Base)) {
		if s.Of(was.At()).AttestsBeside() {
			r.eachArtifact(was, func(a artifact.Artifact) {
				if dir := path.Dir(a.Manifest); a.Attests != "" {
					before[path.Join(dir, a.Attests)], manifests[dir] = a, a.Manifest
				}
			})
		}
	}
	if len(before) == 0 {
		return nil
	}
	exists, isAttested := map[string]bool{}, map[string]bool{}
	for _, p := range s.Paths {
		exists[p] = true
	}
	var declared []string // paths that the files of manifests would have beside them
	for _, is := range slices.Concat(s.Manifests, s.Beside) {
		dir := path.Dir(is.At())
		if manifests[dir] == "" || !s.Selects(is.At()) {
			continue
		}
		if !exists[manifests[dir]] {
			manifests[dir] = is.At()
		}
		r.eachArtifact(is, func(a artifact.Artifact) {
			if a.Attests != "" {
				isAttested[path.Join(dir, a.Attests)] = true
			} else {
				declared = append(declared, path.Join(dir, path.Base(a.Name)))
			}
		})
	}
	isLacking := map[string]bool{} // folders that declare a file without a bundle
	for _, name := range declared {
		isLacking[path.Dir(name)] = isLacking[path.Dir(name)] || !isAttested[name]
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if dir := path.Dir(name); !isAttested[name] && (exists[name] || isLacking[dir]) {
			findings = append(findings, r.lost(before[name], manifests[dir]))
		}
	}
	return findings
}

// lost reports that a bundle is gone.
func (r *Registries) lost(bundle artifact.Artifact, manifest string) finding.Finding {
	f := finding.New(finding.ProvenanceLost, manifest, "", finding.Position{Line: 1, Column: 1},
		fmt.Sprintf("The attestation of %s was removed", finding.Quote(bundle.Attests)), "")
	var rules *provenance.Rules
	if r.File != nil {
		rules = r.File.Provenance
	}
	if rule, _ := rules.For(bundle.URL, ""); rule.Missing == "error" {
		f.Severity = finding.Error
	}
	return f
}

func (r *Registries) eachArtifact(from source.Source, yield func(artifact.Artifact)) {
	if m, _ := r.Read(from); m != nil {
		for _, a := range m.Artifacts {
			yield(a)
		}
	}
}
