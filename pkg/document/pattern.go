package document

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Pattern names values of documents: an RFC 6901 pointer whose tokens may also be * (any member or element), ** (any depth,
// including none) and {name} (any one, captured).
type Pattern struct {
	text   string
	tokens []token
}

type token struct {
	kind tokenKind
	text string         // of a literal: unescaped; of a capture: its name
	glob *regexp.Regexp // of a token with a fixed part: made of literals and captures, and so linear
}

type tokenKind uint8

const (
	literal tokenKind = iota
	anyOne
	anyDepth
	capture
	partly // a fixed part beside * or {name}
)

// maxTokens bounds a pattern: each token can cost a step for each value.
const maxTokens = 32

// badEscape is a ~ without a meaning in RFC 6901, section 3.
var badEscape = regexp.MustCompile(`~(?:[^01]|$)`)

var captureName = regexp.MustCompile(`^\{([A-Za-z][A-Za-z0-9_-]*)\}$`)

// wildcard is the variable part of a token with a fixed one.
var wildcard = regexp.MustCompile(`\*|\{([A-Za-z][A-Za-z0-9_]*)\}`)

// parseGlob reads a token with a fixed part, such as platforms.{platform}: * is any text, {name} one that is not empty.
func parseGlob(part string) (token, error) {
	expression, at := "(?s)^", 0
	for _, m := range wildcard.FindAllStringSubmatchIndex(part, -1) {
		expression += regexp.QuoteMeta(unescapes.Replace(part[at:m[0]]))
		if at = m[1]; m[2] < 0 {
			expression += ".*"
		} else {
			expression += "(?P<" + part[m[2]:m[3]] + ">.+)"
		}
	}
	glob, err := regexp.Compile(expression + regexp.QuoteMeta(unescapes.Replace(part[at:])) + "$")
	if err != nil || strings.Contains(part, "**") || strings.ContainsAny(wildcard.ReplaceAllString(part, ""), "*{}") {
		return token{}, fmt.Errorf("invalid part %s: expected a name with `*` or `{name}` in it, or `**` alone", finding.Quote(part))
	}
	return token{kind: partly, glob: glob}, nil
}

// ParsePattern reads a pattern. The error says what was expected.
func ParsePattern(text string) (Pattern, error) {
	p := Pattern{text: text}
	parts := strings.Split(text, "/")
	if parts[0] != "" {
		return p, errors.New("expected a JSON pointer, which begins with `/` or is empty")
	}
	for _, part := range parts[1:] {
		t, err := parseToken(part)
		if err != nil {
			return p, err
		}
		if t.kind == anyDepth && len(p.tokens) > 0 && p.tokens[len(p.tokens)-1].kind == anyDepth {
			continue // two are one
		}
		p.tokens = append(p.tokens, t)
	}
	if len(p.tokens) > maxTokens {
		return p, fmt.Errorf("it has %d parts; the limit is %d", len(p.tokens), maxTokens)
	}
	names := p.Captures()
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return p, fmt.Errorf("`{%s}` is captured twice", name)
		}
	}
	return p, nil
}

func parseToken(part string) (token, error) {
	switch name := captureName.FindStringSubmatch(part); {
	case part == "*":
		return token{kind: anyOne}, nil
	case part == "**":
		return token{kind: anyDepth}, nil
	case name != nil:
		return token{kind: capture, text: name[1]}, nil
	case badEscape.MatchString(part):
		return token{}, fmt.Errorf("invalid escape in %s: write `~0` for `~` and `~1` for `/`", finding.Quote(part))
	case strings.ContainsAny(part, "*{}"):
		return parseGlob(part)
	}
	return token{kind: literal, text: unescapes.Replace(part)}, nil
}

// Captures returns the names that the pattern captures.
func (p Pattern) Captures() []string {
	var names []string
	for _, t := range p.tokens {
		switch t.kind {
		case capture:
			names = append(names, t.text)
		case partly:
			names = append(names, t.glob.SubexpNames()[1:]...)
		}
	}
	return names
}

// Names returns the literal names in the pattern, and whether it has parts of names too.
func (p Pattern) Names() (names []string, hasParts bool) {
	for _, t := range p.tokens {
		if t.kind == literal {
			names = append(names, t.text)
		}
		hasParts = hasParts || t.kind == partly
	}
	return names, hasParts
}

// IsPointer reports whether the pattern is a plain pointer.
func (p Pattern) IsPointer() bool {
	return !slices.ContainsFunc(p.tokens, func(t token) bool { return t.kind != literal })
}

