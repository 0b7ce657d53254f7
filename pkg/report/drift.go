package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize/english"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Drift is what went wrong in a registry since its manifests were merged, kept apart by what is known: other
// bytes, no bytes any more, or unknown because the file was not reached.
type Drift struct {
	*Report
	Changed, Gone, Unreachable []Problem

	Unread []string  // URLs with a problem whose manifests this scan could not read
	New    []Problem // those of the above that the previous scan did not have
	Solved []string  // URLs whose problems the previous scan had and this one has not
}

// Problem is one file that is not as it was.
type Problem struct {
	Artifact Artifact
	Since    time.Time     // when a scan first saw the problem
	Was      digest.Digest // declared, or of the baseline; zero where neither is known
	Now      digest.Digest // of the bytes that are there now; zero where there are none
	WasSeen  time.Time     // when a scan last saw the bytes Was; zero where none did
	Failures int           // scans in a row, up to this one, that did not reach it
	Said     string        // what this scan found, as a message; "" where it was not reached
	Cause    string        // the likely one, as a message; "" where none is
	Fix      string        // as a message
}

// Size is how many problems there are.
func (d Drift) Size() int { return len(d.Changed) + len(d.Gone) + len(d.Unreachable) + len(d.Unread) }

// Title summarises the drift in a line without outside text.
func (d Drift) Title() string {
	what := "image"
	if slices.ContainsFunc(d.Changed, func(p Problem) bool { return p.Artifact.Role != artifact.Image }) {
		what = "file"
	}
	var parts []string
	for _, part := range []struct {
		count    int
		one, all string
	}{
		{len(d.Changed), what + " changed", what + "s changed"},
		{len(d.Gone), "file is gone", "files are gone"},
		{len(d.Unreachable), "file can't be reached", "files can't be reached"},
		{len(d.Unread), "file's manifest can't be read", "files' manifests can't be read"},
	} {
		if part.count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.count, english.PluralWord(part.count, part.one, part.all)))
		}
	}
	if len(parts) == 0 {
		return "Manifest drift: nothing to report"
	}
	return "Manifest drift: " + strings.Join(parts, ", ")
}

// Fingerprint stands for the set of problems, whatever their age, and whatever bytes a server makes up today: 32 hex digits.
func (d Drift) Fingerprint() string {
	keys := slices.Clone(d.Unread)
	for kind, problems := range map[string][]Problem{"changed": d.Changed, "gone": d.Gone, "unreachable": d.Unreachable} {
		for _, p := range problems {
			keys = append(keys, strings.Join([]string{kind, p.Artifact.Manifest, p.Artifact.Pointer, p.Artifact.URL}, "\x00"))
		}
	}
	slices.Sort(keys)
	sum := sha256.Sum256([]byte(strings.Join(keys, "\x00\x00")))
	return hex.EncodeToString(sum[:16])
}

// Markdown renders the drift for an issue, in at most limit bytes (4,096 at least): a table, and each problem in
// full below it. What has no room is cut by whole rows, with a count.
func (d Drift) Markdown(limit int) string {
	m := d.markdown(limit)
	sections := append([]section{m.remarks()}, m.groups(d.groups(func(Problem) bool { return true }))...)
	return m.cut("### "+d.sign()+" "+strings.TrimPrefix(d.Title(), "Manifest drift: ")+"\n\n",
		append(sections, urls("Unknown: these had a problem, and their manifest can't be read any more", d.Unread)), m.driftFoot())
}

// Comment lists what has changed since the previous scan, in at most limit bytes (4,096 at least).
func (d Drift) Comment(limit int) string {
	m := d.markdown(limit)
	isNew := map[finding.Location]bool{}
	for _, p := range d.New {
		isNew[p.Artifact.Location()] = true
	}
	head := "The drift has changed: " + sentence(strings.TrimPrefix(d.Title(), "Manifest drift: ")) + "\n\n"
	if len(isNew) > 0 {
		head += "#### New\n\n"
	}
	return m.cut(head, append(m.groups(d.groups(func(p Problem) bool { return isNew[p.Artifact.Location()] })), urls("Solved", d.Solved)), m.driftFoot())
}

// LastWord is the comment that closes the issue.
func (d Drift) LastWord() string {
	return fmt.Sprintf("%s All problems are solved: a complete scan of %s in %s found none.\n\n", signGood,
		english.Plural(d.Summary.Artifacts, "file", ""), english.Plural(d.Summary.Manifests, "manifest", "")) + d.markdown(leastLimit).driftFoot()
}

func (d Drift) markdown(limit int) markdown {
	return markdown{Report: d.Report, limit: max(limit, leastLimit)}
}

// sign is the drift at a glance.
func (d Drift) sign() string {
	switch {
	case len(d.Changed)+len(d.Gone) > 0:
		return signBad
	case d.Size() > 0 || !d.Complete:
		return signWarn
	}
	return signGood
}

// urls lists URLs under a heading.
func urls(title string, urls []string) section {
	s := section{open: "#### " + title + "\n\n", close: "\n"}
	for _, url := range urls {
		s.rows = append(s.rows, "* "+value(finding.URL(url))+"\n")
	}
	return s
}

// driftFoot is foot, with the run that has the details.
func (m markdown) driftFoot() string {
	if run := m.runURL(); run != "" {
		return link("This run", run) + " · " + link("all runs", m.repositoryURL("actions")) + " · " + m.foot()
	}
	return m.foot()
}

// groups are the problems that are shown, those alike as one.
func (d Drift) groups(isShown func(Problem) bool) []group {
	var entries group
	for _, kind := range []struct {
		severity finding.Severity
		title    string
		problems []Problem
	}{
		{finding.Error, "changed: not what was reviewed", d.Changed},
		{finding.Error, "gone: the server has no such file", d.Gone},
		{finding.Warning, "unreachable for several scans", d.Unreachable},
	} {
		for _, p := range kind.problems {
			if isShown(p) {
				entries = append(entries, p.entry(kind.severity, kind.title))
			}
		}
	}
	return alike(entries, entry.key)
}

// entry is the problem as every output shows it.
func (p Problem) entry(severity finding.Severity, title string) entry {
	a := &p.Artifact
	text := p.Said
	switch {
	case p.Failures == 1:
		text = strings.TrimSpace(sentence(text) + " Not reached on the last scan")
	case p.Failures > 1:
		text = strings.TrimSpace(sentence(text) + fmt.Sprintf(" Not reached on the last %d scans", p.Failures))
	}
	c := comparison{a.spell(p.Was), a.spell(p.Now), day(p.WasSeen), "now"}
	switch {
	case p.Was.IsZero() || p.Now.IsZero():
		c = comparison{}
	case !a.Declared.IsZero():
		c.wasWord = "declared"
	}
	return entry{artifact: a, severity: severity, danger: wrong, manifest: a.Manifest, pointer: a.Pointer, at: a.Position, title: title,
		messages: []message{{severity: severity, text: text, cause: p.Cause, fix: p.Fix}}, compared: c, since: day(p.Since)}
}

// day writes a date as ISO 8601 has it, in UTC.
func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
