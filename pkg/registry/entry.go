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

// entry maps the fields of a manifest's entries. Pointers are RFC 6901, from the entry down; fields other than url and checksum have
// at most one, and platform may have several, whose texts are joined by slashes.
type entry struct {
	at                            []document.Pattern
	where, unless                 []condition
	url, checksum, size, platform []string
	signature, attestation, image []string
	base                          *string  // the base of relative URLs: a URL or a pointer; "" for an unknown one
	defaultURL, attests           template // of pointers, and of captures
	rewrite                       []rewrite
	capturedPlatform              string // the capture that is the platform; "" for none
	role                          artifact.Role
	read, asked                   []string // pointers to what is read of an entry, and to what its conditions ask
}

// condition is what `where` or `unless` asks of one pointer.
type condition struct {
	pointer string           // from the entry down; after a "#", from the document's root
	texts   []*regexp.Regexp // one of which the text has to match; made of literals and `.*`
	any     bool             // any value matches
	absent  bool             // a missing value matches
}

// addPointers sets read and asked. A pointer after a "#" is from the document's root.
func (e *entry) addPointers() {
	e.read = slices.Concat(e.url, e.checksum, e.size, e.platform, e.signature, e.attestation, e.image, e.defaultURL.names())
	if e.base != nil && strings.HasPrefix(*e.base, "/") {
		e.read = append(e.read, *e.base, "#"+*e.base)
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

// textAt returns the text at a pointer, "" for none.
func textAt(v *document.Value, pointer string) string {
	text, _ := v.At(pointer).Text()
	return text
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

// selects reports whether every condition of `where` holds, and none of `unless`. A consumer that ignores the case of keys may read
// others for `where`; what it leaves out by a key in another case is kept.
func selects(where, unless []condition, v, root *document.Value, folds bool) bool {
	holds := func(c condition) bool { return c.matches(valueAt(v, root, c.pointer)) }
	fails := func(c condition) bool {
		return !holds(c) && !(folds && slices.ContainsFunc(atFold(v, root, c.pointer), c.matches))
	}
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

// platformOf returns an entry's platform: the capture, or the texts at pointers, of lists with commas between them.
func (e *entry) platformOf(v *document.Value, captured *document.Captured) string {
	texts := []string{captured.Get(e.capturedPlatform)}
	for _, pointer := range e.platform {
		text := textAt(v, pointer)
		for _, element := range v.At(pointer).Elements() {
			if each, isText := element.Text(); isText {
				text += "," + each
			}
		}
		texts = append(texts, strings.TrimPrefix(text, ","))
	}
	return strings.Join(slices.DeleteFunc(texts, func(text string) bool { return text == "" }), "/")
}

// template is a text with placeholders: {name} or {/pointer}.
type template string

var placeholder = regexp.MustCompile(`\{([^{}]*)\}`)

// names returns the names in the placeholders.
func (t template) names() (names []string) {
	for _, found := range placeholder.FindAllStringSubmatch(string(t), -1) {
		names = append(names, found[1])
	}
	return names
}

// check reports braces that are not pairs, and the first placeholder whose name has a problem.
func (t template) check(problem func(name string) error) error {
	if strings.ContainsAny(placeholder.ReplaceAllString(string(t), ""), "{}") {
		return errors.New("unbalanced brace")
	}
	for _, name := range t.names() {
		if err := problem(name); err != nil {
			return err
		}
	}
	return nil
}

// fill returns the text with a value for each placeholder, "" where one has none.
func (t template) fill(value func(name string) string) string {
	isWhole := true
	text := placeholder.ReplaceAllStringFunc(string(t), func(each string) string {
		filled := value(each[1 : len(each)-1])
		isWhole = isWhole && filled != ""
		return filled
	})
	if !isWhole {
		return ""
	}
	return text
}

// rewrite maps URLs of one form to those that are fetched.
type rewrite struct {
	scheme string         // of the form
	from   *regexp.Regexp // made of literals and captures
	to     template       // of these captures
}

var (
	captureName       = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)
	quotedPlaceholder = regexp.MustCompile(`\\\{(\w+)\\\}`)
)

// parseRewrite reads a pair of templates with {name} in them. {path} matches slashes too.
func parseRewrite(from, to template) (rewrite, error) {
	names := map[string]bool{}
	err := from.check(func(name string) error {
		if names[name] || !captureName.MatchString(name) {
			return fmt.Errorf("invalid placeholder %s: expected a name that is captured once, such as `{owner}`", finding.Quote("{"+name+"}"))
		}
		names[name] = true
		return nil
	})
	err = cmp.Or(err, to.check(func(name string) error {
		if !names[name] {
			return fmt.Errorf("`{%s}` is not captured by the text to match", finding.Clean(name))
		}
		return nil
	}))
	if err != nil {
		return rewrite{}, err
	}
	expression := quotedPlaceholder.ReplaceAllString(regexp.QuoteMeta(string(from)), "(?P<$1>[^/]+)")
	expression = strings.Replace(expression, "(?P<path>[^/]+)", "(?P<path>.+)", 1)
	compiled, err := regexp.Compile("^" + expression + "$")
	scheme, _, _ := strings.Cut(string(from), ":")
	return rewrite{scheme, compiled, to}, err
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
