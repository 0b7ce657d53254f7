package registry_test

import (
	"bytes"
	"errors"
	"path"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/registry"
)

// edits are manifests of which every file without a checksum gets one. In what comes out, {hex}, {HEX} and {sri} stand for it.
var edits = []struct{ name, registry, path, before, after string }{
	{"bare", "scoop", "bucket/a.json", `{"url": "https://x/a"}`, `{"url": "https://x/a", "hash": "{hex}"}`},
	{"over lines", "scoop", "bucket/a.json", "{\n    \"version\": \"1\",\n    \"url\": \"https://x/a\",\n    \"bin\": \"a\"\n}\n", "{\n    \"version\": \"1\",\n    \"url\": \"https://x/a\",\n    \"hash\": \"{hex}\",\n    \"bin\": \"a\"\n}\n"},
	{"CRLF and tabs", "scoop", "bucket/a.json", "{\r\n\t\"url\":\"https://x/a\",\r\n\t\"bin\":1\r\n}", "{\r\n\t\"url\":\"https://x/a\",\r\n\t\"hash\":\"{hex}\",\r\n\t\"bin\":1\r\n}"},
	{"a null is filled", "scoop", "bucket/a.json", `{"url": "https://x/a", "hash": null}`, `{"url": "https://x/a", "hash": "{hex}"}`},
	{"as the neighbour writes it", "scoop", "bucket/a.json", `{"architecture": {"64bit": {"url": "https://x/a", "hash": "sha512:` + sum512 + `"}, "32bit": {"url": "https://x/b"}}}`, `{"architecture": {"64bit": {"url": "https://x/a", "hash": "sha512:` + sum512 + `"}, "32bit": {"url": "https://x/b", "hash": "sha256:{hex}"}}}`},
	{"a list of URLs has no place", "scoop", "bucket/a.json", `{"url": ["https://x/a", "https://x/b"]}`, ""},
	{"SRI", "bcr", "modules/a/1/source.json", "{\n  \"url\": \"https://x/a\",\n  \"strip_prefix\": \"a\"\n}", "{\n  \"url\": \"https://x/a\",\n  \"integrity\": \"{sri}\",\n  \"strip_prefix\": \"a\"\n}"},
	{"hex and size", "zig", "download/index.json", "{\"1\": {\"linux\": {\n  \"tarball\": \"https://x/a\",\n  \"size\": \"5\"\n}}}", "{\"1\": {\"linux\": {\n  \"tarball\": \"https://x/a\",\n  \"shasum\": \"{hex}\",\n  \"size\": \"5\"\n}}}"},

	{"block", "krew", "plugins/a.yaml", "spec:\n  platforms:\n  - uri: https://x/a # the build\n    bin: a\n  - bin: b\n    uri: https://x/b", "spec:\n  platforms:\n  - uri: https://x/a # the build\n    sha256: {hex}\n    bin: a\n  - bin: b\n    uri: https://x/b\n    sha256: {hex}"},
	{"flow", "krew", "plugins/a.yaml", "spec: {platforms: [{uri: https://x/a , bin: a}, {bin: b, uri: 'https://x/b'}]}\n", "spec: {platforms: [{uri: https://x/a, sha256: {hex} , bin: a}, {bin: b, uri: 'https://x/b', sha256: '{hex}'}]}\n"},
	{"JSON in YAML", "krew", "plugins/a.yaml", `{"spec": {"platforms": [{"uri": "https://x/a"}]}}`, `{"spec": {"platforms": [{"uri": "https://x/a", "sha256": "{hex}"}]}}`},
	{"one that is not written", "krew", "plugins/a.yaml", "spec:\n  platforms:\n  - uri: https://x/a\n    sha256:\n    bin: a\n", "spec:\n  platforms:\n  - uri: https://x/a\n    sha256: {hex}\n    bin: a\n"},
	{"a null", "krew", "plugins/a.yaml", "spec:\n  platforms:\n  - uri: https://x/a\n    sha256: ~\n", "spec:\n  platforms:\n  - uri: https://x/a\n    sha256: {hex}\n"},
	{"upper case, CRLF", "winget", "manifests/a/A/B/1/A.B.installer.yaml", "Installers:\r\n- InstallerUrl: https://x/a\r\n  InstallerSha256: " + strings.ToUpper(sum256) + "\r\n- InstallerUrl: https://x/b\r\n", "Installers:\r\n- InstallerUrl: https://x/a\r\n  InstallerSha256: " + strings.ToUpper(sum256) + "\r\n- InstallerUrl: https://x/b\r\n  InstallerSha256: {HEX}\r\n"},
	{"byte-order mark", "winget", "manifests/a/A/B/1/A.B.installer.yaml", "\ufeffInstallers:\n- InstallerUrl: https://x/ü\n", "\ufeffInstallers:\n- InstallerUrl: https://x/ü\n  InstallerSha256: {hex}\n"},
	{"the first of several members", "conan", "recipes/a/all/conandata.yml", "sources:\n  \"1.0\":\n    url: \"https://x/a\"\n", "sources:\n  \"1.0\":\n    url: \"https://x/a\"\n    sha256: \"{hex}\"\n"},
	{"mirrors in a member of their own have one", "bcr", "modules/a/1/source.json", `{"url": "https://x/a", "mirror_urls": ["https://y/a", "https://z/a"]}`, `{"url": "https://x/a", "integrity": "{sri}", "mirror_urls": ["https://y/a", "https://z/a"]}`},
	{"mirrors have an empty one", "conan", "recipes/a/all/conandata.yml", "sources:\n  \"1.0\":\n    url: [\"https://x/a\", \"https://y/a\"]\n    sha256: \"\"\n", "sources:\n  \"1.0\":\n    url: [\"https://x/a\", \"https://y/a\"]\n    sha256: \"{hex}\"\n"},
	{"rewritten", "localai", "gallery/index.yaml", "- name: a\n  files:\n  - filename: a\n    uri: huggingface://a/b/c.gguf\n", "- name: a\n  files:\n  - filename: a\n    uri: huggingface://a/b/c.gguf\n    sha256: {hex}\n"},
	{"merged from elsewhere", "localai", "gallery/index.yaml", "- &a\n  name: a\n- <<: *a\n  files:\n  - uri: hf://a/b/c\n", "- &a\n  name: a\n- <<: *a\n  files:\n  - uri: hf://a/b/c\n    sha256: {hex}\n"},
	{"an alias is written where its anchor is", "localai", "gallery/index.yaml", "- files: &f\n  - uri: hf://a/b/c\n- files: *f\n", "- files: &f\n  - uri: hf://a/b/c\n    sha256: {hex}\n- files: *f\n"},
	{"a merged URL is no place", "localai", "gallery/index.yaml", "- &u {uri: hf://a/b/c}\n- files:\n  - <<: *u\n    name: a\n", ""},
	{"a merged place is that of others", "localai", "gallery/index.yaml", "- &u {sha256: \"\"}\n- files:\n  - <<: *u\n    uri: hf://a/b/c\n  - {<<: *u, uri: hf://a/b/d}\n", "- &u {sha256: \"\"}\n- files:\n  - <<: *u\n    uri: hf://a/b/c\n    sha256: {hex}\n  - {<<: *u, uri: hf://a/b/d, sha256: {hex}}\n"},
	{"a merged file has its place where it is", "krew", "plugins/a.yaml", "spec:\n  platforms:\n  - &u {uri: https://x/a, sha256: \"\"}\n  - <<: *u\n    bin: b\n", "spec:\n  platforms:\n  - &u {uri: https://x/a, sha256: \"{hex}\"}\n  - <<: *u\n    bin: b\n"},
	{"an alias of a URL is no place", "localai", "gallery/index.yaml", "- name: &u hf://a/b/c\n  files:\n  - uri: *u\n", ""},
	{"where there is none, beside a comment", "krew", "plugins/a.yaml", "spec:\n  platforms:\n  - sha256: # later\n    uri: https://x/a\n", "spec:\n  platforms:\n  - sha256: {hex} # later\n    uri: https://x/a\n"},
	{"where there is none, between braces", "krew", "plugins/a.yaml", "spec: {platforms: [{uri: https://x/a, sha256: }, {sha256:  , uri: https://x/b}]}\n", "spec: {platforms: [{uri: https://x/a, sha256: {hex} }, {sha256: {hex}  , uri: https://x/b}]}\n"},
	{"an alias of nothing", "krew", "plugins/a.yaml", "n: &n ~\nspec:\n  platforms:\n  - sha256: *n\n    uri: https://x/a\n", ""},
	{"an empty text with an anchor", "krew", "plugins/a.yaml", "spec:\n  platforms:\n  - sha256: &x ''\n    uri: https://x/a\n", ""},
	{"a folded URL has no place", "localai", "gallery/index.yaml", "- files:\n  - uri: >-\n      hf://a/b/c\n", ""},
	{"several keys on a line", "localai", "gallery/index.yaml", "- files:\n  - ? uri\n    : hf://a/b/c\n", ""},
	{"a prefix in its neighbour's case", "arduino", "package_a_index.json", `{"packages": [{"platforms": [{"url": "https://x/a", "checksum": ""}, {"url": "https://x/b", "checksum": "SHA-256:` + strings.ToUpper(sum512[:64]) + `"}]}]}`, `{"packages": [{"platforms": [{"url": "https://x/a", "checksum": "SHA-256:{HEX}"}, {"url": "https://x/b", "checksum": "SHA-256:` + strings.ToUpper(sum512[:64]) + `"}]}]}`},
	{"a TOML table", "mise", "mise.lock", "[[tools.a]]\nversion = \"1\"\n  [tools.a.\"platforms.linux-x64\"]\n  url = 'https://x/a' # here\n  size = 5\n", "[[tools.a]]\nversion = \"1\"\n  [tools.a.\"platforms.linux-x64\"]\n  url = 'https://x/a' # here\n  checksum = \"sha256:{hex}\"\n  size = 5\n"},
	{"a TOML table in braces", "uv", "uv.lock", "[[package]]\nwheels = [\n  { url = \"https://x/a.whl\", size = 1 },\n  {hash = '', url = \"https://x/b.whl\"}\n]\n", "[[package]]\nwheels = [\n  { url = \"https://x/a.whl\", hash = \"{hex}\", size = 1 },\n  {hash = \"{hex}\", url = \"https://x/b.whl\"}\n]\n"},
	{"a TOML table of dotted keys", "pylock", "pylock.toml", "[[packages]]\nsdist.url = 'https://x/a.tgz'\nsdist.hashes = {}\n", ""},
	{"documents", "krew", "plugins/a.yaml", "spec: {platforms: [{uri: https://x/a}]}\n---\nspec: {platforms: [{uri: https://x/b}]}\n", "spec: {platforms: [{uri: https://x/a, sha256: {hex}}]}\n---\nspec: {platforms: [{uri: https://x/b, sha256: {hex}}]}\n"},
	// Of registries that describe themselves: the members of the one entry.
	{"a name that its neighbour quotes", `url: /url, checksum: /sum`, "a.yaml", "f: [{'url': https://x/a}]\n", "f: [{'url': https://x/a, 'sum': {hex}}]\n"},
	{"beside others of its kind", "url: /url, checksum: /sums/sha256", "a.yaml", "f:\n- url: https://x/a\n  sums:\n    crc: 5\n    of:\n    - x\n- {sums: {crc: 5}, url: https://x/b}\n", "f:\n- url: https://x/a\n  sums:\n    crc: 5\n    sha256: {hex}\n    of:\n    - x\n- {sums: {crc: 5, sha256: {hex}}, url: https://x/b}\n"},
	{"an address that stands nowhere", "url: /url, default-url: 'https://x/{/n}', checksum: /sha256", "a.yaml", "f:\n- n: a\n  v: |\n    1\n", "f:\n- n: a\n  sha256: {hex}\n  v: |\n    1\n"},
	{"the member that is there and empty", "url: /url, checksum: [/sha512, /sum, /md5, /sha256]", "a.yaml", "f: [{url: https://x/a, sha256: '', md5: ''}, {url: https://x/b, sum: null}, {url: https://x/c, sha256: \"\", sum: \"\"}]\n", "f: [{url: https://x/a, sha256: '{hex}', md5: ''}, {url: https://x/b, sum: {hex}}, {url: https://x/c, sha256: \"\", sum: \"{hex}\"}]\n"},
	{"as members of the same name", "url: /url, checksum: [/sum, /integrity]", "a.yaml", "f: [{url: https://x/a, integrity: " + sri256 + "}, {url: https://x/b}, {url: https://x/c, sum: SHA256:" + sum512[:64] + "}]\n", "f: [{url: https://x/a, integrity: " + sri256 + "}, {url: https://x/b, sum: SHA256:{hex}}, {url: https://x/c, sum: SHA256:" + sum512[:64] + "}]\n"},
	{"alone with others of its kind", "url: /url, checksum: /sums/sha256", "a.yaml", "f: [{url: https://x/a, sums: {}}]\n", ""},
}

