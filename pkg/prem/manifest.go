// Package prem is prem-registry: what its manifests name in their old and new fields, its JSON Schema, the upgrade from
// version 1 to 1.1, and what its App and its generator would trip over. Nothing else knows the App.
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

// Schema returns the JSON Schema (draft-07) of manifests of both versions, as it is published under its "$id".
func Schema() []byte { return bytes.Clone(schemaText) }

// compiledSchema panics on a schema that does not compile, which is a mistake in this program.
var compiledSchema = sync.OnceValue(func() *schema.Schema {
	s, err := schema.Compile(schemaText)
	if err != nil {
		panic("prem: the embedded schema: " + err.Error())
	}
	return s
})

// Rules is the name by which a preset asks for this package.
const Rules = "prem"

// Registry is prem-registry: its description, and what no description can say.
type Registry struct{ *registry.Registry }

// Parse reads one manifest of prem-registry as registry.Registry.Read does.
func Parse(path string, text []byte) (*registry.Manifest, []finding.Finding) {
	r := preset()
	return r.Read(path, text, r)
}

// preset panics where there is no preset of this registry, which is a mistake in this program.
var preset = sync.OnceValue(func() Registry {
	described, err := registry.Preset(registry.Default)
	if err != nil {
		panic(err)
	}
	return Registry{described}
})

// Artifacts implements registry.Describer: what the description finds, the files of version 1 whose URLs are in two pieces, and
// one artifact where old and new fields name one file. The schema says what is wrong with types.
func (r Registry) Artifacts(d *document.Document) ([]artifact.Artifact, []finding.Finding) {
	if d.Root.Kind() != document.Object {
		return nil, []finding.Finding{d.Finding(finding.JSONNotAnObject, d.Root,
			"the manifest is "+d.Root.Describe()+", where a JSON object is expected", "Write one JSON object, from `{` to `}`.")}
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

// violations returns what the schema forbids, apart from checksums: checksum/invalid says it better.
func violations(root *document.Value) []schema.Violation {
	return slices.DeleteFunc(compiledSchema().Violations(root), func(v schema.Violation) bool {
		return v.Rule == finding.SchemaPattern && v.Value.Name() == "checksum"
	})
}
