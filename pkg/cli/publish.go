package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/report"
)

// graceTime is how long publishing may go on after the run was told to end.
const graceTime = 2 * time.Second

// summaryLimit is how much GitHub takes of one step's summary, in bytes
// (https://docs.github.com/actions/reference/workflow-commands-for-github-actions#step-isolation-and-limits).
const summaryLimit = 1 << 20

// commentLimit keeps the comment, with its marker, at 60,000 bytes, below the 65,536 characters that GitHub takes.
const commentLimit = 60_000 - 200

// withGrace returns a context that ends graceTime after ctx does.
func withGrace(ctx context.Context) (context.Context, context.CancelFunc) {
	later, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(graceTime, cancel) })
	return later, func() { stop(); cancel() }
}

// exitCode is what the findings of a report make of a run. One that ctx told to end has not done its work,
// whatever the findings are allowed to be.
func exitCode(ctx context.Context, failOn string, s report.Summary) int {
	switch {
	case failOn == "error" && s.Errors > 0, failOn == "warning" && s.Errors+s.Warnings > 0:
		return ExitFindings
	case ctx.Err() != nil:
		return ExitFailure
	}
	return ExitOK
}

// writeFiles writes the report files that were asked for.
func writeFiles(c *Config, r *report.Report) error {
	return errors.Join(
		writeFile("report-file", c.ReportFile, r.WriteJSON),
		writeFile("sarif-file", c.SARIFFile, r.WriteSARIF),
	)
}

// publish says what the run found wherever it was asked to: comment, issue, files, log, summary, annotations, outputs.
// GitHub comes first: a permission that it denies is a note of the report, which every other output has then. A place that can't be written is an error, and the others are written all the same.
func (a *action) publish(ctx context.Context, r *report.Report, m *memory) (int, error) {
	code := exitCode(ctx, a.config.FailOn, r.Summary)
	ctx, cancel := withGrace(ctx)
	defer cancel()
	m.Forget(r)
	if r.IsWhole {
		m.Ended(r)
	}
	problems := []error{m.save(a.config)}
	out := counts(r.Summary)
	var err error
	out["comment-url"], err = a.comment(ctx, r, code)
	problems = append(problems, a.tolerate(r, err))
	out["issue-number"], err = a.keepIssue(ctx, r, m)
	problems = append(problems, a.tolerate(r, err))
	problems = append(problems, writeFiles(a.config, r), r.WriteText(a.Stdout, report.TextOptions{Folds: true}), a.summarise(r))
	if a.config.Annotations {
		problems = append(problems, r.Annotate(a.Stdout, a.remarks))
	}
	return a.end(code, errors.Join(problems...), out)
}

// end sets the outputs of a run that ends with a code, or with an error, which makes the code a failure's.
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

// workflow is the file of the workflow that runs, "" where the runner does not tell
// (https://docs.github.com/actions/reference/variables-reference: owner/repo/.github/workflows/file.yml@ref).
func (a *action) workflow() string {
	file, _, _ := strings.Cut(a.Getenv("GITHUB_WORKFLOW_REF"), "@")
	return file
}

// comment keeps the workflow's one comment on the pull request. It is made when there is something to say, and brought
// up to date whenever it is there, so that none is stale after a fix.
func (a *action) comment(ctx context.Context, r *report.Report, code int) (url string, err error) {
	if a.event.PullRequest == 0 || a.config.Comment == "never" || a.config.Shard != nil {
		return "", nil
	}
	quiet := a.config.Comment == "on-failure" && code == ExitOK && r.Summary.Errors == 0
	url, outcome, err := a.api.UpsertComment(ctx, github.Comment{
		Number: a.event.PullRequest, RunID: r.Run.RunID, Attempt: r.Run.RunAttempt, Workflow: a.workflow(),
		Body: r.Markdown(commentLimit), OnlyUpdate: quiet || r.Summary.Manifests == 0,
	})
	if outcome == github.Newer {
		a.remark(finding.Notice, "The comment on the pull request is a newer run's, and was left as it is")
	}
	return url, err
}

// tolerate turns a missing permission into a warning: it is not the author's failure. Any other error stays.
func (a *action) tolerate(r *report.Report, err error) error {
	var denied *github.PermissionError
	if !errors.As(err, &denied) {
		return err
	}
	message := finding.Clean(denied.Error())
	if a.event.PullRequest != 0 && !denied.Locked {
		message += ". A fork's token never has it, unless the workflow runs on pull_request_target"
	}
	a.remark(finding.Warning, message)
	r.Notes = append(r.Notes, message)
	return nil
}

// remark annotates the run itself. GitHub counts it among those of the findings, of which it shows a few.
func (a *action) remark(severity finding.Severity, text string) {
	a.remarks[severity]++
	write := a.actions().Noticef
	if severity == finding.Warning {
		write = a.actions().Warningf
	}
	write("%s", text)
}

// summarise writes the job summary.
func (a *action) summarise(r *report.Report) error {
	if a.Getenv("GITHUB_STEP_SUMMARY") == "" {
		return nil
	}
	return attempt("the job summary can't be written", func() { a.actions().AddStepSummary(r.JobSummary(summaryLimit)) })
}

// output sets the step's outputs. None of them holds a line break, which the runner would read as another output.
func (p *program) output(values map[string]string) error {
	if p.Getenv("GITHUB_OUTPUT") == "" {
		return nil
	}
	return attempt("the outputs can't be written", func() {
		for _, name := range slices.Sorted(maps.Keys(values)) {
			p.actions().SetOutput(name, finding.Clean(values[name]))
		}
	})
}

// counts are the outputs that the report counts.
func counts(s report.Summary) map[string]string {
	values := map[string]string{"bytes": strconv.FormatInt(s.Bytes, 10)}
	for name, n := range map[string]int{
		"artifacts": s.Artifacts, "verified": s.Verified, "mismatch": s.Mismatch, "unverified": s.Unverified,
		"failed": s.Failed(), "errors": s.Errors, "warnings": s.Warnings,
	} {
		values[name] = strconv.Itoa(n)
	}
	return values
}

// attempt turns the panics of go-githubactions, its way to say that a file can't be written, into errors.
func attempt(what string, write func()) (err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("%s: %v", what, problem)
		}
	}()
	write()
	return nil
}
