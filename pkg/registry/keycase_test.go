package registry_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/premAI-io/verify-manifests/pkg/registry"
)

// TestWhatAPresetReads holds what the presets list and report of texts that their consumers read otherwise than they look.
func TestWhatAPresetReads(t *testing.T) {
	const krew = "spec: {platforms: [{uri: 'https://x/a'}]}\n"
	for _, test := range []struct{ name, preset, path, text, want string }{
		{"another case of a URL", "krew", "plugins/a.yaml", "spec: {platforms: [{uri: 'https://x/a', Uri: 'https://x/b'}]}", "/spec/platforms/0 https://x/a 1:26\nregistry/key-case 1:41 /spec/platforms/0/Uri"},
		{"another case of a URL alone", "krew", "plugins/a.yaml", "spec: {platforms: [{uRi: 'https://x/b'}]}", "registry/key-case 1:21 /spec/platforms/0/uRi"},
		{"another case of a checksum", "krew", "plugins/a.yaml", "spec: {platforms: [{uri: 'https://x/a', Sha256: " + sum256 + "}]}", "/spec/platforms/0 https://x/a 1:26\nregistry/key-case 1:41 /spec/platforms/0/Sha256\nregistry/unused-digest 1:49 /spec/platforms/0/Sha256"},
		{"long s", "krew", "plugins/a.yaml", krew + "ſpec: {platforms: [{uri: 'https://x/b'}]}", "/spec/platforms/0 https://x/a 1:26\nregistry/key-case 2:1 /ſpec"},
		{"another case of two", "krew", "plugins/a.yaml", krew + "Spec: {Platforms: [{uri: 'https://x/b'}]}", "/spec/platforms/0 https://x/a 1:26\nregistry/key-case 2:8 /Spec/Platforms"},
		{"another case that leads to nothing", "krew", "plugins/a.yaml", krew + "Spec: {version: 1}\nURI: a", "/spec/platforms/0 https://x/a 1:26"},
		{"another case below a merge", "krew", "plugins/a.yaml", "spec: {platforms: [{<<: {Uri: 'https://x/b'}, uri: 'https://x/a'}]}", "/spec/platforms/0 https://x/a 1:52\nregistry/key-case 1:26 /spec/platforms/0/Uri"},
		{"another case of a list", "localai", "gallery/a.yaml", "- files: [{uri: 'https://x/a'}]\n  download_files: &a [{uri: 'https://x/b'}]\n  DOWNLOAD_FILES: [{urI: 'https://x/c'}]", "/0/files/0 https://x/a 1:17\n/0/download_files/0 https://x/b 2:29\nregistry/key-case 3:3 /0/DOWNLOAD_FILES\nregistry/key-case 3:21 /0/DOWNLOAD_FILES/0/urI"},
		{"PowerShell", "scoop", "bucket/a.json", `{"Url": "https://x/a", "architecture": {"64bit": {"URL": "https://x/b"}}}`, "registry/key-case 1:2 /Url\nregistry/key-case 1:51 /architecture/64bit/URL"},
		{"another case of a list", "scoop", "bucket/a.json", `{"Url": ["https://x/a"]}`, "registry/key-case 1:2 /Url"},
		{"another case of nothing", "scoop", "bucket/a.json", `{"Url": [], "architecture": {"64bit": {"URL": ""}}}`, "registry/no-artifact 1:1 (root)"},
		{"patch files of the index", "conan", "recipes/a/all/conandata.yml", "sources: {'1': {url: 'https://x/a'}}\npatches: {'1': [{patch_file: a, sha256: " + sum256 + "}, {url: 'https://x/p'}]}", "/sources/1 https://x/a 1:22\n/patches/1/1 https://x/p 2:114"},
		{"a list of one", "scoop", "bucket/a.json", `{"architecture": {"64bit": [{"url": "https://x/b"}]}}`, "/architecture/64bit/0 https://x/b for 64bit 1:37"},
		{"both cases are described", "winget", "manifests/a.yaml", "Installers:\n- Url: https://x/a\n  Sha256: " + sum256, "/Installers/0 https://x/a sha256:e3b0 2:8"},
		{"another case in a condition", "flathub", "a.json", `{"modules": [{"sources": [{"Type": "file", "url": "https://x/a"}, {"Type": "patch", "url": "https://x/b"}]}]}`, "registry/key-case 1:28 /modules/0/sources/0/Type"},
		{"another case at a condition of the root", "helm", "index.yaml", "Entries: {a: [{urls: ['https://x/a']}]}", "registry/key-case 1:1 /Entries"},
		{"another case with a fixed part", "mise", "mise.lock", "[[tools.a]]\nversion = \"1\"\n[tools.a.\"Platforms.linux-x64\"]\nurl = \"https://x/a\"", "registry/key-case 3:10 /tools/a/0/Platforms.linux-x64"},
		{"GLib's names", "flathub", "a.json", `{"sources": [{"type": "file", "url": "https://x/a", "mirror_urls": ["https://x/b"], "mirror-urls": ["https://x/c"]}]}`, "/sources/0/url https://x/a 1:38\n/sources/0/mirror_urls/0 https://x/b mirror 2 1:69\n/sources/0/mirror-urls/0 https://x/c mirror 1 1:101"},
		{"data that the consumer inlines", "flathub", "a.json", `{"sources": [{"type": "file", "url": "data:,a"}]}`, ""},
		{"data that it does not", "krew", "plugins/a.yaml", "spec: {platforms: [{uri: 'data:,a'}]}", "/spec/platforms/0 data:,a 1:26"},
		{"files that are read", "flathub", "b/a.json", `{"modules": ["../m.yaml", "d/m.json", {"name": "m", "sources": ["s.yml"]}]}`, ""},
		{"files that are not", "flathub", "b/a.json", `{"modules": ["evil.txt", ".dep/evil.json", "../../m.json", {"name": "m", "sources": ["/etc/s.yml"]}]}`, "registry/unread-file 1:14 /modules/0\nregistry/unread-file 1:26 /modules/1\nregistry/unread-file 1:44 /modules/2\nregistry/unread-file 1:86 /modules/3/sources/0"},
		{"a digest that is overridden", "krew", "plugins/a.yaml", "spec: {platforms: [{<<: {uri: 'https://x/b', sha256: " + sum256 + "}, uri: 'https://x/a', sha256: ''}]}", "/spec/platforms/0 https://x/a 1:126\nregistry/unused-digest 1:54 /spec/platforms/0/<</sha256"},
		{"a digest that is overridden here and used there", "localai", "gallery/a.yaml", "- &a\n  files: &f [{uri: 'https://x/a', sha256: " + sum256 + "}]\n- <<: *a\n  files: []\n- files: *f", "/0/files/0 https://x/a sha256:e3b0 2:20\n/2/files/0 https://x/a sha256:e3b0 2:20"},
		{"an address of a scheme that is rewritten, in another form", "localai", "gallery/a.yaml", "files: [{uri: 'github:/a/b/c'}, {uri: 'oci://a/b'}]", "/files/0 github:/a/b/c 1:15\nregistry/other-scheme 1:39 /files/1/uri"},
		{"a null by its tag", "krew", "plugins/a.yaml", "spec: {platforms: [{uri: !!null 'https://x/b'}]}", "yaml/tag 1:33 /spec/platforms/0/uri"},
		{"tags of whatever is read", "krew", "plugins/a.yaml", "spec:\n  platforms:\n  - {uri: !!int 'https://x/b', sha256: !!binary aGk=, selector: {matchLabels: {os: ! linux}}}", "/spec/platforms/0 https://x/b invalid for linux 3:17\nyaml/tag 3:17 /spec/platforms/0/uri\nchecksum/invalid 3:49 /spec/platforms/0/sha256\nyaml/tag 3:49 /spec/platforms/0/sha256\nyaml/tag 3:86 /spec/platforms/0/selector/matchLabels/os"},
		{"a line break of YAML 1.1", "krew", "plugins/a.yaml", "spec: {version: 'a\u2028b', platforms: [{uri: 'https://x\u2028/b'}]}", "/spec/platforms/0 https://x\u2028/b 1:42\nyaml/ambiguous 1:42 /spec/platforms/0/uri"},
		{"a tab in a condition", "flathub", "a.yaml", "sources: [{type: fi\tle, url: 'https://x/a'}]", "yaml/ambiguous 1:18 /sources/0/type"},
		{"a tag of a condition", "flathub", "a.yaml", "sources: [{type: !!binary ZmlsZQ==, url: 'https://x/a'}]", "yaml/tag 1:27 /sources/0/type"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, err := registry.Preset(test.preset)
			if err != nil {
				t.Fatal(err)
			}
			m, findings := r.Read(test.path, []byte(test.text), r)
			if m == nil {
				t.Fatal(findings)
			}
			if diff := cmp.Diff(test.want, strings.Join(append(artifacts(m), told(findings)...), "\n")); diff != "" {
				t.Errorf("%s (- want, + got):\n%s", test.text, diff)
			}
		})
	}
}
