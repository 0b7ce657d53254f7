package registry_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/registry"
)

const (
	sum1   = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
	sum5   = "d41d8cd98f00b204e9800998ecf8427e"
	sum256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	sri256 = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
)

var sum512 = strings.Repeat("ab", 64)

// engineCases are a description, a manifest, and what is found in it: artifacts, then findings, one a line.
var engineCases = []struct{ name, description, text, want string }{
	// What is an entry.
	{"url and checksum", "at: '', url: /url, checksum: /sha256", `{"url": "https://x/a", "sha256": "` + sum256 + `"}`, "(root) https://x/a sha256:e3b0 1:9"},
	{"no url, null, empty", "at: /*, url: /url", `[{}, {"url": null}, {"url": ""}, {"url": "https://x/a"}]`, "/3 https://x/a 1:42"},
	{"a text as entry", "at: [/*], url: ''", `["https://x/a", null, "", ["https://x/b"], {"url": "https://x/c"}]`, "/0 https://x/a 1:2"},
	{"a text or an object", "at: [/*], url: ['', /url], checksum: /sha256", `["https://x/a", {"url": "https://x/b", "sha256": "` + sum256 + `"}]`, "/0 https://x/a 1:2\n/1 https://x/b sha256:e3b0 1:25"},
	{"of another type", "at: '', url: /url", `{"url": 5}`, "registry/type 1:9 /url"},
	{"yaml number as text", "at: '', url: /url", "url: 1.10", "(root) 1.10 1:6"},
	{"data URL", "at: /*, url: /url", `[{"url": "data:text/plain,a"}, {"url": "DATA:,b"}, {"url": "https://x/a"}]`, "/0 data:text/plain,a 1:10\n/1 DATA:,b 1:40\n/2 https://x/a 1:60"},
	{"fragment", "at: '', url: /url", `{"url": "https://x/a.zip#/b.zip"}`, "(root) https://x/a.zip declared https://x/a.zip#/b.zip 1:9"},
	{"only a fragment", "at: '', url: /url", `{"url": "#a"}`, "(root)  declared #a 1:9"},
	{"where", "at: /*, url: /url, where: {/type: [a, b]}", `[{"url": "https://x/a", "type": "a"}, {"url": "https://x/c", "type": "c"}, {"url": "https://x/n"}, {"url": "https://x/z", "type": ["a"]}]`, "/0 https://x/a 1:10"},
	{"where, an empty text", "at: /*, url: /url, where: {/type: ''}", `[{"url": "https://x/a", "type": []}, {"url": "https://x/b", "type": {}}, {"url": "https://x/c", "type": ""}, {"url": "https://x/d"}]`, "/2 https://x/c 1:82"},
	{"where, or nothing", "at: /*, url: /url, where: {/type: [a, null]}", `[{"url": "https://x/a", "type": "a"}, {"url": "https://x/c", "type": "c"}, {"url": "https://x/n"}]`, "/0 https://x/a 1:10\n/2 https://x/n 1:84"},
	{"where, all of them", "at: /*, url: /url, where: {/type: a, /os: b}", `[{"url": "https://x/a", "type": "a"}, {"url": "https://x/b", "type": "a", "os": "b"}]`, "/1 https://x/b 1:47"},
	{"where, with *", "at: /*, url: /url, where: {/type: 'a*c'}, unless: {/n: '*'}", `[{"url": "https://x/a", "type": "abc"}, {"url": "https://x/c", "type": "ab"}, {"url": "https://x/n", "type": "ac", "n": []}, {"url": "https://x/z", "type": "ac", "n": null}]`, "/0 https://x/a 1:10\n/3 https://x/z 1:134"},
	{"numbers and booleans by their text", "at: /*, url: /url, where: {/n: ['1', 2]}, unless: {/link: ['true']}", `[{"url": "https://x/a", "n": 1}, {"url": "https://x/b", "n": "2"}, {"url": "https://x/c", "n": 3}, {"url": "https://x/d", "n": 1, "link": true}]`, "/0 https://x/a 1:10\n/1 https://x/b 1:42"},
	{"where at the root", "at: /items/*, url: /url, where: {'#/packages': null}", `{"items": [{"url": "https://x/a", "packages": 1}], "packages": {}}`, "registry/no-artifact 1:1 (root)"},
	{"a fixed part", "at: '/*/platforms.{platform}', url: /url, platform: platform", `{"a": {"platforms.linux-x64": {"url": "https://x/a"}, "platforms": {"url": "https://x/b"}, "platforms.": {"url": "https://x/c"}}}`, "/a/platforms.linux-x64 https://x/a for linux-x64 1:39"},
	{"default", "at: /*, url: /url, default-url: 'https://x/{/name}-{/v~1w}'", `[{"name": "a", "v/w": "1"}, {"name": "b"}, {"name": "c", "v/w": "", "url": ""}, {"url": "https://x/d", "name": "e", "v/w": "2"}]`, "/0 https://x/a-1 1:2\n/3 https://x/d 1:89"},
	{"rewrite", "at: /*, url: /url, rewrite: {'h://{o}/{path}@{b}': 'https://x/{o}/{b}/{path}', 'h://{o}/{path}': 'https://x/{o}/main/{path}?$1'}", `[{"url": "h://o/a/b@c"}, {"url": "h://o/a/b"}, {"url": "h:///a"}, {"url": "xh://o/a"}]`,
		"/0 https://x/o/c/a/b declared h://o/a/b@c 1:10\n/1 https://x/o/main/a/b?$1 declared h://o/a/b 1:34\n/2 h:///a 1:56\n/3 xh://o/a 1:75"},
	{"platform", "at: '/{os}/{arch}', url: /url, platform: arch", `{"linux": {"arm64": {"url": "https://x/a"}}}`, "/linux/arm64 https://x/a for arm64 1:29"},
	{"platform at pointers", "at: /*, url: /url, platform: [/os, /arch]", `[{"url": "https://x/a", "os": "linux", "arch": ["arm64", "amd64"]}, {"url": "https://x/b", "arch": "x86"}]`, "/0 https://x/a for linux/arm64,amd64 1:10\n/1 https://x/b for x86 1:77"},
	{"size", "at: /*, url: /url, size: /size", `[{"url": "https://x/a", "size": 12}, {"url": "https://x/b", "size": "34"}, {"url": "https://x/c", "size": null}, {"url": "https://x/d", "size": ""}]`, "/0 https://x/a 12 bytes 1:10\n/1 https://x/b 34 bytes 1:46\n/2 https://x/c 1:84\n/3 https://x/d 1:122"},
	{"no size", "at: /*, url: /url, size: /size", `[{"url": "https://x/a", "size": 1.5}, {"url": "https://x/b", "size": -1}, {"url": "https://x/c", "size": "1MB"}, {"url": "https://x/d", "size": [1]}, {"url": "https://x/e", "size": 0}]`,
		"/0 https://x/a 1:10\n/1 https://x/b 1:47\n/2 https://x/c 1:83\n/3 https://x/d 1:122\n/4 https://x/e 1:159\nregistry/type 1:33 /0/size\nregistry/type 1:70 /1/size\nregistry/type 1:106 /2/size\nregistry/type 1:145 /3/size\nregistry/type 1:182 /4/size"},
	{"a size with a sign", "at: '', url: /url, size: /size", `{"url": "https://x/a", "size": "+5"}`, "(root) https://x/a 1:9\nregistry/type 1:32 /size"},
	{"image", "at: /*, image: /image", `[{"image": "a/b:1"}, {"image": "a/b@sha256:` + sum256 + `"}, {"image": ""}, {"image": 5}]`, "/0 a/b:1 1:12\n/1 a/b@sha256:" + sum256 + " sha256:e3b0 1:32\nregistry/type 1:137 /3/image"},
	// Several URLs.
	{"mirrors", "at: '', url: /url, checksum: /sha256", `{"url": ["https://x/a", "https://y/a"], "sha256": "` + sum256 + `"}`, "/url/0 https://x/a sha256:e3b0 1:10\n/url/1 https://y/a sha256:e3b0 mirror 1 1:25"},
	{"mirrors in another member", "at: '', url: [/url, /mirrors], checksum: /sha256", `{"url": "https://x/a", "mirrors": ["https://y/a", "https://z/a"], "sha256": "` + sum256 + `"}`, "/url https://x/a sha256:e3b0 1:9\n/mirrors/0 https://y/a sha256:e3b0 mirror 1 1:36\n/mirrors/1 https://z/a sha256:e3b0 mirror 2 1:51"},
	{"mirror that is a text", "at: '', url: [/url, /mirrors], checksum: /sha256", `{"url": "https://x/a", "mirrors": "https://y/a"}`, "/url https://x/a 1:9\n/mirrors https://y/a mirror 1 1:35"},
	{"a bad checksum of mirrors", "at: '', url: /url, checksum: /sha256", `{"url": ["https://x/a", "https://y/a"], "sha256": "0"}`, "/url/0 https://x/a invalid 1:10\n/url/1 https://y/a invalid mirror 1 1:25\nchecksum/invalid 1:51 /url/0\nchecksum/invalid 1:51 /url/1"},
	{"pairs", "at: '', url: /url, checksum: /hash", `{"url": ["https://x/a", "https://x/b"], "hash": ["` + sum256 + `", "sha512:` + sum512 + `"]}`, "/url/0 https://x/a sha256:e3b0 1:10\n/url/1 https://x/b sha512:abab 1:25"},
	{"pairs with a hole", "at: '', url: /url, checksum: /hash", `{"url": ["https://x/a", "", "https://x/b"], "hash": ["", "` + sum256 + `", null]}`, "/url/0 https://x/a 1:10\n/url/2 https://x/b 1:29"},
	{"more URLs than checksums", "at: '', url: /url, checksum: /hash", `{"url": ["https://x/a", "https://x/b"], "hash": ["` + sum256 + `"]}`, "/url/0 https://x/a invalid 1:10\n/url/1 https://x/b invalid 1:25\nregistry/pairs 1:49 /url/0\nregistry/pairs 1:49 /url/1"},
	{"fewer URLs than checksums", "at: '', url: /url, checksum: /hash", `{"url": ["https://x/a"], "hash": ["` + sum256 + `", "` + sum256 + `"]}`, "(root) https://x/a invalid 1:10\nregistry/pairs 1:34 /hash"},
	{"no checksum in the list", "at: '', url: /url, checksum: /hash", `{"url": ["https://x/a"], "hash": []}`, "(root) https://x/a invalid 1:10\nregistry/pairs 1:34 /hash"},
	{"one URL, a list of one checksum", "at: '', url: /url, checksum: /hash", `{"url": "https://x/a", "hash": ["` + sum256 + `"]}`, "(root) https://x/a sha256:e3b0 1:9"},
	{"an empty list", "at: '', url: /url", `{"url": []}`, "registry/no-artifact 1:1 (root)"},
	{"an object for a URL", "at: /*, url: /url", `[{"url": {"a": "https://x/a"}}]`, "registry/type 1:10 /0/url"},
	{"a list with other things", "at: '', url: /url", `{"url": [1, {}, ["https://x/b"], "https://x/a"]}`, "(root) https://x/a 1:34\nregistry/type 1:10 /url/0\nregistry/type 1:13 /url/1\nregistry/type 1:17 /url/2"},
	// Checksums.
	{"the strongest", "at: '', url: /url, checksum: [/md5, /sha256, /sha1]", `{"url": "https://x/a", "sha256": "` + sum256 + `", "md5": "` + sum5 + `"}`, "(root) https://x/a sha256:e3b0 1:9"},
	{"the strongest can't be read", "at: '', url: /url, checksum: [/sha512, /sha256]", `{"url": "https://x/a", "sha512": "` + sum256 + `", "sha256": "` + sum256 + `"}`, "(root) https://x/a sha256:e3b0 1:9\nchecksum/invalid 1:34 /sha512"},
	{"a weaker one can't be read", "at: /*, url: /url, checksum: [/sha512, /sha256]", `[{"url": ["https://x/a", "https://y/a"], "sha512": "` + sum512 + `", "sha256": "x"}]`, "/0/url/0 https://x/a sha512:abab 1:11\n/0/url/1 https://y/a sha512:abab mirror 1 1:26\nchecksum/invalid 1:194 /0/url/0\nchecksum/invalid 1:194 /0/url/1"},
	{"a weaker list is of another length", "at: '', url: /url, checksum: [/sha512, /sha256]", `{"url": "https://x/a", "sha256": [], "sha512": "` + sum512 + `"}`, "(root) https://x/a sha512:abab 1:9\nregistry/pairs 1:34 /sha256"},
	{"a weak one beside the strongest is not reported", "at: '', url: /url, checksum: [/sha256, /weak]", `{"url": "https://x/a", "weak": "` + sum5 + `", "sha256": "` + sum256 + `"}`, "(root) https://x/a sha256:e3b0 1:9"},
	{"the strongest is empty", "at: '', url: /url, checksum: [/sha512, /sha256]", `{"url": "https://x/a", "sha512": "", "sha256": "` + sum256 + `"}`, "(root) https://x/a sha256:e3b0 1:9"},
	{"empty, null", "at: /*, url: /url, checksum: /sha256", `[{"url": "https://x/a", "sha256": ""}, {"url": "https://x/b", "sha256": null}]`, "/0 https://x/a 1:10\n/1 https://x/b 1:48"},
	{"prefixes", "at: /*, url: /url, checksum: /hash", list("sha256:"+sum256, "SHA-256:"+strings.ToUpper(sum256), "Sha512:"+sum512, sri256), "/0 https://x/a sha256:e3b0 2:9\n/1 https://x/a sha256:e3b0 3:9\n/2 https://x/a sha512:abab 4:9\n/3 https://x/a sha256:e3b0 5:9"},
	{"several SRI hashes", "at: /*, url: /url, checksum: /hash", list("sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk= "+sri256, sri256+" sha999-x", sri256+" "+sri256), "/0 https://x/a sha256:e3b0 2:9\n/1 https://x/a sha256:e3b0 3:9\n/2 https://x/a sha256:e3b0 4:9"},
	{"SRI hashes that differ", "at: /*, url: /url, checksum: /hash", list(sri256+" sha256-"+strings.Repeat("A", 43)+"=", sri256+" sha512-x", "sha999-x sha998-y"), invalid(3)},
	{"SRI of weak ones", "at: /*, url: /url, checksum: [/hash, /md5]", list("sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=", "md5-1B2M2Y8AsgTpgAmY7PhCfg==", "SHA-1:"+sum1), "/0 https://x/a sha1:da39 2:9\n/1 https://x/a md5:d41d 3:9\n/2 https://x/a sha1:da39 4:9\nchecksum/weak 2:32 /0/hash\nchecksum/weak 3:32 /1/hash\nchecksum/weak 4:32 /2/hash"},
	{"BLAKE3", "at: /*, url: /url, checksum: [/hash, /blake3]", `[{"url": "https://x/a", "hash": "blake3:` + sum256 + `"}, {"url": "https://x/b", "blake3": "` + sum256 + `", "hash": "` + sum256 + `"}]`, "/0 https://x/a blake3:e3b0 1:10\n/1 https://x/b sha256:e3b0 1:117"},
	{"the member's name", "at: /*, url: /url, checksum: [/InstallerSha256, /sha512sum, /my-sha-256]", `[{"url": "https://x/a", "InstallerSha256": "` + sum256 + `"}, {"url": "https://x/b", "sha512sum": "` + sum512 + `"}, {"url": "https://x/c", "my-sha-256": "` + sum256 + `"}]`, "/0 https://x/a sha256:e3b0 1:10\n/1 https://x/b sha512:abab 1:121\n/2 https://x/c sha256:e3b0 1:290"},
	{"prefix and length disagree", "at: /*, url: /url, checksum: /hash", list("sha256:"+sum1, "sha512:"+sum256, "sha256-"+sum256, "md5:"+sum256), invalid(4)},
	{"member and value disagree", "at: /*, url: /url, checksum: /sha256", strings.ReplaceAll(list(sum512, "sha512:"+sum512, sum1), "hash", "sha256"), strings.NewReplacer("hash", "sha256", ":32", ":34").Replace(invalid(3))},
	{"no checksum at all", "at: /*, url: /url, checksum: /hash", list("not_needed", "x", " sha256:"+sum256, "crc32:00000000", sum256+"0", "sha256:"), invalid(6)},
	{"of another type in a checksum", "at: '', url: /url, checksum: /hash", `{"url": "https://x/a", "hash": {"sha256": "` + sum256 + `"}}`, "(root) https://x/a invalid 1:9\nchecksum/invalid 1:32 /hash\nregistry/unused-digest 1:43 /hash/sha256"},
	{"weak ones are refused", "at: /*, url: /url, checksum: /hash", list("md5:"+sum5, sum1), invalid(2)},
	{"weak ones are accepted", "at: /*, url: /url, checksum: [/hash, /md5]", list("md5:"+sum5, sum1, sum5), "/0 https://x/a md5:d41d 2:9\n/1 https://x/a sha1:da39 3:9\n/2 https://x/a md5:d41d 4:9\nchecksum/weak 2:32 /0/hash\nchecksum/weak 3:32 /1/hash\nchecksum/weak 4:32 /2/hash"},
	// What nobody uses.
	{"nothing named", "at: '', url: /url", `{"a": 1}`, "registry/no-artifact 1:1 (root)"},
	{"unused digests", "at: '', url: /url, checksum: /sha256", `{"url": "https://x/a", "b": "sha256:` + sum256 + `", "c": ["` + sum512 + `", "` + sri256 + `", "` + sum1 + `", "` + sum5 + `"]}`, "(root) https://x/a 1:9\nregistry/unused-digest 1:29 /b"},
	{"unused, of an entry without URL", "at: '', url: /url, checksum: /sha256", `{"uri": "https://x/a", "sha256": "` + sum256 + `"}`, "registry/no-artifact 1:34 /sha256"},
	{"beside a used digest", "at: /*, url: /url, checksum: /sha256", `[{"url": "https://x/a", "sha256": "` + sum256 + `", "blake2b": "` + sum512 + `", "sub": {"sha256": "` + sum256 + `"}}]`, "/0 https://x/a sha256:e3b0 1:10\nregistry/unused-digest 1:264 /0/sub/sha256"},
	{"of entries that are left out", "at: /*, url: /url, checksum: [/sha256, /sums], unless: {/type: git}", `[{"url": "https://x/a"}, {"type": "git", "sha256": "` + sum256 + `"}, {"type": "git", "sums": ["` + sum256 + `"], "sub": {"sha256": "` + sum256 + `"}}]`, "/0 https://x/a 1:10\nregistry/unused-digest 1:233 /2/sub/sha256"},
	{"no address", "at: /*, url: /url, checksum: /sha256", `[{"url": "https://x/a"}, {"sha256": "` + sum256 + `"}, {"name": "b"}]`, "/0 https://x/a 1:10\nregistry/no-address 1:26 /1\nregistry/unused-digest 1:37 /1/sha256"},
	{"no address of a selected entry", "at: /*, url: /url, checksum: /sha256, unless: {/link: 'true'}", `[{"url": "https://x/a"}, {"sha256": "` + sum256 + `"}, {"name": "b"}, {"link": true}]`, "/0 https://x/a 1:10\nregistry/no-address 1:26 /1"},
	{"other schemes", "at: /*, url: /url, checksum: /sha256", `[{"url": "oci://x/a", "sha256": "` + sum256 + `"}, {"url": "git+ssh://x/b"}, {"url": "OCI://x/c"}, {"url": "ftp://x/d"}]`, "/3 ftp://x/d 1:158\nregistry/other-scheme 1:10 /0/url\nregistry/other-scheme 1:110 /1/url"},
	{"relative", "at: /*, url: /urls, base: https://x/charts", `[{"urls": ["a.tgz", "/b.tgz", "../c.tgz", "https://y/d", "//z/e"]}]`, "/0/urls/0 https://x/charts/a.tgz declared a.tgz 1:12\n/0/urls/1 https://x/b.tgz declared /b.tgz 1:21\n/0/urls/2 https://x/c.tgz declared ../c.tgz 1:31\n/0/urls/3 https://y/d 1:43\n/0/urls/4 https://z/e declared //z/e 1:58"},
	{"relative to a pointer", "at: /items/*, url: /url, base: /base", `{"base": "https://x/", "items": [{"url": "a"}, {"url": "b", "base": "https://y/z"}]}`, "/items/0 https://x/a declared a 1:42\n/items/1 https://y/z/b declared b 1:56"},
	{"relative to an unknown base", "at: /*, url: /url, checksum: /sha256, base: ''", `[{"url": "a", "sha256": "` + sum256 + `"}, {"url": "https://x/b"}]`, "/1 https://x/b 1:102\nregistry/no-address 1:1 (root)"},
	{"relative, and no base", "at: /*, url: /url", `[{"url": "a"}]`, "/0 a 1:10"},
	{"weaker beside the strongest", "at: '', url: /url, checksum: [/sha512, /sha256]", `{"url": "https://x/a", "sha512": "` + sum512 + `", "sha256": "` + sum256 + `"}`, "(root) https://x/a sha512:abab 1:9"},
	// YAML.
	{"documents", "at: '', url: /url", "url: https://x/a\n---\nurl: https://x/b\n---\n", "(root) https://x/a 1:6\n(root) https://x/b in 1 3:6"},
	{"tags on what is read", "at: '', url: /url, checksum: /hash", "url: !!python/name:os.system https://x/a\nhash: !x sha256:" + sum256, "(root) https://x/a sha256:e3b0 1:30\nyaml/tag 1:30 /url\nyaml/tag 2:10 /hash"},
	{"tags on what is not read", "at: '', url: /url", "url: https://x/a\nb: !!python/object/apply:os.system [c]", "(root) https://x/a 1:6"},
	{"tags on an entry", "at: /*, url: /url", "- !x {url: https://x/a}", "/0 https://x/a 1:12\nyaml/tag 1:6 /0"},
	{"aliases are places of their own", "at: /*, url: /url", "- &a {url: &u https://x/a}\n- *a\n- {url: *u}\n- {<<: *a}", "/0 https://x/a 1:15\n/1 https://x/a 1:15\n/3 https://x/a 1:15\n/2 https://x/a 3:9"},
}

