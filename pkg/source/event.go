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

// Event selects the manifests of a GitHub event.
type Event struct {
	github.Event
	API       *github.Client
	Commit    string   // to verify
	Workspace string   // a folder that may hold a checkout; "" for none
	Scope     string   // ScopeChanged or ScopeAll
	Environ   []string // for git: "NAME=value"
}

// Select implements Origin. On a pull request, manifests come from the head commit in GitHub's API, since the checkout is untrusted, and
// settings from the base branch: a configuration change takes effect once merged. On other events, both come from the workspace if it
// contains a checkout.
func (e *Event) Select(ctx context.Context, in Inputs) (Selection, error) {
	api := e.api(ctx)
	s, err := e.selection(ctx, in, api)
	s.Calls = int(api.calls.Load())
	return s, err
}

// api returns GitHub's API, with the workspace as a source of texts.
func (e *Event) api(ctx context.Context) *API {
	api := &API{Client: e.API}
	if w, err := OpenWorkspace(e.Workspace, ""); e.Workspace != "" && err == nil {
		api.Disk, api.Git = w, sync.OnceValue(func() *git.Checkout { return w.openGit(ctx, e.Environ) })
	}
	return api
}

func (e *Event) selection(ctx context.Context, in Inputs, api *API) (Selection, error) {
	tip := api.Commit(e.BaseSHA)
	head, settings, err := e.resolve(ctx, in, tip, api)
	if err != nil {
		return Selection{}, err
	}
	if e.Scope == ScopeAll {
		return all(ctx, settings, head)
	}
	if !e.HasChanges() {
		return Selection{}, usage("input scope is `changed`, but the event %s has no change: use auto or all", finding.Quote(e.Name))
	}
	found, why, err := e.compare(ctx)
	if err != nil {
		return Selection{}, err
	}
	c := change{Settings: settings, base: tip, head: head, changed: found.Files, gone: found.Removed, within: []string{""}}
	const everything = "Every manifest was verified, not just the changed ones: "
	if why != "" {
		s, err := all(ctx, settings, head, everything+why)
		s.LookAlikes = slices.DeleteFunc(slices.Clone(s.Paths), func(path string) bool { return !settings.ResemblesSelected(path) })
		return s, err
	}
	var note string
	isChanged := len(c.manifests())+len(c.removed()) > 0
	c.base, note = e.mergeBase(ctx, found.MergeBase, tip, api, isChanged)
	isNewer := e.PullRequest != 0 && e.isNewer(ctx, c)
	if isNewer { // every file counts as changed
		if c.changed, err = head.List(ctx); err != nil {
			return Selection{}, err
		}
		if !isChanged {
			c.base, note = e.mergeBase(ctx, found.MergeBase, tip, api, true)
		}
	}
	s, err := c.selection(ctx)
	if isNewer {
		s.Scope = ScopeAll
		s.Notes = append(s.Notes, everything+"GitHub already lists the changes of a newer commit")
	}
	if note != "" {
		s.Notes = append(s.Notes, note)
	}
	isConfig := func(f github.File) bool { return slices.Contains(in.configFiles(), f.Path) }
	if err == nil && e.PullRequest != 0 && (settings.File != nil || slices.ContainsFunc(c.changed, isConfig)) {
		s.ConfigChanged, err = in.changedConfig(ctx, tip, head)
	}
	return s, err
}

// resolve finds the tree of the manifests, and the settings.
func (e *Event) resolve(ctx context.Context, in Inputs, tip *Commit, api *API) (Tree, *Settings, error) {
	if e.Workspace != "" {
		in = in.within(e.Workspace)
	}
	remote := api.Commit(e.Commit)
	if e.PullRequest != 0 {
		s, err := in.LoadBase(ctx, tip, remote)
		return remote, s, err
	}
	if e.Workspace != "" {
		w, err := OpenWorkspace(e.Workspace, "")
		if err != nil {
			return nil, nil, err
		}
		s, err := in.Load(ctx, w)
		if err != nil || w.IsRepository() {
			return w, s, err
		}
		if files, err := w.List(ctx); err != nil || len(s.selected(files)) > 0 {
			return w, s, err
		}
	}
	s, err := in.Load(ctx, remote)
	return remote, s, err
}

