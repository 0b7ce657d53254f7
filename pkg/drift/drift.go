package drift

import (
	"cmp"
	"slices"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
	"github.com/premAI-io/verify-manifests/pkg/image"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/state"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// failuresToSay is how many scans in a row have to fail before a URL is called unreachable.
const failuresToSay = 3

// Drift says what is wrong in the registry, as far as this scan and the ones before it know.
func (m *Memory) Drift(r *report.Report, server string) report.Drift {
	d := report.Drift{Report: r}
	said, urls := said(r.Said()), byURL(r.Artifacts)
	for _, a := range r.Artifacts {
		url := verify.Key(a.URL)
		f := m.File(url)
		kind := trouble(f)
		list := map[state.Kind]*[]report.Problem{state.Changed: &d.Changed, state.Gone: &d.Gone, state.Unreachable: &d.Unreachable}[kind]
		if list == nil || isBystander(a, urls[url], f, said) || m.isExcused(a, kind, f, said) {
			continue
		}
		p := problem(a, f, kind, said, server)
		*list = append(*list, p)
		if m.IsOwn && trouble(m.before.File(url)) != kind {
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

// IsSettled reports whether a complete scan found everything well, or what is wrong waived: only that closes an issue about drift.
func IsSettled(d report.Drift) bool {
	said := said(d.Said())
	isBad := func(a report.Artifact) bool { return a.Status.Failed() && !said.isWaived(a, kindOf(a, said)) }
	return d.Size() == 0 && d.Complete && !slices.ContainsFunc(d.Artifacts, isBad) && isAllRead(d.Report)
}

// troubledWithout returns the URLs in trouble that no artifact names, sorted.
func (m *Memory) troubledWithout(named map[string][]report.Artifact) (urls []string) {
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
		return "To stay with the reviewed file, name " + finding.QuoteURL(url) + ". To move on: " + review + ", and name the new commit"
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
