package registry

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// The bounds of a description.
const (
	maxManifest = 64_000_000 // bytes that max-size may allow
	maxPatterns = 100        // each costs up to a step for every value
)

// Parse reads a description, the name of a preset, or a preset with a base. The error lists every problem with its position.
func Parse(file string, v *document.Value) (*Registry, error) {
	p := &parser{Decoder: document.Decoder{File: file}}
	name, isPreset := v.Text()
	at, base := v, (*string)(nil)
	if v.Get("preset") != nil {
		isPreset = true
		p.Fields(v, map[string]func(*document.Value){
			"preset": func(v *document.Value) { at, name = v, p.Text(v) },
			"base":   func(v *document.Value) { base = p.base(v) },
		})
	}
	if !isPreset {
		r := p.registry(v, nil)
		return r, p.Err()
	}
	r, err := preset(name, base)
	if err != nil {
		p.Fail(at, "%w", err)
	}
	return r, p.Err()
}

// parser reads descriptions.
type parser struct {
	document.Decoder
	isPreset bool
}

// registry reads a description. base is that of the entries that have none, instead of the description's own; nil for none.
func (p *parser) registry(v *document.Value, base *string) *Registry {
	r := &Registry{MaxSize: document.DefaultMaxSize}
	var ignore, includes []document.Pattern
	readers := map[string]func(*document.Value){
		"manifests":  func(v *document.Value) { r.Manifests = p.Globs(v) },
		"syntax":     func(v *document.Value) { r.Syntax = document.Syntax(p.Word(v, "json", "yaml", "toml")) },
		"max-size":   func(v *document.Value) { r.MaxSize = p.size(v) },
		"where":      func(v *document.Value) { r.where = p.conditions(v) },
		"unless":     func(v *document.Value) { r.unless = p.conditions(v) },
		"base":       func(v *document.Value) { base = cmp.Or(base, p.base(v)) },
		"artifacts":  func(v *document.Value) { r.entries = each(p.Elements(v), p.entry) },
		"ignore":     func(v *document.Value) { ignore = p.patterns(v) },
		"changes":    func(v *document.Value) { r.ByEntry = p.Word(v, "manifest", "entry") == "entry" },
		"includes":   func(v *document.Value) { includes = p.patterns(v) },
		"optional":   func(v *document.Value) { r.optional = p.Boolean(v) },
		"data-urls":  func(v *document.Value) { r.inlinesData = p.Word(v, "inline") != "" },
		"schema":     func(v *document.Value) { r.Schema = p.Text(v) },
		"accept":     func(v *document.Value) { r.accept = each(p.OneOrMore(v), p.weakAlgorithm) },
		"allow-http": func(v *document.Value) { r.AllowHTTP = p.Boolean(v) },
	}
	if p.isPreset {
		readers["rules"] = func(v *document.Value) { r.Rules = p.Text(v) }
	}
	if p.Fields(v, readers); v.Kind() != document.Object {
		return r
	}
	if len(r.Manifests) == 0 {
		p.Fail(v, "missing `manifests`: the globs of the manifests")
	}
	if at := v.Get("artifacts"); at == nil || at.Kind() == document.Array && len(r.entries) == 0 {
		p.Fail(v, "missing `artifacts`: the entries that name files")
	}
	for i := range r.entries {
		e := &r.entries[i]
		if isOpen := e.base == nil || *e.base == ""; isOpen && base != nil {
			e.base = base
		}
	}
	r.compile(ignore, includes)
	if len(r.patterns) > maxPatterns {
		p.Fail(v, "the description has %d patterns; the limit is %d", len(r.patterns), maxPatterns)
	}
	return r
}

// The owners of the patterns of `ignore` and `includes`.
const (
	ignored  = -1
	included = -2
)

