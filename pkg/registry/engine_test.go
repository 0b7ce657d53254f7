package registry_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/document"
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
	{"no url, null, empty", "at: /*, url: /url", `[{}, {"url": null}, {"url": ""}, {"url": "https://x/a"}]`, "/3 https://x/a 1:42"},
	{"a text as entry", "at: [/*], url: ''", `["https://x/a", null, "", ["https://x/b"], {"url": "https://x/c"}]`, "/0 https://x/a 1:2"},
	{"a text or an object", "at: [/*], url: ['', /url], checksum: /sha256", `["https://x/a", {"url": "https://x/b", "sha256": "` + sum256 + `"}]`, "/0 https://x/a 1:2\n/1 https://x/b sha256:e3b0 1:25"},
	{"of another type", "at: '', url: /url", `{"url": 5}`, "registry/type 1:9 /url"},
	{"yaml number as text", "at: '', url: /url", "url: 1.10", "(root) 1.10 1:6"},
	{"fragment", "at: '', url: /url", `{"url": "https://x/a.zip#/b.zip"}`, "(root) https://x/a.zip declared https://x/a.zip#/b.zip 1:9"},
	{"only a fragment", "at: '', url: /url", `{"url": "#a"}`, "(root)  declared #a 1:9"},
	{"where", "at: /*, url: /url, where: {/type: [a, b]}", `[{"url": "https://x/a", "type": "a"}, {"url": "https://x/c", "type": "c"}, {"url": "https://x/n"}, {"url": "https://x/z", "type": ["a"]}]`, "/0 https://x/a 1:10"},
	{"where, an empty text", "at: /*, url: /url, where: {/type: ''}", `[{"url": "https://x/a", "type": []}, {"url": "https://x/b", "type": {}}, {"url": "https://x/c", "type": ""}, {"url": "https://x/d"}]`, "/2 https://x/c 1:82"},
	{"where, or nothing", "at: /*, url: /url, where: {/type: [a, null]}", `[{"url": "https://x/a", "type": "a"}, {"url": "https://x/c", "type": "c"}, {"url": "https://x/n"}]`, "/0 https://x/a 1:10\n/2 https://x/n 1:84"},
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
	{"image", "at: /*, image: /image", `[{"image": "a/b:1"}, {"image": "a/b@sha256:` + sum256 + `"}, {"image": ""}, {"image": 5}]`, "/0 a/b:1 1:12\n/1 a/b@sha256:" + sum256 + " sha256:e3b0 1:32\nregistry/type 1:137 /3/image"},
	// Several URLs.
	{"mirrors", "at: '', url: /url, checksum: /sha256", `{"url": ["https://x/a", "https://y/a"], "sha256": "` + sum256 + `"}`, "/url/0 https://x/a sha256:e3b0 1:10\n/url/1 https://y/a sha256:e3b0 mirror 1 1:25"},
	{"mirrors in another member", "at: '', url: [/url, /mirrors], checksum: /sha256", `{"url": "https://x/a", "mirrors": ["https://y/a", "https://z/a"], "sha256": "` + sum256 + `"}`, "/url https://x/a sha256:e3b0 1:9\n/mirrors/0 https://y/a sha256:e3b0 mirror 1 1:36\n/mirrors/1 https://z/a sha256:e3b0 mirror 2 1:51"},
	{"a bad checksum of mirrors", "at: '', url: /url, checksum: /sha256", `{"url": ["https://x/a", "https://y/a"], "sha256": "0"}`, "/url/0 https://x/a invalid 1:10\n/url/1 https://y/a invalid mirror 1 1:25\nchecksum/invalid 1:51 /url/0\nchecksum/invalid 1:51 /url/1"},
	{"pairs", "at: '', url: /url, checksum: /hash", `{"url": ["https://x/a", "https://x/b"], "hash": ["` + sum256 + `", "sha512:` + sum512 + `"]}`, "/url/0 https://x/a sha256:e3b0 1:10\n/url/1 https://x/b sha512:abab 1:25"},
	{"pairs with a hole", "at: '', url: /url, checksum: /hash", `{"url": ["https://x/a", "", "https://x/b"], "hash": ["", "` + sum256 + `", null]}`, "/url/0 https://x/a 1:10\n/url/2 https://x/b 1:29"},
	{"more URLs than checksums", "at: '', url: /url, checksum: /hash", `{"url": ["https://x/a", "https://x/b"], "hash": ["` + sum256 + `"]}`, "/url/0 https://x/a invalid 1:10\n/url/1 https://x/b invalid 1:25\nregistry/pairs 1:49 /url/0\nregistry/pairs 1:49 /url/1"},
	{"fewer URLs than checksums", "at: '', url: /url, checksum: /hash", `{"url": ["https://x/a"], "hash": ["` + sum256 + `", "` + sum256 + `"]}`, "(root) https://x/a invalid 1:10\nregistry/pairs 1:34 /hash"},
	{"an object for a URL", "at: /*, url: /url", `[{"url": {"a": "https://x/a"}}]`, "registry/type 1:10 /0/url"},
	{"a list with other things", "at: '', url: /url", `{"url": [1, {}, ["https://x/b"], "https://x/a"]}`, "(root) https://x/a 1:34\nregistry/type 1:10 /url/0\nregistry/type 1:13 /url/1\nregistry/type 1:17 /url/2"},
	// Checksums.
	{"the strongest", "at: '', url: /url, checksum: [/md5, /sha256, /sha1]", `{"url": "https://x/a", "sha256": "` + sum256 + `", "md5": "` + sum5 + `"}`, "(root) https://x/a sha256:e3b0 1:9"},
	{"the strongest can't be read", "at: '', url: /url, checksum: [/sha512, /sha256]", `{"url": "https://x/a", "sha512": "` + sum256 + `", "sha256": "` + sum256 + `"}`, "(root) https://x/a sha256:e3b0 1:9\nchecksum/invalid 1:34 /sha512"},
	{"a weaker one can't be read", "at: /*, url: /url, checksum: [/sha512, /sha256]", `[{"url": ["https://x/a", "https://y/a"], "sha512": "` + sum512 + `", "sha256": "x"}]`, "/0/url/0 https://x/a sha512:abab 1:11\n/0/url/1 https://y/a sha512:abab mirror 1 1:26\nchecksum/invalid 1:194 /0/url/0\nchecksum/invalid 1:194 /0/url/1"},
	{"a weaker list is of another length", "at: '', url: /url, checksum: [/sha512, /sha256]", `{"url": "https://x/a", "sha256": [], "sha512": "` + sum512 + `"}`, "(root) https://x/a sha512:abab 1:9\nregistry/pairs 1:34 /sha256"},
	{"a weak one beside the strongest is not reported", "at: '', url: /url, checksum: [/sha256, /weak]", `{"url": "https://x/a", "weak": "` + sum5 + `", "sha256": "` + sum256 + `"}`, "(root) https://x/a sha256:e3b0 1:9"},
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
	// What nobody uses.
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
	// YAML.
	{"documents", "at: '', url: /url", "url: https://x/a\n---\nurl: https://x/b\n---\n", "(root) https://x/a 1:6\n(root) https://x/b in 1 3:6"},
	{"tags on what is read", "at: '', url: /url, checksum: /hash", "url: !!python/name:os.system https://x/a\nhash: !x sha256:" + sum256, "(root) https://x/a sha256:e3b0 1:30\nyaml/tag 1:30 /url\nyaml/tag 2:10 /hash"},
	{"tags on what is not read", "at: '', url: /url", "url: https://x/a\nb: !!python/object/apply:os.system [c]", "(root) https://x/a 1:6"},
	{"tags on an entry", "at: /*, url: /url", "- !x {url: https://x/a}", "/0 https://x/a 1:12\nyaml/tag 1:6 /0"},
	{"aliases are places of their own", "at: /*, url: /url", "- &a {url: &u https://x/a}\n- *a\n- {url: *u}\n- {<<: *a}", "/0 https://x/a 1:15\n/1 https://x/a 1:15\n/3 https://x/a 1:15\n/2 https://x/a 3:9"},
	// Of whole descriptions.
	{"ignored", "artifacts: [{at: '', url: /url}]\nignore: [/patches/**]\noptional: true", `{"patches": {"a": {"b": "sha256:` + sum256 + `"}}}`, ""},
	{"not ignored", "artifacts: [{at: '', url: /url}]\nignore: [/patches/**]\noptional: true", `{"patch": "sha256:` + sum256 + `"}`, "registry/unused-digest 1:11 /patch"},
	{"another program's document", "where: {/kind: mine}\nartifacts: [{at: '', url: /url}]", `{"url": "https://x/a", "b": "sha256:` + sum256 + `"}`, ""},
	// Where checksums are written, and all that is declared.
	{"slots", "artifacts: [{at: /*, url: /url, checksum: [/md5, /sha256, /sums/sha512], size: /size}]", `[{"url": "https://x/a"}, {"url": "https://x/a", "md5": ""}, {"url": "https://x/a", "sha256": "` + sum256 + `", "size": 1}]`, "/0 url=/0/url checksum=/0/sha256 algorithm=sha256\n/1 url=/1/url checksum=/1/sha256 algorithm=sha256\n/2 url=/2/url checksum=/2/sha256 algorithm=sha256 declared=sha256:{256} spelling=hex"},
	{"slots of texts and defaults", "artifacts: [{at: /a/*, url: ''}, {at: /b/*, url: /url, default-url: 'https://x/{/n}', checksum: [/hash, /sum]}]", `{"a": ["https://x/a"], "b": [{"n": "b"}, {"n": "c", "sum": ""}]}`, "/a/0 url=/a/0\n/b/0 checksum=/b/0/hash\n/b/1 checksum=/b/1/sum"},
	{"slots of lists", "artifacts: [{at: /*, url: /url, checksum: /hash}]", `[{"url": ["https://x/a", "https://x/b"]}, {"url": ["https://x/a", "https://x/b"], "hash": ""}, {"url": ["https://x/a"], "hash": ["` + sum256 + `"]}, {"url": ["https://x/a", "https://x/b"], "hash": ["` + sum256 + `", null]}]`, "/0/url/0 url=/0/url/0\n/0/url/1 url=/0/url/1\n/1/url/0 url=/1/url/0 checksum=/1/hash algorithm=sha256\n/1/url/1 url=/1/url/1 checksum=/1/hash algorithm=sha256\n/2 url=/2/url/0 checksum=/2/hash/0 algorithm=sha256 declared=sha256:{256} spelling=hex\n/3/url/0 url=/3/url/0 checksum=/3/hash/0 algorithm=sha256 declared=sha256:{256} spelling=hex\n/3/url/1 url=/3/url/1 checksum=/3/hash/1 algorithm=sha256"},
	{"slots of mirrors", "artifacts: [{at: /*, url: [/url, /mirror], checksum: /hash}]", `[{"url": "https://x/a", "mirror": ["https://y/a"], "hash": "` + sum256 + `"}, {"url": "https://x/a", "mirror": []}, {"mirror": "https://y/a"}]`, "/0/url url=/0/url checksum=/0/hash algorithm=sha256 declared=sha256:{256} spelling=hex\n/0/mirror/0 url=/0/mirror/0 checksum=/0/hash algorithm=sha256 declared=sha256:{256} spelling=hex\n/1 url=/1/url checksum=/1/hash algorithm=sha256\n/2 url=/2/mirror checksum=/2/hash algorithm=sha256"},
	{"the neighbours' algorithm", "artifacts: [{at: /*, url: /url, checksum: /hash}]\naccept: [md5]", `[{"url": "https://x/a"}, {"url": "https://x/b", "hash": "md5:` + sum5 + `"}, {"url": "https://x/c", "hash": "x"}, {"url": "https://x/d", "hash": "sha512:` + sum512 + `"}]`, "/0 url=/0/url checksum=/0/hash algorithm=sha512\n/1 url=/1/url checksum=/1/hash algorithm=sha512 declared=md5:d41d8cd98f00b204e9800998ecf8427e\n/2 url=/2/url checksum=/2/hash algorithm=sha512 declared=x\n/3 url=/3/url checksum=/3/hash algorithm=sha512 declared=sha512:{512}"},
	{"signatures", "artifacts: [{at: '/{n}', url: /url, signature: /sig, attestation: /bundle, attests: 'd/{n}.zip'}]", `{"a": {"url": "https://x/a", "sig": "s", "bundle": ""}, "b": {"url": "https://x/b", "sig": null, "bundle": "https://x/c"}, "c": {"url": "https://x/d", "sig": 1}}`, "/a url=/a/url attests=a.zip signature=s at /a/sig\n/b url=/b/url attests=b.zip attestation=https://x/c at /b/bundle\n/c url=/c/url attests=c.zip"},
	{"plain http", "artifacts: [{at: /*, url: /url, checksum: [/hash, /sha1]}]\nallow-http: true\naccept: [sha1]", `[{"url": "http://x/a", "hash": "` + sum256 + `"}, {"url": "http://x/b"}, {"url": "http://x/c", "hash": "x"}, {"url": "http://x/d", "sha1": "` + sum1 + `"}]`, "/0 url=/0/url checksum=/0/hash algorithm=sha256 declared=sha256:{256} spelling=hex http\n/1 url=/1/url checksum=/1/hash algorithm=sha256\n/2 url=/2/url checksum=/2/hash algorithm=sha256 declared=x\n/3 url=/3/url algorithm=sha1 declared=sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709 spelling=hex"},
	{"images", "at: /*, image: /image, platform: /os", `[{"image": "a:1", "os": ["l", 2, "m"]}, {"image": "a@sha256:` + sum256 + `"}, {"image": "a@sha512:` + sum512 + `"}, {"image": "a@sha256:x"}, {"image": ""}]`, "/0 a:1 for l,m 1:12\n/1 a@sha256:" + sum256 + " sha256:e3b0 1:51\n/2 a@sha512:" + sum512 + " 1:139\n/3 a@sha256:x 1:291"},
	// What presets list and report of texts that their consumers read otherwise than they look.
	{"another case of a URL", "krew plugins/a.yaml", "spec: {platforms: [{uri: 'https://x/a', Uri: 'https://x/b'}]}", "/spec/platforms/0 https://x/a 1:26\nregistry/key-case 1:41 /spec/platforms/0/Uri"},
	{"another case of a checksum", "krew plugins/a.yaml", "spec: {platforms: [{uri: 'https://x/a', Sha256: " + sum256 + "}]}", "/spec/platforms/0 https://x/a 1:26\nregistry/key-case 1:41 /spec/platforms/0/Sha256\nregistry/unused-digest 1:49 /spec/platforms/0/Sha256"},
	{"long s", "krew plugins/a.yaml", "spec: {platforms: [{uri: 'https://x/a'}]}\nſpec: {platforms: [{uri: 'https://x/b'}]}", "/spec/platforms/0 https://x/a 1:26\nregistry/key-case 2:1 /ſpec"},
	{"another case of two", "krew plugins/a.yaml", "spec: {platforms: [{uri: 'https://x/a'}]}\nSpec: {Platforms: [{uri: 'https://x/b'}]}", "/spec/platforms/0 https://x/a 1:26\nregistry/key-case 2:8 /Spec/Platforms"},
	{"another case that leads to nothing", "krew plugins/a.yaml", "spec: {platforms: [{uri: 'https://x/a'}]}\nSpec: {version: 1}\nURI: a", "/spec/platforms/0 https://x/a 1:26"},
	{"another case below a merge", "krew plugins/a.yaml", "spec: {platforms: [{<<: {Uri: 'https://x/b'}, uri: 'https://x/a'}]}", "/spec/platforms/0 https://x/a 1:52\nregistry/key-case 1:26 /spec/platforms/0/Uri"},
	{"PowerShell", "scoop bucket/a.json", `{"Url": "https://x/a", "architecture": {"64bit": {"URL": "https://x/b"}}}`, "registry/key-case 1:2 /Url\nregistry/key-case 1:51 /architecture/64bit/URL"},
	{"another case of a list", "scoop bucket/a.json", `{"Url": ["https://x/a"]}`, "registry/key-case 1:2 /Url"},
	{"another case of nothing", "scoop bucket/a.json", `{"Url": [], "architecture": {"64bit": {"URL": ""}}}`, "registry/no-artifact 1:1 (root)"},
	{"patch files of the index", "conan recipes/a/all/conandata.yml", "sources: {'1': {url: 'https://x/a'}}\npatches: {'1': [{patch_file: a, sha256: " + sum256 + "}, {url: 'https://x/p'}]}", "/sources/1 https://x/a 1:22\n/patches/1/1 https://x/p 2:114"},
	{"a list of one", "scoop bucket/a.json", `{"architecture": {"64bit": [{"url": "https://x/b"}]}}`, "/architecture/64bit/0 https://x/b for 64bit 1:37"},
	{"both cases are described", "winget manifests/a.yaml", "Installers:\n- Url: https://x/a\n  Sha256: " + sum256, "/Installers/0 https://x/a sha256:e3b0 2:8"},
	{"another case in a condition", "flathub a.json", `{"modules": [{"sources": [{"Type": "file", "url": "https://x/a"}, {"Type": "patch", "url": "https://x/b"}]}]}`, "registry/key-case 1:28 /modules/0/sources/0/Type"},
	{"another case at a condition of the root", "helm index.yaml", "Entries: {a: [{urls: ['https://x/a']}]}", "registry/key-case 1:1 /Entries"},
	{"another case with a fixed part", "mise mise.lock", "[[tools.a]]\nversion = \"1\"\n[tools.a.\"Platforms.linux-x64\"]\nurl = \"https://x/a\"", "registry/key-case 3:10 /tools/a/0/Platforms.linux-x64"},
	{"GLib's names", "flathub a.json", `{"sources": [{"type": "file", "url": "https://x/a", "mirror_urls": ["https://x/b"], "mirror-urls": ["https://x/c"]}]}`, "/sources/0/url https://x/a 1:38\n/sources/0/mirror_urls/0 https://x/b mirror 2 1:69\n/sources/0/mirror-urls/0 https://x/c mirror 1 1:101"},
	{"data that the consumer inlines", "flathub a.json", `{"sources": [{"type": "file", "url": "data:,a"}]}`, ""},
	{"data that it does not", "krew plugins/a.yaml", "spec: {platforms: [{uri: 'data:,a'}]}", "/spec/platforms/0 data:,a 1:26"},
	{"files that are read", "flathub b/a.json", `{"modules": ["../m.yaml", "d/m.json", {"name": "m", "sources": ["s.yml"]}]}`, ""},
	{"files that are not", "flathub b/a.json", `{"modules": ["evil.txt", ".dep/evil.json", "../../m.json", {"name": "m", "sources": ["/etc/s.yml"]}]}`, "registry/unread-file 1:14 /modules/0\nregistry/unread-file 1:26 /modules/1\nregistry/unread-file 1:44 /modules/2\nregistry/unread-file 1:86 /modules/3/sources/0"},
	{"a digest that is overridden", "krew plugins/a.yaml", "spec: {platforms: [{<<: {uri: 'https://x/b', sha256: " + sum256 + "}, uri: 'https://x/a', sha256: ''}]}", "/spec/platforms/0 https://x/a 1:126\nregistry/unused-digest 1:54 /spec/platforms/0/<</sha256"},
	{"a digest that is overridden here and used there", "localai gallery/a.yaml", "- &a\n  files: &f [{uri: 'https://x/a', sha256: " + sum256 + "}]\n- <<: *a\n  files: []\n- files: *f", "/0/files/0 https://x/a sha256:e3b0 2:20\n/2/files/0 https://x/a sha256:e3b0 2:20"},
	{"an address of a scheme that is rewritten, in another form", "localai gallery/a.yaml", "files: [{uri: 'github:/a/b/c'}, {uri: 'oci://a/b'}]", "/files/0 github:/a/b/c 1:15\nregistry/other-scheme 1:39 /files/1/uri"},
	{"a null by its tag", "krew plugins/a.yaml", "spec: {platforms: [{uri: !!null 'https://x/b'}]}", "yaml/tag 1:33 /spec/platforms/0/uri"},
	{"tags of whatever is read", "krew plugins/a.yaml", "spec:\n  platforms:\n  - {uri: !!int 'https://x/b', sha256: !!binary aGk=, selector: {matchLabels: {os: ! linux}}}", "/spec/platforms/0 https://x/b invalid for linux 3:17\nyaml/tag 3:17 /spec/platforms/0/uri\nchecksum/invalid 3:49 /spec/platforms/0/sha256\nyaml/tag 3:49 /spec/platforms/0/sha256\nyaml/tag 3:86 /spec/platforms/0/selector/matchLabels/os"},
	{"a line break of YAML 1.1", "krew plugins/a.yaml", "spec: {version: 'a\u2028b', platforms: [{uri: 'https://x\u2028/b'}]}", "/spec/platforms/0 https://x\u2028/b 1:42\nyaml/ambiguous 1:42 /spec/platforms/0/uri"},
	{"a tab in a condition", "flathub a.yaml", "sources: [{type: fi\tle, url: 'https://x/a'}]", "yaml/ambiguous 1:18 /sources/0/type"},
	{"a tag of a condition", "flathub a.yaml", "sources: [{type: !!binary ZmlsZQ==, url: 'https://x/a'}]", "yaml/tag 1:27 /sources/0/type"},
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

