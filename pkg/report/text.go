package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// textWidth is the width of a terminal that the text is made for, in columns.
const textWidth = 80

// TextOptions says what the reader of a text is.
type TextOptions struct {
	Color bool // a terminal that shows ANSI colours
}

// The colours of a terminal (ECMA-48, SGR).
const (
	red, yellow, cyan, green, bold = "31", "33", "36", "32", "1"
)

var severityColors = map[finding.Severity]string{finding.Error: red, finding.Warning: yellow, finding.Notice: cyan}

// WriteText writes the report for a terminal or a log: findings worst first, then the files that are fine,
// then the outcome. No line can be taken for a command of a workflow runner, and without Color none holds an
// escape sequence.
func (r *Report) WriteText(w io.Writer, options TextOptions) error {
	t := r.findingsText(options)
	t.files(r)
	for _, remark := range r.remarks() {
		t.paragraph("", "Note: "+sentence(remark))
		t.WriteByte('\n')
	}
	t.outcome(r)
	_, err := io.WriteString(w, t.String())
	return err
}

// WriteFindings writes the findings as WriteText does, and nothing else.
func (r *Report) WriteFindings(w io.Writer, options TextOptions) error {
	_, err := io.WriteString(w, r.findingsText(options).String())
	return err
}

func (r *Report) findingsText(options TextOptions) *text {
	t := &text{color: options.Color, artifacts: r.byPlace()}
	for _, f := range r.worstFirst() {
		t.finding(f)
	}
	return t
}

// text collects lines. Whatever is not ours goes through finding.Clean, a line at a time.
type text struct {
	strings.Builder
	color     bool
	artifacts map[place]Artifact
}

// line writes a line. It is cleaned as a whole, since wrapping can bring any word to its start.
func (t *text) line(indent, s string) { t.WriteString(indent + finding.Clean(s) + "\n") }

// ours writes words of ours, in a colour where there are any.
func (t *text) ours(color, words string) {
	if t.color {
		words = "\x1b[" + color + "m" + words + "\x1b[0m"
	}
	t.WriteString(words)
}

// headed writes a line of a word of ours, a place, and what is there; the last comes below where the line is full.
func (t *text) headed(color, word, place, what string) {
	t.ours(color, word)
	place, what = "  "+finding.Clean(place), "  "+finding.Clean(what)
	t.WriteString(place)
	if utf8.RuneCountInString(word+place+what) > textWidth {
		t.WriteByte('\n')
	}
	t.WriteString(what + "\n")
}

func (t *text) finding(f finding.Finding) {
	t.headed(severityColors[f.Severity], f.Severity.String(), position(f.Manifest, f.Position), f.Rule)
	t.paragraph("  ", sentence(f.Message))
	if fix := fix(f); fix != "" {
		t.paragraph("  ", "Fix: "+sentence(fix))
	}
	if a, ok := artifactOf(f, t.artifacts); ok {
		t.line("  ", a.address()+": "+displayURL(a.URL)) // in one piece, to be copied
	}
	t.WriteByte('\n')
}

// position is "path:line:column", as far as the place is known.
func position(manifest string, at finding.Position) string {
	if at.Line == 0 {
		return manifest
	}
	return fmt.Sprintf("%s:%d:%d", manifest, at.Line, at.Column)
}

// files lists what did not fail.
func (t *text) files(r *Report) {
	for _, a := range r.Artifacts {
		if a.Status.Failed() {
			continue
		}
		color := yellow
		if a.Status == verify.Verified {
			color = green
		}
		t.headed(color, a.Status.String(), position(a.Manifest, a.Position), a.Pointer)
		if a.Note != "" {
			t.paragraph("  ", sentence(a.Note))
		}
	}
	if r.Summary.Verified+r.Summary.Unverified > 0 {
		t.WriteByte('\n')
	}
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
		if line != "" && utf8.RuneCountInString(indent+line+" "+word) > textWidth {
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