// fill gives every file of a manifest that has no checksum one, and returns the text and what could not be written.
func fill(r *registry.Registry, path string, text []byte) ([]byte, error) {
	m, findings := r.Read(path, text, r)
	if m == nil {
		return nil, errors.New(findings[0].Message)
	}
	edit := m.Edit(text)
	var problems []error
	for _, a := range m.Artifacts {
		if a.Checksum == nil && a.Role != artifact.Image {
			problems = append(problems, edit.SetChecksum(a, digest.Digest{Algorithm: digest.SHA256, Sum: sum256}, 5, false))
		}
	}
	out, err := edit.Text()
	return out, errors.Join(append(problems, err)...)
}

func TestAChecksumIsWrittenAsItsRegistryWritesIt(t *testing.T) {
	for _, test := range edits {
		t.Run(test.registry+" "+test.name, func(t *testing.T) {
			description := test.registry
			if members, isEntry := strings.CutPrefix(description, "url: "); isEntry {
				description = "manifests: a.yaml\nartifacts: [{at: /f/*, url: " + members + "}]"
			}
			r := registryOf(t, description)
			if !r.Selects(test.path) {
				t.Fatalf("%s is no manifest of %s", test.path, test.registry)
			}
			got, err := fill(r, test.path, []byte(test.before))
			if test.after == "" {
				if !errors.Is(err, document.ErrNotEditable) || got != nil && string(got) != test.before {
					t.Errorf("want ErrNotEditable and nothing written, got %v and\n%s", err, got)
				}
				return
			}
			want := strings.NewReplacer("{hex}", sum256, "{HEX}", strings.ToUpper(sum256), "{sri}", sri256).Replace(test.after)
			if diff := gocmp.Diff(want, string(got)); diff != "" || err != nil {
				t.Fatalf("%v (- want, + got):\n%s", err, diff)
			}
			checkFilled(t, r, test.path, got)
		})
	}
}

