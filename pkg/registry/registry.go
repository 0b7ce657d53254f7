// Package registry reads descriptions of registries, and finds with them what a manifest names. One engine reads every
// description: those of the presets, and those that a registry writes itself.
package registry

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Registry is a description: which files are manifests, and what in them names a download. It comes from Preset or Parse, and is
// right in itself.
type Registry struct {
	Name      string          // of the preset; "" for one that is described elsewhere
	Manifests []string        // globs; one that begins with "!" excludes
	Syntax    document.Syntax // "" is the one that a file's name tells
	MaxSize   int             // of one manifest, in bytes
	Schema    string          // path of a JSON Schema in the repository; "" for none
	AllowHTTP bool            // plain http is fetched where a checksum other than a weak one is declared
	Rules     string          // the package that adds to what the description says; "" for none

	optional bool // a manifest without an artifact is nothing to speak of
	entries  []entry
	accept   []digest.Algorithm // weak ones that are compared
	matcher  *document.Matcher  // of the entries' patterns, in their order, then those to ignore
	owners   []int              // which entry a pattern of the matcher belongs to; -1: it is one to ignore
}

// Describer finds what one document of a manifest names. Artifacts and findings are in the order of the text, and no artifact is
// lost for another's mistake.
type Describer interface {
	Artifacts(*document.Document) ([]artifact.Artifact, []finding.Finding)
}

// Selects reports whether a path is that of one of the registry's manifests.
func (r *Registry) Selects(path string) bool { return Selects(r.Manifests, path) }

// Selects reports whether globs, some of which exclude, select a path.
func Selects(globs []string, path string) bool {
	included := false
	for _, glob := range globs {
		pattern, excludes := strings.CutPrefix(glob, "!")
		matched := doublestar.MatchUnvalidated(strings.TrimPrefix(pattern, "./"), path)
		if matched && excludes {
			return false
		}
		included = included || matched
	}
	return included
}

// Manifest is one manifest as it was read.
type Manifest struct {
	Path      string // slash-separated
	Registry  *Registry
	Documents []*document.Document
	Artifacts []artifact.Artifact // in the order of the text
}

// Artifact returns the artifact at a pointer of the first document that has one there; nil where there is none, or no manifest.
func (m *Manifest) Artifact(pointer string) *artifact.Artifact {
	if m == nil {
		return nil
	}
	i := slices.IndexFunc(m.Artifacts, func(a artifact.Artifact) bool { return a.Pointer == pointer })
	if i < 0 {
		return nil
	}
	return &m.Artifacts[i]
}

// Read reads a manifest with what describes it: r itself, or what adds to it. A text that can't be read strictly gives nil and
// the findings that say why.
func (r *Registry) Read(path string, text []byte, by Describer) (*Manifest, []finding.Finding) {
	documents, findings := document.Read(path, text, r.options())
	if len(findings) > 0 {
		return nil, findings
	}
	m := &Manifest{Path: path, Registry: r, Documents: documents}
	for _, d := range documents {
		artifacts, problems := by.Artifacts(d)
		if slices.ContainsFunc(problems, func(f finding.Finding) bool { return f.Rule == finding.JSONNotAnObject }) {
			return nil, problems
		}
		m.Artifacts = append(m.Artifacts, artifacts...)
		findings = append(findings, problems...)
	}
	if len(m.Artifacts) == 0 && len(findings) == 0 && !r.optional {
		findings = append(findings, finding.New(finding.RegistryNoArtifact, path, "", finding.Position{Line: 1, Column: 1},
			fmt.Sprintf("The manifest names no file, as %s describes where files are named", r.title()), ""))
	}
	return m, findings
}

func (r *Registry) options() document.Options {
	return document.Options{Syntax: r.Syntax, MaxSize: r.MaxSize}
}

func (r *Registry) title() string {
	if r.Name == "" {
		return "the configuration file"
	}
	return "the preset " + finding.Quote(r.Name)
}
