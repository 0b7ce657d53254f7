package document

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Pattern names values of documents: an RFC 6901 pointer whose tokens may also be ** (any depth, including none), or contain * (any
// text) and {name} (any text, captured).
type Pattern struct {
	text   string
	tokens []token
}

type token struct {
	literal      string         // unescaped
	isDeep       bool           // any depth
	isGlob       bool           // a name with wildcards
	glob, folded *regexp.Regexp // of a glob with a fixed part: made of literals and `.`, and so linear; folded ignores case
	names        []string       // that a glob captures
}

// maxTokens bounds a pattern: each token can cost a step for each value.
const maxTokens = 32

var (
	badEscape      = regexp.MustCompile(`~(?:[^01]|$)`) // RFC 6901, section 3
	wildcard       = regexp.MustCompile(`\*|\{([A-Za-z][A-Za-z0-9_-]*)\}`)
	quotedWildcard = regexp.MustCompile(`\\\*|\\\{[A-Za-z][A-Za-z0-9_-]*\\\}`)
)

// ParsePattern reads a pattern. The error says what was expected.
func ParsePattern(text string) (Pattern, error) {
	p := Pattern{text: text}
	parts := strings.Split(text, "/")
	if parts[0] != "" {
		return p, errors.New("expected a JSON pointer, which begins with `/` or is empty")
	}
	parts = slices.CompactFunc(parts[1:], func(a, b string) bool { return a == "**" && b == "**" })
	if len(parts) > maxTokens {
		return p, fmt.Errorf("it has %d parts; the limit is %d", len(parts), maxTokens)
	}
	names := map[string]bool{}
	for _, part := range parts {
		t, err := parseToken(part)
		if err != nil {
			return p, err
		}
		for _, name := range t.names {
			if names[name] {
				return p, fmt.Errorf("`{%s}` is captured twice", name)
			}
			names[name] = true
		}
		p.tokens = append(p.tokens, t)
	}
	return p, nil
}

func parseToken(part string) (token, error) {
	fixed := wildcard.ReplaceAllString(part, "")
	switch {
	case part == "**":
		return token{isDeep: true}, nil
	case badEscape.MatchString(part):
		return token{}, fmt.Errorf("invalid escape in %s: write `~0` for `~` and `~1` for `/`", finding.Quote(part))
	case !utf8.ValidString(part), strings.Contains(part, "**"), strings.ContainsAny(fixed, "*{}"):
		return token{}, fmt.Errorf("invalid part %s: expected a name with `*` or `{name}` in it, or `**` alone", finding.Quote(part))
	case fixed == part:
		return token{literal: unescapes.Replace(part)}, nil
	}
	t := token{isGlob: true}
	for _, found := range wildcard.FindAllStringSubmatch(part, -1) {
		if found[1] != "" {
			t.names = append(t.names, found[1])
		}
	}
	if wildcard.FindString(part) == part {
		return t, nil
	}
	expression := quotedWildcard.ReplaceAllStringFunc(regexp.QuoteMeta(unescapes.Replace(part)), func(quoted string) string {
		if quoted == `\*` {
			return ".*"
		}
		return "(.+)"
	})
	t.glob, t.folded = regexp.MustCompile("(?s)^"+expression+"$"), regexp.MustCompile("(?is)^"+expression+"$")
	return t, nil
}

// match reports whether a name matches, and adds what the token captures.
func (t token) match(name string, folds bool, captured *Captured) (*Captured, bool) {
	found, glob := []string{name, name}, t.glob
	if folds {
		glob = t.folded
	}
	switch {
	case !t.isGlob:
		return captured, t.literal == name || folds && strings.EqualFold(t.literal, name)
	case glob != nil:
		if found = glob.FindStringSubmatch(name); found == nil {
			return nil, false
		}
	}
	for i, capture := range t.names {
		captured = &Captured{capture, found[i+1], captured}
	}
	return captured, true
}

// Captures returns the names that the pattern captures.
func (p Pattern) Captures() (names []string) {
	for _, t := range p.tokens {
		names = append(names, t.names...)
	}
	return names
}

// Names returns the literal names in the pattern, and whether it has parts of names too.
func (p Pattern) Names() (names []string, hasParts bool) {
	for _, t := range p.tokens {
		if !t.isDeep && !t.isGlob {
			names = append(names, t.literal)
		}
		hasParts = hasParts || t.glob != nil
	}
	return names, hasParts
}

// IsPointer reports whether the pattern is a plain pointer.
func (p Pattern) IsPointer() bool {
	return !slices.ContainsFunc(p.tokens, func(t token) bool { return t.isDeep || t.isGlob })
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
func (m *Matcher) Folding() *Matcher { return &Matcher{m.patterns, true} }

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
		m.walk(child, m.step(states, child.step()), visit)
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
		if tokens[s.next].isDeep {
			next = m.add(next, s)
		} else if captured, matches := tokens[s.next].match(name, m.folds, s.captured); matches {
			next = m.add(next, state{s.pattern, s.next + 1, captured})
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
	if tokens := m.patterns[s.pattern].tokens; s.next < len(tokens) && tokens[s.next].isDeep {
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