// checkFilled makes sure that every file has a checksum, and that a second run changes nothing.
func checkFilled(t *testing.T, r *registry.Registry, path string, text []byte) {
	t.Helper()
	m, findings := r.Read(path, text, r)
	if m == nil {
		t.Fatal(findings)
	}
	for _, a := range m.Artifacts {
		if a.Checksum == nil {
			t.Errorf("%s has no checksum", a.Pointer)
		}
	}
	if again, err := fill(r, path, text); err != nil || string(again) != string(text) {
		t.Errorf("the second run says %v, and changes the text to\n%s", err, again)
	}
}

// FuzzEdit holds an edit of YAML or TOML to changing what it says and nothing else.
func FuzzEdit(f *testing.F) {
	for _, test := range edits {
		f.Add(path.Ext(test.path) == ".lock", test.before)
	}
	for _, seed := range []string{"a.url = 1", "url = 'a'", "[a]\nurl = 'a' # b\n[[b]]\nurl = \"\"\"\na\"\"\"", "a = [{url = 'a'}, {url = 'b', hash = ''}]", "a = {b.url = 'a'}", "[a]\n\"url\" = 'b'\nsha256.x = 1"} {
		f.Add(true, seed)
	}
	for _, seed := range []string{"- url: [a]\n", "- url: a\n  sha256: ''\n", "- {url: a}\n- url: &x b\n- url: *x\n", "- &a {url: x}\n- *a\n- <<: *a\n", "- ? url\n  : x\n- 'url' : x #\n"} {
		f.Add(false, seed)
	}
	r := registryOf(f, "manifests: '*'\nartifacts: [{at: ['', /**], url: [/url, /uri], checksum: [/sha256, /hash], size: /size}]")
	f.Fuzz(func(t *testing.T, isTOML bool, text string) {
		name := "a.yaml"
		if isTOML {
			name = "a.toml"
		}
		before, _ := r.Read(name, []byte(text), r)
		if before == nil {
			return
		}
		for _, a := range before.Artifacts {
			edit := before.Edit([]byte(text))
			if a.Checksum != nil || edit.SetChecksum(a, digest.Digest{Algorithm: digest.SHA256, Sum: sum256}, 0, false) != nil {
				continue
			}
			out, err := edit.Text()
			if err != nil {
				t.Fatalf("the checksum of %q can't be read again: %v\n%s", a.Pointer, err, text)
			}
			checkEdited(t, r, before, a, text, string(out))
		}
	})
}

