package cli

import (
	"slices"

	"github.com/premAI-io/verify-manifests/pkg/document"
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

// The bounds of the manifests that are read only to be compared with.
const (
	maxOthers   = 500
	maxUnneeded = 100 // of registries without rules that compare manifests: those tell no more than who owns what
)

// others returns the manifests that those which are judged are compared with: the needed ones, and those that are read where that
// costs little.
func (s *setup) others(files []github.File, isJudged func(github.File) bool) (needed, unneeded []github.File) {
	for _, f := range s.selected(files) {
		switch {
		case isJudged(f):
		case s.comparesAll(f.Path):
			needed = append(needed, f)
		case s.of(f.Path).MaxSize <= document.DefaultMaxSize:
			unneeded = append(unneeded, f)
		}
	}
	if len(unneeded) > maxUnneeded {
		unneeded = nil
	}
	return needed, unneeded
}

// lint applies the rules that need no download to one manifest, and to what it was before, where that is known.
func (p *program) lint(s *setup, m *registry.Manifest, before *registry.Manifest) []finding.Finding {
	findings := append(lint.Manifest(m, p.server()), lint.Changes(before, m, p.server())...)
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
			read.repositories = append(read.repositories, lint.Repositories(m.Artifacts, p.server())...)
			if sel.setup.comparesAll(other.At()) {
				read.manifests = append(read.manifests, m)
			}
		}
	}
	findings := lint.OtherOwners(read.repositories, isInScope)
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
