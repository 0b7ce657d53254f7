package cli

import (
	"slices"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/lint"
	"github.com/premAI-io/verify-manifests/pkg/registry"
	"github.com/premAI-io/verify-manifests/pkg/source"
)

// surroundings is what the rules compare the selected manifests with.
type surroundings struct {
	paths  []string                 // every file of the registry; nil when not known
	others []source.Source          // its manifests that are not selected
	before map[string]source.Source // what a change started from, by the path of the manifest that it made
}

// maxOthers bounds the manifests that are read only to be compared with.
const maxOthers = 500

// others returns the manifests of files, other than the judged ones, that a rule compares those with.
func (s *setup) others(files, judged []github.File) []github.File {
	isJudged := byPath(judged)
	return slices.DeleteFunc(slices.Clone(s.selected(files)), func(f github.File) bool {
		_, judged := isJudged[f.Path]
		return judged || !s.comparesAll(f.Path)
	})
}

// lint applies the rules that need no download to one manifest, and to what it was before, where that is known.
func (p *program) lint(s *setup, m *registry.Manifest, before *registry.Manifest) []finding.Finding {
	findings := append(lint.Manifest(m, p.server()), lint.Compare(before, m).Changes(p.server())...)
	if l, able := s.describing(m).(linter); able {
		findings = append(findings, l.Lint(m, p.server())...)
	}
	return findings
}

// lintAll applies the rules that compare manifests with each other. Those that sel selects have been read.
func (p *program) lintAll(sel selection, read readAll) []finding.Finding {
	inScope := map[string]bool{}
	for _, from := range sel.sources {
		inScope[from.Path] = true
	}
	isInScope := func(path string) bool { return inScope[path] }
	for _, other := range sel.around.others {
		if m, _ := sel.setup.parse(other); m != nil {
			read.manifests = append(read.manifests, m)
		}
	}
	var findings []finding.Finding
	for _, r := range sel.setup.registries {
		if l, able := r.by.(registryLinter); able {
			own := slices.DeleteFunc(slices.Clone(read.manifests), func(m *registry.Manifest) bool { return m.Registry != r.Registry })
			findings = append(findings, l.LintAll(own, sel.around.paths, isInScope)...)
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
