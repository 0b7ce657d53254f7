package registry

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// entry maps the fields of a manifest's entries. Pointers are RFC 6901, from the entry down.
type entry struct {
	at              []document.Pattern
	where, unless   []condition
	url             []string
	base            *string // what relative URLs are resolved against: a URL or a pointer; "" for one that is not known
	defaultURL      *template
	rewrite         rewrites
	checksum        []string
	size, signature *string
	attestation     *string
	attests         *nameTemplate
	image           *string
	platform        platform
	role            artifact.Role
	read, asked     []string // pointers to what is read of an entry, and to what its conditions ask
}

// condition is what `where` or `unless` asks of one pointer.
type condition struct {
	pointer string           // from the entry down; after a "#", from the document's root
	texts   []*regexp.Regexp // one of which the text has to match; made of literals and `.*`
	any     bool             // whatever is there matches
	absent  bool             // so does nothing
}

// pointers returns those to the values that are read of an entry. A pointer after a "#" is from the document's root.
func (e *entry) pointers() []string {
	all := slices.Concat(e.url, e.checksum, e.platform.pointers)
	for _, pointer := range []*string{e.size, e.signature, e.attestation, e.image} {
		if pointer != nil {
			all = append(all, *pointer)
		}
	}
	if e.base != nil && strings.HasPrefix(*e.base, "/") {
		all = append(all, *e.base, "#"+*e.base)
	}
	if e.defaultURL != nil {
		for _, p := range e.defaultURL.parts {
			if p.isPointer {
				all = append(all, p.text)
			}
		}
	}
	return all
}

func (e *entry) conditionPointers() (all []string) {
	for _, c := range slices.Concat(e.where, e.unless) {
		all = append(all, c.pointer)
	}
	return all
}

func (c condition) holds(v, root *document.Value) bool {
	at := v.At(c.pointer)
	if below, isRoot := strings.CutPrefix(c.pointer, "#"); isRoot {
		at = root.At(below)
	}
	return c.matches(at)
}

// matches reports whether a value at the pointer meets the condition; nil is none.
func (c condition) matches(at *document.Value) bool {
	switch at.Kind() {
	case "", document.Null:
		return c.absent
	case document.Object, document.Array:
		return c.any
	}
	return c.any || slices.ContainsFunc(c.texts, func(text *regexp.Regexp) bool { return text.MatchString(at.Literal()) })
}

// selects reports whether every condition of `where` holds, and none of `unless`.
func selects(where, unless []condition, v, root *document.Value) bool {
	fails := func(c condition) bool { return !c.holds(v, root) }
	return !slices.ContainsFunc(where, fails) && !slices.ContainsFunc(unless, func(c condition) bool { return c.holds(v, root) })
}

// resolve returns a URL against the entry's base, and false where it is relative and no base is known.
func (e *entry) resolve(ref string, v, root *document.Value) (string, bool) {
	u, err := url.Parse(ref)
	if e.base == nil || ref == "" || err != nil || u.IsAbs() {
		return ref, true
	}
	text := *e.base
	if strings.HasPrefix(text, "/") {
		at := v.At(text)
		if at == nil {
			at = root.At(text)
		}
		text, _ = at.Text()
	}
	base, err := url.Parse(text)
	if err != nil || !base.IsAbs() {
		return ref, false
	}
	return base.JoinPath("/").ResolveReference(u).String(), true
}

// template is a text with placeholders that texts of an entry fill.
type template struct{ parts []part }

// part is a literal, or a pointer from the entry down.
type part struct {
	text      string
	isPointer bool
}

// hole is a placeholder of a template: {/pointer} or {name}.
var hole = regexp.MustCompile(`\{([^{}]*)\}`)

// parseTemplate reads a text with {/pointer} in it.
func parseTemplate(text string) (*template, error) {
	t := &template{}
	at := 0
	for _, m := range hole.FindAllStringSubmatchIndex(text, -1) {
		pointer := text[m[2]:m[3]]
		if err := checkPointer(pointer); err != nil || pointer == "" {
			return nil, fmt.Errorf("%s is not a pointer to a text of the entry: write `{/name}`", finding.Quote(text[m[0]:m[1]]))
		}
		t.parts = append(t.parts, part{text: text[at:m[0]]}, part{pointer, true})
		at = m[1]
	}
	t.parts = append(t.parts, part{text: text[at:]})
	return t, checkBraces(text)
}

// checkBraces reports a brace of a template that belongs to no pair.
func checkBraces(text string) error {
	if strings.ContainsAny(hole.ReplaceAllString(text, ""), "{}") {
		return errors.New("unbalanced brace")
	}
	return nil
}