// Parent returns the pattern without its last token, and false for the root.
func (p Pattern) Parent() (Pattern, bool) {
	if len(p.tokens) == 0 {
		return p, false
	}
	return Pattern{tokens: p.tokens[:len(p.tokens)-1]}, true
}

// String returns the pattern as it was written.
func (p Pattern) String() string { return p.text }

// Match reports whether the pattern matches the value that an RFC 6901 pointer names.
func (p Pattern) Match(pointer string) bool {
	m := NewMatcher(p)
	states := m.begin()
	for _, part := range strings.Split(pointer, "/")[1:] {
		states = m.step(states, unescapes.Replace(part))
	}
	return len(m.matches(states)) > 0
}

// Captured is a linked list of a pattern's captures at one value, the last first.
type Captured struct {
	name, value string
	before      *Captured
}

// Get returns what a name captured, "" for nothing.
func (c *Captured) Get(name string) string {
	for ; c != nil; c = c.before {
		if c.name == name {
			return c.value
		}
	}
	return ""
}

// Matcher matches several patterns in one walk.
type Matcher struct {
	patterns []Pattern
	folds    bool // names match whatever their case
}

// NewMatcher returns a Matcher of patterns.
func NewMatcher(patterns ...Pattern) *Matcher { return &Matcher{patterns: patterns} }

// Folding returns a Matcher of the same patterns that ignores the case of names, by Unicode's simple folding.
func (m *Matcher) Folding() *Matcher {
	folding := &Matcher{folds: true}
	for _, p := range m.patterns {
		p.tokens = slices.Clone(p.tokens)
		for i, t := range p.tokens {
			if t.kind == partly {
				p.tokens[i].glob = regexp.MustCompile("(?i)" + t.glob.String())
			}
		}
		folding.patterns = append(folding.patterns, p)
	}
	return folding
}

// Match is a pattern, by its index among the Matcher's, that matches a value.
type Match struct {
	Pattern  int
	Captured *Captured
}

// Walk visits every value from root down, in the order of the text, with the patterns that match it. visit returns false to leave
// out what is below.
func (m *Matcher) Walk(root *Value, visit func(v *Value, matches []Match) bool) {
	m.walk(root, m.begin(), visit)
}

func (m *Matcher) walk(v *Value, states []state, visit func(*Value, []Match) bool) {
	if !visit(v, m.matches(states)) {
		return
	}
	for _, child := range v.Children() {
		m.walk(child, m.step(states, child.Step()), visit)
	}
}

// state is how far one pattern has matched on the way to a value. Of the ways to get equally far the first counts: a value has no more
// states than the patterns have tokens, so that a walk is linear in the document.
type state struct {
	pattern, next int
	captured      *Captured
}

// begin returns the states at the root.
func (m *Matcher) begin() (states []state) {
	for i := range m.patterns {
		states = m.add(states, state{pattern: i})
	}
	return states
}

// step returns the states at a child from those at its parent.
func (m *Matcher) step(states []state, name string) (next []state) {
	for _, s := range states {
		tokens := m.patterns[s.pattern].tokens
		if s.next == len(tokens) {
			continue
		}
		after := state{s.pattern, s.next + 1, s.captured}
		switch t := tokens[s.next]; t.kind {
		case anyDepth:
			next = m.add(next, s)
		case capture:
			after.captured = &Captured{t.text, name, s.captured}
			next = m.add(next, after)
		case partly:
			found := t.glob.FindStringSubmatch(name)
			if found == nil {
				continue
			}
			for i, each := range found[1:] {
				after.captured = &Captured{t.glob.SubexpNames()[i+1], each, after.captured}
			}
			next = m.add(next, after)
		case anyOne:
			next = m.add(next, after)
		case literal:
			if t.text == name || m.folds && strings.EqualFold(t.text, name) {
				next = m.add(next, after)
			}
		}
	}
	return next
}

// add adds a state that is new, and those after a ** that matches nothing. The states of one pattern are neighbours.
func (m *Matcher) add(states []state, s state) []state {
	for i := len(states) - 1; i >= 0 && states[i].pattern == s.pattern; i-- {
		if states[i].next == s.next {
			return states
		}
	}
	states = append(states, s)
	if tokens := m.patterns[s.pattern].tokens; s.next < len(tokens) && tokens[s.next].kind == anyDepth {
		return m.add(states, state{s.pattern, s.next + 1, s.captured})
	}
	return states
}

func (m *Matcher) matches(states []state) []Match {
	var found []Match
	for _, s := range states {
		if s.next == len(m.patterns[s.pattern].tokens) {
			found = append(found, Match{s.pattern, s.captured})
		}
	}
	return found
}
