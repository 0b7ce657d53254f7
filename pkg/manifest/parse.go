// Package manifest reads the manifests of a registry: strictly, since another parser will read the same
// bytes, and with the position of every value, since whoever has to mend one wants to be led to the line.
package manifest

import (
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Manifest is one service's manifest as it was read.
type Manifest struct {
	Path      string // slash-separated
	Root      *Value // an object
	Artifacts []artifact.Artifact
}

// Parse reads one manifest. The path, slash-separated, names it in findings.
//
// A text that can't be read strictly gives nil and the findings that say why (json/*). Any other gives the
// manifest and what is wrong with it: schema violations, checksums that are invalid or weak, old and new fields that
// disagree. Its artifacts are there wherever one can be made out, so that none is lost for another's mistake.
// Artifacts and findings are in the order of the text.
func Parse(path string, text []byte) (*Manifest, []finding.Finding) {
	root, findings := read(path, text)
	if root == nil {
		return nil, findings
	}
	x := extractor{path: path}
	m := &Manifest{Path: path, Root: root, Artifacts: x.artifacts(root)}
	findings = append(x.findings, violations(path, root)...)
	slices.SortFunc(findings, finding.Finding.Compare)
	return m, findings
}

// Artifact returns the artifact at a pointer; nil where there is none, or no manifest.
func (m *Manifest) Artifact(pointer string) *artifact.Artifact {
	if m == nil {
		return nil
	}
	for i := range m.Artifacts {
		if m.Artifacts[i].Pointer == pointer {
			return &m.Artifacts[i]
		}
	}
	return nil
}

// Locate returns the value that an RFC 6901 pointer names and true, or the nearest of its ancestors that is there and false.
func (m *Manifest) Locate(pointer string) (*Value, bool) {
	v := m.Root
	tokens := strings.Split(pointer, "/")
	if tokens[0] != "" {
		return v, false
	}
	for _, token := range tokens[1:] {
		child := v.child(token)
		if child == nil {
			return v, false
		}
		v = child
	}
	return v, true
}
