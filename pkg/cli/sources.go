package cli

import (
	"cmp"
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/premAI-io/verify-manifests/pkg/github"
)

// source is a manifest's text, or why there is none.
type source struct {
	path    string // slash-separated, as reports show it
	inTree  string // slash-separated, from the registry's root; "" where it is path
	disk    string // the file's name on disk; "" for one that is in no folder
	text    []byte
	problem string // why the text could not be read; "" when it was
}

// at is the path by which globs know the source.
func (s source) at() string { return cmp.Or(s.inTree, s.path) }

// tree is a registry at one moment: a folder on disk, or a commit in GitHub's API.
type tree interface {
	// list names every file.
	list(ctx context.Context) ([]github.File, error)
	// find returns what stands at a path, and whether anything does.
	find(ctx context.Context, path string) (github.File, bool, error)
	// read gives a file's text, at most one byte more than maxSize, or says in the source why there is none.
	read(ctx context.Context, f github.File, maxSize int) (source, error)
}

// fetcher is a tree that reads many files in one go.
type fetcher interface {
	// fetch reads ahead what it can, and returns how many of the files take a call each all the same.
	fetch(ctx context.Context, files []github.File, maxSize int) (left int)
}

// findIn looks a path up in a list of files.
func findIn(ctx context.Context, t tree, path string) (github.File, bool, error) {
	files, err := t.list(ctx)
	i := slices.IndexFunc(files, func(f github.File) bool { return f.Path == path })
	if err != nil || i < 0 {
		return github.File{}, false, err
	}
	return files[i], true, nil
}

// readsAtATime bounds the files that are read side by side.
const readsAtATime = 8

// selected returns those of the files that are manifests.
func (s *setup) selected(files []github.File) []github.File {
	return slices.DeleteFunc(slices.Clone(files), func(f github.File) bool { return !s.selects(f.Path) })
}

// readAll reads files side by side, and returns them in their order.
func (s *setup) readAll(ctx context.Context, t tree, files []github.File) ([]source, error) {
	if f, able := t.(fetcher); able {
		f.fetch(ctx, files, s.maxSize())
	}
	return s.readEach(ctx, t, files)
}

// maxSingly is how many files may take a call each though no rule needs them.
const maxSingly = 10

// readCheap is readAll where that takes few calls, and reads nothing where it takes many: some of the files tell less than none.
func (s *setup) readCheap(ctx context.Context, t tree, files []github.File) ([]source, error) {
	if f, able := t.(fetcher); able && f.fetch(ctx, files, s.maxSize()) > maxSingly {
		return nil, nil
	}
	return s.readEach(ctx, t, files)
}

func (s *setup) readEach(ctx context.Context, t tree, files []github.File) ([]source, error) {
	sources := make([]source, len(files))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readsAtATime)
	for i, f := range files {
		group.Go(func() (err error) {
			sources[i], err = t.read(ctx, f, s.maxSize())
			return err
		})
	}
	return sources, group.Wait()
}
