package cli

import (
	"context"
	"errors"
	"strconv"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/source"
)

// action is a run as a GitHub Action.
type action struct {
	*program
	config *Config
	event  github.Event
	api    *github.Client
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

// answer handles the event. An error with the code 0 means that nothing was published.
func (a *action) answer(ctx context.Context) (int, error) {
	if len(a.config.Merge) > 0 {
		return a.merge(ctx)
	}
	work, cancel := deadline(ctx, a.config)
	defer cancel()
	j, err := a.job(work, a.config, a.run(), a.origin(), false)
	if err != nil {
		return 0, err
	}
	if a.config.Plan > 0 {
		return a.plan(work, j)
	}
	in, err := a.verify(work, a.config, j, nil)
	if err != nil {
		return 0, err
	}
	return a.finish(ctx, in, j.rules, j.before)
}

// origin is the source of the event's manifests.
func (a *action) origin() *source.Event {
	return &source.Event{Event: a.event, API: a.api, Commit: a.head(), Workspace: a.Getenv("GITHUB_WORKSPACE"), Scope: a.scope(), Environ: a.Environ}
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
	return &action{program: p, config: config, event: event, api: api}, err
}

// giveUp writes an incomplete report that says why.
func (a *action) giveUp(why error) (int, error) {
	return a.end(0, errors.Join(why, a.writeNote(finding.Clean(why.Error()))), map[string]string{})
}

// writeNote writes a report that holds only a note.
func (a *action) writeNote(note string) error {
	return a.config.files().Write(report.Build(report.Input{Report: report.Report{
		Tool: tool(), Run: a.run(), Shard: a.config.Shard, Scope: a.scope(), Mode: a.config.Mode, Notes: []string{note},
	}}))
}

// run describes the event for a report.
func (a *action) run() report.Run {
	id, _ := strconv.ParseInt(a.Getenv("GITHUB_RUN_ID"), 10, 64)
	attempt, _ := strconv.Atoi(a.Getenv("GITHUB_RUN_ATTEMPT"))
	return report.Run{
		Event: a.event.Name, Repository: a.Getenv("GITHUB_REPOSITORY"), PullRequest: a.event.PullRequest,
		HeadSHA: a.head(), RunID: id, RunAttempt: attempt, ServerURL: a.server(), BaseRef: a.Getenv("GITHUB_BASE_REF"),
	}
}

// head is the commit whose manifests are verified.
func (a *action) head() string {
	if a.event.HeadSHA != "" {
		return a.event.HeadSHA
	}
	return a.Getenv("GITHUB_SHA")
}

// scopeAuto lets the event and the registries decide.
const scopeAuto = "auto"

// scope is what the run verifies: by default what the event changed, and everything for an event without changes.
func (a *action) scope() string {
	switch {
	case a.config.Scope == source.ScopeAll, a.config.Scope == scopeAuto && !a.event.HasChanges():
		return source.ScopeAll
	}
	return source.ScopeChanged
}