func list(checksums ...string) string {
	var lines []string
	for _, c := range checksums {
		lines = append(lines, fmt.Sprintf(`{"url": "https://x/a", "hash": "%s"}`, c))
	}
	return "[\n" + strings.Join(lines, ",\n") + "\n]"
}

// invalid is what is found in a list of that many checksums that are none.
func invalid(n int) string {
	var artifacts, findings []string
	for i := range n {
		artifacts = append(artifacts, fmt.Sprintf("/%d https://x/a invalid %d:9", i, i+2))
		findings = append(findings, fmt.Sprintf("checksum/invalid %d:32 /%d/hash", i+2, i))
	}
	return strings.Join(append(artifacts, findings...), "\n")
}

// findIn reads a manifest as a description of one entry says, and writes down what is found.
func findIn(t *testing.T, description, text string) string {
	t.Helper()
	r, err := described("manifests: a\naccept: [" + accepted(description) + "]\nartifacts: [{" + description + "}]")
	if err != nil {
		t.Fatal(err)
	}
	path := "a.yaml"
	if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
		path = "a.json"
	}
	m, findings := r.Read(path, []byte(text), r)
	if m == nil {
		t.Fatal(findings)
	}
	return strings.Join(append(artifacts(m), told(findings)...), "\n")
}

