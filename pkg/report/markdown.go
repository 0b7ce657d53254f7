package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize/english"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// markdown renders one report.
type markdown struct {
	*Report
	limit     int  // bytes
	isSummary bool // it is the job summary
	omitted   int  // notices that only the job summary has
}

// section is a part of a Markdown text that is cut by whole rows.
type section struct {
	open, close string
	rows        []string
}

// Markdown renders the report for a pull-request comment, in at most limit bytes (4,096 at least): the outcome, a table
// of what needs attention, the details of each, and, folded, what is fine. What has no room is cut by whole rows, with
// a count.
func (r *Report) Markdown(limit int) string { return r.markdown(limit, false) }

// JobSummary is Markdown for the job summary, or for a page that stands alone.
func (r *Report) JobSummary(limit int) string { return r.markdown(limit, true) }

func (r *Report) markdown(limit int, isSummary bool) string {
	m := markdown{Report: r, limit: max(limit, leastLimit), isSummary: isSummary}
	open, waived := r.groups()
	about, _ := r.attribute()
	notices, urgent := split(open, func(g group) bool { return g.Severity == finding.Notice && g.danger == lint })
	if !isSummary {
		var informational []group
		informational, notices = split(notices, group.isInformational)
		m.omitted = len(informational)
	}
	head := "### " + r.sign() + " " + r.Headline() + "\n\n"
	if r.IsClaimed {
		head = "*Reported by the pull request's own workflow, which the pull request can change.*\n\n" + head
	}
	sections := append([]section{m.remarks()}, m.groups(urgent)...)
	return m.cut(head, append(sections,
		folded(english.Plural(len(notices), "notice", ""), m.items(notices)),
		folded(english.Plural(len(waived), "cause", "")+" waived", m.items(waived)),
		m.files(verify.Unverified, m.unverified(), "Remark", about),
		m.files(verify.Verified, "verified", "How", about),
	), m.foot())
}

// isInformational reports whether the group is of a notice that requires no action.
func (g group) isInformational() bool {
	rule, _ := finding.Lookup(g.Rule)
	return rule.Informational
}

// The signs that people look for.
const (
	signBad, signWarn, signGood, signNotice = "❌", "⚠️", "✅", "ℹ️"
)

var severitySigns = map[finding.Severity]string{finding.Error: signBad, finding.Warning: signWarn, finding.Notice: signNotice}

// sign is the outcome at a glance.
func (r *Report) sign() string {
	switch s := r.Summary; {
	case s.Errors > 0 || !r.Complete:
		return signBad
	case s.Warnings > 0 || s.Failed() > 0:
		return signWarn
	}
	return signGood
}

// leastLimit is room for the head, the foot and all sections without their rows, in bytes.
const leastLimit = 4096

// cut writes as many rows of the sections as the limit allows. A section may fill what the later ones leave,
// and half of the room in any case.
func (m markdown) cut(head string, sections []section, foot string) string {
	room := m.limit - len(head) - len(foot)
	later := 0 // bytes that the rows of this section and of those below it take
	for _, s := range sections {
		if len(s.rows) > 0 {
			room -= len(s.open) + len(m.more(len(s.rows))) + len(s.close)
		}
		later += s.size()
	}
	var b strings.Builder
	b.WriteString(head)
	for _, s := range sections {
		later -= s.size()
		room -= m.write(&b, s, max(room/2, room-later))
	}
	return strings.TrimRight(b.String(), "\n") + "\n\n" + foot
}

func (s section) size() (n int) {
	for _, row := range s.rows {
		n += len(row)
	}
	return n
}

// write writes as many rows as there is room for, and returns the bytes that they take.
func (m markdown) write(b *strings.Builder, s section, room int) (taken int) {
	if len(s.rows) == 0 {
		return 0
	}
	b.WriteString(s.open)
	for i, row := range s.rows {
		if taken+len(row) > room {
			b.WriteString(m.more(len(s.rows) - i))
			break
		}
		b.WriteString(row)
		taken += len(row)
	}
	b.WriteString(s.close)
	return taken
}

// more is the row for n rows that are not shown.
func (m markdown) more(n int) string {
	where := "the JSON report"
	if !m.isSummary {
		where = "the " + link("job summary", m.runURL()) + " or " + where
	}
	return fmt.Sprintf("\n… and %d more: see %s.\n\n", n, where)
}

