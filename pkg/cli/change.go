package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/source"
)

// change is some manifests that differ between two moments of a registry.
type change struct {
	*setup
	base, head source.Tree
	files      []github.File // the manifests, as head has them
}

// selection reads the changed manifests, together with what the rules compare them with. Of that, what can't be read is
// left out, and the notes say so: it is no reason to leave the change itself unverified.
func (c change) selection(ctx context.Context) (selection, error) {
	s := selection{scope: scopeChanged, setup: c.setup}
	if len(c.files) == 0 {
		return s, nil
	}
	files, listErr := c.head.List(ctx)
	if hasMoved(c.files, files) {
		c.files, s.scope = c.selected(files), scopeAll
		s.notes = append(s.notes, "Every manifest was verified, not just the changed ones: the list of changes is already that of a newer commit")
	}
	var err error
	if s.sources, err = c.readAll(ctx, c.head, known(c.files, files)); err != nil {
		return s, err
	}
	s.around.paths = paths(files)
	if err := cmp.Or(listErr, c.readOthers(ctx, files, &s.around)); err != nil {
		s.notes = append(s.notes, "The changed manifests were not compared with the rest of the registry: "+finding.Clean(err.Error()))
	}
	if err := c.readBefore(ctx, &s.around); err != nil {
		s.notes = append(s.notes, "The changed manifests were not compared with what they were before: "+finding.Clean(err.Error()))
	}
	return s, nil
}

// hasMoved reports whether changed files are not those of a tree: GitHub lists those of a pull request as it is now.
func hasMoved(changed, tree []github.File) bool {
	inTree := byPath(tree)
	return slices.ContainsFunc(changed, func(f github.File) bool {
		at := inTree[f.Path].BlobSHA // none in a folder on disk
		return at != "" && at != f.BlobSHA
	})
}

// known adds to changed files what only the tree says of them: which ones are no regular files.
func known(changed, tree []github.File) []github.File {
	changed, inTree := slices.Clone(changed), byPath(tree)
	for i, f := range changed {
		changed[i].Symlink, changed[i].Submodule, changed[i].Size = inTree[f.Path].Symlink, inTree[f.Path].Submodule, inTree[f.Path].Size
	}
	return changed
}

func byPath(files []github.File) map[string]github.File {
	index := map[string]github.File{}
	for _, f := range files {
		index[f.Path] = f
	}
	return index
}

func (c change) readOthers(ctx context.Context, files []github.File, around *surroundings) (err error) {
	others := c.others(files, c.files)
	if len(others) > maxOthers {
		return fmt.Errorf("it has %d more manifests, and at most %d are read for that", len(others), maxOthers)
	}
	around.others, err = c.readAll(ctx, c.head, others)
	return err
}

func (c change) readBefore(ctx context.Context, around *surroundings) error {
	files, err := c.base.List(ctx)
	if err != nil {
		return err
	}
	before := byPath(files)
	around.before = map[string]source.Source{}
	var old []github.File
	var paths []string // that they have now
	for _, f := range c.files {
		if was, found := before[cmp.Or(f.Previous, f.Path)]; found {
			old, paths = append(old, was), append(paths, f.Path)
		}
	}
	sources, err := c.readAll(ctx, c.base, old)
	for i, s := range sources {
		around.before[paths[i]] = s
	}
	return err
}
