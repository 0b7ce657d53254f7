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
	{"a list", "- scoop", "1:1: the manifest is a list; expected an object"},
	{"nothing", "{}", "1:1: missing `manifests`\n1:1: missing `artifacts`"},
	{"unknown key", base + "sintax: json", "3:1: unknown key `sintax`: the keys are accept, allow-http, artifacts,"},
	{"the presets' own key", base + "rules: prem", "3:1: unknown key `rules`"},
	{"unknown key of an entry", entry("at: '', url: /url, hash: /hash"), "2:33: unknown key `hash`: the keys are at, attestation, attests, base, checksum,"},
	{"no at", entry("url: /url"), "2:13: missing `at`"},
	{"no url", entry("at: ''"), "2:13: missing `url`"},
	{"image and url", entry("at: '', url: /url, image: /image"), "2:13: `image` excludes `url`"},
	{"image and checksum", entry("at: '', checksum: /sha256, image: /image"), "2:13: `image` excludes `url`"},
	{"entry that is a text", "manifests: a\nartifacts: [a]", "2:13: item 1 of `artifacts` is the string `a`; expected an object"},
	{"artifacts that are none", "manifests: a\nartifacts: a", "2:12: `artifacts` is the string `a`; expected a list"},
	{"bad glob", "manifests: ['[']\nartifacts: [{at: '', url: /url}]", "1:13: invalid glob `[`"},
	{"empty glob", "manifests: ''\nartifacts: [{at: '', url: /url}]", "1:12: invalid glob (empty)"},
	{"bad syntax", base + "syntax: ini", "3:9: invalid value `ini`: expected one of json, yaml, toml"},
	{"bad size", base + "max-size: big", "3:11: invalid size `big`"},
	{"no size", base + "max-size: 0", "3:11: invalid size `0`"},
	{"negative size", base + "max-size: -1MB", "3:11: invalid size `-1MB`"},
	{"too large a size", base + "max-size: 65MB", "3:11: invalid size `65MB`"},
	{"far too large a size", base + "max-size: 99999999999EB", "3:11: invalid size `99999999999EB`"},
	{"bad algorithm", base + "accept: [md5, sha256]", "3:15: invalid value `sha256`: expected one of md5, sha1"},
	{"bad changes", base + "changes: entries", "3:10: invalid value `entries`: expected one of manifest, entry"},
	{"bad boolean", base + "optional: yes", "3:11: `optional` is the string `yes`; expected true or false"},
	{"bad role", entry("at: '', url: /url, role: image"), "2:39: invalid value `image`: expected one of binary, weight, file"},
	{"bad pattern", entry("at: url, url: /url"), "2:18: invalid pattern `url`: expected a JSON pointer"},
	{"twice captured", entry("at: '/{a}/{a}', url: /url"), "2:18: invalid pattern `/{a}/{a}`: `{a}` is captured twice"},
	{"a thousand depths", entry("at: '" + strings.Repeat("/**/a", 1000) + "', url: /url"), "2:18: invalid pattern `/**/a/**/a"},
	{"a hundred and one patterns", entry("at: [" + strings.Repeat("'', ", 101) + "], url: /url"), "1:1: the description has 101 patterns; the limit is 100"},
	{"a hundred patterns", entry("at: [" + strings.Repeat("'', ", 100) + "], url: /url"), ""},
	{"bad ignore", base + "ignore: ['/a', 'b']", "3:16: invalid pattern `b`"},
	{"pattern as pointer", entry("at: '', url: '/*'"), "2:27: invalid pointer `/*`"},
	{"capture as pointer", entry("at: '/{a}', checksum: '/{a}', url: /url"), "2:36: invalid pointer `/{a}`"},
	{"bad pointer in a list", entry("at: '', url: [/url, mirror]"), "2:34: invalid pointer `mirror`"},
	{"bad size pointer", entry("at: '', url: /url, size: size"), "2:39: invalid pointer `size`"},
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
	{"rewrite with an open brace", entry("at: '', url: /url, rewrite: {'a:{b': 'https://x/'}"), "2:51: invalid rewrite of `a:{b`: unbalanced brace"},
	{"rewrite to an open brace", entry("at: '', url: /url, rewrite: {'a:{b}': 'https://x/b}'}"), "2:52: invalid rewrite of `a:{b}`: unbalanced brace"},
	{"bundles", entry("at: ['/attestations/{name}'], url: /url, attestation: /bundle, attests: 'x-{name}'"), ""},
	{"bundles of no capture", entry("at: ['/{name}'], url: /url, attests: '{file}'"), "2:51: invalid template `{file}`: no pattern of `at` captures `file`"},
	{"bundles of no file", entry("at: ['/{name}'], url: /url, attests: ''"), "2:51: invalid template"},
	{"unless", entry("at: '', url: /url, unless: {/link: [\"true\", true, 1, null, 'a*', '*'], '#/packages': null}"), ""},
	{"bad unless", entry("at: '', url: /url, unless: [/link]"), "2:41: `unless` is a list; expected pointers with texts"},
	{"bad pointer to the root", entry("at: '', url: /url, unless: {'#packages': a}"), "2:55: invalid pointer `packages`"},
	{"conditions on the document", base + "where: {/a: b}\nunless: {/c: 1}", ""},
	{"a base", base + "base: https://example.com/charts", ""},
	{"a base over http", base + "base: http://example.com/charts", ""},
	{"a base over ftp", base + "base: ftp://example.com/charts", "3:7: invalid base `ftp://example.com/charts`"},
	{"a base at a pointer", entry("at: '', url: /url, base: /base"), ""},
	{"a base without a host", base + "base: https:x", "3:7: invalid base `https:x`: expected a URL"},
	{"a base that is a name", base + "base: example.com", "3:7: invalid base `example.com`"},
	{"a base of an image", entry("at: '', image: /image, base: https://x/"), "2:13: `image` excludes"},
	{"a preset with a base", "preset: krew\nbase: https://x/", ""},
	{"an unknown preset with a base", "preset: kraw\nbase: https://x/", "1:9: unknown preset `kraw` (did you mean `krew`?)"},
	{"a preset with more", "preset: krew\nmanifests: a", "2:1: unknown key `manifests`: the keys are base, preset"},
	{"a token with a fixed part", entry("at: '/platforms.{os}-{arch}/*.zip', url: /url, platform: arch"), ""},
	{"a bad token", entry("at: '/a**', url: /url"), "2:18: invalid pattern `/a**`: invalid part `a**`"},
	{"a number for a text", base + "schema: [a]", "3:9: `schema` is a list; expected a text"},
	{"no pattern", entry("at: [], url: /url"), "2:13: missing `at`"},
	{"no pointer", entry("at: '', url: []"), "2:13: missing `url`"},
	{"no entry", "manifests: a\nartifacts: []", "1:1: missing `artifacts`"},
	{"no text in where", entry("at: '', url: /url, where: {/type: []}"), "2:48: `/type` has no text"},
	{"an empty entry", entry(""), "2:13: missing `at`"},
	{"duplicate key", base + "optional: true\noptional: true", "yaml/duplicate-key"},
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