// compile makes one matcher of all patterns, and collects the described names.
func (r *Registry) compile(ignore, includes []document.Pattern) {
	own := func(owner int, patterns []document.Pattern) {
		r.patterns = append(r.patterns, patterns...)
		r.owners = append(r.owners, slices.Repeat([]int{owner}, len(patterns))...)
	}
	r.names, r.folded = map[string]bool{}, map[string]bool{}
	addNames := func(pattern document.Pattern) {
		names, hasParts := pattern.Names()
		r.hasParts = r.hasParts || hasParts
		for _, name := range names {
			r.names[name], r.folded[fold(name)] = true, true
		}
	}
	var pointers []string
	for i := range r.entries {
		e := &r.entries[i]
		e.addPointers()
		own(i, e.at)
		pointers = slices.Concat(pointers, e.read, e.asked)
		for _, p := range e.at {
			addNames(p)
		}
	}
	own(ignored, ignore)
	own(included, includes)
	r.matcher = document.NewMatcher(r.patterns...)
	for _, c := range slices.Concat(r.where, r.unless) {
		pointers = append(pointers, c.pointer)
	}
	for _, pointer := range pointers {
		p, _ := document.ParsePattern(strings.TrimPrefix(pointer, "#")) // already validated
		addNames(p)
	}
}

func (p *parser) weakAlgorithm(v *document.Value) digest.Algorithm {
	return digest.Algorithm(p.Word(v, string(digest.MD5), string(digest.SHA1)))
}

func (p *parser) size(v *document.Value) int {
	n, err := humanize.ParseBytes(v.Literal())
	if err != nil || n == 0 || n > maxManifest {
		p.Fail(v, "invalid size %s: expected up to 64MB, such as `1MB`", finding.Quote(v.Literal()))
		return 0
	}
	return int(n)
}

func (p *parser) patterns(v *document.Value) []document.Pattern {
	return each(p.OneOrMore(v), p.Pattern)
}

func (p *parser) pointers(v *document.Value) []string { return each(p.OneOrMore(v), p.pointer) }

// each reads every value of a list.
func each[T any](values []*document.Value, read func(*document.Value) T) (all []T) {
	for _, v := range values {
		all = append(all, read(v))
	}
	return all
}

func (p *parser) pointer(v *document.Value) string {
	text := p.Text(v)
	p.checkPointer(v, text)
	return text
}

// checkPointer reports a text that is not a plain pointer: a pattern would match more than one value.
func (p *parser) checkPointer(v *document.Value, text string) {
	if !isPointer(text) {
		p.Fail(v, "invalid pointer %s: expected a JSON pointer from the entry down, such as `/url`", finding.Quote(text))
	}
}

func isPointer(text string) bool {
	pattern, err := document.ParsePattern(text)
	return err == nil && pattern.IsPointer()
}

// base reads a URL or a pointer, or an empty text for a base that the configuration has to set.
func (p *parser) base(v *document.Value) *string {
	text := p.Text(v)
	u, err := url.Parse(text)
	isURL := err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
	if !isURL && !isPointer(text) {
		p.Fail(v, "invalid base %s: expected a URL such as `https://example.com/`, or a pointer to one such as `/base`", finding.Quote(text))
	}
	return &text
}

func (p *parser) entry(v *document.Value) entry {
	e := entry{role: artifact.File}
	one := func(into *[]string) func(*document.Value) {
		return func(v *document.Value) { *into = []string{p.pointer(v)} }
	}
	p.Fields(v, map[string]func(*document.Value){
		"at":          func(v *document.Value) { e.at = p.patterns(v) },
		"where":       func(v *document.Value) { e.where = p.conditions(v) },
		"unless":      func(v *document.Value) { e.unless = p.conditions(v) },
		"url":         func(v *document.Value) { e.url = p.pointers(v) },
		"base":        func(v *document.Value) { e.base = p.base(v) },
		"default-url": func(v *document.Value) { e.defaultURL = p.template(v, checkPlaceholder) },
		"rewrite":     func(v *document.Value) { e.rewrite = p.rewrites(v) },
		"checksum":    func(v *document.Value) { e.checksum = p.pointers(v) },
		"size":        one(&e.size),
		"signature":   one(&e.signature),
		"attestation": one(&e.attestation),
		"image":       one(&e.image),
		"attests":     func(*document.Value) {}, // below, when the captures are known
		"platform":    func(*document.Value) {}, // below, when the captures are known
		"role":        func(v *document.Value) { e.role = artifact.Role(p.Word(v, "binary", "weight", "file")) },
	})
	isCaptured := func(name string) error {
		if !slices.ContainsFunc(e.at, func(p document.Pattern) bool { return slices.Contains(p.Captures(), name) }) {
			return fmt.Errorf("no pattern of `at` captures %s: add `{%s}` to one", finding.Quote(name), finding.Clean(name))
		}
		return nil
	}
	if at := v.Get("attests"); at != nil {
		e.attests = p.template(at, isCaptured)
	}
	if at := v.Get("platform"); at != nil {
		if name, isText := at.Text(); !isText || strings.HasPrefix(name, "/") {
			e.platform = p.pointers(at)
		} else if err := isCaptured(name); err != nil {
			p.Fail(at, "%w, or write a pointer such as `/platform`", err)
		} else {
			e.capturedPlatform = name
		}
	}
	p.checkEntry(v, e)
	return e
}

