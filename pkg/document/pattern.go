package document

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Pattern names places in documents: an RFC 6901 pointer whose tokens may also be * (any member or element), ** (any depth,
// none too) and {name} (any one, captured).
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

// maxTokens bounds a pattern: each of its tokens can cost a step at each value.
const maxTokens = 32

// badEscape is a ~ that RFC 6901, section 3, gives no meaning.
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
	if text == "" {
		return p, nil
	}
	if text[0] != '/' {
		return p, errors.New("expected a JSON pointer, which begins with `/` or is empty")
	}
	for part := range strings.SplitSeq(text[1:], "/") {
		t := token{kind: literal, text: unescapes.Replace(part)}
		switch name := captureName.FindStringSubmatch(part); {
		case part == "*":
			t = token{kind: anyOne}
		case part == "**":
			t = token{kind: anyDepth}
		case name != nil:
			t = token{kind: capture, text: name[1]}
		case badEscape.MatchString(part):
			return p, fmt.Errorf("invalid escape in %s: write `~0` for `~` and `~1` for `/`", finding.Quote(part))
		case strings.ContainsAny(part, "*{}"):
			var err error
			if t, err = parseGlob(part); err != nil {
				return p, err
			}
		}
		if t.kind == anyDepth && len(p.tokens) > 0 && p.tokens[len(p.tokens)-1].kind == anyDepth {
			continue // two are one
		}
		p.tokens = append(p.tokens, t)
	}
	if len(p.tokens) > maxTokens {
		return p, fmt.Errorf("it has %d parts; the limit is %d", len(p.tokens), maxTokens)
	}
	return p, p.checkCaptures()
}

func (p Pattern) checkCaptures() error {
	seen := map[string]bool{}
	for _, name := range p.Captures() {
		if seen[name] {
			return fmt.Errorf("`{%s}` is captured twice", name)
		}
		seen[name] = true
	}
	return nil
}

// Captures returns the names that the pattern captures.
func (p Pattern) Captures() []string {
	var names []string
	for _, t := range p.tokens {
		switch t.kind {
		case capture:
			names = append(names, t.text)
		case partly:
			names = append(names, slices.DeleteFunc(slices.Clone(t.glob.SubexpNames()), func(name string) bool { return name == "" })...)
		}
	}
	return names
}

// String returns the pattern as it was written.
func (p Pattern) String() string { return p.text }

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

// Match is a pattern that a place has, by its index among the Matcher's.
type Match struct {
	Pattern  int
	Captured *Captured
}

// state is how far one pattern got on the way to a value. Of the ways to get equally far the first counts, so that a value has
// no more states than the patterns have tokens, and a walk is linear in the document.
type state struct {
	pattern, next int
	captured      *Captured
}

// Walk visits every value below root, root too, in the order of the text, with the patterns that its place has, by their
// index. visit returns false to leave out what is below.
func (m *Matcher) Walk(root *Value, visit func(v *Value, matches []Match) bool) {
	states := m.open(nil, root, nil)
	m.walk(root, states, visit)
}

func (m *Matcher) walk(v *Value, states []state, visit func(*Value, []Match) bool) {
	if !visit(v, m.matches(states)) {
		return
	}
	for _, child := range v.Children() {
		m.walk(child, m.open(states, child, v), visit)
	}
}

// open returns the states at a value from those at its parent; at the root, those of all patterns at their beginning.
func (m *Matcher) open(states []state, v, parent *Value) []state {
	var next []state
	add := func(s state) { next = m.add(next, s) }
	if parent == nil {
		for i := range m.patterns {
			add(state{pattern: i})
		}
		return next
	}
	if len(states) == 0 {
		return nil
	}
	name := v.Step()
	for _, s := range states {
		tokens := m.patterns[s.pattern].tokens
		if s.next == len(tokens) {
			continue
		}
		switch t := tokens[s.next]; {
		case t.kind == anyDepth:
			add(s)
		case t.kind == capture:
			add(state{s.pattern, s.next + 1, &Captured{t.text, name, s.captured}})
		case t.kind == partly:
			if found := t.glob.FindStringSubmatch(name); found != nil {
				captured := s.captured
				for i, each := range found[1:] {
					captured = &Captured{t.glob.SubexpNames()[i+1], each, captured}
				}
				add(state{s.pattern, s.next + 1, captured})
			}
		case t.kind == anyOne, t.kind == literal && (t.text == name || m.folds && strings.EqualFold(t.text, name)):
			add(state{s.pattern, s.next + 1, s.captured})
		}
	}
	return next
}

// add adds a state that is not there yet, and those that ** lets it be as well. The states of one pattern stand together.
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

// Match reports whether the place that an RFC 6901 pointer names is one of the pattern's.
func (p Pattern) Match(pointer string) bool {
	m := NewMatcher(p)
	states := m.open(nil, nil, nil)
	if pointer != "" {
		for part := range strings.SplitSeq(pointer[1:], "/") {
			states = m.open(states, &Value{name: unescapes.Replace(part)}, &Value{})
		}
	}
	return len(m.matches(states)) > 0
}

// Names returns the names that the pattern asks for, and whether it asks for parts of names too.
func (p Pattern) Names() (names []string, hasParts bool) {
	for _, t := range p.tokens {
		if t.kind == literal {
			names = append(names, t.text)
		}
		hasParts = hasParts || t.kind == partly
	}
	return names, hasParts
}

// IsPointer reports whether the pattern is a plain pointer, of one place.
func (p Pattern) IsPointer() bool {
	return !slices.ContainsFunc(p.tokens, func(t token) bool { return t.kind != literal })
}

// Parent returns the pattern without its last part, and false for the whole document.
func (p Pattern) Parent() (Pattern, bool) {
	if len(p.tokens) == 0 {
		return p, false
	}
	return Pattern{tokens: p.tokens[:len(p.tokens)-1]}, true
}
