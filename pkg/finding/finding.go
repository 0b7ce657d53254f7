// Package finding defines findings about a manifest, the rules behind them, and how text from outside is quoted in a message.
package finding

import (
	"cmp"
	"fmt"
)

// Severity is how much a finding weighs. The zero value is Error.
type Severity uint8

// The severities, worst first.
const (
	Error Severity = iota
	Warning
	Notice
)

var severityNames = [...]string{Error: "error", Warning: "warning", Notice: "notice"}

// String returns "error", "warning" or "notice".
func (s Severity) String() string {
	if int(s) < len(severityNames) {
		return severityNames[s]
	}
	return fmt.Sprintf("severity(%d)", uint8(s))
}

// MarshalText gives the name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a name; any other text is an error.
func (s *Severity) UnmarshalText(text []byte) error {
	for i, name := range severityNames {
		if string(text) == name {
			*s = Severity(i)
			return nil
		}
	}
	return fmt.Errorf("invalid severity %s: expected `error`, `warning` or `notice`", Quote(string(text)))
}

// Position is a place in a manifest: 1-based, the column counted in Unicode code points.
// The zero Position is unknown.
type Position struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// Compare orders positions as in the file.
func (p Position) Compare(q Position) int {
	return cmp.Or(cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
}

// Finding is one problem, or one fact worth knowing, at one position.
type Finding struct {
	Rule     string   `json:"rule"` // the ID of a Rule
	Severity Severity `json:"severity"`
	Manifest string   `json:"manifest"`          // slash-separated path
	Document int      `json:"document,omitzero"` // of a YAML stream, from 0
	Pointer  string   `json:"pointer"`           // RFC 6901; "" is the whole document
	Position
	// Message describes the problem, Fix (if known) what to do. Outside text appears in
	// them only between backticks, as Quote returns it.
	Message string `json:"message"`
	Fix     string `json:"fix,omitempty"`
	// Short is the message without the digests that it compares, for outputs that show those one below the other; "" where it
	// compares none.
	Short string `json:"short,omitempty"`
	// Waived is set if the registry's maintainers accept the finding: then it doesn't fail the run. The zero Waiver is unset.
	Waived Waiver `json:"waived,omitzero"`
}

// Location is a value in a manifest.
type Location struct {
	Manifest string // slash-separated path
	Document int    // of a YAML stream, from 0
	Pointer  string // RFC 6901
}

// String quotes the manifest and the pointer.
func (l Location) String() string { return Quote(l.Manifest + "#" + l.Pointer) }

// Location returns that of the value that the finding is about.
func (f Finding) Location() Location { return Location{f.Manifest, f.Document, f.Pointer} }

// Waiver is why a finding is accepted, and until when.
type Waiver struct {
	Because string `json:"because"`         // outside text
	Until   string `json:"until,omitempty"` // the last day, as 2006-01-02, in UTC; "" for good
}

// IsZero reports whether w is unset.
func (w Waiver) IsZero() bool { return w == Waiver{} }

// IsError reports whether f is an error and not waived.
func (f Finding) IsError() bool { return f.Severity == Error && f.Waived.IsZero() }

// New returns a finding of the rule with its default severity. It panics on an ID that docs/rules.md does not document.
func New(rule, manifest, pointer string, at Position, message, fix string) Finding {
	r, ok := Lookup(rule)
	if !ok {
		panic("finding: no rule " + rule)
	}
	return Finding{Rule: rule, Severity: r.Severity, Manifest: manifest, Pointer: pointer, Position: at, Message: message, Fix: fix}
}

// Comparing returns f with a clause that has two digests between its message and more. Short leaves the clause out.
func (f Finding) Comparing(wasWord, was, isWord, is, more string) Finding {
	f.Short = f.Message + more
	f.Message += fmt.Sprintf(" (%s %s, %s %s)", wasWord, Quote(was), isWord, Quote(is)) + more
	return f
}

// Compare is the order of a report: by manifest, position, rule, then text, so that the
// order is deterministic.
func (f Finding) Compare(g Finding) int {
	return cmp.Or(
		cmp.Compare(f.Manifest, g.Manifest),
		f.Position.Compare(g.Position),
		cmp.Compare(f.Pointer, g.Pointer),
		cmp.Compare(f.Severity, g.Severity),
		cmp.Compare(f.Rule, g.Rule),
		cmp.Compare(f.Message, g.Message),
	)
}