// read reads a manifest as a preset or a description says: "krew plugins/a.yaml", or all of one, or its one entry.
func read(t *testing.T, description, text string) (*registry.Manifest, []finding.Finding) {
	t.Helper()
	name, path, _ := strings.Cut(description, " ")
	switch {
	case slices.Contains(registry.Presets(), name):
		description = name
	case strings.HasPrefix(text, "{"), strings.HasPrefix(text, "["):
		path = "a.json"
	default:
		path = "a.yaml"
	}
	if strings.HasPrefix(description, "at: ") {
		description = "artifacts: [{" + description + "}]"
		if strings.Contains(description, "/md5") {
			description += "\naccept: [md5, sha1]"
		}
	}
	if description != name {
		description = "manifests: a\n" + description
	}
	r := registryOf(t, description)
	m, findings := r.Read(path, []byte(text), r)
	if m == nil {
		t.Fatal(findings)
	}
	return m, findings
}

// describeWith returns a line of those fields that are set, behind their names.
func describeWith(start string, fields ...[2]string) string {
	for _, field := range fields {
		if field[1] != "" && field[1] != "0" {
			start += " " + field[0] + field[1]
		}
	}
	return start
}

// artifacts is one line for each artifact.
func artifacts(m *registry.Manifest) (lines []string) {
	for _, a := range m.Artifacts {
		declared, checksum, size := "", "", ""
		if a.Declared != a.URL {
			declared = a.Declared
		}
		if c := a.Checksum; c != nil && c.Value.IsZero() {
			checksum = "invalid"
		} else if c != nil {
			checksum = fmt.Sprintf("%s:%.4s", c.Value.Algorithm, c.Value.Sum)
		}
		if a.Size != nil {
			size = fmt.Sprintf("%d bytes", a.Size.Value)
		}
		lines = append(lines, describeWith(orRoot(a.Pointer)+" "+a.URL, [][2]string{{"declared ", declared}, {"", checksum}, {"", size}, {"for ", a.Platform},
			{"mirror ", fmt.Sprint(a.Mirror)}, {"in ", fmt.Sprint(a.Document)}, {"", fmt.Sprintf("%d:%d", a.Position.Line, a.Position.Column)}}...))
	}
	return lines
}

