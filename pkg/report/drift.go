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

// Markdown renders the drift for an issue, in at most limit bytes (4,096 at least). What has no room is cut by
// whole rows, and said to be.
func (d Drift) Markdown(limit int) string {
	m := d.markdown()
	return m.cut(m.driftHead("### "+strings.TrimPrefix(d.Title(), "Manifest drift: ")), []section{
		m.remarks(),
		m.problems("Changed: not the file that was reviewed", d.Changed),
		m.problems("Gone: the server, or our policy, gives no file any more", d.Gone),
		m.problems("Unreachable: nobody could look, scan after scan", d.Unreachable),
		urls("Unknown: something was wrong, and now the manifest can't be read", d.Unread),
	}, limit)
}

// Comment says what is new since the scan before, in at most limit bytes (4,096 at least).
func (d Drift) Comment(limit int) string {
	m := d.markdown()
	return m.cut(m.driftHead("The drift is another now: "+sentence(strings.TrimPrefix(d.Title(), "Manifest drift: "))), []section{
		m.problems("New", d.New), urls("Not a problem any more", d.Solved),
	}, limit)
}

// urls lists URLs under a heading.
func urls(title string, urls []string) section {
	s := section{open: "#### " + title + "\n\n", close: "\n"}
	for _, url := range urls {
		s.rows = append(s.rows, "* "+value(displayURL(url))+"\n")
	}
	return s
}

// LastWord says that all is well again.
func (d Drift) LastWord() string {
	return d.markdown().driftHead(fmt.Sprintf("All is well again: this scan was complete, and of %s in %s none changed, is gone or could not be reached.",
		english.Plural(d.Summary.Artifacts, "file", ""), english.Plural(d.Summary.Manifests, "manifest", "")))
}

func (d Drift) markdown() markdown { return markdown{Report: d.Report} }

func (m markdown) driftHead(first string) string {
	facts := []string{}
	if sha := m.Run.HeadSHA; sha != "" {
		facts = append(facts, "Scanned at "+link(code(sha[:min(7, len(sha))]), m.commitURL()))
	}
	if run := m.runURL(); run != "" {
		facts = append(facts, link("the run", run))
	}
	return first + "\n\n" + strings.Join(append(facts, m.facts()...), " · ") + "\n\n"
}

func (m markdown) problems(title string, problems []Problem) section {
	s := section{open: fmt.Sprintf("#### %s (%d)\n\n", title, len(problems))}
	for _, p := range problems {
		s.rows = append(s.rows, m.problemRow(p))
	}
	return s
}

// problemRow is a list item: the place, since when, what was there and is now, why, and what to do.
func (m markdown) problemRow(p Problem) string {
	var b strings.Builder
	fmt.Fprintf(&b, "* %s · %s · since %s\n", m.source(p.Artifact.Manifest, p.Artifact.Line), value(p.Artifact.Pointer), day(p.Since))
	line := func(label, text string) {
		if text != "" {
			fmt.Fprintf(&b, "\n  **%s:** %s\n", label, text)
		}
	}
	line(p.Artifact.address(), value(displayURL(p.Artifact.URL)))
	line("Was", p.was())
	line("Is", code(p.Now.String()))
	line("Found", prose(sentence(p.Said)))
	switch {
	case p.Failures == 1:
		line("Not reached", "on the last scan")
	case p.Failures > 1:
		line("Not reached", fmt.Sprintf("on the last %d scans", p.Failures))
	}
	line("Likely cause", prose(sentence(p.Cause)))
	line("Fix", prose(sentence(p.Fix)))
	return b.String() + "\n"
}

func (p Problem) was() string {
	switch {
	case p.Was.IsZero():
		return ""
	case !p.Artifact.Declared.IsZero():
		return code(p.Was.String()) + ", as declared"
	}
	return code(p.Was.String()) + " on " + day(p.WasSeen)
}

// day writes a date for people, and for nobody to argue about (ISO 8601).
func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
