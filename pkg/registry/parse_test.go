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

// mistakes are descriptions, and what is said of them: every line of it.
var mistakes = []struct{ name, text, want string }{
	{"none", "manifests: '*.json'\nartifacts: [{at: '', url: /url}]", ""},
	{"a preset", "scoop", ""},
	{"no such preset", "scoops", "1:1: there is no preset `scoops`"},
	{"a preset's path", "../presets/scoop", "1:1: there is no preset"},
	{"a list", "- scoop", "1:1: the manifest is a list, where an object is expected"},
	{"nothing", "{}", "1:1: `manifests` is missing\n1:1: `artifacts` is missing"},
	{"unknown key", base + "sintax: json", "3:1: the key `sintax` is not known here: the keys are accept, allow-http, artifacts,"},
	{"the presets' own key", base + "rules: prem", "3:1: the key `rules` is not known here"},
	{"unknown key of an entry", entry("at: '', url: /url, hash: /hash"), "2:33: the key `hash` is not known here: the keys are at, checksum,"},
	{"no at", entry("url: /url"), "2:13: `at` is missing"},
	{"no url", entry("at: ''"), "2:13: `url` is missing"},
	{"image and url", entry("at: '', url: /url, image: /image"), "2:13: an entry names an `image` or a `url`"},
	{"image and checksum", entry("at: '', checksum: /sha256, image: /image"), "2:13: an entry names an `image` or a `url`"},
	{"entry that is a text", "manifests: a\nartifacts: [a]", "2:13: item 1 of `artifacts` is the string `a`, where an object is expected"},
	{"artifacts that are none", "manifests: a\nartifacts: a", "2:12: `artifacts` is the string `a`, where a list is expected"},
	{"bad glob", "manifests: ['[']\nartifacts: [{at: '', url: /url}]", "1:13: `[` is no glob"},
	{"empty glob", "manifests: ''\nartifacts: [{at: '', url: /url}]", "1:12: (empty) is no glob"},
	{"bad syntax", base + "syntax: toml", "3:9: `toml` is none of json, yaml"},
	{"bad size", base + "max-size: big", "3:11: `big` is no size up to 64MB"},
	{"no size", base + "max-size: 0", "3:11: `0` is no size up to 64MB"},
	{"negative size", base + "max-size: -1MB", "3:11: `-1MB` is no size up to 64MB"},
	{"too large a size", base + "max-size: 65MB", "3:11: `65MB` is no size up to 64MB"},
	{"far too large a size", base + "max-size: 99999999999EB", "3:11: `99999999999EB` is no size up to 64MB"},
	{"bad algorithm", base + "accept: [md5, sha256]", "3:15: `sha256` is none of md5, sha1"},
	{"bad boolean", base + "optional: yes", "3:11: `optional` is the string `yes`, where true or false is expected"},
	{"bad role", entry("at: '', url: /url, role: image"), "2:39: `image` is none of binary, weight, file"},
	{"bad pattern", entry("at: url, url: /url"), "2:18: the pattern `url`: a pattern is a JSON pointer"},
	{"twice captured", entry("at: '/{a}/{a}', url: /url"), "2:18: the pattern `/{a}/{a}`: `{a}` stands twice"},
	{"a thousand depths", entry("at: '" + strings.Repeat("/**/a", 1000) + "', url: /url"), "2:18: the pattern `/**/a/**/a"},
	{"a hundred and one patterns", entry("at: [" + strings.Repeat("'', ", 101) + "], url: /url"), "1:1: the description has 101 patterns, and 100 are the most"},
	{"bad ignore", base + "ignore: ['/a', 'b']", "3:16: the pattern `b`"},
	{"pattern as pointer", entry("at: '', url: '/*'"), "2:27: `/*` is no JSON pointer"},
	{"capture as pointer", entry("at: '/{a}', checksum: '/{a}', url: /url"), "2:36: `/{a}` is no JSON pointer"},
	{"bad pointer in a list", entry("at: '', url: [/url, mirror]"), "2:34: `mirror` is no JSON pointer"},
	{"bad size pointer", entry("at: '', url: /url, size: size"), "2:39: `size` is no JSON pointer"},
	{"no such capture", entry("at: ['/{os}'], url: /url, platform: arch"), "2:50: no pattern of `at` captures `arch`"},
	{"bad where", entry("at: '', url: /url, where: /type"), "2:40: `where` is the string `/type`, where an object of pointers and texts is expected"},
	{"bad pointer in where", entry("at: '', url: /url, where: {type: a}"), "2:47: `type` is no JSON pointer"},
	{"bad text in where", entry("at: '', url: /url, where: {/type: {a: b}}"), "2:48: `/type` is an object, where a text is expected"},
	{"bad default", entry("at: '', url: /url, default-url: 'https://x/{name}'"), "2:46: the template `https://x/{name}`: `{name}` is no pointer"},
	{"open brace in a default", entry("at: '', url: /url, default-url: 'https://x/{/a'"), "2:46: the template `https://x/{/a`: a brace in it has no partner"},
	{"bad rewrite", entry("at: '', url: /url, rewrite: x"), "2:42: `rewrite` is the string `x`, where an object is expected"},
	{"rewrite of what is not captured", entry("at: '', url: /url, rewrite: {'a:{b}': 'https://x/{c}'}"), "2:52: the rewrite of `a:{b}`: `{c}` is not captured"},
	{"rewrite that captures twice", entry("at: '', url: /url, rewrite: {'a:{b}/{b}': 'https://x/{b}'}"), "2:56: the rewrite of `a:{b}/{b}`: `{b}` stands twice"},
	{"rewrite of no name", entry("at: '', url: /url, rewrite: {'a:{/b}': 'https://x/'}"), "2:53: the rewrite of `a:{/b}`: `{/b}` is no name"},
	{"rewrite with an open brace", entry("at: '', url: /url, rewrite: {'a:{b': 'https://x/'}"), "2:51: the rewrite of `a:{b`: a brace in it has no partner"},
	{"rewrite to an open brace", entry("at: '', url: /url, rewrite: {'a:{b}': 'https://x/b}'}"), "2:52: the rewrite of `a:{b}`: a brace in it has no partner"},
	{"a number for a text", base + "schema: [a]", "3:9: `schema` is a list, where a text is expected"},
	{"no pattern", entry("at: [], url: /url"), "2:13: `at` is missing"},
	{"no pointer", entry("at: '', url: []"), "2:13: `url` is missing"},
	{"no entry", "manifests: a\nartifacts: []", "1:1: `artifacts` is missing"},
	{"no text in where", entry("at: '', url: /url, where: {/type: []}"), "2:48: `/type` lists no text"},
	{"an empty entry", entry(""), "2:13: `at` is missing"},
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
