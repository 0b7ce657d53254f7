package report

import (
	"fmt"
	"strings"

	"github.com/dustin/go-humanize/english"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// unfolded is how many warnings or notices stand open; more are folded away.
const unfolded = 5

// markdown renders one report.
type markdown struct {
	*Report
	artifacts map[place]Artifact
	missing   map[place]finding.Severity // of checksums, as reported
}

// section is a part of a Markdown text that is cut by whole rows.
type section struct {
	open, close string
	rows        []string
}

// Markdown renders the report for a pull-request comment or a job summary, in at most limit bytes (4,096 at
// least): the outcome, what to mend, and, folded away, what is fine. What has no room is cut by whole rows,
// and said to be.
func (r *Report) Markdown(limit int) string {
	m := markdown{Report: r, artifacts: r.byPlace(), missing: map[place]finding.Severity{}}
	for _, f := range r.Findings {
		if f.Rule == finding.ArtifactMissingChecksum {
			m.missing[placeOf(f)] = f.Severity
		}
	}
	return m.render(limit)
}

func (m markdown) render(limit int) string {
	return m.cut(m.head(), []section{
		m.remarks(),
		m.findings(finding.Error), m.findings(finding.Warning), m.findings(finding.Notice),
		m.unverified(), m.verified(),
	}, limit)
}

// leastLimit is room for the head and for all sections without their rows, in bytes.
const leastLimit = 4096

// cut writes as many rows of the sections as limit allows, the first ones first.
func (m markdown) cut(head string, sections []section, limit int) string {
	var b strings.Builder
	b.WriteString(head)
	room := max(limit, leastLimit) - b.Len()
	for _, s := range sections {
		room -= len(m.frame(s))
	}
	for _, s := range sections {
		room = m.write(&b, s, room)
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// head says the outcome, of what, and how much was done. Its length is bounded.
func (m markdown) head() string {
	var facts []string
	if sha := m.Run.HeadSHA; sha != "" {
		facts = append(facts, "Commit "+link(code(sha[:min(7, len(sha))]), m.commitURL()))
	}
	facts = append(facts, m.facts()...)
	return "### " + m.Headline() + "\n\n" + strings.Join(facts, " · ") + "\n\n"
}

// frame is the section without its rows, all of them cut.
func (m markdown) frame(s section) string {
	if len(s.rows) == 0 {
		return ""
	}
	return s.open + m.more(len(s.rows)) + s.close
}

// write writes as many rows as there is room for, and returns the room that is left.
func (m markdown) write(b *strings.Builder, s section, room int) int {
	if len(s.rows) == 0 {
		return room
	}
	b.WriteString(s.open)
	for i, row := range s.rows {
		if len(row) > room {
			b.WriteString(m.more(len(s.rows) - i))
			break
		}
		b.WriteString(row)
		room -= len(row)
	}
	b.WriteString(s.close)
	return room
}

// more says that n rows are not shown, and where they are.
func (m markdown) more(n int) string {
	return fmt.Sprintf("\n… and %d more: see the %s or the JSON report.\n\n", n, link("job summary", m.runURL()))
}

func (m markdown) remarks() section {
	var s section
	for _, remark := range m.Report.remarks() {
		s.rows = append(s.rows, "> "+prose(sentence(remark))+"\n\n")
	}
	return s
}

// findings is the section of the findings of one severity. Errors stand open, whatever their number.
func (m markdown) findings(severity finding.Severity) section {
	var rows []string
	for _, f := range m.Findings {
		if f.Severity == severity {
			rows = append(rows, m.findingRow(f))
		}
	}
	title := english.Plural(len(rows), severity.String(), "")
	if severity != finding.Error && len(rows) > unfolded {
		return folded(title, rows)
	}
	return section{open: "#### " + title + "\n\n", rows: rows}
}

func folded(title string, rows []string) section {
	return section{
		open:  "<details><summary>" + title + "</summary>\n\n",
		close: "\n</details>\n\n",
		rows:  rows,
	}
}

// findingRow is a list item: the place and the rule, what is wrong, how to mend it, and the URL.
func (m markdown) findingRow(f finding.Finding) string {
	var b strings.Builder
	fmt.Fprintf(&b, "* %s", m.source(f.Manifest, f.Line))
	if f.Pointer != "" {
		fmt.Fprintf(&b, " · %s", value(f.Pointer))
	}
	fmt.Fprintf(&b, " · %s\n", link(code(f.Rule), ruleURL(f.Rule)))
	fmt.Fprintf(&b, "\n  %s\n", prose(sentence(f.Message)))
	if fix := fix(f); fix != "" {
		fmt.Fprintf(&b, "\n  **Fix:** %s\n", prose(sentence(fix)))
	}
	if a, ok := artifactOf(f, m.artifacts); ok {
		fmt.Fprintf(&b, "\n  **%s:** %s\n", a.address(), value(displayURL(a.URL)))
	}
	b.WriteByte('\n')
	return b.String()
}

// source is a place in a manifest, linked to the line at the report's commit.
func (m markdown) source(manifest string, line int) string {
	text := finding.Shorten(manifest, valueLimit)
	if line > 0 {
		text += fmt.Sprintf(":%d", line)
	}
	return link(code(text), m.sourceURL(manifest, line))
}

// unverified is the section of the artifacts without a checksum: each says why it was let through.
func (m markdown) unverified() section {
	return m.files(verify.Unverified, "without a checksum", "Remark", m.excuse)
}

func (m markdown) excuse(a Artifact) string {
	if severity, ok := m.missing[a.place()]; ok {
		return "see the " + severity.String() + " above"
	}
	if a.Note != "" {
		return a.Note
	}
	return "`missing-checksum` is `off`"
}

func (m markdown) verified() section {
	return m.files(verify.Verified, "verified", "How", Artifact.how)
}

// files is the folded table of the artifacts with a status.
func (m markdown) files(status verify.Status, what, column string, say func(Artifact) string) section {
	var rows []string
	for _, a := range m.Artifacts {
		if a.Status == status {
			rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s | %s |\n",
				m.source(a.Manifest, a.Line), value(a.Pointer), prose(say(a)), code(a.Observed.String()), a.size()))
		}
	}
	s := folded(english.Plural(len(rows), "file", "")+" "+what, rows)
	s.open += "| Manifest | File | " + column + " | Digest | Size |\n|---|---|---|---|---|\n"
	return s
}
