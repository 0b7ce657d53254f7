package publish

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/baseline"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
	"github.com/premAI-io/verify-manifests/pkg/image"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

const (
	// issueLabel identifies the issue, with its marker and its author.
	issueLabel = "manifest-drift"
	// issueLimit bounds the issue's text: 200 characters are left for its hidden line.
	issueLimit = github.MaxText - 200
)

// issue updates the drift issue and returns its number, "" without one.
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
		Fingerprint: d.Fingerprint(), DesiredState: state, Comment: d.Comment(issueLimit), ClosingComment: d.ClosingComment(),
	})
	if isNewer {
		p.annotate(finding.Notice, "A newer run has updated the drift issue, so this run did not change it")
	}
	if n == 0 {
		return "", err
	}
	return strconv.Itoa(n), err
}

// Drift is the input of the drift issue.
type Drift struct {
	baseline.Comparison
	Policy baseline.Policy
}

// of returns the drift of a report compared with earlier scans, and reports whether it settles the issue: only a complete scan without
// unwaived errors that read every manifest does.
func (c Drift) of(r *report.Report) (d report.Drift, isSettled bool) {
	results, _ := r.Results()
	found := c.Comparison.Drift(results, r.IsAllRead(), c.Policy)
	d = report.Drift{Report: r, Unread: found.Unread, Solved: found.Solved}
	for _, item := range found.Items {
		d.Problems = append(d.Problems, problem(r.Artifacts[item.Result], results[item.Result], item, r.Run.ServerURL))
	}
	isBad := func(r verify.Result) bool { return r.Status.Failed() && !baseline.IsWaived(r) }
	return d, d.Size() == 0 && r.Complete && r.IsAllRead() && !slices.ContainsFunc(results, isBad)
}

// problem is one row of the issue.
func problem(a report.Artifact, r verify.Result, item baseline.Item, server string) report.Problem {
	p := report.Problem{Item: item, Artifact: a}
	ref := hosts.Parse(a.URL, server)
	switch item.Kind {
	case baseline.Changed:
		p.Now = item.File.Problem.Digest
		if item.IsSeen {
			p.Now = a.Observed
		}
		p.Cause, p.Fix = changed(r, item.File, ref)
		p.Message = first(r, finding.ArtifactEmpty, finding.ArtifactHTMLPage, finding.ArtifactLFSPointer, finding.ArtifactWrongFormat, finding.ArtifactWrongPlatform).Message
		if p.Message != "" {
			p.Cause = "The host serves other content instead of the file, or the URL was never correct"
		}
	case baseline.Gone:
		refused := first(r, finding.ArtifactUnavailable, finding.ArtifactRefused)
		p.Message, p.Cause = refused.Message, gone(r, ref)
		p.Fix = cmp.Or(refused.Fix, "Ask the publisher for the new location, or remove the service from the registry")
	case baseline.Unreachable:
		p.Message = first(r, finding.ArtifactUnreachable).Message
		p.Cause = "The host is down, or does not answer this runner"
		p.Fix = "Open the URL elsewhere. If it works there, the host rejects runners; if not, ask the host's operator"
	}
	return p
}

// first returns the first finding of one of the rules, in their order; the zero Finding for none.
func first(r verify.Result, rules ...string) finding.Finding {
	for _, rule := range rules {
		if i := slices.IndexFunc(r.Findings, func(f finding.Finding) bool { return f.Rule == rule }); i >= 0 {
			return r.Findings[i]
		}
	}
	return finding.Finding{}
}

// changed returns the probable cause of a changed file, and the fix.
func changed(r verify.Result, f baseline.File, ref hosts.Ref) (cause, fix string) {
	const review = "Ask the publisher whether the change was intended"
	url, expected, mutable := r.Artifact.URL, f.Expected(r.Artifact), ref.Mutable()
	switch {
	case r.Artifact.Role == artifact.Image:
		image, err := image.Parse(url)
		if err != nil || r.Artifact.Checksum != nil || expected.IsZero() {
			return "The registry serves wrong bytes for a digest", "Install nothing from this registry until its operator explains that"
		}
		return "The tag was moved to another image, as publishers do with every build of a tag that they reuse",
			"To keep the earlier image, write " + finding.Quote(image.Pin(expected)) + ". To update, review the new image and write its digest"
	case ref.Kind == hosts.GitHubAsset && mutable != "":
		return "Another file was uploaded to " + mutable, review + ". Then use the asset of the full version, which is often published beside it, and declare its checksum"
	case ref.Kind == hosts.GitHubAsset:
		return "The asset of a release was uploaded again under the same name, which publishers seldom do", review + ", and install nothing until they explain it"
	case mutable == "":
		return "Another file was uploaded in its place", review + ". Then use a URL with a version, and declare the checksum that they give for it"
	}
	cause = "The target of the URL has moved: " + mutable
	if expected == f.Digest && f.Commit != "" && hosts.Publishes(url) {
		return cause, "To keep the reviewed file, use " + finding.QuoteURL(hosts.WithRevision(url, "", f.Commit)) + ". To update, review the new file and use its commit"
	}
	return cause, review + ". Then use a commit or a full version, and declare its checksum"
}

// gone returns the probable cause of a missing file; "" if the program's own policy refuses it.
func gone(r verify.Result, ref hosts.Ref) string {
	switch {
	case r.Status == verify.Refused:
		return ""
	case r.Artifact.Role == artifact.Image:
		return "The image, or its tag, was deleted, renamed or made private"
	case ref.ReleaseAsset():
		return "The release, its asset or the whole repository was deleted, renamed or made private"
	}
	return "The file was deleted, renamed or made private, or its host rejects this runner"
}
