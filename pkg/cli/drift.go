package cli

import (
	"context"
	"slices"
	"strconv"

	"github.com/premAI-io/verify-manifests/pkg/drift"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/source"
)

const (
	// driftLabel is the label by which the issue is found, beside its marker and its author.
	driftLabel = "manifest-drift"
	// issueRoom is how long the issue's text may be: 200 characters are left for its hidden line.
	issueRoom = github.MaxText - 200
)

// keepsIssue reports whether the run is one that keeps the drift issue, which is about what is merged.
func (a *action) keepsIssue() bool {
	return a.config.DriftIssue && a.config.Shard == nil && a.scope() == source.ScopeAll && a.isMerged() &&
		slices.Contains([]string{"schedule", "workflow_dispatch"}, a.event.Name)
}

// isMerged reports whether the run is of the default branch, as far as the event tells.
func (a *action) isMerged() bool {
	ref, branch := a.Getenv("GITHUB_REF"), a.event.DefaultBranch
	isOther := ref != "" && branch != "" && ref != "refs/heads/"+branch
	return a.event.PullRequest == 0 && a.event.Name != "merge_group" && !isOther
}

// recall reads the state file. Only a run of the default branch writes it.
func (a *action) recall() *memory {
	m := a.program.recall(a.config)
	m.isReadOnly = !a.isMerged()
	return m
}

// keepIssue brings the drift issue up to date and returns its number, "" where there is none.
func (a *action) keepIssue(ctx context.Context, r *report.Report, m *memory) (number string, err error) {
	if a.config.DriftIssue && a.event.Name == "workflow_dispatch" && !a.isMerged() {
		a.remark(finding.Notice, "The drift issue is about the default branch: this run is of another one, and leaves it as it is")
	}
	if !a.keepsIssue() {
		return "", nil
	}
	d := m.Drift(r, a.server())
	n, outcome, err := a.api.UpsertIssue(ctx, github.Issue{
		Label: driftLabel, RunID: r.Run.RunID, Attempt: r.Run.RunAttempt, Title: d.Title(), Body: d.Markdown(issueRoom),
		Fingerprint: d.Fingerprint(), DesiredState: desiredState(d), Comment: d.Comment(issueRoom), LastWord: d.LastWord(),
	})
	if outcome == github.Newer {
		a.remark(finding.Notice, "The drift issue is a newer run's, and was left as it is")
	}
	if a.config.StateFile == "" && r.Summary.Unreachable > 0 {
		r.Notes = append(r.Notes, "Without `state-file`, failures are not counted across scans, so the drift issue does not list unreachable files")
	}
	if n == 0 {
		return "", err
	}
	return strconv.Itoa(n), err
}

// desiredState is open as long as there is drift, and closed after a complete scan without any.
func desiredState(d report.Drift) github.DesiredState {
	switch {
	case d.Size() > 0:
		return github.Open
	case drift.IsSettled(d):
		return github.Closed
	}
	return github.Keep
}
