// Package source reads the files of a registry from where it is: a folder, a git checkout, or a commit in GitHub's API.
package source

import (
	"cmp"
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/premAI-io/verify-manifests/pkg/github"
)

// Source is a manifest's text, or why it can't be read.
type Source struct {
	Path    string // slash-separated, as reports show it
	InTree  string // slash-separated, from the registry's root; "" where it is Path
	Disk    string // the file's name on disk; "" for one that is in no folder
	Text    []byte
	Problem string // why the text could not be read; "" when it was
}

// At is the path by which globs know the source.
func (s Source) At() string { return cmp.Or(s.InTree, s.Path) }

// Tree is a registry at one moment: a folder on disk, or a commit in GitHub's API.
type Tree interface {
	// List names every file.
	List(ctx context.Context) ([]github.File, error)
	// Find returns the file at a path, and whether it exists.
	Find(ctx context.Context, path string) (github.File, bool, error)
	// Read gives a file's text, at most one byte more than maxSize, or a Problem in the source.
	Read(ctx context.Context, f github.File, maxSize int) (Source, error)
}

// fetcher is a tree that can read files ahead in batches.
type fetcher interface {
	// fetch reads ahead what it can.
	fetch(ctx context.Context, files []github.File, maxSize int)
}

// findIn looks a path up in a list of files.
func findIn(ctx context.Context, t Tree, path string) (github.File, bool, error) {
	files, err := t.List(ctx)
	i := slices.IndexFunc(files, func(f github.File) bool { return f.Path == path })
	if err != nil || i < 0 {
		return github.File{}, false, err
	}
	return files[i], true, nil
}

// readsAtATime bounds the files that are read side by side.
const readsAtATime = 8

// ReadAll reads files side by side, and returns them in their order.
func ReadAll(ctx context.Context, t Tree, files []github.File, maxSize int) ([]Source, error) {
	if f, able := t.(fetcher); able {
		f.fetch(ctx, files, maxSize)
	}
	sources := make([]Source, len(files))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readsAtATime)
	for i, f := range files {
		group.Go(func() (err error) {
			sources[i], err = t.Read(ctx, f, maxSize)
			return err
		})
	}
	return sources, group.Wait()
}
