package cli

import (
	"cmp"
	"context"
	"fmt"
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

// around reads what the rules compare changed manifests with. What can't be read is left out, and the
// notes say so: it is no reason to leave the change itself unverified.
func (a *action) around(ctx context.Context, t tree, changed []github.File) (around surroundings, notes []string) {
	if err := a.readOthers(ctx, t, changed, &around); err != nil {
		notes = append(notes, "The changed manifests were not compared with the rest of the registry: "+finding.Clean(err.Error()))
	}
	if err := a.readBefore(ctx, changed, &around); err != nil {
		notes = append(notes, "The changed manifests were not compared with what they were before: "+finding.Clean(err.Error()))
	}
	return around, notes
}

func (a *action) readOthers(ctx context.Context, t tree, changed []github.File, around *surroundings) error {
	files, err := t.list(ctx)
	if err != nil {
		return err
	}
	around.paths = paths(files)
	others := slices.DeleteFunc(selected(files, a.config.Manifests), func(f github.File) bool {
		return slices.ContainsFunc(changed, func(c github.File) bool { return c.Path == f.Path })
	})
	if len(others) > maxOthers {
		return fmt.Errorf("it has %d more manifests, and at most %d are read for that", len(others), maxOthers)
	}
	around.others, err = readAll(ctx, t, others)
	return err
}

func (a *action) readBefore(ctx context.Context, changed []github.File, around *surroundings) error {
	base := commit{api: a.api, sha: a.event.BaseSHA}
	files, err := base.list(ctx)
	if err != nil {
		return err
	}
	around.before = map[string]source{}
	for _, f := range changed {
		name := cmp.Or(f.Previous, f.Path)
		i := slices.IndexFunc(files, func(b github.File) bool { return b.Path == name })
		if i < 0 {
			continue
		}
		if around.before[f.Path], err = base.read(ctx, files[i]); err != nil {
			return err
		}
	}
	return nil
}

func paths(files []github.File) []string {
	var paths []string
	for _, f := range files {
		paths = append(paths, f.Path)
	}
	return paths
}
