// Package registry finds the artifacts of a manifest as a description of its registry maps them. One engine interprets every
// description: the presets, and those in a configuration file.
package registry

import (
	"cmp"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Registry is a description: which files are manifests, and which of their entries name a download. Preset and Parse return
// valid ones.
type Registry struct {
	Name      string          // of the preset; "" for a description in a configuration file
	Manifests []string        // globs; one that begins with "!" excludes
	Syntax    document.Syntax // "": by the file's name
	MaxSize   int             // of one manifest, in bytes
	Schema    string          // path of a JSON Schema in the repository; "" for none
	ByEntry   bool            // `changes: entry`: a change is checked by the entries that it touches, not by the whole manifest
	AllowHTTP bool            // plain http is fetched where a strong checksum is declared
	Rules     string          // the package with further rules; "" for none

	optional      bool        // manifests without an artifact are not reported
	inlinesData   bool        // the consumer takes the file of a data URL from the URL
	where, unless []condition // of a document's root: other documents don't belong to the registry
	entries       []entry
	accept        []digest.Algorithm // weak algorithms that are compared
	patterns      []document.Pattern // of the entries, in their order, then those of `ignore`
	matcher       *document.Matcher  // of the patterns
	owners        []int              // the entry of each pattern; ignored for those of `ignore`, included for those of `includes`
	names, folded map[string]bool    // of the described members, as they are spelled and without case
	hasParts      bool               // some pattern describes parts of names
}

// Describer finds the artifacts of one document. Artifacts and findings are in the order of the text, and an artifact is never
// dropped because of another one's error.
type Describer interface {
	Artifacts(*document.Document) ([]artifact.Artifact, []finding.Finding)
}

// AttestsBeside reports whether its manifests name bundles that attest files beside them.
func (r *Registry) AttestsBeside() bool {
	return slices.ContainsFunc(r.entries, func(e entry) bool { return e.attests != "" })
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

// Artifact returns the artifact at a pointer of the first document that has one there; nil without one, or for a nil manifest.
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

// Read reads a manifest through a Describer: r itself, or one that wraps it. It returns nil and the reasons for a text that
// can't be read strictly.
func (r *Registry) Read(path string, text []byte, by Describer) (*Manifest, []finding.Finding) {
	documents, findings := document.Read(path, text, r.options())
	if len(findings) > 0 {
		return nil, findings
	}
	m := &Manifest{Path: path, Registry: r, Documents: documents}
	var others finding.List
	for _, d := range documents {
		artifacts, problems := by.Artifacts(d)
		if slices.ContainsFunc(problems, func(f finding.Finding) bool { return f.Rule == finding.JSONNotAnObject }) {
			return nil, problems
		}
		m.Artifacts = append(m.Artifacts, artifacts...)
		for _, f := range problems {
			if isOfArtifact(f.Rule) || len(documents) == 1 { // whose findings are bounded
				findings = append(findings, f)
			} else {
				others.Add(f)
			}
		}
	}
	findings = append(findings, others.Findings()...)
	slices.SortFunc(findings, finding.Finding.Compare)
	m.suggestAlgorithms()
	if len(m.Artifacts) == 0 && !r.optional {
		findings = r.noArtifact(m, findings)
	}
	return m, findings
}

// isOfArtifact reports whether a rule's findings each explain the status of an artifact, so all are kept.
func isOfArtifact(rule string) bool {
	return strings.HasPrefix(rule, "checksum/") || rule == finding.RegistryPairs || rule == finding.URLConflict
}

// suggestAlgorithms sets the algorithm of each slot whose name has none to that of the first checksum in a member of the same name.
func (m *Manifest) suggestAlgorithms() {
	first := map[string]digest.Algorithm{}
	for _, a := range m.Artifacts {
		name := lastName(a.Slot.Checksum)
		if c := a.Checksum; c != nil && !c.Value.IsZero() && !c.Value.Algorithm.Weak() && first[name] == "" {
			first[name] = c.Value.Algorithm
		}
	}
	for i := range m.Artifacts {
		slot := &m.Artifacts[i].Slot
		slot.Algorithm = cmp.Or(slot.Algorithm, first[lastName(slot.Checksum)])
	}
}

// noArtifact reports a manifest without an artifact: as an error where it has digests, since the description is likely wrong.
func (r *Registry) noArtifact(m *Manifest, findings []finding.Finding) []finding.Finding {
	if len(m.Documents) > 0 && !slices.ContainsFunc(m.Documents, r.describes) {
		return findings
	}
	isUnused := func(f finding.Finding) bool { return f.Rule == finding.RegistryUnusedDigest }
	if i := slices.IndexFunc(findings, isUnused); i >= 0 {
		f := findings[i]
		f.Rule, f.Severity = finding.RegistryNoArtifact, finding.Error
		var reasons []string
		for i, line := range r.Test(m) {
			if r.owners[i] >= 0 {
				reasons = append(reasons, line)
			}
		}
		f.Message = "The manifest has digests, but the description selects no file: " + enumerate(reasons, "; ")
		f.Fix = "Correct the pattern or pointer in the description, or the manifest."
		findings = slices.DeleteFunc(findings, func(f finding.Finding) bool { return isUnused(f) || f.Rule == finding.RegistryNoAddress })
		return append(findings, f)
	}
	if len(findings) > 0 {
		return findings
	}
	by := "the configuration file"
	if r.Name != "" {
		by = "the preset " + finding.Quote(r.Name)
	}
	return []finding.Finding{finding.New(finding.RegistryNoArtifact, m.Path, "", finding.Position{Line: 1, Column: 1}, "The manifest names no file in the entries that "+by+" describes", "")}
}

// describes reports whether a document belongs to the registry.
func (r *Registry) describes(d *document.Document) bool {
	return selects(r.where, r.unless, d.Root, d.Root, false)
}

func (r *Registry) options() document.Options {
	return document.Options{Syntax: r.Syntax, MaxSize: r.MaxSize}
}