// foot is what was checked, and the command to check it again. Its length is bounded.
func (m markdown) foot() string {
	var facts []string
	if sha := m.Run.HeadSHA; sha != "" {
		facts = append(facts, "Commit "+link(code(sha[:min(7, len(sha))]), m.commitURL()))
	}
	facts = append(facts, m.facts()...)
	if m.Took >= time.Second {
		facts = append(facts, "in "+m.Took.Round(time.Second).String())
	}
	if m.omitted > 0 {
		facts = append(facts, english.Plural(m.omitted, "notice", "")+" in the "+link("job summary", m.runURL()))
	}
	return strings.Join(append(facts, "On your machine: "+code(m.command())), " · ") + "\n"
}

func (m markdown) remarks() section {
	var s section
	for _, remark := range m.Report.remarks() {
		s.rows = append(s.rows, "> "+prose(sentence(remark))+"\n\n")
	}
	return s
}

// groups are the table, and a block for each of its rows below it. Rows that the limit leaves no room for, whatever else is
// written, are not rendered. A column in which nothing stands is left out.
func (m markdown) groups(groups []group) []section {
	hasDigests := slices.ContainsFunc(groups, func(g group) bool { return g.Compared != comparison{} })
	hasDays := slices.ContainsFunc(groups, func(g group) bool { return g.Since != "" })
	head, rule := "|  | File | What is wrong |", "|---|---|---|"
	if hasDigests {
		head, rule = head+" Expected | Served |", rule+"---|---|"
	}
	if hasDays {
		head, rule = head+" Since |", rule+"---|"
	}
	table := section{open: head + "\n" + rule + "\n", close: "\n", rows: make([]string, len(groups))}
	blocks := section{rows: make([]string, len(groups))}
	tableSize, blocksSize := 0, 0 // bytes
	for i, g := range groups {
		if tableSize <= m.limit {
			row := fmt.Sprintf("| %s | %s | %s |", severitySigns[g.Severity], m.file(g), link(prose(g.Title), ruleURL(g.Rule)))
			if hasDigests {
				expected, served := shortPair(g.Compared.Expected, g.Compared.Served)
				row += fmt.Sprintf(" %s | %s |", expected, served)
			}
			if hasDays {
				row += fmt.Sprintf(" %s |", g.Since)
			}
			table.rows[i] = row + "\n"
			tableSize += len(row)
		}
		if blocksSize <= m.limit {
			blocks.rows[i] = m.block(g, len(groups) == 1)
			blocksSize += len(blocks.rows[i])
		}
	}
	return []section{table, blocks}
}

// shortDigits is how many digits of a digest a table shows.
const shortDigits = 8

// shortPair shortens two digests, without their algorithm, to the first digits that differ.
func shortPair(a, b string) (string, string) {
	a, b = a[strings.LastIndexAny(a, ":-")+1:], b[strings.LastIndexAny(b, ":-")+1:]
	before := ""
	for a != b && min(len(a), len(b)) > shortDigits && a[:shortDigits] == b[:shortDigits] {
		a, b, before = a[shortDigits:], b[shortDigits:], "…"
	}
	short := func(digits string) string {
		if len(digits) > shortDigits {
			digits = digits[:shortDigits] + "…"
		}
		if digits != "" {
			digits = before + digits
		}
		return code(digits)
	}
	return short(a), short(b)
}

// file names the file, or all the files, that a group is about.
func (m markdown) file(g group) string {
	if len(g.Entries) > 1 {
		return strings.TrimSpace(g.Count + " " + value(g.Host))
	}
	return strings.TrimSpace(link(value(service(g.Manifest)), m.sourceURL(g.Manifest, g.Line)) + " " + value(g.name()))
}

// block is a group in full, folded but for the only one.
func (m markdown) block(g group, isOnly bool) string {
	open := ""
	if isOnly {
		open = " open"
	}
	what := codeHTML(g.Manifest+atLine(g.Line)) + " " + codeHTML(g.name())
	if len(g.Entries) > 1 {
		what = g.Count + " " + codeHTML(g.Host)
	}
	return "<details" + open + "><summary>" + severitySigns[g.Severity] + " " + strings.TrimSpace(what) + ": " + proseHTML(g.Title) + "</summary>\n\n" +
		m.details(g) + "\n</details>\n\n"
}

func atLine(line int) string {
	if line == 0 {
		return ""
	}
	return fmt.Sprintf(":%d", line)
}