// fill returns the text for an entry, "" where a text of it is missing.
func (t *template) fill(v *document.Value) string {
	var b strings.Builder
	for _, p := range t.parts {
		text := p.text
		if p.isPointer {
			if text, _ = v.At(p.text).Text(); text == "" {
				return ""
			}
		}
		b.WriteString(text)
	}
	return b.String()
}

// platform is where an entry's platform is declared: a capture, or texts at pointers, which are joined by slashes.
type platform struct {
	capture  string
	pointers []string
}

func (p platform) of(v *document.Value, captured *document.Captured) string {
	if p.capture != "" {
		return captured.Get(p.capture)
	}
	var texts []string
	for _, pointer := range p.pointers {
		if text := listed(v.At(pointer)); text != "" {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, "/")
}

// listed returns a text, or the texts of a list with commas between them.
func listed(v *document.Value) string {
	if v.Kind() != document.Array {
		text, _ := v.Text()
		return text
	}
	var texts []string
	for _, element := range v.Elements() {
		if text, isText := element.Text(); isText {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, ",")
}

// rewrite maps URLs of one form to those that are fetched.
type rewrite struct {
	from *regexp.Regexp // made of literals and captures
	to   string         // as regexp.Expand takes it
}

type rewrites []rewrite

var holeName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)

// manySegments is the name that matches slashes too.
const manySegments = "path"

// parseRewrite reads a pair of templates with {name} in them.
func parseRewrite(from, to string) (rewrite, error) {
	names := map[string]bool{}
	pattern, at := "^", 0
	for _, m := range hole.FindAllStringSubmatchIndex(from, -1) {
		name := from[m[2]:m[3]]
		switch {
		case !holeName.MatchString(name):
			return rewrite{}, fmt.Errorf("%s is not a name: write `{owner}`", finding.Quote(from[m[0]:m[1]]))
		case names[name]:
			return rewrite{}, fmt.Errorf("`{%s}` is captured twice", name)
		}
		names[name] = true
		taken := `[^/]+`
		if name == manySegments {
			taken = `.+`
		}
		pattern += regexp.QuoteMeta(from[at:m[0]]) + "(?P<" + name + ">" + taken + ")"
		at = m[1]
	}
	pattern += regexp.QuoteMeta(from[at:]) + "$"
	expanded, err := expansion(to, names)
	if err = cmp.Or(err, checkBraces(from), checkBraces(to)); err != nil {
		return rewrite{}, err
	}
	compiled, err := regexp.Compile(pattern)
	return rewrite{compiled, expanded}, err
}

// expansion turns {name} into ${name}, and escapes literal dollars.
func expansion(to string, names map[string]bool) (string, error) {
	for _, m := range hole.FindAllStringSubmatch(to, -1) {
		if !names[m[1]] {
			return "", fmt.Errorf("`{%s}` is not captured by the text to match", finding.Clean(m[1]))
		}
	}
	return hole.ReplaceAllString(strings.ReplaceAll(to, "$", "$$"), "$${$1}"), nil
}

// takesScheme reports whether some rewrite is of addresses with a scheme: the consumer downloads those, in whatever form.
func (all rewrites) takesScheme(scheme string) bool {
	return slices.ContainsFunc(all, func(r rewrite) bool { return strings.HasPrefix(r.from.String(), "^"+regexp.QuoteMeta(scheme+":")) })
}

// apply rewrites a URL by the first rewrite that matches it.
func (all rewrites) apply(url string) string {
	for _, r := range all {
		if m := r.from.FindStringSubmatchIndex(url); m != nil {
			return string(r.from.ExpandString(nil, r.to, url, m))
		}
	}
	return url
}

// nameTemplate is a text with {name} of captures, such as the name of the file that an entry's bundle attests.
type nameTemplate struct{ text string }

// parseNames reads a text with {name} of captures of the patterns.
func parseNames(text string, at []document.Pattern) (*nameTemplate, error) {
	for _, m := range hole.FindAllStringSubmatch(text, -1) {
		if !slices.ContainsFunc(at, func(p document.Pattern) bool { return slices.Contains(p.Captures(), m[1]) }) {
			return nil, fmt.Errorf("no pattern of `at` captures %s", finding.Quote(m[1]))
		}
	}
	if text == "" {
		return nil, errors.New("it is empty")
	}
	return &nameTemplate{text}, checkBraces(text)
}

// fill returns the text with what was captured.
func (t *nameTemplate) fill(captured *document.Captured) string {
	return hole.ReplaceAllStringFunc(t.text, func(name string) string { return captured.Get(strings.Trim(name, "{}")) })
}
