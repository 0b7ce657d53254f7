package inspect

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"path"
	"slices"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/provenance"
	"github.com/premAI-io/verify-manifests/pkg/source"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// artifactsOf reads manifests only for their artifacts.
func (r *Registries) artifactsOf(sources []source.Source) (all []artifact.Artifact) {
	for _, from := range sources {
		if m, _ := r.Read(from); m != nil {
			all = append(all, m.Artifacts...)
		}
	}
	return all
}

// untouchedBundles returns the unchanged bundles that attest files of a change.
func untouchedBundles(s source.Selection, touched, beside []artifact.Artifact) []artifact.Artifact {
	isTouched := map[string]bool{}
	for _, name := range s.Touched {
		isTouched[name] = true
	}
	for _, a := range touched {
		isTouched[a.PathBeside()] = true
	}
	return slices.DeleteFunc(slices.Clone(beside), func(a artifact.Artifact) bool { return a.Attests == "" || !isTouched[a.AttestedPath()] })
}

// besideOf returns the files that bundles attest beside manifests, by path. A file in the registry takes precedence over an artifact of
// the same name.
func besideOf(s source.Selection, artifacts []artifact.Artifact) map[string]verify.Beside {
	files := map[string]verify.Beside{}
	for _, a := range artifacts {
		if a.Attests != "" {
			files[a.AttestedPath()] = verify.Beside{}
		}
	}
	for _, a := range artifacts {
		name := a.PathBeside()
		file, isAttested := files[name]
		if isAttested && a.Checksum != nil && a.Checksum.Value.Algorithm == digest.SHA256 {
			if file.SHA256 != a.Checksum.Value.Sum {
				file = verify.Beside{SHA256: a.Checksum.Value.Sum}
			}
			file.URLs = append(file.URLs, a.URL)
			files[name] = file
		}
	}
	for _, each := range slices.Concat(s.Manifests, s.Beside) {
		if _, isAttested := files[each.Path]; isAttested && each.Problem == "" {
			sum := sha256.Sum256(each.Text)
			files[each.Path] = verify.Beside{SHA256: hex.EncodeToString(sum[:])}
		}
	}
	return files
}

// lostBundles reports files beside manifests whose bundle a change removes, unless it also removes the file or replaces it by an attested
// one. manifests are those after the change.
func (r *Registries) lostBundles(before, after []artifact.Artifact, paths []string, manifests []source.Source) (findings []finding.Finding) {
	bundles := map[string]artifact.Artifact{} // by the path of the attested file
	about := map[string]string{}              // the manifest to report, by folder
	wasDeclared := map[string]bool{}          // paths of the manifests' files, as if beside them
	for _, a := range before {
		if a.Attests == "" {
			wasDeclared[a.PathBeside()] = true
		} else {
			bundles[a.AttestedPath()], about[path.Dir(a.Manifest)] = a, a.Manifest
		}
	}
	exists := map[string]bool{}
	for _, p := range paths {
		exists[p] = true
	}
	for _, each := range manifests {
		if name := about[path.Dir(each.At())]; name != "" && !exists[name] {
			about[path.Dir(each.At())] = each.At()
		}
	}
	isAttested, isDeclared := map[string]bool{}, map[string]bool{}
	for _, a := range after {
		if a.Attests != "" {
			isAttested[a.AttestedPath()] = true
		} else {
			isDeclared[a.PathBeside()] = true
		}
	}
	isLacking := map[string]bool{} // folders with a declared file that has no bundle
	for name := range isDeclared {
		isLacking[path.Dir(name)] = isLacking[path.Dir(name)] || !isAttested[name]
	}
	for _, name := range slices.Sorted(maps.Keys(bundles)) {
		dir, quoted := path.Dir(name), finding.Quote(bundles[name].Attests)
		message := ""
		switch {
		case !isAttested[name] && (exists[name] || isLacking[dir]):
			message = fmt.Sprintf("The attestation of %s was removed", quoted)
		case isAttested[name] && !exists[name] && wasDeclared[name] && !isDeclared[name] && isLacking[dir]:
			message = fmt.Sprintf("%s was attested, but its replacement is not", quoted)
		default:
			continue
		}
		f := finding.New(finding.ProvenanceLost, about[dir], "", finding.Position{Line: 1, Column: 1}, message, "")
		var rules *provenance.Rules
		if r.File != nil {
			rules = r.File.Provenance
		}
		if rule, _ := rules.For(bundles[name].URL, ""); rule.Demands() {
			f.Severity = finding.Error
		}
		findings = append(findings, f)
	}
	return findings
}