// details are one line for each artifact, with the other fields that are set.
func details(m *registry.Manifest) (lines []string) {
	short := strings.NewReplacer(sum256, "{256}", sum512, "{512}", strings.ToUpper(sum256), "{256 in capitals}", sri256, "{SRI}")
	at := func(f *artifact.Field[string]) string {
		if f == nil {
			return ""
		}
		return f.Value + " at " + f.Pointer
	}
	for _, a := range m.Artifacts {
		http := map[bool]string{true: "http"}[a.AllowHTTP]
		lines = append(lines, describeWith(a.Pointer, [][2]string{{"url=", a.Slot.URL}, {"checksum=", a.Slot.Checksum}, {"size=", a.Slot.Size}, {"algorithm=", string(a.Slot.Algorithm)},
			{"declared=", short.Replace(a.Checksums)}, {"spelling=", string(a.Spelling)}, {"attests=", a.Attests}, {"signature=", at(a.Signature)}, {"attestation=", at(a.Attestation)}, {"", http}}...))
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
			m, findings := read(t, test.description, test.text)
			got := append(artifacts(m), told(findings)...)
			if strings.HasPrefix(test.description, "artifacts:") && !strings.Contains(test.description, "ignore:") {
				got = details(m)
			}
			if diff := cmp.Diff(test.want, strings.Join(got, "\n")); diff != "" {
				t.Errorf("%s (- want, + got):\n%s", test.text, diff)
			}
		})
	}
}

