package inspect_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/inspect"
	"github.com/premAI-io/verify-manifests/pkg/source"
)

const index = "gallery/index.yaml"

// gallery writes entries of a LocalAI index, each "name url sum", separated by line breaks.
func gallery(entries string) string {
	var text strings.Builder
	for line := range strings.Lines(entries) {
		fields := strings.Fields(line)
		fmt.Fprintf(&text, "- name: %s\n  files:\n  - filename: %[1]s.gguf\n    uri: %s\n", fields[0], fields[1])
		if len(fields) > 2 {
			fmt.Fprintf(&text, "    sha256: %s\n", strings.Repeat(fields[2], 64))
		}
	}
	return text.String()
}

// inspected inspects head, a changed manifest of a preset at a path, beside its base; "" is a file that was not there.
func inspected(t *testing.T, preset, path, base, head, scope string) inspect.Inspection {
	t.Helper()
	dir := t.TempDir()
	name := filepath.Join(dir, path)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(head), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := source.Folders{Args: []string{dir}}.Select(t.Context(), source.Inputs{ConfigFile: ".github/verify-manifests.yaml", Preset: preset})
	if err != nil || len(s.Manifests) != 1 {
		t.Fatalf("%d manifests, error %v", len(s.Manifests), err)
	}
	at := s.Manifests[0].Path
	if s.Scope = scope; base != "" {
		s.Base = map[string]source.Source{at: {Path: at, InTree: path, Text: []byte(base)}}
	}
	r, err := inspect.Bind(s.Settings)
	if err != nil {
		t.Fatal(err)
	}
	return r.Inspect(s, inspect.Options{Server: "https://github.com"})
}

func TestOnlyWhatAChangeTouchesIsLeft(t *testing.T) {
	const mutable = "https://huggingface.co/o/m/resolve/main/"
	const base = "a " + mutable + "a 1\nb " + mutable + "b 2\nc https://example.org/c\n"
	for name, test := range map[string]struct {
		base, head, scope string
		urls              string // of the artifacts, their last segments
		unchanged         int
		rules             string // "rule pointer"
	}{
		"nothing":                  {base, base, "changed", "", 3, ""},
		"one added":                {base, base + "d " + mutable + "d 4\n", "changed", "d", 3, "url/mutable /3/files/0"},
		"one added in front":       {base, "d " + mutable + "d 4\n" + base, "changed", "d", 3, "url/mutable /0/files/0"},
		"one changed":              {base, strings.Replace(base, "2\n", "9\n", 1), "changed", "b", 2, "url/mutable /1/files/0 checksum/changed /1/files/0/sha256"},
		"an invalid URL untouched": {base + "x http://example.org/x\n", base + "x http://example.org/x\nd https://example.org/d 4\n", "changed", "d", 4, ""},
		"an invalid URL touched":   {base, base + "x http://example.org/x\n", "changed", "x", 3, "url/insecure /3/files/0"},
		"everything":               {base, base, "all", "a b c", 0, "url/mutable /0/files/0"},
		"no base":                  {"", base, "changed", "a b c", 0, "url/mutable /0/files/0"},
		"a base of another shape":  {"x: [", base, "changed", "a b c", 0, "url/mutable /0/files/0"},
		"another digest for a URL": {base, base + "e " + mutable + "a 5\n", "changed", "a a untouched", 3, "url/mutable /3/files/0"},
	} {
		in := inspected(t, "localai", index, galleryOr(test.base), gallery(test.head), test.scope)
		var urls, rules []string
		for _, a := range in.Artifacts {
			urls = append(urls, strings.TrimSuffix(a.Name, ".gguf"))
			if a.Untouched {
				urls = append(urls, "untouched")
			}
		}
		for _, f := range in.Findings {
			rules = append(rules, f.Rule+" "+f.Pointer)
		}
		if strings.Join(urls, " ") != test.urls || in.Unchanged != test.unchanged || strings.Join(rules, " ") != test.rules {
			t.Errorf("%s: artifacts %v, %d unchanged, findings %v; want %q, %d, %q", name, urls, in.Unchanged, rules, test.urls, test.unchanged, test.rules)
		}
	}
}

func TestAnUnusedDigestOfTheBaseIsNotTold(t *testing.T) {
	entry := gallery("a https://example.org/a 1\n")
	old, added := "  icon: "+strings.Repeat("7", 64)+"\n", "  more: "+strings.Repeat("8", 64)+"\n"
	in := inspected(t, "localai", index, entry+old, entry+old+gallery("b https://example.org/b 2\n")+added, "changed")
	if len(in.Findings) != 1 || in.Findings[0].Rule != finding.RegistryUnusedDigest || in.Findings[0].Pointer != "/1/more" {
		t.Errorf("got %+v", in.Findings)
	}
}

