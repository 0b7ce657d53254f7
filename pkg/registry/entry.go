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
	defaultURL      template
	rewrite         []rewrite
	checksum        []string
	size, signature *string
	attestation     *string
	attests         template
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

// addPointers sets read and asked. A pointer after a "#" is from the document's root.
func (e *entry) addPointers() {
	e.read = slices.Concat(e.url, e.checksum, e.platform.pointers)
	for _, pointer := range []*string{e.size, e.signature, e.attestation, e.image} {
		if pointer != nil {
			e.read = append(e.read, *pointer)
		}
	}
	if e.base != nil && strings.HasPrefix(*e.base, "/") {
		e.read = append(e.read, *e.base, "#"+*e.base)
	}
	for _, p := range e.defaultURL {
		if p.name != "" {
			e.read = append(e.read, p.name)
		}
	}
	for _, c := range slices.Concat(e.where, e.unless) {
		e.asked = append(e.asked, c.pointer)
	}
}

// valueAt returns the value at a pointer below an entry or, after a "#", below the document's root.
func valueAt(v, root *document.Value, pointer string) *document.Value {
	if below, isRoot := strings.CutPrefix(pointer, "#"); isRoot {
		return root.At(below)
	}
	return v.At(pointer)
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
	holds := func(c condition) bool { return c.matches(valueAt(v, root, c.pointer)) }
	fails := func(c condition) bool { return !holds(c) }
	return !slices.ContainsFunc(where, fails) && !slices.ContainsFunc(unless, holds)
}

// resolve returns a URL against the entry's base, and false where it is relative and no base is known.
func (e *entry) resolve(ref string, v, root *document.Value) (string, bool) {
	u, err := url.Parse(ref)
	if e.base == nil || ref == "" || err != nil || u.IsAbs() {
		return ref, true
	}
	text := *e.base
	if strings.HasPrefix(text, "/") {
		text, _ = cmp.Or(v.At(text), root.At(text)).Text()
	}
	base, err := url.Parse(text)
	if err != nil || !base.IsAbs() {
		return ref, false
	}
	return base.JoinPath("/").ResolveReference(u).String(), true
}

// template is a text with placeholders.
type template []part

// part is a literal text and the placeholder after it.
type part struct {
	literal string
	name    string // of the placeholder; "" for none
}

// placeholder is {/pointer} or {name}.
var placeholder = regexp.MustCompile(`\{([^{}]*)\}`)

// parseTemplate reads a text with placeholders whose names pass a check.
func parseTemplate(text string, check func(name string) error) (template, error) {
	var t template
	at := 0
	for _, m := range placeholder.FindAllStringSubmatchIndex(text, -1) {
		name := text[m[2]:m[3]]
		if err := check(name); err != nil {
			return nil, err
		}
		t = append(t, part{text[at:m[0]], name})
		at = m[1]
	}
	if strings.ContainsAny(placeholder.ReplaceAllString(text, ""), "{}") {
		return nil, errors.New("unbalanced brace")
	}
	return append(t, part{literal: text[at:]}), nil
}

// fill returns the text with a value for each placeholder, "" where one has none.
func (t template) fill(value func(name string) string) string {
	var b strings.Builder
	for _, p := range t {
		b.WriteString(p.literal)
		if p.name == "" {
			continue
		}
		text := value(p.name)
		if text == "" {
			return ""
		}
		b.WriteString(text)
	}
	return b.String()
}

// textsOf returns the texts at pointers below an entry.
func textsOf(v *document.Value) func(pointer string) string {
	return func(pointer string) string {
		text, _ := v.At(pointer).Text()
		return text
	}
}

// checkPlaceholder reports a placeholder that is not {/pointer}.
func checkPlaceholder(name string) error {
	if name == "" || checkPointer(name) != nil {
		return fmt.Errorf("%s is not a pointer to a text of the entry: write `{/name}`", finding.Quote("{"+name+"}"))
	}
	return nil
}

// checkCaptured returns a check of placeholders against what the patterns capture.
func checkCaptured(at []document.Pattern) func(name string) error {
	return func(name string) error {
		if !slices.ContainsFunc(at, func(p document.Pattern) bool { return slices.Contains(p.Captures(), name) }) {
			return fmt.Errorf("no pattern of `at` captures %s: add `{%s}` to one", finding.Quote(name), finding.Clean(name))
		}
		return nil
	}
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
	to   template       // of these captures
}

var captureName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)

// manySegments is the capture that matches slashes too.
const manySegments = "path"

// parseRewrite reads a pair of templates with {name} in them.
func parseRewrite(from, to string) (rewrite, error) {
	names := map[string]bool{}
	parts, err := parseTemplate(from, func(name string) error {
		switch {
		case !captureName.MatchString(name):
			return fmt.Errorf("%s is not a name: write `{owner}`", finding.Quote("{"+name+"}"))
		case names[name]:
			return fmt.Errorf("`{%s}` is captured twice", name)
		}
		names[name] = true
		return nil
	})
	if err != nil {
		return rewrite{}, err
	}
	pattern := ""
	for _, p := range parts {
		pattern += regexp.QuoteMeta(p.literal)
		switch p.name {
		case "":
		case manySegments:
			pattern += "(?P<" + p.name + ">.+)"
		default:
			pattern += "(?P<" + p.name + ">[^/]+)"
		}
	}
	expanded, err := parseTemplate(to, func(name string) error {
		if !names[name] {
			return fmt.Errorf("`{%s}` is not captured by the text to match", finding.Clean(name))
		}
		return nil
	})
	compiled, compileErr := regexp.Compile("^" + pattern + "$")
	return rewrite{compiled, expanded}, cmp.Or(err, compileErr)
}

// rewritesScheme reports whether the consumer itself downloads addresses with a scheme, in whatever form: some rewrite is of them.
func (e *entry) rewritesScheme(scheme string) bool {
	return slices.ContainsFunc(e.rewrite, func(r rewrite) bool { return strings.HasPrefix(r.from.String(), "^"+regexp.QuoteMeta(scheme+":")) })
}

// rewritten returns a URL as the first rewrite that matches it has it.
func (e *entry) rewritten(url string) string {
	for _, r := range e.rewrite {
		if m := r.from.FindStringSubmatch(url); m != nil {
			return r.to.fill(func(name string) string { return m[r.from.SubexpIndex(name)] })
		}
	}
	return url
}
