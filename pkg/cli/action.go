package cli

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/baseline"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/publish"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/source"
	"github.com/premAI-io/verify-manifests/pkg/verify"
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
	if err != nil && code == 0 { // an incomplete report says why
		return a.end(0, errors.Join(err, a.writeNote(finding.Clean(err.Error()))), map[string]string{})
	}
	return code, err
}

// answer handles the event. With an error, the code 0 means that nothing was published.
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

// writeNote writes a report that holds only a note.
func (a *action) writeNote(note string) error {
	return a.config.Files.Write(report.Build(report.Input{Report: report.Report{
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

// scope is what the run verifies: by default the event's changes, or everything for an event without changes.
func (a *action) scope() string {
	if a.config.Scope == source.ScopeAll || a.config.Scope == scopeAuto && !a.event.HasChanges() {
		return source.ScopeAll
	}
	return source.ScopeChanged
}

// graceTime is how long publishing may continue after the run was cancelled.
const graceTime = 2 * time.Second

// withGrace returns a context that ends graceTime after ctx does.
func withGrace(ctx context.Context) (context.Context, context.CancelFunc) {
	later, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(graceTime, cancel) })
	return later, func() { stop(); cancel() }
}

// exitCode returns the exit code for a report. A cancelled run has failed, regardless of fail-on.
func exitCode(ctx context.Context, failOn string, s report.Summary) int {
	switch {
	case failOn == "error" && s.Errors > 0, failOn == "warning" && s.Errors+s.Warnings > 0:
		return ExitFindings
	case ctx.Err() != nil:
		return ExitFailure
	}
	return ExitOK
}

// finish compares results with the baseline, builds the report, updates the baseline and publishes. An output that can't be written is an
// error, but does not prevent the others.
func (a *action) finish(ctx context.Context, in report.Input, by rules, before *baseline.State) (int, error) {
	isUnreachable := func(r verify.Result) bool { return r.Status == verify.Unreachable }
	if a.keepsIssue() && a.config.StateFile == "" && slices.ContainsFunc(in.Results, isUnreachable) {
		in.Notes = append(in.Notes, "Without `state-file`, failures are not counted across scans, so the drift issue does not list unreachable files")
	}
	r, compared := a.compare(in, by, before)
	code := exitCode(ctx, a.config.FailOn, r.Summary)
	ctx, cancel := withGrace(ctx)
	defer cancel()
	if r.IsWhole && r.Complete && r.IsAllRead() {
		compared.Next.Prune(compared.Results)
	}
	var problem error
	if a.isMerged() {
		problem = saveState(a.config, compared.Next)
	}
	workflow, _, _ := strings.Cut(a.Getenv("GITHUB_WORKFLOW_REF"), "@") // owner/repo/.github/workflows/file.yml@ref
	target := publish.Target{
		API: a.api, Actions: a.actions(), Log: a.Stdout, Files: a.config.Files, Workflow: workflow, Annotations: a.config.Annotations,
		HasSummary: a.Getenv("GITHUB_STEP_SUMMARY") != "",
	}
	if a.config.Comment != "never" && a.config.Shard == nil {
		target.PullRequest = a.event.PullRequest
		target.OnlyUpdate = r.Summary.Manifests == 0 || a.config.Comment == "on-failure" && code == ExitOK && r.Summary.Errors == 0
	}
	if a.keepsIssue() {
		target.Drift = &publish.Drift{Comparison: compared, Policy: by.policy.Apply}
	}
	out, err := target.Publish(ctx, r)
	return a.end(code, errors.Join(problem, err), out)
}

// end sets the outputs of a run that ends with a code or an error.
func (a *action) end(code int, err error, out map[string]string) (int, error) {
	out["outcome"], out["report-file"] = "failure", a.config.Files.Report
	if err == nil && code == ExitOK {
		out["outcome"] = "success"
	}
	if err = errors.Join(err, a.output(out)); err != nil {
		return ExitFailure, err
	}
	return code, nil
}

// output sets the step's outputs.
func (p *program) output(values map[string]string) error {
	if p.Getenv("GITHUB_OUTPUT") == "" {
		return nil
	}
	return publish.Outputs(p.actions(), values)
}

// keepsIssue reports whether the run maintains the drift issue, which covers merged manifests only.
func (a *action) keepsIssue() bool {
	return a.config.DriftIssue && a.config.Shard == nil && a.scope() == source.ScopeAll && a.isMerged() &&
		slices.Contains([]string{"schedule", "workflow_dispatch"}, a.event.Name)
}

// isMerged reports whether the run is of the default branch, the only one with a baseline. An unknown branch counts as merged.
func (a *action) isMerged() bool {
	ref, branch := a.Getenv("GITHUB_REF"), a.event.DefaultBranch
	isOther := ref != "" && branch != "" && ref != "refs/heads/"+branch
	return a.event.PullRequest == 0 && a.event.Name != "merge_group" && !isOther
}
