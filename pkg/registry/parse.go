package registry

import (
	"errors"
	"fmt"
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
	maxPatterns = 100        // each can cost a step at each value
)

// Parse reads a description, or the name of a preset. The error holds every mistake in it, each with its place in the file of
// that name.
func Parse(file string, v *document.Value) (*Registry, error) {
	if name, isText := v.Text(); isText {
		r, err := Preset(name)
		if err != nil {
			return nil, fmt.Errorf("%s:%d:%d: %w", finding.Clean(file), v.Position().Line, v.Position().Column, err)
		}
		return r, nil
	}
	p := &parser{Decoder: document.Decoder{File: file}}
	r := p.registry(v)
	return r, p.Err()
}

// parser reads a description.
type parser struct {
	document.Decoder
	isPreset bool
}

func (p *parser) registry(v *document.Value) *Registry {
	r := &Registry{MaxSize: document.DefaultMaxSize}
	var ignore []document.Pattern
	readers := map[string]func(*document.Value){
		"manifests": func(v *document.Value) { r.Manifests = p.Globs(v) },
		"syntax": func(v *document.Value) {
			r.Syntax = document.Syntax(p.Word(v, string(document.JSON), string(document.YAML)))
		},
		"max-size":  func(v *document.Value) { r.MaxSize = p.size(v) },
		"artifacts": func(v *document.Value) { r.entries = p.entries(v) },
		"ignore":    func(v *document.Value) { ignore = p.patterns(v) },
		"optional":  func(v *document.Value) { r.optional = p.Boolean(v) },
		"schema":    func(v *document.Value) { r.Schema = p.Text(v) },
		"accept": func(v *document.Value) {
			for _, each := range p.OneOrMore(v) {
				r.accept = append(r.accept, digest.Algorithm(p.Word(each, string(digest.MD5), string(digest.SHA1))))
			}
		},
		"allow-http": func(v *document.Value) { r.AllowHTTP = p.Boolean(v) },
	}
	if p.isPreset {
		readers["rules"] = func(v *document.Value) { r.Rules = p.Text(v) }
	}
	if p.Fields(v, readers); v.Kind() != document.Object {
		return r
	}
	if len(r.Manifests) == 0 {
		p.Fail(v, "`manifests` is missing: globs that say which files are manifests")
	}
	if at := v.Get("artifacts"); at == nil || at.Kind() == document.Array && len(r.entries) == 0 {
		p.Fail(v, "`artifacts` is missing: what in a manifest names a file")
	}
	p.compile(v, r, ignore)
	return r
}

// compile makes one matcher of all patterns.
func (p *parser) compile(v *document.Value, r *Registry, ignore []document.Pattern) {
	var all []document.Pattern
	for i, e := range r.entries {
		all = append(all, e.at...)
		r.owners = append(r.owners, slices.Repeat([]int{i}, len(e.at))...)
	}
	all = append(all, ignore...)
	r.owners = append(r.owners, slices.Repeat([]int{-1}, len(ignore))...)
	if len(all) > maxPatterns {
		p.Fail(v, "the description has %d patterns, and %d are the most", len(all), maxPatterns)
	}
	r.matcher = document.NewMatcher(all...)
}

func (p *parser) size(v *document.Value) int {
	n, err := humanize.ParseBytes(v.Literal())
	if err != nil || n == 0 || n > maxManifest {
		p.Fail(v, "%s is no size up to 64MB, such as `1MB`", finding.Quote(v.Literal()))
		return 0
	}
	return int(n)
}

func (p *parser) patterns(v *document.Value) []document.Pattern {
	var all []document.Pattern
	for _, each := range p.OneOrMore(v) {
		all = append(all, p.Pattern(each))
	}
	return all
}

func (p *parser) pointers(v *document.Value) []string {
	var all []string
	for _, each := range p.OneOrMore(v) {
		all = append(all, *p.pointer(each))
	}
	return all
}

func (p *parser) pointer(v *document.Value) *string {
	text := p.Text(v)
	if err := checkPointer(text); err != nil {
		p.Fail(v, "%s %w", finding.Quote(text), err)
	}
	return &text
}

// checkPointer makes sure that a text is a plain pointer: a pattern would mean more than one place.
func checkPointer(text string) error {
	pattern, err := document.ParsePattern(text)
	if err != nil || !pattern.IsPointer() {
		return errors.New("is no JSON pointer from the entry down, such as `/url`")
	}
	return nil
}

