// Package config reads a registry's configuration file: what its manifests look like, whom it trusts, how much findings weigh,
// and which of them its maintainers have waived.
package config

import (
	"fmt"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/provenance"
	"github.com/premAI-io/verify-manifests/pkg/registry"
)

// MaxSize bounds a configuration file, in bytes.
const MaxSize = 1 << 20

// Off is the level at which a finding is not reported at all.
const Off = "off"

// levels are the words for how much a finding weighs.
var levels = []string{"error", "warning", "notice", Off}

// File is a configuration file as it was read. The zero File says nothing.
type File struct {
	Name            string // of the file, slash-separated
	Registries      []*registry.Registry
	TrustedURLs     []string          // globs
	MissingChecksum string            // a level; "" where nothing is said
	Provenance      *provenance.Rules // nil: GitHub is not asked who built files
	severity        map[string]string
	waivers         []waiver
}

// waiver lets findings of one rule pass.
type waiver struct {
	rule      string
	manifests []string          // globs; none: any
	at        *document.Pattern // nil: anywhere
	url       string            // a glob; "": any
	observed  digest.Digest     // of a mismatch
	because   string
	until     time.Time // the last day, UTC; zero: for good
	position  finding.Position
}

// Parse reads a configuration file. The error holds every mistake in it, each with its place.
func Parse(name string, text []byte) (*File, error) {
	if len(text) > MaxSize {
		return nil, fmt.Errorf("%s has more than %d bytes, which no configuration file needs", finding.Quote(name), MaxSize)
	}
	documents, findings := document.Read(name, text, document.Options{Syntax: document.YAML})
	p := &parser{Decoder: document.Decoder{File: name}, file: &File{Name: name, severity: map[string]string{}}}
	for _, f := range findings {
		p.Add(fmt.Errorf("%s:%d:%d: %s", finding.Clean(name), f.Line, f.Column, f.Message))
	}
	if len(documents) > 1 {
		p.Fail(documents[1].Root, "a configuration file is one document, and a second one begins here")
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

// fixed reports whether a rule says what nobody may talk down: that other bytes are served than were reviewed, or that a text has
// two meanings.
func fixed(rule string) bool {
	family, _, _ := strings.Cut(rule, "/")
	return rule == finding.ArtifactMismatch || rule == finding.ProvenanceInvalid || rule == finding.ArtifactDigestConflict || rule == finding.RegistryKeyCase || rule == finding.RegistryPathCase || family == "json" || family == "yaml" || family == "toml"
}

// explainsFailure reports whether a rule says why a file failed: without it, nobody would know.
func explainsFailure(rule string) bool {
	return strings.HasPrefix(rule, "artifact/") && rule != finding.ArtifactMissingChecksum && rule != finding.ArtifactLeftOver && rule != finding.ArtifactHostDigest ||
		rule == finding.ChecksumInvalid || rule == finding.RegistryPairs || rule == "image/invalid"
}

// rule reads the ID of a rule.
func (p *parser) rule(at *document.Value, id string) {
	if _, known := finding.Lookup(id); !known {
		p.Fail(at, "there is no rule %s: docs/rules.md lists them", finding.Quote(id))
	}
}

func (p *parser) severities(v *document.Value) {
	if v.Kind() != document.Object {
		p.Fail(v, "`severity` is %s, where an object of rules and levels is expected", v.Describe())
	}
	for _, member := range v.Members() {
		id := member.Name()
		p.rule(member, id)
		level := p.Word(member, levels...)
		switch {
		case fixed(id):
			p.Fail(member, "%s is always an error: it can't be lowered", finding.Quote(id))
		case level == Off && explainsFailure(id):
			p.Fail(member, "%s says why a file failed: it can be a notice, and not be left out", finding.Quote(id))
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
				p.Fail(v, "%s is no glob", finding.Quote(w.url))
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
				p.Fail(v, "%s is no day such as `2027-03-31`", finding.Quote(v.Literal()))
			}
		},
	})
	p.whole(v, w)
	return w
}

// whole makes sure that a waiver is one that may be given.
func (p *parser) whole(v *document.Value, w waiver) {
	isMismatch := w.rule == finding.ArtifactMismatch
	switch {
	case v.Kind() != document.Object:
	case w.rule == "":
		p.Fail(v, "a waiver names the `rule` that it is of")
	case w.because == "":
		p.Fail(v, "a waiver says why, in `because`: whoever meets it later has to judge it")
	case isMismatch && (w.observed.IsZero() || w.until.IsZero()):
		p.Fail(v, "a mismatch is waived for exactly the bytes that were looked at, and for a while: it needs `observed` and `until`")
	case fixed(w.rule) && !isMismatch:
		p.Fail(v, "%s can't be waived: mend it", finding.Quote(w.rule))
	case !w.observed.IsZero() && !isMismatch:
		p.Fail(v, "`observed` is for waivers of %s", finding.Quote(finding.ArtifactMismatch))
	}
}