// checkPlaceholder reports a placeholder that is not {/pointer}.
func checkPlaceholder(name string) error {
	if name == "" || !isPointer(name) {
		return fmt.Errorf("%s is not a pointer to a text of the entry: write `{/name}`", finding.Quote("{"+name+"}"))
	}
	return nil
}

func (p *parser) template(v *document.Value, problem func(name string) error) template {
	t := template(p.Text(v))
	err := t.check(problem)
	if t == "" {
		err = errors.New("it is empty")
	}
	if err != nil {
		p.Fail(v, "invalid template %s: %w", finding.Quote(string(t)), err)
	}
	return t
}

// checkEntry reports an entry that lacks what it needs, or has words that exclude each other.
func (p *parser) checkEntry(v *document.Value, e entry) {
	isExcluded := func(name string) bool { return v.Get(name) != nil }
	switch {
	case v.Kind() != document.Object:
	case len(e.at) == 0:
		p.Fail(v, "missing `at`: the patterns of the entries")
	case len(e.image) == 0 && len(e.url) == 0:
		p.Fail(v, "missing `url`: the pointer to the URL, from the entry down; or `image`")
	case len(e.image) > 0 && slices.ContainsFunc([]string{"url", "checksum", "size", "signature", "attestation", "attests", "default-url", "rewrite", "base"}, isExcluded):
		p.Fail(v, "`image` excludes `url`, `checksum` and the like: an image's digest is part of its reference")
	}
}

// conditions reads `where` or `unless`: pointers and the texts that they match.
func (p *parser) conditions(v *document.Value) (all []condition) {
	if v.Kind() != document.Object {
		p.Fail(v, "%s is %s; expected pointers with texts, such as `{/type: archive}`", v.Label(), v.Describe())
	}
	for _, member := range v.Members() {
		c := condition{pointer: member.Name()}
		p.checkPointer(member, strings.TrimPrefix(c.pointer, "#"))
		for _, element := range p.OneOrMore(member) {
			switch text, _ := element.Text(); {
			case element.Kind() == document.Null:
				c.absent = true
			case text == "*":
				c.any = true
			default:
				expression := strings.ReplaceAll(regexp.QuoteMeta(p.Text(element)), `\*`, ".*")
				c.texts = append(c.texts, regexp.MustCompile("(?s)^"+expression+"$"))
			}
		}
		if c.texts == nil && !c.absent && !c.any {
			p.Fail(member, "%s has no text, so it matches nothing", member.Label())
		}
		all = append(all, c)
	}
	return all
}

func (p *parser) rewrites(v *document.Value) (all []rewrite) {
	if v.Kind() != document.Object {
		p.Fail(v, "`rewrite` is %s; expected an object of templates: the URL as declared, and as fetched", v.Describe())
	}
	for _, member := range v.Members() {
		r, err := parseRewrite(template(member.Name()), template(p.Text(member)))
		if err != nil {
			p.Fail(member, "invalid rewrite of %s: %w", finding.Quote(member.Name()), err)
		}
		all = append(all, r)
	}
	return all
}
