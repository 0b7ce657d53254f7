package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize/english"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Drift is what went wrong in a registry since its manifests were merged, kept apart by what is known: other
// bytes, no bytes any more, or nothing because nobody could look.
type Drift struct {
	*Report
	Changed, Gone, Unreachable []Problem

	Unread []string  // URLs in trouble whose manifests this scan could not read
	New    []Problem // those of the above that the scan before did not know
	Solved []string  // URLs that the scan before had a problem with, and this one has not
}

// Problem is one file that is not as it was.
type Problem struct {
	Artifact Artifact
	Since    time.Time     // when a scan first saw the problem
	Was      digest.Digest // declared, or of the baseline; zero where neither is known
	Now      digest.Digest // of the bytes that are there now; zero where there are none
	WasSeen  time.Time     // when a scan last saw the bytes Was; zero where none did
	Failures int           // scans in a row, up to this one, that could not look
	Said     string        // what this scan says of it, as a message; "" where it could not look
	Cause    string        // the likely one, as a message; "" where none is
	Fix      string        // as a message
}

// Size is how many problems there are.
func (d Drift) Size() int { return len(d.Changed) + len(d.Gone) + len(d.Unreachable) + len(d.Unread) }

// Title says what is wrong in a line without outside text.
func (d Drift) Title() string {
	var parts []string
	for _, part := range []struct {
		count    int
		one, all string
	}{
		{len(d.Changed), "file changed", "files changed"},
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
// full below it. What has no room is cut by whole rows, and said to be.
func (d Drift) Markdown(limit int) string {
	m := d.markdown(limit)
	sections := append([]section{m.remarks()}, m.rows(d.rows(m, func(Problem) bool { return true }))...)
	return m.cut("### "+d.sign()+" "+strings.TrimPrefix(d.Title(), "Manifest drift: ")+"\n\n",
		append(sections, urls("Unknown: something was wrong, and now the manifest can't be read", d.Unread)), m.driftFoot())
}

// Comment says what is new since the scan before, in at most limit bytes (4,096 at least).
func (d Drift) Comment(limit int) string {
	m := d.markdown(limit)
	isNew := map[place]bool{}
	for _, p := range d.New {
		isNew[p.Artifact.place()] = true
	}
	return m.cut("The drift is another now: "+sentence(strings.TrimPrefix(d.Title(), "Manifest drift: "))+" This is new:\n\n",
		append(m.rows(d.rows(m, func(p Problem) bool { return isNew[p.Artifact.place()] })), urls("Not a problem any more", d.Solved)), m.driftFoot())
}

// rows are the problems that are told, those alike as one.
func (d Drift) rows(m markdown, isTold func(Problem) bool) []row {
	var rows []row
	for _, kind := range []struct {
		sign, what string
		problems   []Problem
	}{
		{signBad, "changed: not the file that was reviewed", d.Changed},
		{signBad, "gone: nothing is served any more", d.Gone},
		{signWarn, "unreachable: nobody could look", d.Unreachable},
	} {
		told := slices.DeleteFunc(slices.Clone(kind.problems), func(p Problem) bool { return !isTold(p) })
		for _, list := range alike(told, Problem.cause) {
			rows = append(rows, m.problemRow(kind.sign, kind.what, list))
		}
	}
	return rows
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

// LastWord says that all is well again.
func (d Drift) LastWord() string {
	return fmt.Sprintf("%s All is well again: this scan was complete, and of %s in %s none changed, is gone or could not be reached.\n\n", signGood,
		english.Plural(d.Summary.Artifacts, "file", ""), english.Plural(d.Summary.Manifests, "manifest", "")) + d.markdown(leastLimit).driftFoot()
}

func (d Drift) markdown(limit int) markdown {
	return markdown{Report: d.Report, limit: max(limit, leastLimit)}
}

// driftFoot is foot, with the run that says more.
func (m markdown) driftFoot() string {
	if run := m.runURL(); run != "" {
		return link("The run", run) + " · " + link("earlier ones", m.repositoryURL("actions")) + " · " + m.foot()
	}
	return m.foot()
}

// problemRow is what a reader has to know of problems alike.
func (m markdown) problemRow(sign, what string, list []Problem) row {
	p, a := list[0], list[0].Artifact
	r := row{sign: sign, what: what, since: day(p.Since), isBaseline: true}
	c := p.comparison()
	r.was, r.is = shortPair(c.was, c.is)
	r.file = link(value(service(a.Manifest)), m.sourceURL(a.Manifest, a.Line)) + " " + value(a.name())
	name := codeHTML(a.Manifest+atLine(a.Line)) + " " + codeHTML(a.name())
	if n := len(list); n > 1 {
		r.file = fmt.Sprintf("%d files %s", n, value(a.host()))
		name = fmt.Sprintf("%d files %s", n, codeHTML(a.host()))
	}
	r.summary, r.details = sign+" "+name+": "+what, m.problem(p)+m.problemPlaces(list)
	return r
}

// cause is the same for problems that differ in nothing but their place.
func (p Problem) cause() string {
	return fmt.Sprintf("%q %q %q %q %q %q %d %q", p.Artifact.host(), p.Said, p.Cause, p.Fix, p.Was, p.Now, p.Failures, day(p.Since))
}

// problem says what was there and is now, why, and what to do.
func (m markdown) problem(p Problem) string {
	var b strings.Builder
	line := func(label, text string) {
		if text != "" {
			fmt.Fprintf(&b, "**%s:** %s\n\n", label, text)
		}
	}
	line("Found", prose(sentence(p.Said)))
	if !p.Was.IsZero() || !p.Now.IsZero() {
		b.WriteString(diff(p.comparison()))
	}
	switch {
	case p.Failures == 1:
		line("Not reached", "on the last scan")
	case p.Failures > 1:
		line("Not reached", fmt.Sprintf("on the last %d scans", p.Failures))
	}
	line("Likely cause", prose(sentence(p.Cause)))
	line("Fix", prose(sentence(p.Fix)))
	return b.String()
}

// comparison is what was there and what is there now.
func (p Problem) comparison() comparison {
	c := comparison{p.Artifact.spell(p.Was), p.Artifact.spell(p.Now), day(p.WasSeen), "now"}
	if !p.Artifact.Declared.IsZero() {
		c.wasWord = "declared"
	}
	return c
}

func (m markdown) problemPlaces(list []Problem) string {
	a := list[0].Artifact
	if len(list) == 1 {
		return fmt.Sprintf("**%s:** %s\n\n**At:** %s %s\n", a.address(), value(finding.URL(a.URL)), m.source(a.Manifest, a.Line), value(a.Pointer))
	}
	return m.list(len(list), func(i int) string {
		a := list[i].Artifact
		return m.source(a.Manifest, a.Line) + " " + value(a.Pointer) + " " + value(finding.URL(a.URL))
	})
}

// day writes a date for people, and for nobody to argue about (ISO 8601).
func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
