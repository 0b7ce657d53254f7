package cli

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"github.com/premAI-io/verify-manifests/pkg/registry"
)

// metadata is what action.yml declares.
type metadata struct {
	Inputs  map[string]struct{ Description, Default string }
	Outputs map[string]struct{ Description string }
}

func readMetadata(t *testing.T) metadata {
	t.Helper()
	text, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var m metadata
	if err := yaml.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestActionDeclaresTheInputsOfTheTable(t *testing.T) {
	declared := readMetadata(t).Inputs
	for _, in := range defaultConfig().inputs {
		of, found := declared[in.name]
		want := in.value
		if in.name == "github-token" {
			want = "${{ github.token }}"
		}
		if !found || of.Default != want || of.Description == "" {
			t.Errorf("action.yml: input %s has the default %q and the description %q; want the default %q", in.name, of.Default, of.Description, want)
		}
		delete(declared, in.name)
	}
	if len(declared) > 0 {
		t.Errorf("action.yml declares inputs that the program lacks: %v", declared)
	}
}

func TestActionDeclaresItsOutputs(t *testing.T) {
	declared := slices.Sorted(func(yield func(string) bool) {
		for name, of := range readMetadata(t).Outputs {
			if of.Description == "" {
				t.Errorf("output %s has no description", name)
			}
			yield(name)
		}
	})
	want := []string{"artifacts", "bytes", "comment-url", "errors", "failed", "issue-number", "matrix", "mismatch", "outcome", "report-file", "unverified", "verified", "warnings"}
	if diff := cmp.Diff(want, declared); diff != "" {
		t.Error(diff)
	}
}

func TestInputsSayWhatWasExpected(t *testing.T) {
	for name, values := range map[string]map[string]string{
		"scope":            {"some": "auto, changed, entries or all"},
		"missing-checksum": {"maybe": "error, warning, notice or off"},
		"annotations":      {"yes": "true or false", "": "true or false"},
		"concurrency":      {"0": "from 1 to 256", "1e3": "whole number", "-1": "from 1", "": "whole number"},
		"connections":      {"65": "from 1 to 64"},
		"max-file-size":    {"big": "500MB", "0": "500MB", "-1GB": "500MB", "99999PB": "500MB"},
		"stall-timeout":    {"60": "90s", "0s": "90s", "-1s": "90s"},
		"shard":            {"0/4": "2/4", "5/4": "2/4", "2": "2/4", "a/b": "2/4", "1/257": "2/4"},
		"public-keys":      {"RWQ": "56 characters"},
		"allow-networks":   {"10.0.0.1": "10.0.0.0/8", "localhost": "10.0.0.0/8"},
		"manifests":        {"[": "valid glob"},
		"report-file":      {"a\nb": "line break"},
	} {
		for value, want := range values {
			err := readInput(t, defaultConfig(), name, value)
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "input "+name) {
				t.Errorf("%s=%q: %v; want it to say %q", name, value, err, want)
			}
		}
	}
}

func readInput(t *testing.T, c *Config, name, value string) error {
	t.Helper()
	i := slices.IndexFunc(c.inputs, func(in input) bool { return in.name == name })
	if i < 0 {
		t.Fatalf("unknown input %s", name)
	}
	return c.read(c.inputs[i], value)
}

func TestInputsAreRead(t *testing.T) {
	c := defaultConfig()
	for name, value := range map[string]string{
		"manifests": " a/*.json\r\n\n!b/** ", "max-file-size": "1MiB", "timeout": "90m", "shard": "2/4",
		"allow-networks": "10.1.2.3/8\nfd00::/8", "annotations": "False", "comment": "never",
		"public-keys": "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3",
	} {
		if err := readInput(t, c, name, value); err != nil {
			t.Error(err)
		}
	}
	got := []any{c.Manifests, c.MaxFileSize, c.Timeout.String(), c.Shard.Index, c.Shard.Count, c.AllowNetworks[0].String(), c.Annotations, c.Comment, len(c.PublicKeys)}
	want := []any{[]string{"a/*.json", "!b/**"}, int64(1 << 20), "1h30m0s", 2, 4, "10.0.0.0/8", false, "never", 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEmptyInputsAreTheDefaults(t *testing.T) {
	p := &program{Env: Env{Environ: []string{"INPUT_CONCURRENCY=", "INPUT_ARGS=x", "INPUT_FAIL-ON=warning"}, Stdout: &bytes.Buffer{}}}
	c, err := p.configFromInputs()
	if err != nil || c.Concurrency != 8 || c.FailOn != "warning" {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestSelects(t *testing.T) {
	globs := []string{"**/manifest.json", "./extra/*.json", "!old/**", "!**/draft/manifest.json"}
	for path, want := range map[string]bool{
		"manifest.json": true, "a/manifest.json": true, "a/b/manifest.json": true, "extra/x.json": true,
		"a/manifest.json.bak": false, "old/a/manifest.json": false, "a/draft/manifest.json": false, "a/Manifest.json": false,
	} {
		if registry.Selects(globs, path) != want {
			t.Errorf("%s is selected: %t", path, !want)
		}
	}
}
