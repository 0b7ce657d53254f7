// Package source reads the files of a registry from a folder, a git checkout, or a commit in GitHub's API.
package source

import (
	"cmp"
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/premAI-io/verify-manifests/pkg/github"
)

// Source is a manifest's text, or why it can't be read.
type Source struct {
	Path    string // slash-separated, as reports show it
	InTree  string // slash-separated, from the registry's root; "" if equal to Path
	Disk    string // the file's name on disk; "" for a commit
	Text    []byte
	Problem string // why the text could not be read; "" on success
}

// At is the path that globs match.
func (s Source) At() string { return cmp.Or(s.InTree, s.Path) }

// Tree is a registry at one moment: a folder on disk, or a commit.
type Tree interface {
	// List names every file.
	List(ctx context.Context) ([]github.File, error)
	// Find returns the file at a path, and reports whether it exists.
	Find(ctx context.Context, path string) (github.File, bool, error)
	// Read returns a file's text, at most maxSize+1 bytes, or a source with a Problem.
	Read(ctx context.Context, f github.File, maxSize int) (Source, error)
}

// problemOf returns why a symbolic link or a submodule has no text, "" for other files.
func problemOf(f github.File) string {
	switch {
	case f.Symlink:
		return "The manifest is a symbolic link"
	case f.Submodule:
		return "The manifest is a submodule"
	}
	return ""
}

// readsAtATime bounds concurrent reads.
const readsAtATime = 8

// ReadAll reads files concurrently, and returns them in order.
func ReadAll(ctx context.Context, t Tree, files []github.File, maxSize int) ([]Source, error) {
	if c, is := t.(*Commit); is {
		c.fetch(ctx, files, maxSize)
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

func byPath(files []github.File) map[string]github.File {
	index := map[string]github.File{}
	for _, f := range files {
		index[f.Path] = f
	}
	return index
}
