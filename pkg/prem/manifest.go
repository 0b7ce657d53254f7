// Package prem implements prem-registry: its manifests' old and new fields, their JSON Schema, the upgrade from version 1 to 1.1, and the
// rules about its App and generator. No other package depends on the App.
package prem

import (
	"bytes"
	_ "embed"
	"slices"
	"strings"
	"sync"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/registry"
	"github.com/premAI-io/verify-manifests/pkg/schema"
)

//go:embed schema/manifest.schema.json
var schemaText []byte

// Schema returns the JSON Schema (draft-07) of manifests of both versions, as published under its "$id".
func Schema() []byte { return bytes.Clone(schemaText) }

// compiledSchema panics if the embedded schema does not compile, which is a defect of this program.
var compiledSchema = sync.OnceValue(func() *schema.Schema {
	s, err := schema.Compile(schemaText)
	if err != nil {
		panic("prem: the embedded schema: " + err.Error())
	}
	return s
})

// Rules is the name by which a preset selects this package.
const Rules = "prem"

// Registry is prem-registry: its description and what a description can't express.
type Registry struct{ *registry.Registry }

// Parse reads one manifest of prem-registry as registry.Registry.Read does.
func Parse(path string, text []byte) (*registry.Manifest, []finding.Finding) {
	r := preset()
	return r.Read(path, text, r)
}

// preset panics if the embedded preset is missing, which is a defect of this program.
var preset = sync.OnceValue(func() Registry {
	described, err := registry.Preset(registry.Default)
	if err != nil {
		panic(err)
	}
	return Registry{described}
})

// Artifacts implements registry.Describer: it adds the files of version 1, whose URLs have two parts, to those of the description, and
// merges old and new fields of one file. The schema reports wrong types.
func (r Registry) Artifacts(d *document.Document) ([]artifact.Artifact, []finding.Finding) {
	if d.Root.Kind() != document.Object {
		return nil, []finding.Finding{d.Finding(finding.JSONNotAnObject, d.Root,
			"the manifest is "+d.Root.Describe()+"; expected a JSON object", "Write one JSON object, from `{` to `}`.")}
	}
	described, findings := r.Registry.Artifacts(d)
	findings = slices.DeleteFunc(findings, func(f finding.Finding) bool {
		return strings.HasPrefix(f.Rule, "registry/") && f.Rule != finding.RegistryTooMany && f.Rule != finding.RegistryKeyCase
	})
	x := extractor{document: d, findings: findings}
	artifacts := x.artifacts(described)
	findings = append(x.findings, schema.Findings(d, violations(d.Root), explain)...)
	slices.SortFunc(findings, finding.Finding.Compare)
	return artifacts, findings
}

// violations returns the violations of the schema, except for checksums, which checksum/invalid reports.
func violations(root *document.Value) []schema.Violation {
	return slices.DeleteFunc(compiledSchema().Violations(root), func(v schema.Violation) bool {
		return v.Rule == finding.SchemaPattern && v.Value.Name() == "checksum"
	})
}
