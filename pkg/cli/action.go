package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/source"
)

// action is the program as a GitHub Action: one event, answered.
type action struct {
	*program
	config *Config
	event  github.Event
	api    *github.Client
	before *source.Commit // the base of a change, once it was asked for

	commits []*source.Commit         // that were read through the API
	remarks map[finding.Severity]int // annotations of the run itself
}

func (p *program) action(ctx context.Context, _ []string) (int, error) {
	a, err := p.newAction()
	if err != nil {
		return 0, errors.Join(err, p.output(map[string]string{"outcome": "failure"}))
	}
	code, err := a.answer(ctx)
	if err != nil && code == 0 {
		return a.giveUp(err)
	}
	return code, err
}

// answer does what the event asks for. An error with the code 0 is one that nothing was published of.
func (a *action) answer(ctx context.Context) (int, error) {
	if len(a.config.Merge) > 0 {
		return a.merge(ctx)
	}
	work, cancel := deadline(ctx, a.config)
	defer cancel()
	if a.config.isPlanned() {
		return a.takePart(ctx, work)
	}
	selected, err := a.selection(work)
	if err != nil {
		return 0, err
	}
	if a.config.Plan > 0 {
		return a.plan(work, selected)
	}
	known := a.recall()
	result, err := a.verify(work, a.config, a.run(), selected, known)
	if err != nil {
		return 0, err
	}
	return a.publish(ctx, result, known)
}

func (p *program) newAction() (*action, error) {
	config, err := p.configFromInputs()
	if err == nil {
		err = config.checkPlan()
	}
	if err != nil {
		return nil, err
	}
	event, err := github.ReadEvent(p.Getenv("GITHUB_EVENT_NAME"), p.Getenv("GITHUB_EVENT_PATH"))
	if err != nil {
		return nil, err
	}
	api, err := github.New(github.Config{
		APIURL: p.Getenv("GITHUB_API_URL"), Token: config.GitHubToken,
		GraphQLURL: p.Getenv("GITHUB_GRAPHQL_URL"), Repository: p.Getenv("GITHUB_REPOSITORY"), UserAgent: userAgent(), Sleep: p.Sleep,
	})
	return &action{program: p, config: config, event: event, api: api, remarks: map[finding.Severity]int{}}, err
}

// giveUp leaves a report that says that it is not complete and why, for whoever waits for one.
func (a *action) giveUp(why error) (int, error) {
	return a.end(0, errors.Join(why, a.writeNote(finding.Clean(why.Error()))), map[string]string{})
}

// writeNote writes a report of nothing but a note.
func (a *action) writeNote(note string) error {
	return writeFiles(a.config, report.Build(report.Input{
		Version: Version(), Commit: Commit(), Run: a.run(), Shard: a.config.Shard, Scope: a.scope(), Mode: a.config.Mode,
		Notes: []string{note},
	}))
}

// run is the event as a report names it.
func (a *action) run() report.Run {
	id, _ := strconv.ParseInt(a.Getenv("GITHUB_RUN_ID"), 10, 64)
	attempt, _ := strconv.Atoi(a.Getenv("GITHUB_RUN_ATTEMPT"))
	return report.Run{
		Event: a.event.Name, Repository: a.Getenv("GITHUB_REPOSITORY"), PullRequest: a.event.PullRequest,
		HeadSHA: a.head(), RunID: id, RunAttempt: attempt, ServerURL: a.server(), BaseRef: a.Getenv("GITHUB_BASE_REF"),
	}
}

// head is the commit whose manifests are judged.
func (a *action) head() string {
	if a.event.HeadSHA != "" {
		return a.event.HeadSHA
	}
	return a.Getenv("GITHUB_SHA")
}

// The scopes of a run.
const (
	scopeAuto    = "auto"
	scopeChanged = "changed"
	scopeAll     = "all"
)

// scope is what the run is to verify: without another word, what the event changed, and everything where
// it changed nothing.
func (a *action) scope() string {
	switch {
	case a.config.Scope != scopeAuto:
		return a.config.Scope
	case a.event.HasChanges():
		return scopeChanged
	}
	return scopeAll
}

// selection finds the manifests that the event asks about, and notes what reading them cost.
func (a *action) selection(ctx context.Context) (selection, error) {
	selected, err := a.selectFrom(ctx)
	for _, c := range a.commits {
		if cost := c.Cost(); cost != "" {
			selected.notes = append(selected.notes, cost)
		}
	}
	return selected, err
}

