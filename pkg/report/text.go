package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

const (
	// textWidth is the width of a terminal that the text is made for, in columns.
	textWidth = 80
	// shortList is how many manifests, and how many lines of each, are named of one cause.
	shortList = 6
)

// TextOptions are those of the text.
type TextOptions struct {
	Color   bool // ANSI colours, for a terminal
	Verbose bool // every file, every place and what was waived
	Folds   bool // the same folded, for a log of GitHub Actions
}

// The colours of a terminal (ECMA-48, SGR).
const (
	red, yellow, cyan, green, bold = "31", "33", "36", "32", "1"
)

var severityColors = map[finding.Severity]string{finding.Error: red, finding.Warning: yellow, finding.Notice: cyan}

// WriteText writes the report for a terminal or a log: the outcome, what is wrong, worst first, and the outcome
// again, which is then what is on the screen. No line can be taken for a command of a workflow runner (but for
// the folds of ours), and without Color none holds an escape sequence.
func (r *Report) WriteText(w io.Writer, options TextOptions) error {
	t := &text{options: options}
	open, waived := r.groups()
	headline := r.Headline()
	if len(open) > 0 || options.Verbose {
		t.ours(bold, headline+"\n\n")
	}
	t.groups(open)
	t.rest(r, waived)
	for _, remark := range r.remarks() {
		t.paragraph("", "Note: "+sentence(remark))
		t.WriteByte('\n')
	}
	if len(open) > 1 {
		t.rules(r)
	}
	t.ours(bold, headline+"\n")
	if facts := r.facts(); len(facts) > 0 {
		t.fill("", strings.Split(phrases.Replace(strings.Join(facts, "; ")), "\n"))
	}
	_, err := io.WriteString(w, t.String())
	return err
}

// phrases puts line breaks where facts may be broken: not between a number and what it counts.
var phrases = strings.NewReplacer(", ", ",\n", "; ", ";\n")

// WriteFindings writes only the findings, as WriteText does.
func (r *Report) WriteFindings(w io.Writer, options TextOptions) error {
	t := &text{options: options}
	open, _ := r.groups()
	t.groups(open)
	_, err := io.WriteString(w, t.String())
	return err
}

// WriteRule writes what a rule means, with its example, for a terminal.
func WriteRule(w io.Writer, rule finding.Rule, options TextOptions) error {
	t := &text{options: options}
	t.ours(severityColors[rule.Severity], rule.Severity.String())
	t.WriteString("  " + rule.ID + "\n\n")
	t.paragraph("", sentence(rule.Title)+" "+rule.Why)
	t.WriteString("\nExample:\n\n")
	for line := range strings.Lines(rule.Example) {
		t.line("    ", strings.TrimRight(line, "\n"))
	}
	t.WriteString("\n")
	t.paragraph("", "Fix: "+rule.Fix)
	t.WriteString("\n" + ruleURL(rule.ID) + "\n")
	_, err := io.WriteString(w, t.String())
	return err
}

// text collects lines. Whatever is not ours goes through finding.Clean, a line at a time.
type text struct {
	strings.Builder
	options TextOptions
}

// line writes a line. It is cleaned as a whole, since wrapping can bring any word to its start.
func (t *text) line(indent, s string) { t.WriteString(indent + finding.Clean(s) + "\n") }

// ours writes trusted words, in colour if the options have it.
func (t *text) ours(color, words string) {
	if line := strings.TrimRight(words, "\n"); t.options.Color {
		words = "\x1b[" + color + "m" + line + "\x1b[0m" + words[len(line):]
	}
	t.WriteString(words)
}

// headed writes a line of a trusted word, a position, and what is there; what does not fit is on a line of its own.
func (t *text) headed(color, word, position, what string) {
	t.ours(color, word)
	position, what = "  "+finding.Clean(position), "  "+finding.Clean(what)
	t.WriteString(position)
	if finding.Width(word+position+what) > textWidth {
		t.WriteByte('\n')
	}
	t.WriteString(what + "\n")
}

// groups writes each cause once. A fix that was just given is not given again.
func (t *text) groups(groups []group) {
	given := ""
	for _, g := range groups {
		t.group(g, given)
		given = g.Messages[0].Fix
	}
}

func (t *text) group(g group, given string) {
	color, word, where := severityColors[g.Severity], g.Severity.String(), position(g.Manifest, g.Position)
	if !g.Waived.IsZero() {
		color, word = cyan, "waived"
	}
	if len(g.Entries) > 1 {
		where = g.Count
	}
	t.headed(color, word, where, g.Rule)
	for i, m := range g.Messages {
		if i > 0 {
			m.Text = "Also " + m.Rule + ": " + m.Text
		}
		t.paragraph("  ", sentence(m.Text))
		if i == 0 && g.Compared != (comparison{}) {
			t.line("  ", "want "+g.Compared.Expected) // short words leave room for a SHA-256 in a line
			t.line("  ", "got  "+g.Compared.Served)
		}
		switch m.Fix {
		case "":
		case given:
			t.line("  ", "Fix: as above.")
		default:
			t.paragraph("  ", m.FixLabel+": "+sentence(m.Fix))
		}
	}
	if waiver := g.waiver(); waiver != "" {
		t.paragraph("  ", waiver)
	}
	t.places(g)
	if g.hasOneURL() {
		t.line("  ", g.File.address()+": "+g.url()) // in one piece, to be copied
	}
	t.WriteByte('\n')
}

