package report

import (
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
	limit     int                        // bytes
	isSummary bool                       // it is the job summary
	omitted   int                        // notices that only the job summary has
	missing   map[place]finding.Severity // of checksums, as reported
}

// section is a part of a Markdown text that is cut by whole rows.
type section struct {
	open, close string
	rows        []string
}

// row is what a reader has to know of one file or cause: at a glance, in a table, and in full, folded below.
type row struct {
	sign       string
	file, what string // Markdown
	was, is    string // digests, shortened
	isBaseline bool   // was is the baseline's digest, and not a declared one
	since      string
	summary    string // HTML
	details    string // Markdown
}

// Markdown renders the report for a pull-request comment, in at most limit bytes (4,096 at least): the outcome, a table
// of what needs attention, the details of each, and, folded away, what is fine. What has no room is cut by whole rows, with
// a count.
func (r *Report) Markdown(limit int) string { return r.markdown(limit, false) }

// JobSummary is Markdown for the job summary, or for a page that nothing else goes with.
func (r *Report) JobSummary(limit int) string { return r.markdown(limit, true) }

func (r *Report) markdown(limit int, isSummary bool) string {
	m := markdown{Report: r, limit: max(limit, leastLimit), isSummary: isSummary, missing: map[place]finding.Severity{}}
	for _, f := range r.Findings {
		if f.Rule == finding.ArtifactMissingChecksum {
			m.missing[placeOf(f)] = f.Severity
		}
	}
	told, waived := r.groups()
	urgent, notices := split(told, func(g group) bool { return g.severity() != finding.Notice || g[0].danger() < lint })
	if !isSummary {
		m.omitted = len(notices)
		notices = slices.DeleteFunc(notices, func(g group) bool { return needsNobody(g[0].says[0].rules[0]) })
		m.omitted -= len(notices)
	}
	sections := append([]section{m.remarks()}, m.rows(m.groupRows(urgent))...)
	head := "### " + r.sign() + " " + r.Headline() + "\n\n"
	if r.IsClaimed {
		head = "*Reported by the pull request's own workflow, which the pull request can change.*\n\n" + head
	}
	return m.cut(head, append(sections,
		folded(english.Plural(len(notices), "notice", ""), m.items(notices)),
		folded(english.Plural(len(waived), "cause", "")+" waived", m.items(waived)),
		m.files(verify.Unverified, m.unverified(), "Remark", andBuilder(m.excuse)),
		m.files(verify.Verified, "verified", "How", andBuilder(Artifact.how)),
	), m.foot())
}

// needsNobody reports whether a notice by a rule is for information: it asks for no change of the manifest, the
// configuration or the run.
func needsNobody(rule string) bool {
	family, _, _ := strings.Cut(rule, "/")
	return slices.Contains([]string{"manifest", "registry", "url"}, family)
}

