package source

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/git"
	"github.com/premAI-io/verify-manifests/pkg/github"
)

// Since selects the manifests of a git checkout that differ from the merge base of HEAD and a reference, committed or not. The comparison
// set is that of the Action; the settings come from the reference.
type Since struct {
	Ref     string   // such as "origin/main"
	Args    []string // files and folders of one checkout that limit the selection; none for everything
	Environ []string // for git: "NAME=value"
}

// Select implements Origin.
func (o Since) Select(ctx context.Context, in Inputs) (Selection, error) {
	checkout, within, err := o.open(ctx)
	if err != nil {
		return Selection{}, UsageError{err}
	}
	tip, ancestor, err := o.resolve(ctx, checkout)
	if err != nil {
		return Selection{}, usage("flag --base is %s: %w", finding.Quote(o.Ref), err)
	}
	disk, err := OpenWorkspace(checkout.Root, "")
	if err != nil {
		return Selection{}, err
	}
	defer disk.Close()
	disk.checkout = checkout
	head := worktree{disk}
	in = in.within(checkout.Root)
	settings, err := in.LoadBase(ctx, tip, head)
	if err != nil {
		return Selection{}, UsageError{err}
	}
	configChanged, err := in.changedConfig(ctx, tip, head)
	if err != nil {
		return Selection{}, UsageError{err}
	}
	changes, err := checkout.Changes(ctx, ancestor.SHA)
	if err != nil {
		return Selection{}, err
	}
	c := change{Settings: settings, head: head, base: ancestor, within: within}
	for _, each := range changes {
		switch {
		case each.Removed:
			c.gone = append(c.gone, each.Path)
			continue
		case each.Previous != "":
			c.gone = append(c.gone, each.Previous)
		}
		c.changed = append(c.changed, github.File{Path: each.Path, Previous: each.Previous})
	}
	s, err := c.selection(ctx)
	s.ConfigChanged, s.Remote = configChanged, checkout.RemoteURL(ctx, o.Ref)
	return s, err
}

// worktree is a checkout as git lists it: without the files of submodules and other repositories.
type worktree struct{ *Workspace }

// List implements Tree.
func (w worktree) List(ctx context.Context) (files []github.File, err error) {
	names, err := w.checkout.Files(ctx)
	for _, name := range names {
		files = append(files, github.File{Path: name})
	}
	return files, err
}

// open finds the checkout of all arguments, and the files and folders in it that they name. A folder ends with a slash; "" is everything.
func (o Since) open(ctx context.Context) (checkout *git.Checkout, within []string, err error) {
	args := o.Args
	if len(args) == 0 {
		args, within = []string{"."}, []string{""}
	}
	for _, arg := range args {
		dir, name, err := splitPath(arg)
		if err != nil {
			return nil, nil, err
		}
		found, err := git.Open(ctx, filepath.Clean(dir), o.Environ)
		if err != nil {
			return nil, nil, err
		}
		if checkout == nil {
			checkout = found
		}
		if checkout.Root != found.Root {
			return nil, nil, fmt.Errorf("%s is in another checkout: with --base, name files of one checkout", finding.Quote(arg))
		}
		within = append(within, found.Prefix+name)
	}
	return checkout, within, nil
}

// resolve finds the reference's commit, and its merge base with HEAD.
func (o Since) resolve(ctx context.Context, c *git.Checkout) (tip, ancestor *Commit, err error) {
	head, err := c.Commit(ctx, "HEAD")
	if err != nil {
		return nil, nil, err
	}
	ref, err := c.Commit(ctx, o.Ref)
	if err != nil {
		return nil, nil, err
	}
	base, err := c.MergeBase(ctx, ref, head)
	return gitCommit(c, ref), gitCommit(c, base), err
}
