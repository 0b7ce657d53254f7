package cli

import (
	"slices"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/lint"
	"github.com/premAI-io/verify-manifests/pkg/registry"
)

// surroundings is what the rules compare the selected manifests with.
type surroundings struct {
	paths  []string          // every file of the registry; nil when not known
	others []source          // its manifests that are not selected
	before map[string]source // what a change started from, by the path of the manifest that it made
}

// maxOthers bounds the manifests that are read only to be compared with: each costs a request.
const maxOthers = 500

// lint applies the rules that need no download to one manifest, and to what it was before, where that is known.
func (p *program) lint(s *setup, m *registry.Manifest, before *registry.Manifest) []finding.Finding {
	findings := append(lint.Manifest(m, p.server()), lint.Changes(before, m)...)
	if l, able := s.describing(m).(linter); able {
		findings = append(findings, l.Lint(m, p.server())...)
	}
	return findings
}

// lintAll applies the rules that compare manifests with each other.
func (s *setup) lintAll(manifests []*registry.Manifest, around surroundings) []finding.Finding {
	inScope := map[string]bool{}
	for _, m := range manifests {
		inScope[m.Path] = true
	}
	for _, other := range around.others {
		if m, _ := s.parse(other); m != nil {
			manifests = append(manifests, m)
		}
	}
	var findings []finding.Finding
	for _, r := range s.registries {
		if l, able := r.by.(registryLinter); able {
			own := slices.DeleteFunc(slices.Clone(manifests), func(m *registry.Manifest) bool { return m.Registry != r.Registry })
			findings = append(findings, l.LintAll(own, around.paths, func(path string) bool { return inScope[path] })...)
		}
	}
	return findings
}

// describing returns what describes a manifest.
func (s *setup) describing(m *registry.Manifest) registry.Describer {
	i := slices.IndexFunc(s.registries, func(r described) bool { return r.Registry == m.Registry })
	return s.registries[i].by
}

// comparesAll reports whether the registry of a manifest has rules that compare manifests with each other.
func (s *setup) comparesAll(path string) bool {
	_, able := s.of(path).by.(registryLinter)
	return able
}

func paths(files []github.File) []string {
	var paths []string
	for _, f := range files {
		paths = append(paths, f.Path)
	}
	return paths
}