// accepted are weak algorithms, where the description speaks of them.
func accepted(description string) string {
	if strings.Contains(description, "/md5") {
		return "md5, sha1"
	}
	return ""
}

func artifacts(m *registry.Manifest) (lines []string) {
	for _, a := range m.Artifacts {
		line := orRoot(a.Pointer) + " " + a.URL
		if a.Declared != a.URL {
			line += " declared " + a.Declared
		}
		if c := a.Checksum; c != nil && c.Value.IsZero() {
			line += " invalid"
		} else if c != nil {
			line += fmt.Sprintf(" %s:%.4s", c.Value.Algorithm, c.Value.Sum)
		}
		if a.Size != nil {
			line += fmt.Sprintf(" %d bytes", a.Size.Value)
		}
		if a.Platform != "" {
			line += " for " + a.Platform
		}
		if a.Mirror > 0 {
			line += fmt.Sprintf(" mirror %d", a.Mirror)
		}
		if a.Document > 0 {
			line += fmt.Sprintf(" in %d", a.Document)
		}
		lines = append(lines, fmt.Sprintf("%s %d:%d", line, a.Position.Line, a.Position.Column))
	}
	return lines
}

func told(findings []finding.Finding) (lines []string) {
	for _, f := range findings {
		lines = append(lines, fmt.Sprintf("%s %d:%d %s", f.Rule, f.Line, f.Column, orRoot(f.Pointer)))
	}
	return lines
}