// TestAliasesDoNotMultiplyWhatAManifestCosts: pointers of 4,000 bytes, and an alias in three bytes.
func TestAliasesDoNotMultiplyWhatAManifestCosts(t *testing.T) {
	r := registryOf(t, "localai")
	names := ""
	for i, c := range "abcd" {
		names += strings.Repeat(" ", i+2) + strings.Repeat(string(c), 1000) + ":\n"
	}
	for _, value := range []string{"{uri: 'https://x/a', sha256: z}", "{uri: {}}", "{uri: !!int 5}", "{Uri: a}", "{uri: [1, 2]}"} {
		text := "- z: &a " + value + "\n" + names + "      download_files: [" + strings.Repeat("*a, ", 4_000) + "]\n"
		for _, text := range []string{text, strings.Repeat("---\n"+strings.Replace(text, strings.Repeat("*a, ", 3_900), "", 1), 50)} {
			m, findings := r.Read("gallery/a.yaml", []byte(text), r)
			size := 0
			for _, f := range findings {
				size += len(f.Pointer) + len(f.Message)
			}
			for _, a := range m.Artifacts {
				size += len(a.Pointer) + len(a.URL)
			}
			isCounted := slices.ContainsFunc(findings, func(f finding.Finding) bool { return f.Rule == finding.RegistryTooMany })
			if size > 4<<20 || isCounted != (len(m.Artifacts) > 0) {
				t.Errorf("%s: %d bytes of artifacts and findings; too many are reported: %t", value, size, isCounted)
			}
		}
	}
}

