package source

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/git"
	"github.com/premAI-io/verify-manifests/pkg/github"
)

// Since selects the manifests of a git checkout that differ from the merge base of HEAD and a reference, committed or not. They are
// compared with what the Action compares them with; the settings are those at the reference.
type Since struct {
	Ref     string   // such as "origin/main"
	Args    []string // files and folders of one checkout to stay within; none: everything
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
	head := Worktree{Checkout: checkout, Disk: disk}
	in = in.within(checkout.Root)
	settings, err := in.LoadBase(ctx, tip, head)
	if err != nil {
		return Selection{}, UsageError{err}
	}
	configChanged, err := in.changedConfig(ctx, tip, head)
	if err != nil {
		return Selection{}, UsageError{err}
	}
	changes, err := checkout.Changes(ctx, ancestor.ID)
	if err != nil {
		return Selection{}, err
	}
	c := change{Settings: settings, head: head, base: ancestor, within: within}
	var alike []string
	for _, each := range changes {
		if gone := goneBy(each); gone != "" && includes(within, gone, settings.Selects) {
			c.removed = append(c.removed, settings.attesting([]string{gone})...)
		}
		if each.Removed {
			continue
		}
		f := github.File{Path: each.Path, Previous: each.Previous}
		c.changed = append(c.changed, f)
		if includes(within, f.Path, settings.Selects) {
			c.files = append(c.files, f)
		} else if includes(within, f.Path, settings.ResemblesSelected) {
			alike = append(alike, f.Path)
		}
	}
	s, err := c.selection(ctx)
	s.LookAlikes = alike
	s.ConfigChanged, s.Remote = configChanged, checkout.RemoteURL(ctx, o.Ref)
	return s, err
}

// goneBy returns the path that a change leaves without a file, "" for none.
func goneBy(c git.Change) string {
	if c.Removed {
		return c.Path
	}
	return c.Previous
}

// open finds the checkout that all arguments belong to, and what in it they name: files, and folders with a slash at their end; ""
// is everything.
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

// resolve finds the reference's commit, and the merge base of it and HEAD.
func (o Since) resolve(ctx context.Context, c *git.Checkout) (tip, ancestor GitCommit, err error) {
	head, err := c.Commit(ctx, "HEAD")
	if err != nil {
		return tip, ancestor, err
	}
	tip, ancestor = GitCommit{Checkout: c}, GitCommit{Checkout: c}
	if tip.ID, err = c.Commit(ctx, o.Ref); err != nil {
		return tip, ancestor, err
	}
	ancestor.ID, err = c.MergeBase(ctx, tip.ID, head)
	return tip, ancestor, err
}

// includes reports whether a changed file is named, or is below a named folder and selected.
func includes(within []string, path string, selects func(string) bool) bool {
	return slices.ContainsFunc(within, func(place string) bool {
		if place == "" || strings.HasSuffix(place, "/") {
			return strings.HasPrefix(path, place) && selects(path)
		}
		return path == place
	})
}