func split(groups []group, isFirst func(group) bool) (first, second []group) {
	for _, g := range groups {
		if isFirst(g) {
			first = append(first, g)
		} else {
			second = append(second, g)
		}
	}
	return first, second
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
		room -= len(m.frame(s))
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

// foot says of what the outcome is, how much was done, and how to do it again. Its length is bounded.
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

// frame is the section without its rows, all of them cut.
func (m markdown) frame(s section) string {
	if len(s.rows) == 0 {
		return ""
	}
	return s.open + m.more(len(s.rows)) + s.close
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

// more says that n rows are not shown, and where they are.
func (m markdown) more(n int) string {
	where := "the JSON report"
	if !m.isSummary {
		where = "the " + link("job summary", m.runURL()) + " or " + where
	}
	return fmt.Sprintf("\n… and %d more: see %s.\n\n", n, where)
}

func (m markdown) remarks() section {
	var s section
	for _, remark := range m.Report.remarks() {
		s.rows = append(s.rows, "> "+prose(sentence(remark))+"\n\n")
	}
	return s
}

// columns are those of the table. One in which nothing stands is left out.
var columns = []struct {
	name string
	cell func(row) string
}{
	{"", func(r row) string { return r.sign }},
	{"File", func(r row) string { return r.file }},
	{"What is wrong", func(r row) string { return r.what }},
	{"Declared", func(r row) string { return r.digest(r.was, false) }},
	{"Served", func(r row) string { return r.digest(r.is, false) }},
	{"Before", func(r row) string { return r.digest(r.was, true) }},
	{"Now", func(r row) string { return r.digest(r.is, true) }},
	{"Since", func(r row) string { return r.since }},
}

// digest is one of the row's, for a column of baselines or one of declared digests.
func (r row) digest(short string, baseline bool) string {
	if r.isBaseline != baseline {
		return ""
	}
	return code(short)
}

// rows are the table, and the blocks below it.
func (m markdown) rows(rows []row) []section {
	table, blocks := section{close: "\n", rows: make([]string, len(rows))}, section{}
	rule := ""
	for _, column := range columns {
		if !slices.ContainsFunc(rows, func(r row) bool { return column.cell(r) != "" }) {
			continue
		}
		table.open += "| " + column.name + " "
		rule += "|---"
		for i, r := range rows {
			table.rows[i] += "| " + column.cell(r) + " "
		}
	}
	table.open += "|\n" + rule + "|\n"
	for i, r := range rows {
		table.rows[i] += "|\n"
		blocks.rows = append(blocks.rows, r.block(len(rows) == 1))
	}
	return []section{table, blocks}
}

// groupRows are the rows of groups. Those that the limit leaves no room for, whatever else is written, are empty.
func (m markdown) groupRows(groups []group) []row {
	rows := make([]row, len(groups))
	cells, blocks := 0, 0 // bytes
	for i, g := range groups {
		r := &rows[i]
		if cells <= m.limit {
			*r = m.cells(g)
			cells += len(r.file) + len(r.what)
		}
		if blocks <= m.limit {
			r.summary, r.details = severitySigns[g.severity()]+" "+summary(g), m.details(g)
			blocks += len(r.details)
		}
	}
	return rows
}

// cells is a group in the table.
func (m markdown) cells(g group) row {
	first := g[0]
	rule := first.says[0].rules[0]
	r := row{sign: severitySigns[g.severity()], file: m.file(g), what: link(prose(first.brief()), ruleURL(rule))}
	if c, differ := first.comparison(); differ && len(g) == 1 {
		r.was, r.is = shortPair(c.was, c.is)
		r.isBaseline = first.artifact.Declared.IsZero()
	}
	return r
}

// block is a row in full, folded but for the only one.
func (r row) block(isOnly bool) string {
	open := ""
	if isOnly {
		open = " open"
	}
	return "<details" + open + "><summary>" + r.summary + "</summary>\n\n" + r.details + "\n</details>\n\n"
}

// file names the file, or all the files, that a group is about.
func (m markdown) file(g group) string {
	first := g[0]
	if len(g) > 1 {
		return strings.TrimSpace(g.count() + " " + value(g.host()))
	}
	place := link(value(service(first.manifest())), m.sourceURL(first.manifest(), first.position().Line))
	return strings.TrimSpace(place + " " + value(first.name()))
}

// summary says in HTML what a block is about.
func summary(g group) string {
	first := g[0]
	what := codeHTML(first.manifest()+atLine(first.position().Line)) + " " + codeHTML(first.name())
	if len(g) > 1 {
		what = g.count() + " " + codeHTML(g.host())
	}
	return strings.TrimSpace(what) + ": " + proseHTML(first.brief())
}

func atLine(line int) string {
	if line == 0 {
		return ""
	}
	return fmt.Sprintf(":%d", line)
}

// details say what is wrong, with the digests under each other, how to fix it, and where.
func (m markdown) details(g group) string {
	var b strings.Builder
	first := g[0]
	for i, s := range first.says {
		fmt.Fprintf(&b, "%s%s (%s)\n\n", also(i), prose(sentence(s.message)), ruleLinks(s.rules))
		if c, differ := first.comparison(); i == 0 && differ && len(g) == 1 {
			b.WriteString(diff(c))
		}
		if s.fix != "" {
			label := "**Fix:** "
			if !g.sameFix(i) {
				label = "**Fix, for the first:** "
			}
			b.WriteString(label + prose(sentence(s.fix)) + "\n\n")
		}
	}
	if len(g) > 1 {
		return b.String() + m.places(g)
	}
	if first.artifact != nil {
		fmt.Fprintf(&b, "**%s:** %s\n\n", first.artifact.address(), value(finding.URL(first.artifact.URL)))
	}
	return b.String() + "**At:** " + m.place(first) + "\n"
}

func also(i int) string {
	if i == 0 {
		return ""
	}
	return "**Also:** "
}

func ruleLinks(rules []string) string {
	var links []string
	for _, rule := range rules {
		links = append(links, link(code(rule), ruleURL(rule)))
	}
	return strings.Join(links, ", ")
}

// diff shows digests, which are ours, one below the other. One that is "" is left out.
func diff(c comparison) string {
	text := "```diff\n"
	if c.was != "" {
		text += "- " + c.was + " (" + c.wasWord + ")\n"
	}
	if c.is != "" {
		text += "+ " + c.is + " (" + c.isWord + ")\n"
	}
	return text + "```\n\n"
}

// places lists a group's places.
func (m markdown) places(g group) string {
	varying := g.varying()
	return m.list(len(g), func(i int) string {
		words := m.place(g[i])
		if a := g[i].artifact; a != nil {
			words += " " + value(finding.URL(a.URL))
		}
		if quotes := g[i].quotes(varying); quotes != "" {
			words += " · " + prose(quotes)
		}
		return words
	})
}

// place is where an entry's cause stands, linked.
func (m markdown) place(e entry) string {
	words := m.source(e.manifest(), e.position().Line)
	if p := e.findings[0].Pointer; p != "" {
		words += " " + value(p)
	}
	if e.artifact != nil && e.artifact.Mirror > 0 {
		words += fmt.Sprintf(" (mirror %d)", e.artifact.Mirror)
	}
	return words
}

// list is n items, as many as fit in a quarter of the room.
func (m markdown) list(n int, item func(i int) string) string {
	var b strings.Builder
	for i := range n {
		row := "* " + item(i) + "\n"
		if b.Len()+len(row) > m.limit/4 {
			fmt.Fprintf(&b, "* and %d more: see the JSON report\n", n-i)
			break
		}
		b.WriteString(row)
	}
	return b.String()
}

// items are groups as a list.
func (m markdown) items(groups []group) []string {
	var rows []string
	for _, g := range groups {
		row := "* " + m.file(g)
		for i, s := range g[0].says {
			row += " · " + also(i) + prose(sentence(s.message)) + " (" + ruleLinks(s.rules) + ")"
		}
		if w := g[0].findings[0].Waived; !w.IsZero() {
			row += " · Waived"
			if w.Until != "" {
				row += " until " + value(w.Until)
			}
			row += ": " + value(w.Because)
		}
		if len(g) > 1 {
			row += " · At:\n\n" + indent(m.places(g))
		}
		rows = append(rows, row+"\n")
	}
	return rows
}

// indent makes a list one below an item.
func indent(list string) string {
	return "  " + strings.ReplaceAll(strings.TrimSuffix(list, "\n"), "\n", "\n  ")
}

func folded(title string, rows []string) section {
	return section{
		open:  "<details><summary>" + title + "</summary>\n\n",
		close: "\n</details>\n\n",
		rows:  rows,
	}
}

// source is a place in a manifest, linked to the line at the report's commit.
func (m markdown) source(manifest string, line int) string {
	return link(code(finding.Shorten(manifest, valueLimit)+atLine(line)), m.sourceURL(manifest, line))
}

func (m markdown) excuse(a Artifact) string {
	if severity, ok := m.missing[a.place()]; ok {
		return "see the " + severity.String() + " above"
	}
	if a.Note != "" {
		return a.Note
	}
	if m.Mode == "offline" {
		return "offline"
	}
	return "`missing-checksum` is `off`"
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
