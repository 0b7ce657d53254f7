// Package config reads a registry's configuration file: descriptions of its manifests, trusted URLs, severities and waivers.
package config

import (
	"bytes"
	_ "embed" // for the schema
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/provenance"
	"github.com/premAI-io/verify-manifests/pkg/registry"
)

//go:embed schema/config.schema.json
var schemaText []byte

// Schema returns the JSON Schema (draft-07) of configuration files, by which editors check them.
func Schema() []byte { return bytes.Clone(schemaText) }

// MaxSize bounds a configuration file, in bytes.
const MaxSize = 1 << 20

// Off is the level that suppresses a finding.
const Off = "off"

// levels are the severities that a rule can have.
var levels = []string{"error", "warning", "notice", Off}

// File is a configuration file. The zero File changes no default.
type File struct {
	Name            string // of the file, slash-separated
	Registries      []*registry.Registry
	TrustedURLs     []string          // globs
	MissingChecksum string            // a level; "" for the default
	Provenance      *provenance.Rules // nil: provenance is not verified
	severity        map[string]string
	waivers         []waiver
}

// waiver excuses findings of one rule.
type waiver struct {
	rule      string
	manifests []string          // globs; none: any
	at        *document.Pattern // nil: any
	url       string            // a glob; "": any
	observed  digest.Digest     // of a mismatch
	because   string
	until     time.Time // the last day, UTC; zero: forever
	position  finding.Position
}

// Parse reads a configuration file. The error lists every problem with its position.
func Parse(name string, text []byte) (*File, error) {
	if len(text) > MaxSize {
		return nil, fmt.Errorf("%s has more than %d bytes, the limit of a configuration file", finding.Quote(name), MaxSize)
	}
	documents, findings := document.Read(name, text, document.Options{Syntax: document.YAML})
	p := &parser{Decoder: document.Decoder{File: name}, file: &File{Name: name, severity: map[string]string{}}}
	for _, f := range findings {
		p.Add(fmt.Errorf("%s:%d:%d: %s", finding.Clean(name), f.Line, f.Column, f.Message))
	}
	if len(documents) > 1 {
		p.Fail(documents[1].Root, "a second YAML document begins here; expected one")
	}
	if len(documents) == 1 {
		p.read(documents[0].Root)
	}
	return p.file, p.Err()
}

type parser struct {
	document.Decoder
	file *File
}

func (p *parser) read(v *document.Value) {
	p.Fields(v, map[string]func(*document.Value){
		"registry":         p.registries,
		"trusted-urls":     func(v *document.Value) { p.file.TrustedURLs = p.Globs(v) },
		"missing-checksum": func(v *document.Value) { p.file.MissingChecksum = p.Word(v, levels...) },
		"severity":         p.severities,
		"provenance":       p.provenance,
		"waive": func(v *document.Value) {
			for _, element := range p.Elements(v) {
				p.file.waivers = append(p.file.waivers, p.waiver(element))
			}
		},
	})
}

// registries reads a preset's name, a description, or a list of these.
func (p *parser) registries(v *document.Value) {
	all := p.OneOrMore(v)
	for _, each := range all {
		r, err := registry.Parse(p.file.Name, each)
		if err != nil {
			p.Add(err)
			continue
		}
		p.file.Registries = append(p.file.Registries, r)
	}
	if len(all) == 0 {
		p.Fail(v, "`registry` is empty: name a preset, or describe the registry")
	}
}

// fixed are the rules for unreviewed bytes and ambiguous texts.
var fixed = []string{
	finding.ArtifactMismatch, finding.ProvenanceInvalid, finding.ArtifactDigestConflict, finding.RegistryKeyCase, finding.RegistryPathCase,
}

// IsFixed reports whether a rule can't be lowered.
func IsFixed(rule string) bool {
	family, _, _ := strings.Cut(rule, "/")
	return slices.Contains(fixed, rule) || family == "json" || family == "yaml" || family == "toml"
}

// explainsFailure reports whether a rule explains why a file failed. Such a rule can't be off.
func explainsFailure(rule string) bool {
	others := []string{finding.ArtifactMissingChecksum, finding.ArtifactLeftOver, finding.ArtifactHostDigest}
	return strings.HasPrefix(rule, "artifact/") && !slices.Contains(others, rule) ||
		rule == finding.ChecksumInvalid || rule == finding.RegistryPairs || rule == "image/invalid"
}

// rule reads the ID of a rule.
func (p *parser) rule(at *document.Value, id string) {
	if _, known := finding.Lookup(id); !known {
		p.Fail(at, "unknown rule %s: docs/rules.md lists them", finding.Quote(id))
	}
}

func (p *parser) severities(v *document.Value) {
	if v.Kind() != document.Object {
		p.Fail(v, "`severity` is %s; expected an object of rules and levels", v.Describe())
	}
	for _, member := range v.Members() {
		id := member.Name()
		p.rule(member, id)
		level := p.Word(member, levels...)
		switch {
		case IsFixed(id):
			p.Fail(member, "%s is always an error: it can't be lowered", finding.Quote(id))
		case level == Off && explainsFailure(id):
			p.Fail(member, "%s explains why a file failed: it can be a notice, but not off", finding.Quote(id))
		}
		p.file.severity[id] = level
	}
}

func (p *parser) waiver(v *document.Value) waiver {
	w := waiver{position: v.Position()}
	p.Fields(v, map[string]func(*document.Value){
		"rule": func(v *document.Value) {
			w.rule = p.Text(v)
			p.rule(v, w.rule)
		},
		"manifests": func(v *document.Value) { w.manifests = p.Globs(v) },
		"at": func(v *document.Value) {
			pattern := p.Pattern(v)
			w.at = &pattern
		},
		"url": func(v *document.Value) {
			if w.url = p.Text(v); !doublestar.ValidatePattern(w.url) {
				p.Fail(v, "invalid glob %s", finding.Quote(w.url))
			}
		},
		"observed": func(v *document.Value) {
			var err error
			if w.observed, err = digest.ParseWeak(p.Text(v)); err != nil {
				p.Fail(v, "`observed`: %w", err)
			}
		},
		"because": func(v *document.Value) { w.because = p.Text(v) },
		"until": func(v *document.Value) {
			var err error
			if w.until, err = time.Parse(time.DateOnly, p.Text(v)); err != nil {
				p.Fail(v, "invalid date %s: expected one such as `2027-03-31`", finding.Quote(v.Literal()))
			}
		},
	})
	p.whole(v, w)
	return w
}

// whole reports a waiver that lacks a key or is not allowed.
func (p *parser) whole(v *document.Value, w waiver) {
	isMismatch := w.rule == finding.ArtifactMismatch
	switch {
	case v.Kind() != document.Object:
	case w.rule == "":
		p.Fail(v, "missing `rule`")
	case w.because == "":
		p.Fail(v, "missing `because`: the reason for the waiver")
	case isMismatch && (w.observed.IsZero() || w.until.IsZero()):
		p.Fail(v, "a waiver of a mismatch needs `observed`, the digest of the bytes that were reviewed, and `until`")
	case IsFixed(w.rule) && !isMismatch:
		p.Fail(v, "%s can't be waived: fix it", finding.Quote(w.rule))
	case !w.observed.IsZero() && !isMismatch:
		p.Fail(v, "`observed` is for waivers of %s", finding.Quote(finding.ArtifactMismatch))
	}
}
