package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
	"github.com/premAI-io/verify-manifests/pkg/image"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/state"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

const (
	// driftLabel is the label by which the issue is found, beside its marker and its author.
	driftLabel = "manifest-drift"
	// failuresToSay is how many scans in a row have to fail before a URL is called unreachable.
	failuresToSay = 3
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
	if m.isOwn || !a.keepsIssue() {
		return m
	}
	var found *github.FoundIssue
	found, m.noIssue = a.api.FindIssue(ctx, driftLabel)
	if found == nil || len(found.State) == 0 {
		return m
	}
	s, err := state.ReadCompact(found.State)
	if err != nil {
		m.notes = append(m.notes, fmt.Sprintf("What issue %d kept of earlier scans can't be used: %s", found.Number, finding.Clean(err.Error())))
		return m
	}
	if !found.Open {
		s = onlyFailures(s)
	}
	m.take(s.Troubled()) // an issue vouches for nothing
	return m
}

// onlyFailures is what a closed issue is believed: whoever closed it has settled the rest.
func onlyFailures(s *state.State) *state.State {
	failing := &state.State{Files: map[string]state.File{}}
	for url, f := range s.Files {
		if f.Failures > 0 {
			failing.Files[url] = state.File{Failures: f.Failures, FailingSince: f.FailingSince}
		}
	}
	return failing
}

