package source

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/git"
	"github.com/premAI-io/verify-manifests/pkg/github"
)

// Event selects the manifests that an event of GitHub asks about.
type Event struct {
	github.Event
	API       *github.Client
	Commit    string   // the one that is judged
	Workspace string   // a folder that may hold a checkout; "" for none
	Scope     string   // ScopeChanged or ScopeAll
	Environ   []string // for git: "NAME=value"

	commits []*Commit            // that were read through the API
	disk    *Workspace           // once it was opened; nil where there is none
	git     func() *git.Checkout // the same, opened when it is asked for first
}

// Select implements Origin. On a pull request manifests come from the head commit in GitHub's API, since nothing in a checkout can
// be trusted there, and settings from the base branch: a change of the configuration counts once it is merged. Else
// both come from the workspace, unless it holds no checkout.
func (e *Event) Select(ctx context.Context, in Inputs) (Selection, error) {
	s, err := e.selection(ctx, in)
	for _, c := range e.commits {
		s.Calls += c.Calls()
	}
	return s, err
}

func (e *Event) selection(ctx context.Context, in Inputs) (Selection, error) {
	tip := e.commit(ctx, e.BaseSHA)
	head, settings, err := e.resolve(ctx, in, tip)
	if err != nil {
		return Selection{}, err
	}
	if e.Scope == ScopeAll {
		return all(ctx, settings, head)
	}
	if !e.HasChanges() {
		return Selection{}, usage("input scope is `changed`, and the event %s is not about a change: use auto or all", finding.Quote(e.Name))
	}
	found, why, err := e.compare(ctx)
	if err != nil {
		return Selection{}, err
	}
	s, err := e.changed(ctx, in, settings, tip, head, found, why)
	s.LookAlikes = settings.lookAlikes(paths(found.Files))
	if s.Scope == ScopeAll { // the list of changes was not used
		s.LookAlikes = settings.lookAlikes(s.Paths)
	}
	return s, err
}

// changed selects what a list of changes names; everything where why says that it can't be used.
func (e *Event) changed(ctx context.Context, in Inputs, settings *Settings, tip *Commit, head Tree, found github.Comparison, why string) (Selection, error) {
	if why != "" {
		return all(ctx, settings, head, everything+why)
	}
	c := change{Settings: settings, base: tip, head: head, files: settings.selected(found.Files), changed: found.Files, removed: settings.attesting(found.Removed)}
	base, note := e.mergeBase(ctx, found.MergeBase, tip, len(c.files)+len(c.removed) > 0)
	c.base = base
	if e.PullRequest != 0 && c.mayBeNewer(ctx) && e.hasNewerHead(ctx) {
		return all(ctx, settings, head, everything+"the list of changes is already that of a newer commit")
	}
	s, err := c.selection(ctx)
	if note != "" {
		s.Notes = append(s.Notes, note)
	}
	isConfig := func(f github.File) bool { return slices.Contains(in.configFiles(), f.Path) }
	if err == nil && e.PullRequest != 0 && (settings.File != nil || slices.ContainsFunc(found.Files, isConfig)) {
		s.ConfigChanged, err = in.changedConfig(ctx, tip, head)
	}
	return s, err
}

// Brings reports whether a file on disk may come with the checkout of a pull request: it is in the workspace, and the head has a file
// of that path which the base has not.
func (e *Event) Brings(ctx context.Context, name string) bool {
	if e.PullRequest == 0 || e.Workspace == "" {
		return false
	}
	head, base := e.commit(ctx, e.Commit), e.commit(ctx, e.BaseSHA)
	return slices.ContainsFunc(pathsBelow(e.Workspace, name), func(path string) bool {
		is, isThere, err := head.Find(ctx, path)
		was, _, baseErr := base.Find(ctx, path)
		return err != nil || isThere && (baseErr != nil || is.BlobSHA != was.BlobSHA)
	})
}

const everything = "Every manifest was verified, not just the changed ones: "

// compare lists the files that the event changed. Where the list can't be had whole, every manifest has to be verified, and why
// says why.
func (e *Event) compare(ctx context.Context) (found github.Comparison, why string, err error) {
	switch {
	case e.PullRequest != 0:
		found, err = e.API.PullRequestFiles(ctx, e.PullRequest)
	case e.New:
		return found, "the branch is new", nil
	case e.Forced:
		return found, "the branch was forced to another history", nil
	default:
		found, err = e.API.Compare(ctx, e.BaseSHA, e.HeadSHA)
		if errors.Is(err, github.ErrNotFound) {
			return found, "the commit before the push does not exist any more", nil
		}
	}
	if err == nil && !found.Complete {
		return found, "GitHub does not list all files of so large a change", nil
	}
	return found, "", err
}