// details are the messages of a group, its digests one below the other, its fixes and its places.
func (m markdown) details(g group) string {
	var b strings.Builder
	for i, message := range g.Messages {
		if message.Text != "" {
			b.WriteString(withRule(i, message) + "\n\n")
		}
		if c := g.Compared; i == 0 && c != (comparison{}) { // digests are ours
			fmt.Fprintf(&b, "```diff\n- %s (%s)\n+ %s (served)\n```\n\n", c.Expected, c.Origin, c.Served)
		}
		if message.Fix != "" {
			fmt.Fprintf(&b, "**%s:** %s\n\n", message.FixLabel, prose(sentence(message.Fix)))
		}
	}
	switch {
	case len(g.Entries) > shortList:
		return b.String() + "<details><summary>" + english.Plural(len(g.Entries), "place", "") + "</summary>\n\n" + m.places(g) + "\n</details>\n"
	case len(g.Entries) > 1:
		return b.String() + m.places(g)
	}
	if g.File != nil {
		fmt.Fprintf(&b, "**%s:** %s\n\n", g.File.address(), value(g.url()))
	}
	return b.String() + "**At:** " + m.place(g.entry) + "\n"
}

// withRule is message i of an entry, with its rule; a drift has none.
func withRule(i int, message message) string {
	text := prose(sentence(message.Text))
	if i > 0 {
		text = "**Also:** " + text
	}
	if message.Rule == "" {
		return text
	}
	return text + " (" + link(code(message.Rule), ruleURL(message.Rule)) + ")"
}

// places lists a group's places, as many as fit in a quarter of the room.
func (m markdown) places(g group) string {
	var b strings.Builder
	for i, e := range g.Entries {
		row := strings.TrimSpace("* " + m.place(e) + " " + value(e.url()))
		if quotes := g.quotes(e); quotes != "" {
			row += " · " + prose(quotes)
		}
		if b.Len()+len(row) > m.limit/4 {
			fmt.Fprintf(&b, "* and %d more: see the JSON report\n", len(g.Entries)-i)
			break
		}
		b.WriteString(row + "\n")
	}
	return b.String()
}

// place is where an entry's cause is, linked.
func (m markdown) place(e entry) string {
	words := m.source(e.Manifest, e.Line) + " " + value(e.Pointer)
	if e.File != nil {
		words += e.File.mirror()
	}
	return strings.TrimSpace(words)
}

// items are groups as a list.
func (m markdown) items(groups []group) []string {
	var rows []string
	for _, g := range groups {
		row := "* " + m.file(g)
		for i, message := range g.Messages {
			row += " · " + withRule(i, message)
		}
		if waiver := g.waiver(); waiver != "" {
			row += " · " + prose(waiver)
		}
		if len(g.Entries) > 1 { // a list below the item
			row += " · At:\n\n  " + strings.ReplaceAll(strings.TrimSuffix(m.places(g), "\n"), "\n", "\n  ")
		}
		rows = append(rows, row+"\n")
	}
	return rows
}

func folded(title string, rows []string) section {
	return section{open: "<details><summary>" + title + "</summary>\n\n", close: "\n</details>\n\n", rows: rows}
}

// source is a place in a manifest, linked to the line at the report's commit.
func (m markdown) source(manifest string, line int) string {
	return link(code(finding.Shorten(manifest, valueLimit)+atLine(line)), m.sourceURL(manifest, line))
}

// files is the folded table of the artifacts with a status, given the findings about each artifact.
func (m markdown) files(status verify.Status, what, column string, about [][]finding.Finding) section {
	var rows []string
	for i, a := range m.Artifacts {
		if a.Status != status {
			continue
		}
		words := sources[a.Source]
		if status == verify.Unverified {
			words = m.excuse(a, about[i])
		}
		if by := a.builtBy(); by != "" {
			words += "; " + finding.Quote(by)
		}
		rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s | %s |\n",
			m.source(a.Manifest, a.Line), value(cmp.Or(a.Pointer, a.name())), prose(words), code(a.Spelling.Write(a.Observed)), a.size()))
	}
	s := folded(english.Plural(len(rows), "file", "")+" "+what, rows)
	s.open += "| Manifest | File | " + column + " | Digest | Size |\n|---|---|---|---|---|\n"
	return s
}

// excuse says why a file without a checksum passes.
func (m markdown) excuse(a Artifact, findings []finding.Finding) string {
	for _, f := range worstFirst(findings) {
		if f.IsError() || f.Rule == finding.ArtifactMissingChecksum || f.Rule == finding.ImageUnpinned {
			return "see the " + f.Severity.String() + " above"
		}
	}
	switch {
	case a.Note != "":
		return a.Note
	case m.Mode == "offline":
		return "offline"
	}
	return "`missing-checksum` is `off`"
}