// TestATextOfTwoMeaningsIsToldWhereverItStands has an error that can't be lowered at an untouched entry.
func TestATextOfTwoMeaningsIsToldWhereverItStands(t *testing.T) {
	text := gallery("a https://example.org/a 1\n")
	text = strings.Replace(text, "    uri:", "    Uri: https://example.org/b\n    uri:", 1)
	in := inspected(t, "localai", index, text, text+gallery("b https://example.org/b 2\n"), "changed")
	if len(in.Findings) == 0 || in.Findings[0].Rule != finding.RegistryKeyCase {
		t.Errorf("got %+v", in.Findings)
	}
}

func TestAManifestOfOnePackageIsTouchedAsAWhole(t *testing.T) {
	manifest := func(more string) string {
		return `{"version": "1", "url": "https://example.org/a.zip", "hash": "` + strings.Repeat("1", 64) + `"` + more + `}`
	}
	in := inspected(t, "scoop", "bucket/a.json", manifest(""), manifest(`, "license": "MIT"`), "changed")
	if len(in.Artifacts) != 1 || in.Unchanged != 0 || in.IsByEntry {
		t.Errorf("got %+v", in)
	}
}

// galleryOr is the gallery of some entries, or an invalid text.
func galleryOr(entries string) string {
	if strings.HasPrefix(entries, "x: [") {
		return entries
	}
	return gallery(entries)
}

// TestNothingPassesForUntouched has changes that hide behind an artifact of the base.
func TestNothingPassesForUntouched(t *testing.T) {
	one, two := strings.Repeat("1", 64), strings.Repeat("2", 128)
	const conanStart, conanPath = "sources:\n  \"1.0\":\n    url: https://example.org/a.tgz\n", "recipes/a/all/conandata.yml"
	conan := conanStart + "    sha256: \"" + one + "\"\n"
	zig := func(entries string) string { return "{" + entries + "}" }
	release := func(name, more string) string {
		return `"` + name + `": {"x86_64-linux": {"tarball": "https://example.org/z.tar.xz"` + more + `}}`
	}
	shasum := `, "shasum": "` + one + `", "size": "10"`
	helm := func(urls string) string {
		return "apiVersion: v1\nentries:\n  app:\n  - name: app\n    version: 1.0.0\n    digest: " + one + "\n    urls:\n" + urls
	}
	const helmURL = "    - https://example.org/app-1.0.0.tgz\n"
	for name, test := range map[string]struct{ preset, path, base, head, rule, pointer string }{
		"an address before the untouched one":  {"helm", "index.yaml", helm(helmURL), helm("    - git+https://evil.example/app\n" + helmURL), finding.RegistryOtherScheme, ""},
		"an unreadable checksum beside":        {"conan", conanPath, conan, conan + "    sha512: \"zzzz\"\n", finding.ChecksumInvalid, "/sources/1.0"},
		"a decoy before the entry":             {"zig", "download/index.json", zig(release("0.3.0", shasum)), zig(release("0", strings.Replace(shasum, "10", "11", 1)) + "," + release("0.3.0", "")), finding.ChecksumDropped, "/0.3.0/x86_64-linux"},
		"a wrong size in a duplicate in front": {"zig", "download/index.json", zig(release("0.3.0", "")), zig(release("0", `, "size": [1]`) + "," + release("0.3.0", "")), finding.RegistryType, "/0/x86_64-linux/size"},
	} {
		in := inspected(t, test.preset, test.path, test.base, test.head, "changed")
		found := false
		for _, f := range in.Findings {
			found = found || f.Rule == test.rule && strings.HasPrefix(f.Pointer, test.pointer)
		}
		if !found {
			t.Errorf("%s: no %s at %s: artifacts %+v, findings %+v", name, test.rule, test.pointer, in.Artifacts, in.Findings)
		}
	}
	for name, head := range map[string]string{
		"a stronger checksum beside": conan + "    sha512: \"" + two + "\"\n",
		"a weak checksum beside":     conan + "    sha1: \"" + one[:40] + "\"\n",
	} {
		if in := inspected(t, "conan", conanPath, conan, head, "changed"); len(in.Artifacts) != 1 {
			t.Errorf("%s: %d untouched", name, in.Unchanged)
		}
	}
}

// TestAFindingBehindAHundredOldOnesIsCounted has a base whose findings fill the list.
func TestAFindingBehindAHundredOldOnesIsCounted(t *testing.T) {
	entries := func(n int) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf(`"%d": {"x86_64-linux": {"tarball": "https://example.org/%[1]d", "size": "evil"}}`, i))
		}
		return "{" + strings.Join(all, ",") + "}"
	}
	base := entries(finding.MaxOfRule + 50)
	in := inspected(t, "zig", "download/index.json", base, strings.Replace(base, "/149", "/evil", 1), "changed")
	if len(in.Findings) == 0 || !slices.ContainsFunc(in.Findings, finding.Finding.IsCount) {
		t.Errorf("got %+v", in.Findings)
	}
}
