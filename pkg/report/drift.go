package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize/english"

	"github.com/premAI-io/verify-manifests/pkg/baseline"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Drift lists the problems of a registry since its manifests were merged.
type Drift struct {
	*Report
	Problems []Problem
	Unread   []string // URLs with a problem whose manifests this scan could not read
	Solved   []string // URLs whose problems the previous scan had and this one has not
}

// Problem is one file that changed or can't be downloaded.
type Problem struct {
	baseline.Item
	Artifact Artifact
	Now      digest.Digest // of the bytes that are there now; zero where there are none
	Message  string        // what this scan found; "" where it did not reach the file
	Cause    string        // the likely one, as a message; "" where none is
	Fix      string        // as a message
}

// driftKinds are the kinds of problems, worst first, with what each means for a file.
var driftKinds = []struct {
	baseline.Kind
	severity            finding.Severity
	title, one, several string
}{
	{baseline.Changed, finding.Error, "changed: not what was reviewed", "changed", ""},
	{baseline.Gone, finding.Error, goneTitle, "is gone", "are gone"},
	{baseline.Unreachable, finding.Warning, "unreachable for several scans", "can't be reached", ""},
}

// Size is how many problems there are.
func (d Drift) Size() int { return len(d.Problems) + len(d.Unread) }

const titlePrefix = "Manifest drift: "

// Title summarises the drift in a line without outside text.
func (d Drift) Title() string {
	var parts []string
	for _, kind := range driftKinds {
		var files []Artifact
		for _, p := range d.Problems {
			if p.Kind == kind.Kind {
				files = append(files, p.Artifact)
			}
		}
		if len(files) > 0 {
			parts = append(parts, listed([]count{{len(files), kinds(files), kind.one, kind.several}}))
		}
	}
	if n := len(d.Unread); n > 0 {
		parts = append(parts, fmt.Sprintf("%d %s can't be read", n, english.PluralWord(n, "file's manifest", "files' manifests")))
	}
	return titlePrefix + cmp.Or(strings.Join(parts, ", "), "nothing to report")
}

// Fingerprint stands for the set of problems, whatever their age, and whatever bytes a server makes up today: 32 hex digits.
func (d Drift) Fingerprint() string {
	keys := slices.Clone(d.Unread)
	for _, p := range d.Problems {
		keys = append(keys, strings.Join([]string{string(p.Kind), p.Artifact.Manifest, p.Artifact.Pointer, p.Artifact.URL}, "\x00"))
	}
	slices.Sort(keys)
	sum := sha256.Sum256([]byte(strings.Join(keys, "\x00\x00")))
	return hex.EncodeToString(sum[:16])
}

// Markdown renders the drift for an issue, in at most limit bytes (4,096 at least): a table, and each problem in
// full below it. What has no room is cut by whole rows, with a count.
func (d Drift) Markdown(limit int) string {
	m := d.markdown(limit)
	sections := append([]section{m.remarks()}, m.groups(d.groups(d.Problems))...)
	return m.cut("### "+d.sign()+" "+strings.TrimPrefix(d.Title(), titlePrefix)+"\n\n",
		append(sections, urls("Unknown: these had a problem, and their manifests can no longer be read", d.Unread)), m.driftFoot())
}

// Comment lists what has changed since the previous scan, in at most limit bytes (4,096 at least).
func (d Drift) Comment(limit int) string {
	m := d.markdown(limit)
	isOld := func(p Problem) bool { return !p.IsNew }
	added := slices.DeleteFunc(slices.Clone(d.Problems), isOld)
	head := "The drift has changed: " + sentence(strings.TrimPrefix(d.Title(), titlePrefix)) + "\n\n"
	if len(added) > 0 {
		head += "#### New\n\n"
	}
	return m.cut(head, append(m.groups(d.groups(added)), urls("Solved", d.Solved)), m.driftFoot())
}

// ClosingComment is the comment that closes the issue.
func (d Drift) ClosingComment() string {
	return fmt.Sprintf("%s All problems are solved: a complete scan of %s in %s found none.\n\n", signGood,
		english.Plural(d.Summary.Artifacts, "file", ""), english.Plural(d.Summary.Manifests, "manifest", "")) + d.markdown(leastLimit).driftFoot()
}

func (d Drift) markdown(limit int) markdown {
	return markdown{Report: d.Report, limit: max(limit, leastLimit)}
}

// sign is the drift at a glance.
func (d Drift) sign() string {
	isSure := func(p Problem) bool { return p.Kind != baseline.Unreachable }
	switch {
	case slices.ContainsFunc(d.Problems, isSure):
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

// groups are the problems, worst first, those alike as one.
func (d Drift) groups(problems []Problem) []group {
	var entries []entry
	for _, kind := range driftKinds {
		for _, p := range problems {
			if p.Kind == kind.Kind {
				entries = append(entries, p.entry(kind.severity, kind.title))
			}
		}
	}
	return grouped(entries)
}

// entry is the problem as every output shows it.
func (p Problem) entry(severity finding.Severity, title string) entry {
	a := &p.Artifact
	text := sentence(p.Message)
	if n := p.File.Failures; n > 0 {
		text += " Not reached on the last " + strings.TrimPrefix(english.Plural(n, "scan", ""), "1 ") + "."
	}
	if p.Cause != "" {
		text += " Likely cause: " + sentence(p.Cause)
	}
	e := entry{
		Finding: finding.Finding{Severity: severity, Manifest: a.Manifest, Document: a.Document, Pointer: a.Pointer, Position: a.Position},
		File:    a, danger: wrong, Title: title, Host: a.host(), Since: day(p.File.Since()),
		Messages: []message{{severity: severity, Text: strings.TrimSpace(text), Fix: p.Fix, FixLabel: "Fix"}},
	}
	if a.Declared.IsZero() {
		e.Compared = a.compare(p.File.Digest, p.Now, day(p.File.Seen))
	} else {
		e.Compared = a.compare(a.Declared, p.Now, "declared")
	}
	return e
}

// day writes a date as ISO 8601 has it, in UTC.
func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
