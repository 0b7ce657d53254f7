package publish

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/baseline"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
	"github.com/premAI-io/verify-manifests/pkg/image"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

const (
	// issueLabel is the label by which the issue is found, beside its marker and its author.
	issueLabel = "manifest-drift"
	// issueLimit bounds the issue's text: 200 characters are left for its hidden line.
	issueLimit = github.MaxText - 200
)

// issue brings the drift issue up to date and returns its number, "" where there is none.
func (p *publisher) issue(ctx context.Context, r *report.Report) (string, error) {
	if p.Drift == nil {
		return "", nil
	}
	d, isSettled := p.Drift.of(r)
	state := github.Keep
	switch {
	case d.Size() > 0:
		state = github.Open
	case isSettled:
		state = github.Closed
	}
	n, isNewer, err := p.API.UpsertIssue(ctx, github.Issue{
		Label: issueLabel, RunID: r.Run.RunID, Attempt: r.Run.RunAttempt, Title: d.Title(), Body: d.Markdown(issueLimit),
		Fingerprint: d.Fingerprint(), DesiredState: state, Comment: d.Comment(issueLimit), LastWord: d.LastWord(),
	})
	if isNewer {
		p.annotate(finding.Notice, "A newer run has updated the drift issue, so this run left it as it is")
	}
	if n == 0 {
		return "", err
	}
	return strconv.Itoa(n), err
}

// Drift is what the drift issue is made of.
type Drift struct {
	baseline.Comparison
	Judge baseline.Judge
}

// of returns the drift that a report shows beside the scans before it, and whether that settles the issue: only a complete scan
// settles it that read every manifest and found nothing wrong, or what is wrong waived.
func (c Drift) of(r *report.Report) (d report.Drift, isSettled bool) {
	results, _ := r.Results()
	found := c.Comparison.Drift(results, r.IsAllRead(), c.Judge)
	d = report.Drift{Report: r, Unread: found.Unread, Solved: found.Solved}
	lists := map[baseline.Kind]*[]report.Problem{baseline.Changed: &d.Changed, baseline.Gone: &d.Gone, baseline.Unreachable: &d.Unreachable}
	for _, item := range found.Items {
		p := problem(r.Artifacts[item.Result], results[item.Result], item, r.Run.ServerURL)
		*lists[item.Kind] = append(*lists[item.Kind], p)
		if item.IsNew {
			d.New = append(d.New, p)
		}
	}
	isBad := func(r verify.Result) bool { return r.Status.Failed() && !baseline.IsWaived(r) }
	return d, d.Size() == 0 && r.Complete && r.IsAllRead() && !slices.ContainsFunc(results, isBad)
}

// problem is one row of the issue.
func problem(a report.Artifact, r verify.Result, item baseline.Item, server string) report.Problem {
	f := item.File
	p := report.Problem{Artifact: a, Since: f.Since(), Was: f.Expected(r.Artifact), WasSeen: f.Seen, Failures: f.Failures}
	ref := hosts.Parse(a.URL, server)
	switch item.Kind {
	case baseline.Changed:
		p.Now = f.Problem.Digest
		if item.IsSeen {
			p.Now = a.Observed
		}
		p.Cause, p.Fix = changed(r, f, ref)
		p.Said = first(r, finding.ArtifactEmpty, finding.ArtifactHTMLPage, finding.ArtifactLFSPointer, finding.ArtifactWrongFormat, finding.ArtifactWrongPlatform).Message
		if p.Said != "" {
			p.Cause = "The host answers with something else in the file's place, or the URL never led to the file"
		}
	case baseline.Gone:
		refused := first(r, finding.ArtifactUnavailable, finding.ArtifactRefused)
		p.Said, p.Cause = refused.Message, gone(r, ref)
		p.Fix = cmp.Or(refused.Fix, "Ask the publisher where it is now, or take the service out of the registry")
	case baseline.Unreachable:
		p.Said = first(r, finding.ArtifactUnreachable).Message
		p.Cause = "The host is down, or does not answer this runner"
		p.Fix = "Open the URL elsewhere. If it works there, the host turns runners away; if not, ask whoever runs the host"
	}
	if p.Was == p.Now {
		p.Was = digest.Digest{}
	}
	return p
}

// first returns the first finding by one of the rules, in their order; the zero Finding where there is none.
func first(r verify.Result, rules ...string) finding.Finding {
	for _, rule := range rules {
		if i := slices.IndexFunc(r.Findings, func(f finding.Finding) bool { return f.Rule == rule }); i >= 0 {
			return r.Findings[i]
		}
	}
	return finding.Finding{}
}

// changed says why a file is likely another one, and what to do.
func changed(r verify.Result, f baseline.File, ref hosts.Ref) (cause, fix string) {
	const review = "Find out from the publisher whether the change was meant"
	a, was, mutable := r.Artifact, f.Expected(r.Artifact), ref.Mutable()
	pinned := hosts.WithRevision(a.URL, "", f.Commit)
	switch {
	case a.Role == artifact.Image:
		return movedImage(a, was)
	case ref.Kind == hosts.GitHubAsset && mutable != "":
		return "Another file was uploaded to " + mutable, review + "; then name the asset of the full version, which is often published beside it, and declare its checksum"
	case ref.Kind == hosts.GitHubAsset:
		return "The asset of a release was uploaded again under the same name, which publishers seldom do", review + ", and install nothing until they explain it"
	case mutable == "":
		return "Another file was uploaded in its place", review + "; then name a URL with a version, and declare the checksum that they give for it"
	}
	cause = "What the URL follows has moved: " + mutable
	if was == f.Digest && f.Commit != "" && hosts.Publishes(a.URL) {
		return cause, "To stay with the reviewed file, name " + finding.QuoteURL(pinned) + ". To move on: " + review + ", and name the new commit"
	}
	return cause, review + "; then name a commit or a full version, and declare its checksum"
}

// movedImage says why an image is another one: a digest can't change, and a tag can.
func movedImage(a artifact.Artifact, was digest.Digest) (cause, fix string) {
	ref, err := image.Parse(a.URL)
	if err != nil || a.Checksum != nil || was.IsZero() {
		return "The registry serves other bytes than it should", "Install nothing from this registry until whoever runs it explains that"
	}
	return "The tag was moved to another image, as publishers do with every build of a tag that they reuse",
		"To stay with the image that was there, write " + finding.Quote(ref.Pin(was)) + ". To move on: find out from the publisher whether the change was meant, and write the digest of the image that you have reviewed"
}

// gone says why a file is likely gone; "" where our own policy refuses it.
func gone(r verify.Result, ref hosts.Ref) string {
	switch {
	case r.Status == verify.Refused:
		return ""
	case r.Artifact.Role == artifact.Image:
		return "The image, or its tag, was deleted, renamed or made private"
	case ref.ReleaseAsset():
		return "The release, its asset or the whole repository was deleted, renamed or made private"
	}
	return "The file was deleted, renamed or made private, or its host turns this runner away"
}
