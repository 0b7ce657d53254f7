package prem_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/prem"
	"github.com/premAI-io/verify-manifests/pkg/prem/premtest"
	"github.com/premAI-io/verify-manifests/pkg/registry"
)

// findingsOf lints a registry that a txtar archive holds. Of one that holds manifests only, the other files are not known.
func findingsOf(t *testing.T, archive *txtar.Archive) []finding.Finding {
	t.Helper()
	var all []*registry.Manifest
	var entries []string
	var findings []finding.Finding
	for _, file := range premtest.Files(archive) {
		entries = append(entries, file.Name)
		if filepath.Base(file.Name) == "manifest.json" {
			m := parse(t, file.Name, file.Data)
			all = append(all, m)
			findings = append(findings, lintAll(m)...)
		}
	}
	if len(entries) == len(all) {
		entries = nil
	}
	findings = append(findings, prem.Registry{}.LintAll(all, entries, everything)...)
	slices.SortFunc(findings, finding.Finding.Compare)
	return findings
}

func TestGoldens(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "lint", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) { testGolden(t, name) })
	}
}

func testGolden(t *testing.T, name string) {
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	findings := findingsOf(t, archive)
	for _, f := range findings {
		if strings.Contains(f.Manifest, "good") {
			t.Errorf("a good manifest has a finding:\n%s", show([]finding.Finding{f}))
		}
	}
	for _, file := range premtest.Files(archive) {
		is := func(f finding.Finding) bool { return f.Manifest == file.Name }
		if strings.Contains(file.Name, "bad") && filepath.Base(file.Name) == "manifest.json" && !slices.ContainsFunc(findings, is) {
			t.Errorf("a bad manifest has no finding: %s", file.Name)
		}
	}
	archive.Files[len(archive.Files)-1].Data = []byte(show(findings))
	golden(t, name, txtar.Format(archive))
}

// notFromHere are rules of these families that other packages apply.
var notFromHere = []string{finding.ManifestUnreadable, finding.URLConflict, finding.URLOwnerChanged}

func TestEveryRuleHasAGolden(t *testing.T) {
	for _, r := range finding.Rules() {
		family, name, _ := strings.Cut(r.ID, "/")
		if family != "manifest" && family != "url" || slices.Contains(notFromHere, r.ID) {
			continue
		}
		archive, err := txtar.ParseFile(filepath.Join("testdata", "lint", family+"-"+name+".txtar"))
		if err != nil {
			t.Error(err)
			continue
		}
		is := func(f finding.Finding) bool { return f.Rule == r.ID }
		if !slices.ContainsFunc(findingsOf(t, archive), is) {
			t.Errorf("%s is not found in its own golden", r.ID)
		}
	}
}