// mergeBase returns the commit that a change starts from. Where GitHub does not tell, it is the tip of the base branch, and a note
// says so: what is equal there was reviewed too.
func (e *Event) mergeBase(ctx context.Context, sha string, tip *Commit, isChanged bool) (base *Commit, note string) {
	if e.PullRequest != 0 && isChanged {
		found, err := e.API.Compare(ctx, e.BaseSHA, e.HeadSHA)
		if err != nil {
			return tip, "The changed manifests were compared with the tip of the base branch, not with the merge base: " + finding.Clean(err.Error())
		}
		if sha = found.MergeBase; sha == "" {
			return tip, "The changed manifests were compared with the tip of the base branch: GitHub names no merge base"
		}
	}
	if sha == "" || sha == tip.SHA {
		return tip, ""
	}
	return e.commit(ctx, sha), ""
}

// mayBeNewer reports whether a list of changes may be that of a newer commit than head: it has no manifest, or lacks one that
// differs between base and head.
func (c change) mayBeNewer(ctx context.Context) bool {
	if len(c.files) == 0 {
		return true
	}
	now, err := c.head.List(ctx)
	before, baseErr := c.base.List(ctx)
	if err != nil || baseErr != nil {
		return true
	}
	listed, was := byPath(c.files), byPath(before)
	return slices.ContainsFunc(c.selected(now), func(f github.File) bool {
		_, isListed := listed[f.Path]
		return !isListed && was[f.Path].BlobSHA != f.BlobSHA
	})
}

// hasNewerHead reports whether the pull request has moved on since the run began: the list of its files is then not that of the
// run's commit. Where GitHub does not tell, it has not.
func (e *Event) hasNewerHead(ctx context.Context) bool {
	head, _, err := e.API.PullRequest(ctx, e.PullRequest)
	return err == nil && head != e.HeadSHA
}

// commit is a commit in GitHub's API. Texts that the workspace holds too are read there.
func (e *Event) commit(ctx context.Context, sha string) *Commit {
	if e.disk == nil && e.Workspace != "" {
		if w, err := OpenWorkspace(e.Workspace, ""); err == nil {
			e.disk, e.git = &w, sync.OnceValue(func() *git.Checkout { return checkoutOf(ctx, w, e.Environ) })
		}
	}
	c := &Commit{API: e.API, SHA: sha, Disk: e.disk, Git: e.git}
	e.commits = append(e.commits, c)
	return c
}

// checkoutOf returns a workspace as a git checkout, nil where it is none or git does not read it.
func checkoutOf(ctx context.Context, w Workspace, environ []string) *git.Checkout {
	if !w.IsRepository() {
		return nil
	}
	c, err := git.Open(ctx, w.Dir, environ)
	if err != nil {
		return nil
	}
	return c
}

// Settings are those by which the event's manifests are judged.
func (e *Event) Settings(ctx context.Context, in Inputs) (*Settings, error) {
	_, s, err := e.resolve(ctx, in, e.commit(ctx, e.BaseSHA))
	return s, err
}

// resolve finds the tree whose manifests are judged, and the settings.
func (e *Event) resolve(ctx context.Context, in Inputs, tip *Commit) (Tree, *Settings, error) {
	if e.Workspace != "" {
		in = in.within(e.Workspace)
	}
	remote := e.commit(ctx, e.Commit)
	if e.PullRequest != 0 {
		s, err := in.LoadBase(ctx, tip, remote)
		return remote, s, err
	}
	if e.Workspace != "" {
		if t, s, err := e.checkout(ctx, in); t != nil || err != nil {
			return t, s, err
		}
	}
	s, err := in.Load(ctx, remote)
	return remote, s, err
}

// checkout is the workspace as a tree, nil where it holds no checkout.
func (e *Event) checkout(ctx context.Context, in Inputs) (Tree, *Settings, error) {
	w, err := OpenWorkspace(e.Workspace, "")
	if err != nil {
		return nil, nil, err
	}
	s, err := in.Load(ctx, w)
	if err != nil || w.IsRepository() {
		return w, s, err
	}
	files, err := w.List(ctx)
	if err != nil || len(s.selected(files)) > 0 {
		return w, s, err
	}
	return nil, nil, nil
}
