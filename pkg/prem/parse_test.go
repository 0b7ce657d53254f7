package prem_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/prem"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with a file, or rewrites the file.
func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (- want, + got):\n%s", file, diff)
	}
}

func matching(t testing.TB, pattern string) []string {
	t.Helper()
	files, err := doublestar.FilepathGlob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files match %s: %v", pattern, err)
	}
	return files
}

func readFile(t testing.TB, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// transcript is what Parse makes of a text, to be read.
func transcript(text []byte) string {
	var b strings.Builder
	m, findings := prem.Parse("x/manifest.json", text)
	if m == nil {
		fmt.Fprintln(&b, "unreadable")
	} else {
		for _, a := range m.Artifacts {
			describe(&b, a)
		}
	}
	for _, f := range findings {
		fmt.Fprintf(&b, "%d:%d %s %s %s\n    %s\n    Fix: %s\n", f.Line, f.Column, f.Severity, f.Rule, finding.Quote(f.Pointer), f.Message, f.Fix)
	}
	return b.String()
}

func describe(b *strings.Builder, a artifact.Artifact) {
	fmt.Fprintf(b, "%d:%d %s %s name=%q url=%q", a.Position.Line, a.Position.Column, a.Role, a.Pointer, a.Name, a.URL)
	if a.Platform != "" {
		fmt.Fprintf(b, " platform=%s", a.Platform)
	}
	if c := a.Checksum; c != nil {
		fmt.Fprintf(b, " checksum=%q at %d:%d %s", c.Value, c.Position.Line, c.Position.Column, c.Pointer)
	}
	if s := a.Size; s != nil {
		fmt.Fprintf(b, " size=%d at %d:%d %s", s.Value, s.Position.Line, s.Position.Column, s.Pointer)
	}
	if s := a.Signature; s != nil {
		fmt.Fprintf(b, " signature=%q at %d:%d %s", s.Value, s.Position.Line, s.Position.Column, s.Pointer)
	}
	b.WriteByte('\n')
}

func TestParseGivesWhatTheGoldenFilesSay(t *testing.T) {
	for _, file := range matching(t, "testdata/{ok,upgrade,err}/*.json") {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			t.Parallel() // as manifests are read by the program
			text := readFile(t, file)
			golden(t, strings.TrimSuffix(file, "json")+"out", []byte(transcript(text)))
			m, findings := prem.Parse("x", text)
			isOK := !strings.HasPrefix(file, "testdata/err/")
			if isOK != (len(findings) == 0) || isOK && m == nil {
				t.Errorf("%d findings in %s", len(findings), file)
			}
		})
	}
}

func TestIDs(t *testing.T) {
	for id, want := range map[string]string{
		"a": "", "A.b-c_1": "", strings.Repeat("x", 255): "", strings.Repeat("x", 256): finding.SchemaMaxLength,
		"": finding.SchemaPattern, "../x": finding.SchemaPattern, "/etc": finding.SchemaPattern, "a/b": finding.SchemaPattern,
		".hidden": finding.SchemaPattern, "a b": finding.SchemaPattern, "é": finding.SchemaPattern, "a\n": finding.SchemaPattern,
	} {
		_, findings := prem.Parse("x", fmt.Appendf(nil, `{"id":%q,"interfaces":[],"modelInfo":{}}`, id))
		if want == "" && len(findings) > 0 || want != "" && (len(findings) != 1 || findings[0].Rule != want) {
			t.Errorf("%q: %v", id, findings)
		}
	}
}

func realFiles(t testing.TB) []string {
	t.Helper()
	files, _ := filepath.Glob("../../../shared/registry/*/manifest.json")
	if len(files) == 0 {
		t.Skip("the registry's manifests are not here")
	}
	return files
}

func TestTheRegistryIsWithoutErrors(t *testing.T) {
	artifacts := 0
	for _, file := range realFiles(t) {
		m, findings := prem.Parse(file, readFile(t, file))
		if len(findings) > 0 {
			t.Errorf("%s: %v", file, findings)
			continue
		}
		artifacts += len(m.Artifacts)
	}
	if artifacts != 61 {
		t.Errorf("%d artifacts, want 61", artifacts)
	}
}

// many returns a manifest with n copies of a piece in it, numbered.
func many(n int, format string) []byte {
	pieces := make([]string, n)
	for i := range pieces {
		pieces[i] = fmt.Sprintf(format, i)
	}
	return []byte(`{"id":"a","interfaces":[],"modelInfo":{},"weights":{` + strings.Join(pieces, ",") + `}}`)
}

func TestFindingsOfOneKindAreBoundedAndCounted(t *testing.T) {
	for rule, text := range map[string][]byte{
		finding.SchemaType:       many(1500, `"w%d":1`),
		finding.JSONDuplicateKey: many(1501, `"w":%d`),
	} {
		_, findings := prem.Parse("x", text)
		if len(findings) != 101 || findings[99].Rule != rule || !strings.HasPrefix(findings[100].Message, "1400 more") {
			t.Errorf("%s: %d findings, the last: %v", rule, len(findings), findings[len(findings)-1])
		}
	}
}

func TestNoArtifactIsLostAmongMany(t *testing.T) {
	m, findings := prem.Parse("x", many(5000, `"w%d":{"url":"https://example.com/w","checksum":"md5:x"}`))
	if len(m.Artifacts) != 5000 || len(findings) != 5000 {
		t.Errorf("%d artifacts, %d findings; want 5000 of each", len(m.Artifacts), len(findings))
	}
}

// A manifest of half a megabyte must not become gigabytes of URLs.
func TestLongDirectoryIsNotJoinedToEveryFile(t *testing.T) {
	text := fmt.Sprintf(`{"id": "x", "version": "1", "modelInfo": {}, "interfaces": [], "weightsDirectoryUrl": "https://%s/", "weightsFiles": [%s"z"]}`,
		strings.Repeat("a", 500_000), strings.Repeat(`"f", `, 2000))
	m, findings := prem.Parse("x/manifest.json", []byte(text))
	if len(m.Artifacts) != 2001 || m.Artifacts[2000].URL != "z" {
		t.Errorf("%d artifacts, the last at a URL of %d bytes", len(m.Artifacts), len(m.Artifacts[len(m.Artifacts)-1].URL))
	}
	for _, f := range findings {
		if f.Rule == "schema/max-length" && f.Pointer == "/weightsDirectoryUrl" {
			return
		}
	}
	t.Errorf("the length is not reported: %v", findings)
}