// places lists where a cause is found: with what differs between the places, else the lines of each manifest.
func (t *text) places(g group) {
	varies := slices.ContainsFunc(g.Messages, func(m message) bool { return m.varies })
	switch {
	case len(g.Entries) == 1:
	case varies:
		n := t.shown(len(g.Entries))
		for _, e := range g.Entries[:n] {
			t.line("  ", strings.TrimSpace(position(e.Manifest, e.Position)+"  "+g.quotes(e)))
		}
		t.more(len(g.Entries)-n, "… and %d more")
	default:
		manifests := g.byManifest()
		n := t.shown(len(manifests))
		for _, entries := range manifests[:n] {
			t.fill("  ", strings.SplitAfter(t.lines(entries), ", "))
		}
		t.more(len(manifests)-n, "… and in %d more manifests")
	}
}

func (t *text) more(n int, words string) {
	if n > 0 {
		t.line("  ", fmt.Sprintf(words, n)+" (--verbose lists them)")
	}
}

// shown is how many of n items of a list are named.
func (t *text) shown(n int) int {
	if t.options.Verbose || n <= shortList+1 { // a line that says "one more" is no shorter
		return n
	}
	return shortList
}

// lines names a manifest and the lines in it: "chat-x/manifest.json:19, 25".
func (t *text) lines(entries []entry) string {
	var lines []string
	n := t.shown(len(entries))
	for _, e := range entries[:n] {
		lines = append(lines, fmt.Sprint(e.Line))
	}
	if more := len(entries) - n; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return entries[0].Manifest + ":" + strings.Join(lines, ", ")
}

// position is "path:line:column", as far as it is known.
func position(manifest string, at finding.Position) string {
	if at.Line == 0 {
		return manifest
	}
	return fmt.Sprintf("%s:%d:%d", manifest, at.Line, at.Column)
}

// rest lists what needs no action: what was waived, and the files that are fine.
func (t *text) rest(r *Report, waived []group) {
	s := r.Summary
	if !t.options.Verbose && !t.options.Folds || len(waived)+s.Verified+s.Unverified == 0 {
		return
	}
	if t.options.Folds {
		title := counted([]string{english.Plural(s.Verified, "file", "") + " verified", fmt.Sprintf("%d unverified", s.Unverified)}, s.Waived, "waived")
		if r.isOffline() {
			title = counted([]string{english.Plural(s.Unverified, "file", "") + " " + r.unverified()}, s.Waived, "waived")
		}
		out, action := commands()
		action.Group(strings.Join(title, ", "))
		t.Write(out.Bytes())
		out.Reset()
		defer func() {
			action.EndGroup()
			t.Write(out.Bytes())
		}()
	}
	t.groups(waived)
	for _, a := range r.Artifacts {
		if !a.Status.Failed() {
			t.file(a)
		}
	}
	t.WriteByte('\n')
}

func (t *text) file(a Artifact) {
	color := yellow
	if a.Status == verify.Verified {
		color = green
	}
	t.headed(color, a.Status.String(), position(a.Manifest, a.Position), a.Pointer+a.mirror())
	for _, remark := range []string{sentence(a.Note), a.builtBy()} {
		if remark != "" {
			t.paragraph("  ", remark)
		}
	}
}

// rules writes a line for each rule, worst first: how often it was broken, and in how many manifests.
func (t *text) rules(r *Report) {
	reported := slices.DeleteFunc(worstFirst(r.Findings), func(f finding.Finding) bool { return !f.Waived.IsZero() })
	for _, findings := range alike(reported, func(f finding.Finding) string { return f.Severity.String() + f.Rule }) {
		first, n := findings[0], len(findings)
		manifests := alike(findings, func(f finding.Finding) string { return f.Manifest })
		t.headed(severityColors[first.Severity], fmt.Sprintf("%5d %-8s", n, english.PluralWord(n, first.Severity.String(), "")),
			first.Rule, "in "+english.Plural(len(manifests), "manifest", ""))
	}
	t.WriteByte('\n')
}

// paragraph writes text in lines of at most textWidth columns, where the words allow it.
func (t *text) paragraph(indent, text string) { t.fill(indent, strings.Fields(text)) }

// fill writes words, or phrases that stay whole, in such lines.
func (t *text) fill(indent string, words []string) {
	line := ""
	for _, word := range words {
		word = strings.TrimSuffix(word, " ")
		if line != "" && finding.Width(indent+line+" "+word) > textWidth {
			t.line(indent, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	t.line(indent, line)
}
