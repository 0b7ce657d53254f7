package registry_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/registry"
)

// described parses a description, as a configuration file holds it.
func described(text string) (*registry.Registry, error) {
	documents, findings := document.Read("config.yaml", []byte(text), document.Options{})
	if len(documents) != 1 {
		return nil, fmt.Errorf("%v", findings)
	}
	return registry.Parse("config.yaml", documents[0].Root)
}

// registryOf returns the registry of a description, or of a preset by its name.
func registryOf(t testing.TB, text string) *registry.Registry {
	t.Helper()
	r, err := described(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// mistakes are descriptions, and what is said of them: every line of it.
var mistakes = []struct{ name, text, want string }{
	{"none", "manifests: '*.json'\nartifacts: [{at: '', url: /url}]", ""},
	{"a preset", "scoop", ""},
	{"no such preset", "scoops", "1:1: unknown preset `scoops` (did you mean `scoop`?)"},
	{"a preset's path", "../presets/scoop", "1:1: unknown preset"},
	{"nothing", "{}", "1:1: missing `manifests`\n1:1: missing `artifacts`"},
	{"unknown key", base + "sintax: json", "3:1: unknown key `sintax`: the keys are accept, allow-http, artifacts,"},
	{"the presets' own key", base + "rules: prem", "3:1: unknown key `rules`"},
	{"no at", entry("url: /url"), "2:13: missing `at`"},
	{"no url", entry("at: ''"), "2:13: missing `url`"},
	{"image and url", entry("at: '', url: /url, image: /image"), "2:13: `image` excludes `url`"},
	{"bad syntax", base + "syntax: ini", "3:9: invalid value `ini`: expected one of json, yaml, toml"},
	{"bad size", base + "max-size: big", "3:11: invalid size `big`"},
	{"no size", base + "max-size: 0", "3:11: invalid size `0`"},
	{"too large a size", base + "max-size: 65MB", "3:11: invalid size `65MB`"},
	{"bad algorithm", base + "accept: [md5, sha256]", "3:15: invalid value `sha256`: expected one of md5, sha1"},
	{"bad role", entry("at: '', url: /url, role: image"), "2:39: invalid value `image`: expected one of binary, weight, file"},
	{"bad pattern", entry("at: url, url: /url"), "2:18: invalid pattern `url`: expected a JSON pointer"},
	{"a hundred and one patterns", entry("at: [" + strings.Repeat("'', ", 101) + "], url: /url"), "1:1: the description has 101 patterns; the limit is 100"},
	{"a hundred patterns", entry("at: [" + strings.Repeat("'', ", 100) + "], url: /url"), ""},
	{"pattern as pointer", entry("at: '', url: '/*'"), "2:27: invalid pointer `/*`"},
	{"no such capture", entry("at: ['/{os}'], url: /url, platform: arch"), "2:50: no pattern of `at` captures `arch`"},
	{"bad where", entry("at: '', url: /url, where: /type"), "2:40: `where` is the string `/type`; expected pointers with texts"},
	{"bad pointer in where", entry("at: '', url: /url, where: {type: a}"), "2:47: invalid pointer `type`"},
	{"bad text in where", entry("at: '', url: /url, where: {/type: {a: b}}"), "2:48: `/type` is an object; expected a text"},
	{"bad default", entry("at: '', url: /url, default-url: 'https://x/{name}'"), "2:46: invalid template `https://x/{name}`: `{name}` is not a pointer"},
	{"open brace in a default", entry("at: '', url: /url, default-url: 'https://x/{/a'"), "2:46: invalid template `https://x/{/a`: unbalanced brace"},
	{"bad rewrite", entry("at: '', url: /url, rewrite: x"), "2:42: `rewrite` is the string `x`; expected an object of templates"},
	{"rewrite of what is not captured", entry("at: '', url: /url, rewrite: {'a:{b}': 'https://x/{c}'}"), "2:52: invalid rewrite of `a:{b}`: `{c}` is not captured"},
	{"rewrite that captures twice", entry("at: '', url: /url, rewrite: {'a:{b}/{b}': 'https://x/{b}'}"), "2:56: invalid rewrite of `a:{b}/{b}`: invalid placeholder `{b}`"},
	{"rewrite of no name", entry("at: '', url: /url, rewrite: {'a:{/b}': 'https://x/'}"), "2:53: invalid rewrite of `a:{/b}`: invalid placeholder `{/b}`"},
	{"rewrite to an open brace", entry("at: '', url: /url, rewrite: {'a:{b}': 'https://x/b}'}"), "2:52: invalid rewrite of `a:{b}`: unbalanced brace"},
	{"bundles", entry("at: ['/attestations/{name}'], url: /url, attestation: /bundle, attests: 'x-{name}'"), ""},
	{"bundles of no capture", entry("at: ['/{name}'], url: /url, attests: '{file}'"), "2:51: invalid template `{file}`: no pattern of `at` captures `file`"},
	{"bundles of no file", entry("at: ['/{name}'], url: /url, attests: ''"), "2:51: invalid template"},
	{"unless", entry("at: '', url: /url, unless: {/link: [\"true\", true, 1, null, 'a*', '*'], '#/packages': null}"), ""},
	{"bad pointer to the root", entry("at: '', url: /url, unless: {'#packages': a}"), "2:55: invalid pointer `packages`"},
	{"conditions on the document", base + "where: {/a: b}\nunless: {/c: 1}", ""},
	{"a base", base + "base: https://example.com/charts", ""},
	{"a base over ftp", base + "base: ftp://example.com/charts", "3:7: invalid base `ftp://example.com/charts`"},
	{"a base without a host", base + "base: https:x", "3:7: invalid base `https:x`: expected a URL"},
	{"a preset with a base", "preset: krew\nbase: https://x/", ""},
	{"an unknown preset with a base", "preset: kraw\nbase: https://x/", "1:9: unknown preset `kraw` (did you mean `krew`?)"},
	{"a preset with more", "preset: krew\nmanifests: a", "2:1: unknown key `manifests`: the keys are base, preset"},
	{"a token with a fixed part", entry("at: '/platforms.{os}-{arch}/*.zip', url: /url, platform: arch"), ""},
	{"no entry", "manifests: a\nartifacts: []", "1:1: missing `artifacts`"},
	{"no text in where", entry("at: '', url: /url, where: {/type: []}"), "2:48: `/type` has no text"},
}

const base = "manifests: a\nartifacts: [{at: '', url: /url}]\n"

func entry(text string) string { return "manifests: a\nartifacts: [{" + text + "}]\n" }

var place = regexp.MustCompile(`(?m)^config\.yaml:\d+:\d+: .+`)

func TestEveryMistakeInADescriptionIsToldAtItsPlace(t *testing.T) {
	for _, test := range mistakes {
		t.Run(test.name, func(t *testing.T) {
			r, err := described(test.text)
			switch {
			case (err == nil) != (test.want == ""):
				t.Fatalf("want %q, got %v", test.want, err)
			case err == nil && r == nil:
				t.Fatal("neither a registry nor an error")
			case err == nil:
				return
			}
			for want := range strings.SplitSeq(test.want, "\n") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("want %q, got %v", want, err)
				}
			}
			if got := strings.Count(err.Error(), "\n") + 1; got != strings.Count(test.want, "\n")+1 {
				t.Errorf("%d mistakes are told, of one thing: %v", got, err)
			}
		})
	}
}

// FuzzDescription holds Parse to a registry that works, or errors that each tell a place.
func FuzzDescription(f *testing.F) {
	for _, test := range mistakes {
		f.Add(test.text)
	}
	for _, name := range registry.Presets() {
		text, err := registry.PresetText(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	const manifest = `{"url": "https://example.com/a", "hash": "md5:1", "a": [{"url": ["b", null], "sha256": ["", 1]}], "files": {"x": {"uri": "hf://a/b/c"}}}`
	f.Fuzz(func(t *testing.T, text string) {
		documents, _ := document.Read("config.yaml", []byte(text), document.Options{})
		if len(documents) != 1 {
			return
		}
		r, err := registry.Parse("config.yaml", documents[0].Root)
		if err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if !place.MatchString(line) {
					t.Errorf("the error %q tells no place", line)
				}
			}
			return
		}
		if len(r.Manifests) == 0 || r.MaxSize < 1 {
			t.Errorf("a registry without manifests: %+v", r)
		}
		r.Read("a.json", []byte(manifest), r)
	})
}