func orRoot(pointer string) string {
	if pointer == "" {
		return "(root)"
	}
	return pointer
}

func TestWhatADescriptionFinds(t *testing.T) {
	for _, test := range engineCases {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, findIn(t, test.description, test.text)); diff != "" {
				t.Errorf("(- want, + got):\n%s", diff)
			}
		})
	}
}

func TestIgnoredAndOptional(t *testing.T) {
	r, err := described("manifests: a\nartifacts: [{at: '', url: /url}]\nignore: [/patches/**]\noptional: true")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		`{"patches": {"a": {"b": "sha256:` + sum256 + `"}}}`: "",
		`{"patch": "sha256:` + sum256 + `"}`:                 "registry/unused-digest 1:11 /patch",
	} {
		if _, findings := r.Read("a.json", []byte(text), r); strings.Join(told(findings), "\n") != want {
			t.Errorf("%s: %v", text, findings)
		}
	}
}

// TestAliasesDoNotMultiplyWhatAManifestCosts: pointers of 4,000 bytes, and an alias in three bytes.
func TestAliasesDoNotMultiplyWhatAManifestCosts(t *testing.T) {
	r, err := registry.Preset("localai")
	if err != nil {
		t.Fatal(err)
	}
	names := ""
	for i, c := range "abcd" {
		names += strings.Repeat(" ", i+2) + strings.Repeat(string(c), 1000) + ":\n"
	}
	for _, value := range []string{"{uri: 'https://x/a', sha256: z}", "{uri: {}}", "{uri: !!int 5}", "{Uri: a}", "{uri: [1, 2]}"} {
		text := "- z: &a " + value + "\n" + names + "      download_files: [" + strings.Repeat("*a, ", 20_000) + "]\n"
		for _, text := range []string{text, strings.Repeat("---\n"+strings.Replace(text, strings.Repeat("*a, ", 19_900), "", 1), 50)} {
			m, findings := r.Read("gallery/a.yaml", []byte(text), r)
			size := 0
			for _, f := range findings {
				size += len(f.Pointer) + len(f.Message)
			}
			for _, a := range m.Artifacts {
				size += len(a.Pointer) + len(a.URL)
			}
			if size > 10<<20 {
				t.Errorf("%s: %d bytes of artifacts and findings", value, size)
			}
		}
	}
}