// keepIssue brings the drift issue up to date and returns its number, "" where there is none.
func (a *action) keepIssue(ctx context.Context, r *report.Report, m *memory) (number string, err error) {
	if a.config.DriftIssue && a.event.Name == "workflow_dispatch" && !a.isMerged() {
		a.actions().Noticef("The drift issue is about the default branch: this run is of another one, and leaves it as it is")
	}
	if !a.keepsIssue() || m.noIssue != nil {
		return "", m.noIssue
	}
	d := m.drift(r, a.server())
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
		a.actions().Noticef("The drift issue is a newer run's, and was left as it is")
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
	case d.Complete && d.Summary.Failed() == 0 && isAllRead(d.Report):
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

// drift says what is wrong in the registry, as far as this scan and the ones before it know.
func (m *memory) drift(r *report.Report, server string) report.Drift {
	d := report.Drift{Report: r}
	said, urls := rulesOf(r), byURL(r.Artifacts)
	for _, a := range r.Artifacts {
		url := verify.Key(a.URL)
		f := m.File(url)
		kind := trouble(f)
		list := map[state.Kind]*[]report.Problem{state.Changed: &d.Changed, state.Gone: &d.Gone, state.Unreachable: &d.Unreachable}[kind]
		if list == nil || isBystander(a, urls[url], f, said) {
			continue
		}
		p := problem(a, f, kind, said, server)
		*list = append(*list, p)
		if trouble(m.before.File(url)) != kind {
			d.New = append(d.New, p)
		}
	}
	if !isAllRead(r) {
		d.Unread = m.troubledWithout(urls)
	}
	for url, f := range m.before.Files {
		if trouble(f) != "" && trouble(m.File(url)) == "" {
			d.Solved = append(d.Solved, url)
		}
	}
	slices.Sort(d.Solved)
	return d
}

// troubledWithout returns the URLs in trouble that no artifact names, sorted.
func (m *memory) troubledWithout(named map[string][]report.Artifact) (urls []string) {
	for url, f := range m.Files {
		if trouble(f) != "" && len(named[url]) == 0 {
			urls = append(urls, url)
		}
	}
	slices.Sort(urls)
	return urls
}

// trouble is the problem that is worth an issue, "" where there is none. What is known to be wrong stays so
// while nobody can look.
func trouble(f state.File) state.Kind {
	switch {
	case !f.Problem.IsZero():
		return f.Problem.Kind
	case f.Failures >= failuresToSay:
		return state.Unreachable
	}
	return ""
}

// isBystander reports whether what is wrong at a URL is not wrong for an artifact, but for another one there. Where nobody
// could look this time, what each of them expects tells.
func isBystander(a report.Artifact, all []report.Artifact, f state.File, said said) bool {
	isIt := func(a report.Artifact) bool { return kindOf(a, said) == trouble(f) }
	if slices.ContainsFunc(all, isIt) {
		return !isIt(a)
	}
	isOther := func(a report.Artifact) bool {
		want := reviewed(a, f)
		return !want.IsZero() && want != f.Problem.Digest
	}
	return trouble(f) == state.Changed && !isOther(a) && slices.ContainsFunc(all, isOther)
}

// reviewed is the digest that an artifact should have: the declared one, else the baseline's. Zero is none.
func reviewed(a report.Artifact, f state.File) digest.Digest { return cmp.Or(a.Declared, f.Digest) }

// problem is one row of the issue.
func problem(a report.Artifact, f state.File, kind state.Kind, said said, server string) report.Problem {
	p := report.Problem{Artifact: a, Since: f.Problem.Since, Was: reviewed(a, f), WasSeen: f.Seen, Failures: f.Failures}
	ref := hosts.Parse(a.URL, server)
	switch kind {
	case state.Changed:
		p.Now = f.Problem.Digest
		if kindOf(a, said) == kind {
			p.Now = a.Observed
		}
		p.Said = content(a, said)
		p.Cause, p.Fix = changedBecause(a, f, ref)
		if a.Role == artifact.Image {
			p.Cause, p.Fix = movedBecause(a, f)
		}
		if p.Said != "" {
			p.Cause = "The host answers with something else in the file's place, or the URL never led to the file"
		}
	case state.Gone:
		refused := said.first(a, finding.ArtifactUnavailable, finding.ArtifactRefused)
		p.Said, p.Cause = refused.Message, goneBecause(a, ref)
		p.Fix = cmp.Or(refused.Fix, "Ask the publisher where it is now, or take the service out of the registry")
	case state.Unreachable:
		p.Since = f.FailingSince
		p.Said = said.first(a, finding.ArtifactUnreachable).Message
		p.Cause = "The host is down, or does not answer this runner"
		p.Fix = "Open the URL elsewhere. If it works there, the host turns runners away; if not, ask whoever runs the host"
	}
	if p.Was == p.Now {
		p.Was = digest.Digest{}
	}
	return p
}

// content says what is served in the file's place, where that is not such a file at all.
func content(a report.Artifact, said said) string {
	return said.first(a, finding.ArtifactEmpty, finding.ArtifactHTMLPage, finding.ArtifactLFSPointer,
		finding.ArtifactWrongFormat, finding.ArtifactWrongPlatform).Message
}

func changedBecause(a report.Artifact, f state.File, ref hosts.Ref) (cause, fix string) {
	const review = "Find out from the publisher whether the change was meant"
	switch mutable := ref.Mutable(); {
	case ref.Kind == hosts.GitHubAsset && mutable != "":
		return "Another file was uploaded to " + mutable, review + "; then name the asset of the full version, which is often published beside it, and declare its checksum"
	case ref.Kind == hosts.GitHubAsset:
		return "The asset of a release was uploaded again under the same name, which publishers seldom do", review + ", and install nothing until they explain it"
	case mutable != "":
		return "What the URL follows has moved: " + mutable, pinned(a, f, review)
	}
	return "Another file was uploaded in its place", review + "; then name a URL with a version, and declare the checksum that they give for it"
}

// pinned advises to name the commit at which the bytes were last right, where it is known.
func pinned(a report.Artifact, f state.File, review string) string {
	wasRight := reviewed(a, f) == f.Digest
	if url := hosts.WithRevision(a.URL, "", f.Commit); wasRight && f.Commit != "" && hosts.Publishes(a.URL) {
		return "To stay with the reviewed file, name " + finding.Quote(url) + ". To move on: " + review + ", and name the new commit"
	}
	return review + "; then name a commit or a full version, and declare its checksum"
}

// movedBecause says why an image is another one: a digest can't change, and a tag can.
func movedBecause(a report.Artifact, f state.File) (cause, fix string) {
	ref, err := image.Parse(a.URL)
	was := reviewed(a, f)
	if err != nil || !a.Declared.IsZero() || was.IsZero() {
		return "The registry serves other bytes than it should", "Install nothing from this registry until whoever runs it explains that"
	}
	return "The tag was moved to another image, as publishers do with every build of a tag that they reuse",
		"To stay with the image that was there, write " + finding.Quote(ref.Pin(was)) + ". To move on: find out from the publisher whether the change was meant, and write the digest of the image that you have reviewed"
}

func goneBecause(a report.Artifact, ref hosts.Ref) string {
	switch {
	case a.Role == artifact.Image && a.Status != verify.Refused:
		return "The image, or its tag, was deleted, renamed or made private"
	case a.Status == verify.Refused:
		return "" // it is our own policy
	case ref.ReleaseAsset():
		return "The release, its asset or the whole repository was deleted, renamed or made private"
	}
	return "The file was deleted, renamed or made private, or its host turns this runner away"
}