func (p *parser) entries(v *document.Value) []entry {
	var all []entry
	for _, element := range p.Elements(v) {
		all = append(all, p.entry(element))
	}
	return all
}

func (p *parser) entry(v *document.Value) entry {
	e := entry{role: artifact.File}
	p.Fields(v, map[string]func(*document.Value){
		"at":    func(v *document.Value) { e.at = p.patterns(v) },
		"where": func(v *document.Value) { e.where = p.where(v) },
		"url":   func(v *document.Value) { e.url = p.pointers(v) },
		"default-url": func(v *document.Value) {
			var err error
			if e.defaultURL, err = parseTemplate(p.Text(v)); err != nil {
				p.Fail(v, "the template %s: %w", finding.Quote(v.Literal()), err)
			}
		},
		"rewrite":   func(v *document.Value) { e.rewrite = p.rewrites(v) },
		"checksum":  func(v *document.Value) { e.checksum = p.pointers(v) },
		"size":      func(v *document.Value) { e.size = p.pointer(v) },
		"signature": func(v *document.Value) { e.signature = p.pointer(v) },
		"image":     func(v *document.Value) { e.image = p.pointer(v) },
		"platform":  func(*document.Value) {}, // below, when the captures are known
		"role": func(v *document.Value) {
			e.role = artifact.Role(p.Word(v, string(artifact.Binary), string(artifact.Weight), string(artifact.File)))
		},
	})
	if at := v.Get("platform"); at != nil {
		e.platform = p.platform(at, e.at)
	}
	p.whole(v, e)
	return e
}

// whole makes sure that an entry says all that it has to, and nothing that has no meaning.
func (p *parser) whole(v *document.Value, e entry) {
	switch {
	case v.Kind() != document.Object:
	case len(e.at) == 0:
		p.Fail(v, "`at` is missing: the patterns of the places where entries stand")
	case e.image == nil && len(e.url) == 0:
		p.Fail(v, "`url` is missing: the pointer to the URL, from the entry down; or `image`")
	case e.image != nil && (len(e.url) > 0 || len(e.checksum) > 0 || e.size != nil || e.signature != nil || e.defaultURL != nil || e.rewrite != nil):
		p.Fail(v, "an entry names an `image` or a `url`: the digest of an image stands in its reference")
	}
}

func (p *parser) where(v *document.Value) conditions {
	var all conditions
	if v.Kind() != document.Object {
		p.Fail(v, "`where` is %s, where an object of pointers and texts is expected", v.Describe())
	}
	for _, member := range v.Members() {
		c := condition{pointer: member.Name()}
		if err := checkPointer(c.pointer); err != nil {
			p.Fail(member, "%s %w", finding.Quote(c.pointer), err)
		}
		for _, element := range p.OneOrMore(member) {
			if element.Kind() == document.Null {
				c.absent = true
				continue
			}
			c.texts = append(c.texts, p.Text(element))
		}
		if c.texts == nil && !c.absent {
			p.Fail(member, "%s lists no text, so that no entry is meant", member.Label())
		}
		all = append(all, c)
	}
	return all
}

func (p *parser) rewrites(v *document.Value) rewrites {
	var all rewrites
	if v.Kind() != document.Object {
		p.Fail(v, "`rewrite` is %s, where an object is expected: what a URL is, and what it becomes", v.Describe())
	}
	for _, member := range v.Members() {
		r, err := parseRewrite(member.Name(), p.Text(member))
		if err != nil {
			p.Fail(member, "the rewrite of %s: %w", finding.Quote(member.Name()), err)
			continue
		}
		all = append(all, r)
	}
	return all
}

// platform reads a capture's name, or pointers.
func (p *parser) platform(v *document.Value, at []document.Pattern) platform {
	text, isText := v.Text()
	if !isText || strings.HasPrefix(text, "/") {
		return platform{pointers: p.pointers(v)}
	}
	isCaptured := slices.ContainsFunc(at, func(pattern document.Pattern) bool { return slices.Contains(pattern.Captures(), text) })
	if !isCaptured {
		p.Fail(v, "no pattern of `at` captures %s: write `{%s}` there, or a pointer such as `/platform`", finding.Quote(text), finding.Clean(text))
	}
	return platform{capture: text}
}
