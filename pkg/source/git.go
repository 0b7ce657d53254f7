package source

import (
	"context"

	"github.com/premAI-io/verify-manifests/pkg/git"
	"github.com/premAI-io/verify-manifests/pkg/github"
)

// Worktree is the working tree of a git checkout. Links are not followed: of what is pushed, GitHub has no more than the link.
type Worktree struct {
	Checkout *git.Checkout
	Disk     Workspace
}

// List implements Tree.
func (w Worktree) List(ctx context.Context) ([]github.File, error) {
	names, err := w.Checkout.Files(ctx)
	var files []github.File
	for _, name := range names {
		files = append(files, github.File{Path: name})
	}
	return files, err
}

// Find implements Tree.
func (w Worktree) Find(ctx context.Context, path string) (github.File, bool, error) {
	return w.Disk.Find(ctx, path)
}

// Read implements Tree.
func (w Worktree) Read(ctx context.Context, f github.File, maxSize int) (Source, error) {
	return w.Disk.ReadUnfollowed(ctx, f, maxSize)
}

// GitCommit is a commit of a checkout.
type GitCommit struct {
	Checkout *git.Checkout
	ID       string // as git names it
}

// List implements Tree.
func (c GitCommit) List(ctx context.Context) ([]github.File, error) {
	entries, err := c.Checkout.Tree(ctx, c.ID)
	var files []github.File
	for _, e := range entries {
		files = append(files, github.File{Path: e.Path, BlobSHA: e.Object, Symlink: e.Mode == git.ModeSymlink, Submodule: e.Mode == git.ModeSubmodule})
	}
	return files, err
}

// Find implements Tree.
func (c GitCommit) Find(ctx context.Context, path string) (github.File, bool, error) {
	return findIn(ctx, c, path)
}

// Read implements Tree.
func (c GitCommit) Read(ctx context.Context, f github.File, maxSize int) (Source, error) {
	if s, is := Irregular(f); is {
		return s, nil
	}
	text, err := c.Checkout.Blob(ctx, f.BlobSHA)
	return Source{Path: f.Path, Text: text}, err
}