// checkEdited makes sure that a text differs from what it was in one place, which gives one artifact a checksum. An artifact that
// is written at the same place, as an alias of it is, gets it too.
func checkEdited(t *testing.T, r *registry.Registry, before *registry.Manifest, a artifact.Artifact, text, out string) {
	t.Helper()
	after, findings := r.Read(before.Path, []byte(out), r)
	if after == nil || len(after.Artifacts) != len(before.Artifacts) {
		t.Fatalf("%q was edited, and %v\n%s\n%s", a.Pointer, findings, text, out)
	}
	if kept := common(text, out) + common(backwards(text), backwards(out)); kept < len(text)-len("null") {
		t.Fatalf("%q was edited, and %d bytes of %d stayed\n%s\n%s", a.Pointer, kept, len(text), text, out)
	}
	found := false
	for i, b := range after.Artifacts {
		was := before.Artifacts[i]
		isIt := was.Pointer == a.Pointer && was.Document == a.Document && was.URL == a.URL
		found = found || isIt && b.Checksum != nil && b.Checksum.Value.Sum == sum256
		if b.URL != was.URL || b.Pointer != was.Pointer {
			t.Errorf("%q was edited, and %q of %s became %q of %s\n%s", a.Pointer, was.Pointer, was.URL, b.Pointer, b.URL, out)
		}
	}
	if !found {
		t.Errorf("%q has no checksum afterwards:\n%s\n%s", a.Pointer, text, out)
	}
}

