package cli

import (
	"slices"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/lint"
	"github.com/premAI-io/verify-manifests/pkg/manifest"
)

// surroundings is what the rules compare the selected manifests with.
type surroundings struct {
	paths  []string          // every file of the registry; nil when not known
	others []source          // its manifests that are not selected
	before map[string]source // what a change started from, by the path of the manifest that it made
}

// maxOthers bounds the manifests that are read only to be compared with: each costs a request.
const maxOthers = 500

// lint applies the rules that need no download.
func (p *program) lint(manifests []*manifest.Manifest, around surroundings) []finding.Finding {
	var findings []finding.Finding
	inScope := map[string]bool{}
	for _, m := range manifests {
		inScope[m.Path] = true
		findings = append(findings, lint.Manifest(m, p.server())...)
		if before, found := around.before[m.Path]; found {
			base, _ := before.parse()
			findings = append(findings, lint.Changes(base, m)...)
		}
	}
	others, _ := parse(around.others)
	all := slices.Concat(manifests, others)
	return append(findings, lint.Registry(all, around.paths, func(path string) bool { return inScope[path] })...)
}

func paths(files []github.File) []string {
	var paths []string
	for _, f := range files {
		paths = append(paths, f.Path)
	}
	return paths
}
