package config_test

import (
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/config"
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/registry"
	"github.com/premAI-io/verify-manifests/pkg/schema"
)

// violations returns the violations of the published schema by a configuration file.
func violations(t *testing.T, text string) []schema.Violation {
	t.Helper()
	s, err := schema.Compile(config.Schema())
	if err != nil {
		t.Fatal(err)
	}
	documents, findings := document.Read("config.yaml", []byte(text), document.Options{})
	if len(documents) != 1 {
		t.Fatal(findings)
	}
	return s.Violations(documents[0].Root)
}

func TestTheSchemaTakesWhatTheProgramTakes(t *testing.T) {
	for name, text := range map[string]string{
		"a preset":            "registry: scoop",
		"several":             "registry: [scoop, {manifests: x/*.yaml, artifacts: [{at: /a/**, url: [/url, /mirrors], checksum: /sha256, platform: [/os, /arch]}]}]",
		"the rest":            "trusted-urls: https://github.com/acme/**\nmissing-checksum: off\nseverity: {url/mutable: notice}",
		"presets with a base": "registry: [{preset: helm, base: https://example.com/}, {manifests: a, base: /b, where: {/a: '*'}, syntax: toml, changes: entry, artifacts: [{at: '/a.{b}', url: /u, base: '', unless: {'#/x': [true, 1, null]}}]}]",
		"a bad change":        "registry: {manifests: a, changes: file, artifacts: [{at: '', url: /u}]}", "a bad base": "registry: {preset: helm, base: example.com}", "a base alone": "registry: {base: https://x/}",
		"waivers": "waive:\n- {rule: url/mutable, manifests: [a/*], at: /*/files/**, url: 'https://x/**', because: y, until: 2027-03-31}",
		"unknown": "registri: scoop", "no reason": "waive: [{rule: url/mutable}]", "no day": "waive: [{rule: url/mutable, because: x, until: soon}]",
		"lowered": "severity: {json/syntax: notice}", "hidden": "severity: {registry/key-case: off}", "no level": "severity: {url/mutable: loud}", "no entries": "registry: {manifests: x}",
		"no preset": "registry: scop", "a pattern as pointer": "registry: {manifests: x, artifacts: [{at: '', url: /*}]}",
	} {
		_, err := config.Parse("config.yaml", []byte(text))
		if found := violations(t, text); (err == nil) != (len(found) == 0) {
			t.Errorf("%s: the program says %v, the schema %v", name, err, found)
		}
	}
}

func TestTheSchemaAcceptsEveryPreset(t *testing.T) {
	for _, name := range registry.Presets() {
		text, err := registry.PresetText(name)
		if err != nil {
			t.Fatal(err)
		}
		described := strings.ReplaceAll("\n"+string(text), "\n", "\n  ")
		if found := violations(t, "registry:"+described+"\n"); len(found) > 0 {
			t.Errorf("%s: %v", name, found)
		}
		if _, err := config.Parse("c.yaml", []byte("registry:"+described+"\n")); err != nil {
			t.Errorf("what is printed of %s is no description: %v", name, err)
		}
		if found := violations(t, "registry: "+name); len(found) > 0 {
			t.Errorf("the name %s: %v", name, found)
		}
	}
}
