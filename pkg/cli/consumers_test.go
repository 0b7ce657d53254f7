package cli_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/cli"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/report"
)

// TestNoConsumerReadsAnotherAddress plays manifests whose consumer reads an address at evil.example, which no reviewer sees. The
// program names a rule, or lists the address as an artifact (want: "listed").
func TestNoConsumerReadsAnotherAddress(t *testing.T) {
	const sum = "67948dd9afd6afe5043b0029d5aa7cf0f8b2824baf16f4f097d40d830edb686d"
	krew := func(entry string) string { return "spec:\n  platforms:\n  - " + entry + "\n" }
	const good = "{uri: 'https://example.com/x', sha256: " + sum + ", "
	const evil = "'https://evil.example/x'"
	for _, test := range []struct{ name, preset, path, text, want string }{
		{"a merge after what it overrides", "krew", "plugins/a.yaml", krew(good + "<<: {uri: " + evil + ", sha256: " + sum + "}}"), "yaml/merge"},
		{"an equal value", "krew", "plugins/a.yaml", krew(good + "<<: {uri: 'https://example.com/x'}}"), "yaml/merge"},
		{"a null key", "conan", "recipes/a/all/conandata.yml", "sources:\n  '1':\n    <<: {url: " + evil + "}\n    !!null url: https://example.com/x\n    sha256: " + sum + "\n", "yaml/tag"},
		{"a binary key", "krew", "plugins/a.yaml", krew(good + "!!binary dXJp: " + evil + "}"), "yaml/tag"},
		{"a merge tag on another key", "localai", "gallery/a.yaml", "- !!merge files: [{uri: " + evil + "}]\n", "yaml/tag"},
		{"a null address", "krew", "plugins/a.yaml", krew("{uri: !!null " + evil + "}"), "yaml/tag"},
		{"a question mark before text", "conan", "recipes/a/all/conandata.yml", "sources: {'1': {?url: " + evil + "}}", "yaml/ambiguous"},
		{"a colon before a brace", "krew", "plugins/a.yaml", krew("{filename: e, <<: {uri: " + evil + "}, uri:}"), "yaml/ambiguous"},
		{"a tag before a comma", "localai", "gallery/a.yaml", "- files: [{filename: e, uri: !, https://evil.example/x}]", "yaml/ambiguous"},
		{"NUL in a JSON key", "flathub", "a.json", `{"sources": [{"type": "file", "url\u0000": "https://evil.example/x"}]}`, "json/control"},
		{"NUL in a JSON text", "flathub", "a.json", `{"sources": [{"type": "file\u0000x", "url": "https://evil.example/x"}]}`, "json/control"},
		{"NUL in a YAML key", "krew", "plugins/a.yaml", krew(good + `"uri\0": ` + evil + "}"), "yaml/control"},
		{"another case", "krew", "plugins/a.yaml", krew(good + "Uri: " + evil + "}"), "registry/key-case"},
		{"a long s", "krew", "plugins/a.yaml", krew(good+"}") + "ſpec: {platforms: [{uri: " + evil + "}]}", "registry/key-case"},
		{"another case in JSON", "scoop", "bucket/a.json", `{"url": "https://example.com/x", "Url": "https://evil.example/x"}`, "registry/key-case"},
		{"an architecture as a list", "scoop", "bucket/a.json", `{"architecture": {"64bit": [{"url": "https://evil.example/x"}]}}`, "listed"},
		{"a module in any file", "flathub", "a.json", `{"modules": ["deps/evil.txt", ".dep/evil.json"]}`, "registry/unread-file"},
		{"mirrors under GLib's other name", "flathub", "a.json", `{"sources": [{"type": "file", "url": "https://example.com/x", "mirror_urls": ["https://evil.example/x"]}]}`, "listed"},
		{"data that the consumer does not inline", "prem", "a/manifest.json", `{"id": "a", "version": "1.1", "binaries": {"aarch64-apple-darwin": {"url": "data:,x", "checksum": "sha256:` + sum + `"}}}`, "url/invalid"},
		{"the price of aliases", "localai", "gallery/a.yaml", pricey(), "registry/type"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			lay(t, dir, fileTree{test.path: test.text})
			var out, problems bytes.Buffer
			code := cli.Main(t.Context(), cli.Env{Args: []string{"check", "--mode", "offline", "--format", "json", "--registry", test.preset, dir}, Stdout: &out, Stderr: &problems})
			var r report.Report
			if err := json.Unmarshal(out.Bytes(), &r); err != nil || out.Len() > 1<<20 {
				t.Fatalf("%v: %d bytes of a report, %s", err, out.Len(), &problems)
			}
			rules := []string{}
			isError := false
			for _, f := range r.Findings {
				rules = append(rules, f.Rule)
				isError = isError || f.Rule == test.want && f.Severity == finding.Error
			}
			isListed := strings.Contains(out.String(), `"url": "https://evil.example/x"`)
			if test.want == "listed" && !isListed || test.want != "listed" && !slices.Contains(rules, test.want) || isError != (code == cli.ExitFindings) {
				t.Errorf("want %s, got exit code %d, %v, listed: %t", test.want, code, rules, isListed)
			}
		})
	}
}

// pricey is a megabyte of aliases of one value below long names.
func pricey() string {
	text := "- z: &a {uri: {}}\n"
	for i, c := range "abcd" {
		text += strings.Repeat(" ", i+2) + strings.Repeat(string(c), 1000) + ":\n"
	}
	return text + "      download_files: [" + strings.Repeat("*a, ", 45_000) + "]\n"
}
