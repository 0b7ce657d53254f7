// Package publish writes the results of a run: a comment on the pull request, the drift issue, files, the log, the job summary,
// annotations and outputs.
package publish

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	"github.com/sethvargo/go-githubactions"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/report"
)

// SummaryLimit is GitHub's limit for one step's summary, in bytes
// (https://docs.github.com/actions/reference/workflow-commands-for-github-actions#step-isolation-and-limits).
const SummaryLimit = 1 << 20

// commentLimit keeps the comment, with its marker, at 60,000 bytes, below GitHub's limit of 65,536 characters.
const commentLimit = 60_000 - 200

// Files are the names of the report files; "" for none.
type Files struct{ Report, SARIF string }

// Write writes the files.
func (f Files) Write(r *report.Report) error {
	return errors.Join(WriteFile("report-file", f.Report, r.WriteJSON), WriteFile("sarif-file", f.SARIF, r.WriteSARIF))
}

// Target is the destinations of an Action's report.
type Target struct {
	API     *github.Client
	Actions *githubactions.Action
	Log     io.Writer
	Files   Files

	PullRequest int    // to comment on; 0 for none
	OnlyUpdate  bool   // don't create a comment
	Workflow    string // the file of the workflow, which has its own comment; "" when unknown
	Drift       *Drift // for the drift issue; nil for none
	Annotations bool
	HasSummary  bool // the runner accepts a job summary
}

// publisher publishes one report.
type publisher struct {
	Target
	notes       []string                 // added while publishing
	annotations map[finding.Severity]int // of the run itself; GitHub counts them among those of the findings
}

// Publish writes a report to every destination of the target, and returns the step's outputs. GitHub comes first: a denied permission
// becomes a note in the later outputs. A destination that can't be written is an error, but does not prevent the others.
func (t Target) Publish(ctx context.Context, r *report.Report) (outputs map[string]string, err error) {
	p := &publisher{Target: t, annotations: map[finding.Severity]int{}}
	url, commentErr := p.comment(ctx, r)
	number, issueErr := p.issue(ctx, r)
	problems := []error{p.tolerate(commentErr), p.tolerate(issueErr)}
	r = r.WithNotes(p.notes...)
	problems = append(problems, p.Files.Write(r), r.WriteText(p.Log, report.TextOptions{Folds: true}))
	if p.HasSummary {
		problems = append(problems, attempt("the job summary can't be written", func() { p.Actions.AddStepSummary(r.JobSummary(SummaryLimit)) }))
	}
	if p.Annotations {
		problems = append(problems, r.Annotate(p.Log, p.annotations))
	}
	outputs = counts(r.Summary)
	outputs["comment-url"], outputs["issue-number"] = url, number
	return outputs, errors.Join(problems...)
}

// comment maintains the workflow's one comment on the pull request. An existing comment is always updated, so that it is not stale after
// a fix.
func (p *publisher) comment(ctx context.Context, r *report.Report) (url string, err error) {
	if p.PullRequest == 0 {
		return "", nil
	}
	url, isNewer, err := p.API.UpsertComment(ctx, github.Comment{
		Number: p.PullRequest, RunID: r.Run.RunID, Attempt: r.Run.RunAttempt, Workflow: p.Workflow,
		Body: r.Markdown(commentLimit), OnlyUpdate: p.OnlyUpdate,
	})
	if isNewer {
		p.annotate(finding.Notice, "A newer run has updated the comment on the pull request, so this run did not change it")
	}
	return url, err
}

// tolerate turns a missing permission into a warning: it is not the author's failure.
func (p *publisher) tolerate(err error) error {
	if !errors.Is(err, github.ErrPermission) {
		return err
	}
	message := finding.Clean(err.Error())
	if p.PullRequest != 0 && !errors.Is(err, github.ErrLocked) {
		message += ". A fork's token never has it, unless the workflow runs on pull_request_target"
	}
	p.annotate(finding.Warning, message)
	p.notes = append(p.notes, message)
	return nil
}

// annotate annotates the run itself.
func (p *publisher) annotate(severity finding.Severity, text string) {
	p.annotations[severity]++
	if severity == finding.Warning {
		p.Actions.Warningf("%s", text)
	} else {
		p.Actions.Noticef("%s", text)
	}
}

// counts returns the outputs with the counts of a report.
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

// Outputs sets the step's outputs. None of them contains a line break, which would start another output.
func Outputs(actions *githubactions.Action, values map[string]string) error {
	return attempt("the outputs can't be written", func() {
		for _, name := range slices.Sorted(maps.Keys(values)) {
			actions.SetOutput(name, finding.Clean(values[name]))
		}
	})
}

// attempt returns the panics of go-githubactions, about files that can't be written, as errors.
func attempt(what string, write func()) (err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("%s: %v", what, problem)
		}
	}()
	write()
	return nil
}
