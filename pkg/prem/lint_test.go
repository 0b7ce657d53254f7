package prem_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/prem"
	"github.com/premAI-io/verify-manifests/pkg/registry"
)

const server = "https://github.com"

func parse(t testing.TB, path string, text []byte) *registry.Manifest {
	t.Helper()
	m, findings := prem.Parse(path, text)
	if m == nil {
		t.Fatalf("%s: %v", path, findings)
	}
	return m
}

// show writes findings as the golden files hold them.
func show(findings []finding.Finding) string {
	var b strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&b, "%s:%d:%d: %s: %s (%s)\n", f.Manifest, f.Line, f.Column, f.Severity, f.Message, f.Rule)
		if f.Pointer != "" {
			fmt.Fprintf(&b, "  at %s\n", f.Pointer)
		}
		if f.Fix != "" {
			fmt.Fprintf(&b, "  %s\n", f.Fix)
		}
	}
	return b.String()
}

func everything(string) bool { return true }

// TestRealRegistry holds every finding on the manifests in use: each was judged to be one that their maintainers
// would agree with.
func TestRealRegistry(t *testing.T) {
	var all []*registry.Manifest
	var findings []finding.Finding
	for _, file := range realFiles(t) {
		m := parse(t, filepath.Base(filepath.Dir(file))+"/manifest.json", readFile(t, file))
		all = append(all, m)
		findings = append(findings, lintAll(m)...)
	}
	findings = append(findings, prem.Registry{}.LintAll(all, nil, everything)...)
	slices.SortFunc(findings, finding.Finding.Compare)
	for _, f := range findings {
		if f.Severity == finding.Error {
			t.Errorf("a manifest in use has an error:\n%s", show([]finding.Finding{f}))
		}
	}
	golden(t, "testdata/lint/registry.txt", []byte(show(findings)))
}

func TestFindingsOfOneRuleAreBounded(t *testing.T) {
	names := strings.Repeat(`"../x",`, 10_000)
	text := `{"weightsDirectoryUrl": "https://example.org/", "weightsFiles": [` + names + `"a"]}`
	m := parse(t, "chat-x/manifest.json", []byte(text))
	var escapes []finding.Finding
	for _, f := range lintAll(m) {
		if f.Rule == "manifest/path-escape" {
			escapes = append(escapes, f)
		}
	}
	if len(escapes) != 101 || escapes[100].Message != "9900 more findings of this rule are not listed" {
		t.Errorf("%d findings, the last: %+v", len(escapes), escapes[len(escapes)-1])
	}
}

func TestRegistrySpeaksOnlyOfManifestsInScope(t *testing.T) {
	a := parse(t, "chat-a/manifest.json", []byte(`{"id": "x", "name": "X", "defaultExternalPort": 8000}`))
	b := parse(t, "chat-b/manifest.json", []byte(`{"id": "x", "name": "X", "defaultExternalPort": 8000}`))
	all := []*registry.Manifest{b, a}
	entries := []string{"chat-a/manifest.json", "chat-b/manifest.json", "chat-c/manifest.json", "chat-a/README.md", "chat-b/README.md"}
	entries = append(entries, "chat-a/logo.svg", "chat-b/logo.svg")
	for scope, want := range map[string]int{"chat-a/manifest.json": 2, "chat-b/manifest.json": 2, "chat-c/manifest.json": 0} {
		findings := prem.Registry{}.LintAll(all, entries, func(path string) bool { return path == scope })
		for _, f := range findings {
			if f.Manifest != scope {
				t.Errorf("scope %s: a finding on %s", scope, f.Manifest)
			}
		}
		if len(findings) != want {
			t.Errorf("scope %s: %d findings:\n%s", scope, len(findings), show(findings))
		}
	}
}

func TestRegistryFindsTheSameWhateverTheOrder(t *testing.T) {
	var all []*registry.Manifest
	for i := range 9 {
		text := fmt.Sprintf(`{"id": "x%d", "name": "X", "defaultExternalPort": %d}`, i%3, 8000+i%2)
		all = append(all, parse(t, fmt.Sprintf("chat-%d/manifest.json", i), []byte(text)))
	}
	want := show(prem.Registry{}.LintAll(all, nil, everything))
	slices.Reverse(all)
	if got := show(prem.Registry{}.LintAll(all, nil, everything)); got != want {
		t.Error(cmp.Diff(want, got))
	}
}
