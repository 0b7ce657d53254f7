package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/premAI-io/verify-manifests/pkg/drift"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/state"
)

const (
	// driftLabel is the label by which the issue is found, beside its marker and its author.
	driftLabel = "manifest-drift"
	// hiddenLimit is how much of the state is kept in the issue itself, in bytes; as base64 it takes a third of the issue.
	hiddenLimit = 16 << 10
	// markerLimit is what the hidden line takes beside the state, in characters.
	markerLimit = 200
)

// keepsIssue reports whether the run is one that keeps the drift issue, which is about what is merged.
func (a *action) keepsIssue() bool {
	return a.config.DriftIssue && a.config.Shard == nil && a.scope() == scopeAll && a.isMerged() &&
		slices.Contains([]string{"schedule", "workflow_dispatch"}, a.event.Name)
}

// isMerged reports whether the run is of the default branch, as far as the event tells.
func (a *action) isMerged() bool {
	ref, branch := a.Getenv("GITHUB_REF"), a.event.DefaultBranch
	isOther := ref != "" && branch != "" && ref != "refs/heads/"+branch
	return a.event.PullRequest == 0 && a.event.Name != "merge_group" && !isOther
}

// recall reads the state file; where there is none to use, it takes what the issue holds. An issue that
// can't be read is left alone afterwards: what is not known must not close it.
func (a *action) recall(ctx context.Context) *memory {
	m := a.program.recall(a.config)
	m.isReadOnly = !a.isMerged()
	if m.IsOwn || !a.keepsIssue() {
		return m
	}
	var found *github.FoundIssue
	found, m.noIssue = a.api.FindIssue(ctx, driftLabel)
	if found == nil || len(found.State) == 0 {
		return m
	}
	s, err := state.ReadCompact(found.State)
	if err != nil {
		m.Notes = append(m.Notes, fmt.Sprintf("What issue %d kept of earlier scans can't be used: %s", found.Number, finding.Clean(err.Error())))
		return m
	}
	if !found.Open {
		s = drift.OnlyFailures(s)
	}
	m.Take(s.Troubled()) // an issue vouches for nothing
	return m
}

// keepIssue brings the drift issue up to date and returns its number, "" where there is none.
func (a *action) keepIssue(ctx context.Context, r *report.Report, m *memory) (number string, err error) {
	if a.config.DriftIssue && a.event.Name == "workflow_dispatch" && !a.isMerged() {
		a.remark(finding.Notice, "The drift issue is about the default branch: this run is of another one, and leaves it as it is")
	}
	if !a.keepsIssue() || m.noIssue != nil {
		return "", m.noIssue
	}
	d := m.Drift(r, a.server())
	issue := github.Issue{
		Label: driftLabel, RunID: r.Run.RunID, Attempt: r.Run.RunAttempt,
		Title: d.Title(), Fingerprint: d.Fingerprint(), Standing: standing(d), LastWord: d.LastWord(),
	}
	if issue.State, err = a.hidden(r, m, issue.Standing); err != nil {
		return "", err
	}
	room := github.MaxText - markerLimit
	issue.Comment = d.Comment(room)
	issue.Body = d.Markdown(room - (len(issue.State)+2)/3*4)
	n, outcome, err := a.api.UpsertIssue(ctx, issue)
	if outcome == github.Newer {
		a.remark(finding.Notice, "The drift issue is a newer run's, and was left as it is")
	}
	if n == 0 && err == nil && len(issue.State) > 0 {
		r.Notes = append(r.Notes, "Nobody counts for how many scans hosts have not answered, so that the drift issue will not name them: keep a `state-file`")
	}
	if n == 0 {
		return "", err
	}
	return strconv.Itoa(n), err
}

// standing is open as long as there is drift, and closed once a complete scan found everything well.
func standing(d report.Drift) github.Standing {
	switch {
	case d.Size() > 0:
		return github.Open
	case drift.IsSettled(d):
		return github.Closed
	}
	return github.AsItIs
}

// hidden is what the issue keeps for the next scan: everything wrong where there is no state file, and where
// there is one a copy of what the issue speaks of, in case the file gets lost.
func (a *action) hidden(r *report.Report, m *memory, s github.Standing) ([]byte, error) {
	part := m.Troubled()
	if len(part.Files) == 0 || a.config.StateFile != "" && s != github.Open {
		return nil, nil
	}
	data, dropped, err := part.Compact(hiddenLimit)
	if dropped > 0 && a.config.StateFile == "" {
		r.Notes = append(r.Notes, fmt.Sprintf("The issue has no room to remember %d of the URLs in trouble: keep a `state-file`", dropped))
	}
	return data, err
}