func (a *action) selectFrom(ctx context.Context) (selection, error) {
	t, s, err := a.tree(ctx)
	if err != nil {
		return selection{}, err
	}
	if a.scope() == scopeAll {
		return a.everything(ctx, s, t)
	}
	if !a.event.HasChanges() {
		return selection{}, usageError{fmt.Errorf("input scope is `changed`, and the event %s changes nothing: use auto or all", finding.Quote(a.event.Name))}
	}
	files, all, err := source.ChangedFiles(ctx, a.api, a.event)
	if err != nil {
		return selection{}, err
	}
	if all == "" && a.event.PullRequest != 0 && a.mayBeNewer(ctx, s, t, files) && a.hasNewerHead(ctx) {
		all = "the list of changes is already that of a newer commit"
	}
	if all != "" {
		return a.everything(ctx, s, t, "Every manifest was verified, not just the changed ones: "+all)
	}
	isConfig := func(f github.File) bool { return f.Path == a.config.ConfigFile }
	if a.event.PullRequest != 0 && (s.file != nil || slices.ContainsFunc(files, isConfig)) {
		if err := s.noteChange(ctx, a.config, a.base(), t); err != nil {
			return selection{}, err
		}
	}
	return change{setup: s, base: a.base(), head: t, files: s.selected(files)}.selection(ctx)
}

// mayBeNewer reports whether a list of changes may be that of a newer commit than the run's: it has no manifest, or lacks one that
// head and base have different. The latter is no wonder where the base has moved on.
func (a *action) mayBeNewer(ctx context.Context, s *setup, head source.Tree, changed []github.File) bool {
	if len(s.selected(changed)) == 0 {
		return true
	}
	now, err := head.List(ctx)
	before, baseErr := a.base().List(ctx)
	if err != nil || baseErr != nil {
		return true
	}
	listed, was := byPath(changed), byPath(before)
	return slices.ContainsFunc(s.selected(now), func(f github.File) bool {
		_, isListed := listed[f.Path]
		return !isListed && was[f.Path].BlobSHA != f.BlobSHA
	})
}

// hasNewerHead reports whether the pull request has moved on since the run began: the list of its files is then not that of the
// run's commit. Where GitHub does not tell, it has not.
func (a *action) hasNewerHead(ctx context.Context) bool {
	head, err := a.api.PullRequestHead(ctx, a.event.PullRequest)
	return err == nil && head != a.event.HeadSHA
}

// base is the commit before the change.
func (a *action) base() *source.Commit {
	if a.before == nil {
		a.before = a.commit(a.event.BaseSHA)
	}
	return a.before
}

// commit is a commit in GitHub's API, beside what the workspace holds.
func (a *action) commit(sha string) *source.Commit {
	c := &source.Commit{API: a.api, SHA: sha}
	if dir := a.Getenv("GITHUB_WORKSPACE"); dir != "" {
		if w, err := source.OpenWorkspace(dir, ""); err == nil {
			c.Disk = &w
		}
	}
	a.commits = append(a.commits, c)
	return c
}

func (a *action) everything(ctx context.Context, s *setup, t source.Tree, notes ...string) (selection, error) {
	files, err := t.List(ctx)
	if err != nil {
		return selection{}, err
	}
	manifests := s.selected(files)
	if len(manifests) == 0 {
		return selection{}, usageError{fmt.Errorf("manifests are those that match %s, and no file of the registry matches: see the inputs manifests, registry and config%s", s.words(), s.presetHint(ctx, t, files))}
	}
	sources, err := s.readAll(ctx, t, manifests)
	return selection{scope: scopeAll, isWhole: true, setup: s, sources: sources, notes: notes, around: surroundings{paths: paths(files)}}, err
}

// tree is where manifests come from, with the registry's setup. On a pull request that is the head commit in GitHub's API, since
// nothing of a checkout is to be believed there, and the setup that of its base: what a change writes into the configuration
// counts once it is merged. Else it is the workspace, unless it holds no checkout.
func (a *action) tree(ctx context.Context) (source.Tree, *setup, error) {
	remote := a.commit(a.head())
	dir := a.Getenv("GITHUB_WORKSPACE")
	if a.event.PullRequest != 0 {
		s, err := a.setUp(ctx, a.config, a.base())
		return remote, s, err
	}
	if dir != "" {
		t, s, err := a.workspace(ctx, dir)
		if t != nil || err != nil {
			return t, s, err
		}
	}
	s, err := a.setUp(ctx, a.config, remote)
	return remote, s, err
}

// workspace is the workspace as a tree, nil where it holds no checkout.
func (a *action) workspace(ctx context.Context, dir string) (source.Tree, *setup, error) {
	local, err := source.OpenWorkspace(dir, "")
	if err != nil {
		return nil, nil, err
	}
	s, err := a.setUp(ctx, a.config, local)
	if err != nil || local.IsRepository() {
		return local, s, err
	}
	files, err := local.List(ctx)
	if err != nil || len(s.selected(files)) > 0 {
		return local, s, err
	}
	return nil, nil, nil
}
