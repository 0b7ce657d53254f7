package cli

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/git"
	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/source"
)

// comparison is what `check --base` compares: a checkout with a reference.
type comparison struct {
	checkout *git.Checkout
	tip      string   // the commit of the reference
	ancestor string   // the merge base of it and HEAD
	within   []string // the files, and folders with a slash at their end, that are asked for; "" is everything
}

// compare finds the checkout that all arguments belong to. Whatever goes wrong is the user's to mend.
func (c *check) compare(ctx context.Context, args []string) (*comparison, error) {
	found := &comparison{}
	if len(args) == 0 {
		args, found.within = []string{"."}, []string{""}
	}
	for _, arg := range args {
		if err := found.add(ctx, arg, c.Environ); err != nil {
			return nil, usageError{err}
		}
	}
	if err := found.resolve(ctx, c.base); err != nil {
		return nil, usageError{fmt.Errorf("flag --base is %s: %w", finding.Quote(c.base), err)}
	}
	return found, nil
}

// add notes what an argument names.
func (c *comparison) add(ctx context.Context, arg string, environ []string) error {
	dir, name, err := splitPath(arg)
	if err != nil {
		return err
	}
	checkout, err := git.Open(ctx, filepath.Clean(dir), environ)
	if err != nil {
		return err
	}
	if c.checkout == nil {
		c.checkout = checkout
	}
	if c.checkout.Root != checkout.Root {
		return fmt.Errorf("%s is in another checkout than the others: with --base, name files of one", finding.Quote(arg))
	}
	c.within = append(c.within, checkout.Prefix+name)
	return nil
}

func (c *comparison) resolve(ctx context.Context, ref string) error {
	head, err := c.checkout.Commit(ctx, "HEAD")
	if err != nil {
		return err
	}
	if c.tip, err = c.checkout.Commit(ctx, ref); err != nil {
		return err
	}
	c.ancestor, err = c.checkout.MergeBase(ctx, c.tip, head)
	return err
}

// includes reports whether a changed file is one that was asked for: by its name, or by a folder and the globs.
func (c *comparison) includes(path string, s *setup) bool {
	return slices.ContainsFunc(c.within, func(place string) bool {
		if place == "" || strings.HasSuffix(place, "/") {
			return strings.HasPrefix(path, place) && s.selects(path)
		}
		return path == place
	})
}

// selectChanged selects the manifests that differ from the merge base of --base and HEAD. They are compared with what the Action
// compares them with: the rest of the working tree, and the tip of --base.
func (c *check) selectChanged(ctx context.Context, args []string) (selection, error) {
	base, err := c.compare(ctx, args)
	if err != nil {
		return selection{}, err
	}
	disk, err := source.OpenWorkspace(base.checkout.Root, "")
	if err != nil {
		return selection{}, err
	}
	defer disk.Close()
	head, tip := source.Worktree{Checkout: base.checkout, Disk: disk}, source.GitCommit{Checkout: base.checkout, ID: base.tip}
	setup, err := c.setUp(ctx, c.config, tip)
	if err == nil {
		err = setup.noteChange(ctx, c.config, tip, head)
	}
	if err != nil {
		return selection{}, usageError{err}
	}
	changes, err := base.checkout.Changes(ctx, base.ancestor)
	if err != nil {
		return selection{}, err
	}
	var changed []github.File
	for _, change := range changes {
		if base.includes(change.Path, setup) {
			changed = append(changed, github.File{Path: change.Path, Previous: change.Previous})
		}
	}
	c.trustOwner(c.config, base.checkout.RemoteURL(ctx, c.base))
	return change{setup: setup, head: head, base: tip, files: changed}.selection(ctx)
}

// trustOwner takes the registry's owner from where the base branch is fetched from, since no event tells it here.
func (p *program) trustOwner(c *Config, remote string) {
	if len(p.trustedURLs(c)) > 0 {
		return
	}
	server, err := url.Parse(p.server())
	if owner := ownerOf(remote, server.Host); err == nil && owner != "" {
		c.TrustedURLs = ownURLs(p.server(), owner)
	}
}

// ownerOf returns the owner in a remote's URL on a host, "" for any other: https://host/owner/repo, ssh://git@host/owner/repo,
// or git@host:owner/repo (https://git-scm.com/docs/git-clone#_git_urls).
func ownerOf(remote, host string) string {
	_, address, hasScheme := strings.Cut(remote, "://")
	if !hasScheme {
		address = strings.Replace(remote, ":", "/", 1)
	}
	if _, after, hasUser := strings.Cut(address, "@"); hasUser {
		address = after
	}
	parts := strings.Split(address, "/")
	if len(parts) != 3 || !strings.EqualFold(parts[0], host) {
		return ""
	}
	return parts[1]
}
