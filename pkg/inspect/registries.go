// Package inspect reads the selected manifests, applies the rules that need no download, and finds the artifacts that a change touches.
package inspect

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/prem"
	"github.com/premAI-io/verify-manifests/pkg/registry"
	"github.com/premAI-io/verify-manifests/pkg/schema"
	"github.com/premAI-io/verify-manifests/pkg/source"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// Registries are the registries of a run, each bound to its describer.
type Registries struct {
	*source.Settings
	describers map[*registry.Registry]registry.Describer
}

// Bind binds each registry to its description, its own package and its JSON Schema. The error is a usage error.
func Bind(s *source.Settings) (*Registries, error) {
	bound := &Registries{s, map[*registry.Registry]registry.Describer{}}
	for _, r := range s.Registries {
		var by registry.Describer = r
		if r.Rules == prem.Rules {
			by = prem.Registry{Registry: r}
		}
		if text, found := s.Schemas[r.Schema]; found {
			compiled, err := schema.Compile(text)
			if err != nil {
				return nil, source.UsageError{Err: fmt.Errorf("the JSON Schema %s can't be used: %w", finding.Quote(r.Schema), err)}
			}
			by = withSchema{by, compiled}
		}
		bound.describers[r] = by
	}
	return bound, nil
}

// withSchema adds the violations of a JSON Schema.
type withSchema struct {
	registry.Describer
	schema *schema.Schema
}

// Artifacts implements registry.Describer.
func (w withSchema) Artifacts(d *document.Document) ([]artifact.Artifact, []finding.Finding) {
	artifacts, findings := w.Describer.Artifacts(d)
	findings = append(findings, schema.Findings(d, w.schema.Violations(d.Root), schema.Violation.Explain)...)
	slices.SortFunc(findings, finding.Finding.Compare)
	return artifacts, findings
}

// Read reads a source strictly. For an unreadable one, it returns nil and the reasons.
func (r *Registries) Read(from source.Source) (*registry.Manifest, []finding.Finding) {
	if from.Problem != "" {
		return nil, []finding.Finding{finding.New(finding.ManifestUnreadable, from.Path, "", finding.Position{Line: 1, Column: 1}, from.Problem, "")}
	}
	of := r.Of(from.At())
	return of.Read(from.Path, from.Text, r.describers[of])
}

// Folder returns the folder of a manifest's files on disk, such as a service's id, and reports whether the registry has such folders.
func (r *Registries) Folder(m *registry.Manifest) (folder string, found bool) {
	p, found := r.describers[m.Registry].(prem.Registry)
	if found {
		folder = p.Folder(m)
	}
	return folder, found
}

// Upgrade returns a manifest's text in the registry's newest format, unchanged if it has that format. The error of an invalid manifest is
// a *registry.InvalidError.
func (r *Registries) Upgrade(m *registry.Manifest, text []byte, transition bool) ([]byte, error) {
	if p, is := r.describers[m.Registry].(prem.Registry); is {
		return p.Upgrade(text, transition)
	}
	return text, nil
}

// IsOld reports whether a manifest names files in the fields of an old format, which Upgrade rewrites.
func (r *Registries) IsOld(m *registry.Manifest) bool {
	p, is := r.describers[m.Registry].(prem.Registry)
	return is && p.IsOld(m)
}

// LocalFile returns the path of an artifact's file below a folder: that of the registry's own package, such as <id>/<file>, else
// <the manifest's name without its ending>/<file>. If root contains only the file's name, it is itself the folder of files. A nil root
// contains nothing. A path that leads outside the folder is refused when it is opened.
func (r *Registries) LocalFile(root *os.Root, m *registry.Manifest, a artifact.Artifact) verify.LocalFile {
	if folder, found := r.Folder(m); found {
		return verify.LocalFile{Artifact: a, Path: folder + "/" + a.Name}
	}
	name := strings.TrimSuffix(path.Base(m.Path), path.Ext(m.Path)) + "/" + a.Name
	if root != nil && fs.ValidPath(a.Name) {
		_, err := root.Lstat(name)
		if _, bare := root.Lstat(a.Name); errors.Is(err, fs.ErrNotExist) && bare == nil {
			name = a.Name
		}
	}
	return verify.LocalFile{Artifact: a, Path: name}
}
