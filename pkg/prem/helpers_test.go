package prem_test

import (
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/lint"
	"github.com/premAI-io/verify-manifests/pkg/prem"
	"github.com/premAI-io/verify-manifests/pkg/registry"
)

func root(m *registry.Manifest) *document.Value { return m.Documents[0].Root }

// source returns a value as it is written.
func source(text []byte, v *document.Value) []byte { return text[v.Start():v.End()] }

func upgrade(text []byte, transition bool) ([]byte, error) {
	return prem.Registry{}.Upgrade(text, transition)
}

// lintAll applies the rules over one manifest, the general ones too.
func lintAll(m *registry.Manifest) []finding.Finding {
	return append(lint.Manifest(m, server), prem.Registry{}.Lint(m, server)...)
}

// setChecksum declares the checksum of the artifact at a pointer.
func setChecksum(text []byte, pointer string, d digest.Digest, size int64, replace bool) ([]byte, error) {
	m, findings := prem.Parse("", text)
	if m == nil {
		return nil, &registry.InvalidError{Findings: findings}
	}
	edit := m.Edit(text)
	if err := edit.SetChecksum(*m.Artifact(pointer), d, size, replace); err != nil {
		return nil, err
	}
	return edit.Text()
}