// TestManyAddressesDoNotMultiplyAChecksum: each address repeats all that is declared beside it.
func TestManyAddressesDoNotMultiplyAChecksum(t *testing.T) {
	urls := strings.TrimSuffix(strings.Repeat(`"https://x/a",`, 2_000), ",")
	m, _ := read(t, "at: /*, url: /url, checksum: [/sha256, /md5]", `[{"url": [`+urls+`], "sha256": "`+strings.Repeat("x", 200_000)+`", "md5": "`+strings.Repeat("y ", 100_000)+`"}]`)
	size := 0
	for _, a := range m.Artifacts {
		size += len(a.Checksums)
	}
	if len(m.Artifacts) < 2_000 || size > 2<<20 {
		t.Errorf("%d artifacts, %d bytes of checksums", len(m.Artifacts), size)
	}
}

// TestTooManyArtifactsAreCounted: what is not kept is not verified, and that is an error.
func TestTooManyArtifactsAreCounted(t *testing.T) {
	documents, _ := document.Read("a.json", []byte("{}"), document.Options{})
	var c registry.Collector
	for range 100_010 {
		c.Add(artifact.Artifact{URL: "https://x/a"})
	}
	findings := c.Findings(documents[0])
	if len(c.Artifacts()) != 100_000 || len(findings) != 1 || findings[0].Rule != finding.RegistryTooMany || findings[0].Severity != finding.Error || !strings.Contains(findings[0].Message, "names 10 files more") {
		t.Errorf("%d artifacts, %v", len(c.Artifacts()), findings)
	}
}
