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

// untouchedBundles returns the bundles, of manifests that a change leaves as they are, that attest files which it touches.
func (r *Registries) untouchedBundles(s source.Selection, touched []artifact.Artifact) (bundles []artifact.Artifact) {
	isTouched := map[string]bool{}
	for _, name := range s.Touched {
		isTouched[name] = true
	}
	for _, a := range touched {
		isTouched[a.PathBeside()] = true
	}
	for _, each := range manifestsBeside(s) {
		r.eachArtifact(each, func(a artifact.Artifact) {
			if a.Attests != "" && isTouched[a.AttestedPath()] {
				bundles = append(bundles, a)
			}
		})
	}
	return bundles
}

// manifestsOf counts the manifests of artifacts.
func manifestsOf(artifacts []artifact.Artifact) int {
	manifests := map[string]bool{}
	for _, a := range artifacts {
		manifests[a.Manifest] = true
	}
	return len(manifests)
}

// manifestsBeside returns the manifests that a change leaves as they are, beside what it touches.
func manifestsBeside(s source.Selection) []source.Source {
	if s.Scope != source.ScopeChanged {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(s.Beside), func(each source.Source) bool { return !s.Selects(each.At()) })
}

// lostBundles reports the files beside manifests that were attested at the base, and that a change leaves without a bundle. A file
// that the change removes too, or replaces by an attested one, has lost nothing.
func (r *Registries) lostBundles(s source.Selection) (findings []finding.Finding) {
	before := map[string]artifact.Artifact{} // bundles, by the path of the file that they attest
	manifests := map[string]string{}         // by folder: the one that findings are about
	wasDeclared := map[string]bool{}         // paths that the files of manifests would have had beside them
	for _, was := range slices.Concat(s.Removed, slices.Collect(maps.Values(s.Base)), manifestsBeside(s)) {
		if !s.Of(was.At()).AttestsBeside() {
			continue
		}
		r.eachArtifact(was, func(a artifact.Artifact) {
			dir := path.Dir(a.Manifest)
			if a.Attests == "" {
				wasDeclared[a.PathBeside()] = true
				return
			}
			before[a.AttestedPath()], manifests[dir] = a, a.Manifest
		})
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
				isAttested[a.AttestedPath()] = true
			} else {
				declared = append(declared, a.PathBeside())
			}
		})
	}
	isLacking, isDeclared := map[string]bool{}, map[string]bool{} // folders that declare a file without a bundle, and all files
	for _, name := range declared {
		isLacking[path.Dir(name)] = isLacking[path.Dir(name)] || !isAttested[name]
		isDeclared[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		dir, quoted := path.Dir(name), finding.Quote(before[name].Attests)
		switch {
		case !isAttested[name] && (exists[name] || isLacking[dir]):
			findings = append(findings, r.lost(before[name], manifests[dir], fmt.Sprintf("The attestation of %s was removed", quoted)))
		case isAttested[name] && !exists[name] && wasDeclared[name] && !isDeclared[name] && isLacking[dir]:
			findings = append(findings, r.lost(before[name], manifests[dir], fmt.Sprintf("%s was attested, and the file in its place is not", quoted)))
		}
	}
	return findings
}

// lost reports that what a bundle attested is not attested any more.
func (r *Registries) lost(bundle artifact.Artifact, manifest, message string) finding.Finding {
	f := finding.New(finding.ProvenanceLost, manifest, "", finding.Position{Line: 1, Column: 1}, message, "")
	var rules *provenance.Rules
	if r.File != nil {
		rules = r.File.Provenance
	}
	if rule, _ := rules.For(bundle.URL, ""); rule.Demands() {
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