// Settings returns the settings that apply to the event's manifests.
func (e *Event) Settings(ctx context.Context, in Inputs) (*Settings, error) {
	api := e.api(ctx)
	_, s, err := e.resolve(ctx, in, api.Commit(e.BaseSHA), api)
	return s, err
}

// Brings reports whether a file on disk may come from a pull request's checkout: it is in the workspace, and the head, but not the base,
// has a file at that path.
func (e *Event) Brings(ctx context.Context, name string) bool {
	if e.PullRequest == 0 || e.Workspace == "" {
		return false
	}
	api := &API{Client: e.API}
	head, base := api.Commit(e.Commit), api.Commit(e.BaseSHA)
	return slices.ContainsFunc(pathsBelow(e.Workspace, name), func(path string) bool {
		is, isThere, err := head.Find(ctx, path)
		was, _, baseErr := base.Find(ctx, path)
		return err != nil || isThere && (baseErr != nil || is.BlobSHA != was.BlobSHA)
	})
}

// compare lists the files that the event changed. If the list is incomplete, why is the reason, and every manifest is verified.
func (e *Event) compare(ctx context.Context) (found github.Comparison, why string, err error) {
	switch {
	case e.PullRequest != 0:
		found, err = e.API.PullRequestFiles(ctx, e.PullRequest)
	case e.New:
		return found, "the branch is new", nil
	case e.Forced:
		return found, "the branch was force-pushed", nil
	default:
		found, err = e.API.Compare(ctx, e.BaseSHA, e.HeadSHA)
		if errors.Is(err, github.ErrNotFound) {
			return found, "the commit before the push no longer exists", nil
		}
	}
	if err == nil && !found.Complete {
		return found, "the change has more files than GitHub lists", nil
	}
	return found, "", err
}

// mergeBase returns the commit that a change starts from. If GitHub does not report it, it is the tip of the base branch, with a note:
// what is equal there was reviewed too.
func (e *Event) mergeBase(ctx context.Context, sha string, tip *Commit, api *API, isChanged bool) (base *Commit, note string) {
	if e.PullRequest != 0 && isChanged {
		found, err := e.API.Compare(ctx, e.BaseSHA, e.HeadSHA)
		if err == nil && found.MergeBase == "" {
			err = errors.New("GitHub reports none")
		}
		if err != nil {
			return tip, "The changed manifests were compared with the tip of the base branch, not with the merge base: " + finding.Clean(err.Error())
		}
		sha = found.MergeBase
	}
	if sha == "" || sha == tip.SHA {
		return tip, ""
	}
	return api.Commit(sha), ""
}

// isNewer reports whether the list of a pull request's changes, which GitHub returns for the current head, is that of a newer commit than
// the run's: a manifest in it differs, or one may be missing and the pull request has a newer head.
func (e *Event) isNewer(ctx context.Context, c change) bool {
	if listed := byPath(c.manifests()); len(listed) > 0 {
		files, err := c.head.List(ctx)
		before, baseErr := c.base.List(ctx)
		was, mayLack := byPath(before), err != nil || baseErr != nil
		for _, f := range c.selected(files) {
			in, isListed := listed[f.Path]
			if isListed && in.BlobSHA != f.BlobSHA {
				return true
			}
			mayLack = mayLack || !isListed && was[f.Path].BlobSHA != f.BlobSHA
		}
		if !mayLack {
			return false
		}
	}
	head, _, err := e.API.PullRequest(ctx, e.PullRequest)
	return err == nil && head != e.HeadSHA
}