// TestTooManyArtifactsAreCounted: what is not kept is not verified, and that is an error.
func TestTooManyArtifactsAreCounted(t *testing.T) {
	r, err := described("manifests: a\nmax-size: 16MB\nartifacts: [{at: /*, url: ''}]")
	if err != nil {
		t.Fatal(err)
	}
	m, findings := r.Read("a.json", []byte("["+strings.Repeat(`"https://x/a",`, 100_010)+`""]`), r)
	if len(m.Artifacts) != 100_000 || len(findings) != 1 || findings[0].Rule != finding.RegistryTooMany || findings[0].Severity != finding.Error || !strings.Contains(findings[0].Message, "names 10 files more") {
		t.Errorf("%d artifacts, %v", len(m.Artifacts), findings)
	}
}

func TestAnErrorTellsWhatEachPatternMatched(t *testing.T) {
	r, err := described("manifests: a\nartifacts:\n- {at: [/package/*, '/packages/{name}'], url: /url, checksum: /hash}\n- {at: /packages/*, where: {/kind: a}, url: /uri}\nignore: /x")
	if err != nil {
		t.Fatal(err)
	}
	_, findings := r.Read("a.json", []byte(`{"packages": {"a": {"uri": "https://x/a", "hash": "sha256:`+sum256+`"}}, "version": 1}`), r)
	want := "The manifest has digests, but the description selects no file: `at: /package/*` matches nothing; the root has `packages`, `version`; " +
		"`at: /packages/{name}` matches 1, and none has an address at `/url`; `at: /packages/*` matches 1, and `where` or `unless` leaves out all of them"
	last := findings[len(findings)-1]
	if last.Rule != finding.RegistryNoArtifact || last.Severity != finding.Error || last.Message != want {
		t.Errorf("got %v", findings)
	}
}

// TestOtherProgramsDocumentsAreLeftOut: conditions of the whole description select documents.
func TestOtherProgramsDocumentsAreLeftOut(t *testing.T) {
	r, err := described("manifests: a\nwhere: {/kind: mine}\nartifacts: [{at: '', url: /url}]")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int{`{"url": "https://x/a", "kind": "mine"}`: 1, `{"url": "https://x/a", "b": "sha256:` + sum256 + `"}`: 0} {
		if m, findings := r.Read("a.json", []byte(text), r); len(m.Artifacts) != want || len(findings) > 0 {
			t.Errorf("%s: %d artifacts, %v", text, len(m.Artifacts), findings)
		}
	}
}