// common is the length of what two texts begin with.
func common(a, b string) (n int) {
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

func backwards(text string) string {
	all := []byte(text)
	slices.Reverse(all)
	return string(all)
}

// TestOnePlaceGetsNoTwoChecksums: that of two files which merge it, and that of mirrors which differ.
func TestOnePlaceGetsNoTwoChecksums(t *testing.T) {
	for _, test := range []struct {
		preset, path, text string
		want               error
	}{
		{"krew", "plugins/a.yaml", "x: [&a {uri: https://x/a}, &b {uri: https://x/b}, &c {sha256: \"\"}]\nspec:\n  platforms:\n  - <<: [*a, *c]\n  - <<: [*b, *c]\n", document.ErrNotEditable},
		{"bcr", "modules/a/1/source.json", `{"url": "https://x/a", "mirror_urls": ["https://y/a"]}`, registry.ErrDeclared},
	} {
		m, findings := registryOf(t, test.preset).Read(test.path, []byte(test.text), registryOf(t, test.preset))
		if m == nil || len(m.Artifacts) != 2 {
			t.Fatal(findings)
		}
		edit := m.Edit([]byte(test.text))
		first := edit.SetChecksum(m.Artifacts[0], digest.Digest{Algorithm: digest.SHA256, Sum: sum256}, 0, false)
		second := edit.SetChecksum(m.Artifacts[1], digest.Digest{Algorithm: digest.SHA256, Sum: strings.Repeat("0", 64)}, 0, false)
		if out, err := edit.Text(); err != nil || first != nil || !errors.Is(second, test.want) || bytes.Contains(out, []byte("0000")) || bytes.Count(out, []byte(`"integrity"`)) > 1 {
			t.Errorf("%v, %v, %v:\n%s", first, second, err, out)
		}
	}
}
