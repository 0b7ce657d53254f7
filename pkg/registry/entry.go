package registry

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// entry says where entries stand, and what in them is what. All pointers are RFC 6901, from the entry down; nil is none.
type entry struct {
	at              []document.Pattern
	where           conditions
	url             []string
	defaultURL      *template
	rewrite         rewrites
	checksum        []string
	size, signature *string
	image           *string
	platform        platform
	role            artifact.Role
}

// condition holds of entries that have one of the texts at a pointer.
type condition struct {
	pointer string
	texts   []string
	absent  bool // nothing at all will do as well
}

type conditions []condition

func (all conditions) holds(v *document.Value) bool {
	return !slices.ContainsFunc(all, func(c condition) bool {
		at := v.At(c.pointer)
		if at == nil || at.Kind() == document.Null {
			return !c.absent
		}
		isText := at.Kind() != document.Object && at.Kind() != document.Array
		return !isText || !slices.Contains(c.texts, at.Literal())
	})
}

// template is a text with places that texts of an entry fill.
type template struct{ parts []part }

// part is a literal, or a pointer from the entry down.
type part struct {
	text      string
	isPointer bool
}

// hole is a place of a template: {/pointer} or {name}.
var hole = regexp.MustCompile(`\{([^{}]*)\}`)

// parseTemplate reads a text with {/pointer} in it.
func parseTemplate(text string) (*template, error) {
	t := &template{}
	at := 0
	for _, m := range hole.FindAllStringSubmatchIndex(text, -1) {
		pointer := text[m[2]:m[3]]
		if err := checkPointer(pointer); err != nil || pointer == "" {
			return nil, fmt.Errorf("%s is no pointer to a text of the entry: write `{/name}`", finding.Quote(text[m[0]:m[1]]))
		}
		t.parts = append(t.parts, part{text: text[at:m[0]]}, part{pointer, true})
		at = m[1]
	}
	t.parts = append(t.parts, part{text: text[at:]})
	return t, checkBraces(text)
}

// checkBraces makes sure that each brace of a template is one of a hole's.
func checkBraces(text string) error {
	if strings.ContainsAny(hole.ReplaceAllString(text, ""), "{}") {
		return errors.New("a brace in it has no partner")
	}
	return nil
}

// fill returns the text for an entry, "" where one of the texts is not there.
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

// platform tells what an entry's file is for: a capture, or the texts at pointers, with slashes between them.
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

// rewrite turns the URLs of one form into those that are fetched.
type rewrite struct {
	from *regexp.Regexp // made by us of literals and captures: linear, and holds no expression from outside
	to   string         // as regexp.Expand takes it
}

type rewrites []rewrite

var holeName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)

// manySegments is the name that takes slashes.
const manySegments = "path"

// parseRewrite reads a pair of templates with {name} in them.
func parseRewrite(from, to string) (rewrite, error) {
	names := map[string]bool{}
	pattern, at := "^", 0
	for _, m := range hole.FindAllStringSubmatchIndex(from, -1) {
		name := from[m[2]:m[3]]
		switch {
		case !holeName.MatchString(name):
			return rewrite{}, fmt.Errorf("%s is no name: write `{owner}`", finding.Quote(from[m[0]:m[1]]))
		case names[name]:
			return rewrite{}, fmt.Errorf("`{%s}` stands twice in what is matched: a name is captured once", name)
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

// expansion turns {name} into ${name}, and literal dollars into what stands for them.
func expansion(to string, names map[string]bool) (string, error) {
	for _, m := range hole.FindAllStringSubmatch(to, -1) {
		if !names[m[1]] {
			return "", fmt.Errorf("`{%s}` is not captured by what is matched", finding.Clean(m[1]))
		}
	}
	return hole.ReplaceAllString(strings.ReplaceAll(to, "$", "$$"), "$${$1}"), nil
}

// apply returns what a URL becomes under the first rewrite that takes it.
func (all rewrites) apply(url string) string {
	for _, r := range all {
		if m := r.from.FindStringSubmatchIndex(url); m != nil {
			return string(r.from.ExpandString(nil, r.to, url, m))
		}
	}
	return url
}
