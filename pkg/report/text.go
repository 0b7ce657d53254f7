package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"
	"github.com/sethvargo/go-githubactions"

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
	if len(open) > 0 || options.Verbose {
		t.ours(bold, r.Headline())
		t.WriteString("\n\n")
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
	t.outcome(r)
	_, err := io.WriteString(w, t.String())
	return err
}

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
	if t.options.Color {
		words = "\x1b[" + color + "m" + words + "\x1b[0m"
	}
	t.WriteString(words)
}

// headed writes a line of a trusted word, a place, and what is there; what does not fit is on a line of its own.
func (t *text) headed(color, word, place, what string) {
	t.ours(color, word)
	place, what = "  "+finding.Clean(place), "  "+finding.Clean(what)
	t.WriteString(place)
	if finding.Width(word+place+what) > textWidth {
		t.WriteByte('\n')
	}
	t.WriteString(what + "\n")
}

// groups writes each cause once. A fix that was just given is not given again.
func (t *text) groups(groups []group) {
	given := ""
	for _, g := range groups {
		t.group(g, given)
		given = g[0].messages[0].fix
	}
}

func (t *text) group(g group, given string) {
	first := g[0]
	color, word, place := severityColors[first.severity], first.severity.String(), position(first.manifest, first.at)
	if !first.waived.IsZero() {
		color, word = cyan, "waived"
	}
	if len(g) > 1 {
		place = g.count()
	}
	t.headed(color, word, place, strings.Join(first.messages[0].rules, ", "))
	for i, m := range first.messages {
		if i > 0 {
			m.text = "Also " + strings.Join(m.rules, ", ") + ": " + m.text
		}
		t.paragraph("  ", sentence(m.text))
		if i == 0 {
			t.compared(g.compared())
		}
		t.fix(m.fix, given, g.sameFix(i))
	}
	t.waiver(first.waived)
	t.places(g)
	t.WriteByte('\n')
}

// shortWords leave room for a SHA-256 in a line.
var shortWords = map[string]string{"declared": "want", "served": "got ", "before": "before", "now": "now   "}

func (t *text) compared(c comparison) {
	if c != (comparison{}) {
		t.line("  ", shortWords[c.wasWord]+" "+c.was)
		t.line("  ", shortWords[c.isWord]+" "+c.is)
	}
}

func (t *text) waiver(w finding.Waiver) {
	until := ""
	if w.Until != "" {
		until = " until " + w.Until
	}
	if !w.IsZero() {
		t.paragraph("  ", "Waived"+until+": "+sentence(w.Because))
	}
}

func (t *text) fix(fix, given string, isForAll bool) {
	switch {
	case fix == "":
	case fix == given:
		t.line("  ", "Fix: as above.")
	case isForAll:
		t.paragraph("  ", "Fix: "+sentence(fix))
	default:
		t.paragraph("  ", "Fix, for the first: "+sentence(fix))
	}
}

// places lists where a cause is found: the lines of all manifests, and one file's URL in one piece, to be copied.
func (t *text) places(g group) {
	if a := g.file(); a != nil {
		defer t.line("  ", a.address()+": "+finding.URL(a.URL))
	}
	if len(g) == 1 {
		return
	}
	if varying := g.varying(); slices.Contains(varying, true) {
		n := t.shown(len(g))
		for _, e := range g[:n] {
			t.line("  ", strings.TrimSpace(position(e.manifest, e.at)+"  "+e.quotes(varying)))
		}
		t.more(len(g)-n, "… and %d more")
		return
	}
	manifests := g.byManifest()
	n := t.shown(len(manifests))
	for _, m := range manifests[:n] {
		t.fill("  ", strings.SplitAfter(t.lines(m), ", "))
	}
	t.more(len(manifests)-n, "… and in %d more manifests")
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
func (t *text) lines(g group) string {
	words := g[0].manifest
	n := t.shown(len(g))
	for i, e := range g[:n] {
		separator := ", "
		if i == 0 {
			separator = ":"
		}
		words += fmt.Sprintf("%s%d", separator, e.at.Line)
	}
	if more := len(g) - n; more > 0 {
		words += fmt.Sprintf(", and %d more", more)
	}
	return words
}

// position is "path:line:column", as far as the place is known.
func position(manifest string, at finding.Position) string {
	if at.Line == 0 {
		return manifest
	}
	return fmt.Sprintf("%s:%d:%d", manifest, at.Line, at.Column)
}

// rest writes what needs no attention: what was waived, and the files that are fine.
func (t *text) rest(r *Report, waived []group) {
	fine := r.Summary.Verified + r.Summary.Unverified
	if !t.options.Verbose && !t.options.Folds || len(waived)+fine == 0 {
		return
	}
	if t.options.Folds {
		t.command(func(a *githubactions.Action) { a.Group(r.restTitle()) })
		defer t.command(func(a *githubactions.Action) { a.EndGroup() })
	}
	t.groups(waived)
	for _, a := range r.Artifacts {
		if !a.Status.Failed() {
			t.file(a)
		}
	}
	t.WriteByte('\n')
}

// restTitle is the title of a fold: "6 files verified, 2 unverified, 1 waived".
func (r *Report) restTitle() string {
	s := r.Summary
	words := fmt.Sprintf("%s verified, %d unverified", english.Plural(s.Verified, "file", ""), s.Unverified)
	if r.isOffline() {
		words = english.Plural(s.Unverified, "file", "") + " " + r.unverified()
	}
	if s.Waived > 0 {
		words += fmt.Sprintf(", %d waived", s.Waived)
	}
	return words
}

// command writes a command for the runner.
func (t *text) command(give func(*githubactions.Action)) {
	var out bytes.Buffer // go-githubactions panics when it can't write
	give(githubactions.New(githubactions.WithWriter(&out), githubactions.WithGetenv(func(string) string { return "" })))
	t.Write(out.Bytes())
}

func (t *text) file(a Artifact) {
	color := yellow
	if a.Status == verify.Verified {
		color = green
	}
	t.headed(color, a.Status.String(), position(a.Manifest, a.Position), a.Pointer+a.mirror())
	if a.Note != "" {
		t.paragraph("  ", sentence(a.Note))
	}
	if by := a.builtBy(); by != "" {
		t.paragraph("  ", by)
	}
}

// rules writes a line for each rule, worst first: how often it was broken, and in how many manifests.
func (t *text) rules(r *Report) {
	reported := slices.DeleteFunc(worstFirst(r.Findings), func(f finding.Finding) bool { return !f.Waived.IsZero() })
	for _, findings := range alike(reported, func(f finding.Finding) string { return f.Severity.String() + f.Rule }) {
		manifests := map[string]bool{}
		for _, f := range findings {
			manifests[f.Manifest] = true
		}
		first := findings[0]
		t.headed(severityColors[first.Severity], fmt.Sprintf("%5d %-8s", len(findings), english.PluralWord(len(findings), first.Severity.String(), "")),
			first.Rule, "in "+english.Plural(len(manifests), "manifest", ""))
	}
	t.WriteByte('\n')
}

func (t *text) outcome(r *Report) {
	t.ours(bold, r.Headline())
	t.WriteByte('\n')
	if facts := r.facts(); len(facts) > 0 {
		t.fill("", strings.Split(phrases.Replace(strings.Join(facts, "; ")), "\n"))
	}
}

// phrases puts line breaks where facts may be broken: not between a number and what it counts.
var phrases = strings.NewReplacer(", ", ",\n", "; ", ";\n")

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
