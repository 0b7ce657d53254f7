package cli

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/baseline"
	"github.com/premAI-io/verify-manifests/pkg/publish"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/source"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// graceTime is how long publishing may continue after the run was cancelled.
const graceTime = 2 * time.Second

// withGrace returns a context that ends graceTime after ctx does.
func withGrace(ctx context.Context) (context.Context, context.CancelFunc) {
	later, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(graceTime, cancel) })
	return later, func() { stop(); cancel() }
}

// exitCode returns the exit code for a report. A run that was cancelled has failed, whatever fail-on is.
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
// error; the others are written all the same.
func (a *action) finish(ctx context.Context, in report.Input, by rules, before *baseline.State) (int, error) {
	in.Notes = append(in.Notes, a.issueNotes(in.Results)...)
	r, compared := a.compare(in, by, before)
	code := exitCode(ctx, a.config.FailOn, r.Summary)
	ctx, cancel := withGrace(ctx)
	defer cancel()
	if r.IsWhole && r.Complete && r.IsAllRead() {
		compared.Next.Prune(compared.Results)
	}
	if r.IsWhole {
		compared.Next.Record(r.Summary.Scan(a.now()))
	}
	var problem error
	if a.isMerged() {
		problem = saveState(a.config, compared.Next)
	}
	target := publish.Target{
		API: a.api, Actions: a.actions(), Log: a.Stdout, Files: a.config.files(), Workflow: a.workflow(), Annotations: a.config.Annotations,
		HasSummary: a.Getenv("GITHUB_STEP_SUMMARY") != "",
	}
	if a.config.Comment != "never" && a.config.Shard == nil {
		target.PullRequest = a.event.PullRequest
		target.OnlyUpdate = r.Summary.Manifests == 0 || a.config.Comment == "on-failure" && code == ExitOK && r.Summary.Errors == 0
	}
	if a.keepsIssue() {
		target.Drift = &publish.Drift{Comparison: compared, Judge: by.judge.Judge}
	}
	out, err := target.Publish(ctx, r)
	return a.end(code, errors.Join(problem, err), out)
}

// end sets the outputs of a run that ends with a code or an error.
func (a *action) end(code int, err error, out map[string]string) (int, error) {
	out["outcome"], out["report-file"] = "failure", a.config.ReportFile
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

// workflow is the file of the running workflow, "" when unknown
// (https://docs.github.com/actions/reference/variables-reference: owner/repo/.github/workflows/file.yml@ref).
func (a *action) workflow() string {
	file, _, _ := strings.Cut(a.Getenv("GITHUB_WORKFLOW_REF"), "@")
	return file
}

// keepsIssue reports whether the run keeps the drift issue, which is about what is merged.
func (a *action) keepsIssue() bool {
	return a.config.DriftIssue && a.config.Shard == nil && a.scope() == source.ScopeAll && a.isMerged() &&
		slices.Contains([]string{"schedule", "workflow_dispatch"}, a.event.Name)
}

// isMerged reports whether the run is of the default branch, as far as the event tells: nothing else is a baseline.
func (a *action) isMerged() bool {
	ref, branch := a.Getenv("GITHUB_REF"), a.event.DefaultBranch
	isOther := ref != "" && branch != "" && ref != "refs/heads/"+branch
	return a.event.PullRequest == 0 && a.event.Name != "merge_group" && !isOther
}

// issueNotes says what the drift issue leaves out.
func (a *action) issueNotes(results []verify.Result) []string {
	isUnreachable := func(r verify.Result) bool { return r.Status == verify.Unreachable }
	switch {
	case a.config.DriftIssue && a.event.Name == "workflow_dispatch" && !a.isMerged():
		return []string{"The drift issue is about the default branch; this run is of another branch and leaves the issue as it is"}
	case a.keepsIssue() && a.config.StateFile == "" && slices.ContainsFunc(results, isUnreachable):
		return []string{"Without `state-file`, failures are not counted across scans, so the drift issue does not list unreachable files"}
	}
	return nil
}
