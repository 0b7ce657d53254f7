package hosts_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
)

const server = "https://github.com"

// check compares what a function makes of each text.
func check[V comparable](t *testing.T, want map[string]V, of func(string) V) {
	t.Helper()
	for text, want := range want {
		if got := of(text); got != want {
			t.Errorf("%s: got %+v, want %+v", text, got, want)
		}
	}
}

func TestParse(t *testing.T) {
	commit := strings.Repeat("0a", 20)
	for url, want := range map[string]hosts.Ref{
		"https://huggingface.co/acme/m/resolve/main/a/b.gguf":           {Kind: hosts.HuggingFaceFile, Owner: "acme", Repo: "m", Revision: "main", Path: "a/b.gguf"},
		"https://huggingface.co/acme/m/resolve/" + commit + "/b":        {Kind: hosts.HuggingFaceFile, Owner: "acme", Repo: "m", Revision: commit, Path: "b", Versioned: true},
		"https://huggingface.co/acme/m/blob/main/b.gguf":                {Kind: hosts.HuggingFacePage, Owner: "acme", Repo: "m", Revision: "main", Path: "b.gguf", Download: "https://huggingface.co/acme/m/resolve/main/b.gguf"},
		"https://huggingface.co/acme/m/tree/main/b":                     {Kind: hosts.HuggingFacePage, Owner: "acme", Repo: "m", Revision: "main", Path: "b", Download: "https://huggingface.co/acme/m/resolve/main/b"},
		"https://huggingface.co/acme/m/tree/main":                       {Kind: hosts.HuggingFacePage, Owner: "acme", Repo: "m", Revision: "main"},
		"https://github.com/acme/s/releases/download/v1.2.0/s-arm64":    {Kind: hosts.GitHubAsset, Owner: "acme", Repo: "s", Revision: "v1.2.0", Path: "s-arm64", Versioned: true},
		"https://github.com/acme/s/releases/download/v1/s-1-arm64":      {Kind: hosts.GitHubAsset, Owner: "acme", Repo: "s", Revision: "v1", Path: "s-1-arm64"},
		"https://github.com/acme/s/blob/main/x.sh":                      {Kind: hosts.GitHubPage, Owner: "acme", Repo: "s", Revision: "main", Path: "x.sh", Download: "https://github.com/acme/s/raw/main/x.sh"},
		"https://github.com/acme/s/raw/main/x.sh":                       {Kind: hosts.GitHubRaw, Owner: "acme", Repo: "s", Revision: "main", Path: "x.sh"},
		"https://github.com/acme/s/archive/refs/tags/v2.0.tar.gz":       {Kind: hosts.GitHubArchive, Owner: "acme", Repo: "s", Revision: "v2.0.tar.gz"},
		"https://raw.githubusercontent.com/acme/s/main/x.sh":            {Kind: hosts.GitHubRaw, Owner: "acme", Repo: "s", Revision: "main", Path: "x.sh"},
		"https://GitHub.com:443/acme/s/raw/main/x.sh#L1":                {Kind: hosts.GitHubRaw, Owner: "acme", Repo: "s", Revision: "main", Path: "x.sh"},
		"https://huggingface.co/acme/m/raw/main/config.json":            {Kind: hosts.HuggingFaceRaw, Owner: "acme", Repo: "m", Revision: "main", Path: "config.json", Download: "https://huggingface.co/acme/m/resolve/main/config.json"},
		"https://huggingface.co/acme/resolve/blob/main/b":               {Kind: hosts.HuggingFacePage, Owner: "acme", Repo: "resolve", Revision: "main", Path: "b", Download: "https://huggingface.co/acme/resolve/resolve/main/b"},
		"https://huggingface.co/datasets/acme/d/resolve/v1.0/b":         {Kind: hosts.HuggingFaceFile, Owner: "acme", Repo: "d", Revision: "v1.0", Path: "b", Versioned: true},
		"https://huggingface.co/gpt2/resolve/main/b":                    {Kind: hosts.HuggingFaceFile, Repo: "gpt2", Revision: "main", Path: "b"},
		"https://huggingface.co/acme/m/resolve/refs%2Fpr%2F1/b":         {Kind: hosts.HuggingFaceFile, Owner: "acme", Repo: "m", Revision: "refs/pr/1", Path: "b"},
		"https://github.com/acme/s/releases/download/cli/v1.2/s":        {Kind: hosts.GitHubAsset, Owner: "acme", Repo: "s", Revision: "cli/v1.2", Path: "s", Versioned: true},
		"https://github.com/acme/s/releases/download/v1/m-v0.1.bin":     {Kind: hosts.GitHubAsset, Owner: "acme", Repo: "s", Revision: "v1", Path: "m-v0.1.bin"},
		"https://github.com/acme/s/releases/latest/download/s":          {Kind: hosts.GitHubLatest, Owner: "acme", Repo: "s", Path: "s"},
		"https://WWW.github.com/acme/s/releases/%64ownload/v1/s":        {Kind: hosts.GitHubAsset, Owner: "acme", Repo: "s", Revision: "v1", Path: "s"},
		"https://github.com/%61cme/s/%72eleases/latest/download/s":      {Kind: hosts.GitHubLatest, Owner: "acme", Repo: "s", Path: "s"},
		"https://github.com/acme/s/releases/tag/v1.2":                   {Kind: hosts.GitHubPage, Owner: "acme", Repo: "s", Revision: "v1.2", Versioned: true},
		"https://github.com/acme/s/blob/main/x.sh?raw=true":             {Kind: hosts.GitHubRaw, Owner: "acme", Repo: "s", Revision: "main", Path: "x.sh"},
		"https://github.com/acme/s/raw/main/v1.2/x.sh":                  {Kind: hosts.GitHubRaw, Owner: "acme", Repo: "s", Revision: "main", Path: "v1.2/x.sh"},
		"https://raw.githubusercontent.com/acme/s/refs/heads/v1.2/x.sh": {Kind: hosts.GitHubRaw, Owner: "acme", Repo: "s", Revision: "v1.2", Branch: true, Path: "x.sh"},
		"https://raw.githubusercontent.com/acme/s/refs/tags/v1.2/x.sh":  {Kind: hosts.GitHubRaw, Owner: "acme", Repo: "s", Revision: "v1.2", Path: "x.sh", Versioned: true},
		"https://media.githubusercontent.com/media/acme/s/main/m.gguf":  {Kind: hosts.GitHubRaw, Owner: "acme", Repo: "s", Revision: "main", Path: "m.gguf"},
		"https://huggingface.co.evil.com/acme/m/resolve/main/b.gguf":    {},
		"https://example.com/files/1.2/server":                          {Versioned: true},
		"https://example.com/files/server-v3":                           {},
		"https://example.com/files/model-q4.gguf":                       {},
		"https://github.com/acme":                                       {},
		"%zz":                                                           {},
		"/relative":                                                     {},
		"":                                                              {},
	} {
		if got := hosts.Parse(url, server); got != want {
			t.Errorf("%s:\ngot  %+v\nwant %+v", url, got, want)
		}
	}
}

func TestParseKnowsTheServerItRunsOn(t *testing.T) {
	url := "https://git.acme.example/acme/s/releases/download/v1.0/s"
	if got := hosts.Parse(url, "https://git.acme.example"); !got.ReleaseAsset() || got.Page() {
		t.Errorf("got %+v", got)
	}
	if got := hosts.Parse(url, server); got.Kind != hosts.Other {
		t.Errorf("another server's URL is %+v", got)
	}
	if got := hosts.Parse("https://github.com/acme/s/tree/main", server); !got.Page() {
		t.Errorf("got %+v", got)
	}
}

func TestMutableSaysWhatCanMove(t *testing.T) {
	check(t, map[string]string{
		"raw/main/x":                     "the branch `main`",
		"raw/refs/heads/v1.2/x":          "the branch `v1.2`",
		"raw/stable/x":                   "the branch or tag `stable`",
		"raw/v1.2.0/x":                   "",
		"raw/0a1b2c3/x":                  "",
		"raw/defaced/x":                  "the branch or tag `defaced`",
		"releases/download/v1/x":         "the release tag `v1`, which can move with every release",
		"releases/download/nightly/x":    "the release tag `nightly`, which can move with every release",
		"releases/download/v1.2/x":       "",
		"releases/download/b3561/x":      "",
		"raw/release/1.7/x":              "",
		"raw/release/next/x":             "the branch or tag `release`",
		"raw/refs/heads/release/1.7/x":   "the branch `release`",
		"releases/download/v12/x":        "the release tag `v12`, which can move with every release",
		"releases/download/x64/x":        "the release tag `x64`, which can move with every release",
		"releases/download/updater-v2/x": "the release tag `updater-v2`, which can move with every release",
		"releases/latest/download/x":     "the latest release",
		"archive/v1.2.0.tar.gz":          "an archive that GitHub generates on demand",
		"blob/main/x":                    "",
		"wiki":                           "",
	}, func(path string) string { return hosts.Parse("https://github.com/acme/s/"+path, server).Mutable() })
	if got := hosts.Parse("https://huggingface.co/acme/m/resolve/main/x", server).Mutable(); got != "the branch `main`" {
		t.Errorf("got %q", got)
	}
}

// TestMutableKnowsVersions holds tags of Scoop's and Bazel's registries.
func TestMutableKnowsVersions(t *testing.T) {
	for _, tag := range []string{
		"v1_10_54", "release/1.7", "R3.1", "is-6_7_3", "9.54F", "A75", "R73", "0a1b2c3", "x38.3", "eMule_v0.72a-community", "release_1-0-7-60",
		"libunibreak_7_0", "migration04-01", "v2-4-1", "2025-06-26b", "selenium-manager-bb9e376", "v684", "SP_54231_64bit",
	} {
		r := hosts.Parse("https://github.com/acme/s/releases/download/"+tag+"/x", server)
		if got := r.Mutable(); got != "" {
			t.Errorf("%s: %s", tag, got)
		}
	}
	if hosts.Parse("https://github.com/acme/s/raw/release/1.7/x", server).Versioned {
		t.Error("a branch that looks like a version is trusted without a checksum")
	}
}

func TestWithRevision(t *testing.T) {
	check(t, map[string]string{
		"https://huggingface.co/acme/main/resolve/main/a%20b":        "https://huggingface.co/acme/main/resolve/v1.2/a%20b",
		"https://raw.githubusercontent.com/acme/s/refs/heads/main/x": "https://raw.githubusercontent.com/acme/s/v1.2/x",
		"https://github.com/acme/s/releases/download/v1/x":           "https://github.com/acme/s/releases/download/v1.2/x",
		"https://huggingface.co/acme/m/resolve/main/x?download=true": "https://huggingface.co/acme/m/resolve/v1.2/x?download=true",
		"https://github.com/acme/s/releases/latest/download/x":       "",
		"https://example.com/main/x":                                 "",
		"%zz":                                                        "",
	}, func(url string) string { return hosts.WithRevision(url, server, "v1.2") })
}

func TestInternationalShowsBothForms(t *testing.T) {
	for url, want := range map[string][2]string{
		"https://g\u0456thub.com/a":          {"g\u0456thub.com", "xn--gthub-n2e.com"}, // a Cyrillic letter
		"https://xn--gthub-n2e.com/a":        {"g\u0456thub.com", "xn--gthub-n2e.com"},
		"https://\uff47ithub.com/a":          {"github.com", "github.com"}, // a full-width letter
		"https://github.com/g\u0456thub.com": {},
		"https://GitHub.com/a":               {},
		"%zz":                                {},
	} {
		unicode, ascii, ok := hosts.International(url)
		if want == [2]string{} && !ok {
			continue
		}
		if !ok || unicode != want[0] || ascii != want[1] {
			t.Errorf("%s: %q, %q, %t", url, unicode, ascii, ok)
		}
	}
}

func TestExpires(t *testing.T) {
	check(t, map[string]bool{
		"https://cdn.example/a?X-Amz-Algorithm=x&X-Amz-Expires=300":                              true,
		"https://cdn.example/a?se=2026-01-01&sig=x":                                              true,
		"https://cdn.example/a?Expires=1&Signature=x":                                            true,
		"https://cdn.example/Expires=1":                                                          false,
		"https://web.archive.org/web/20240409113833if_/https://cdn.example/a?Expires=1712663913": false,
		"https://web.archive.org/web/x/https://cdn.example/a?Expires=1":                          true,
		"https://cdn.example/web/20240409113833/https://cdn.example/a?Expires=1":                 true,
		"https://cdn.example/a?download=true":                                                    false,
		"%zz":                                                                                    false,
	}, func(url string) bool { return hosts.Expires(url) })
}

const (
	sum = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
	sha = "0123456789abcdef0123456789abcdef01234567"
)

func linked(tag, size, sha string) http.Header {
	h := http.Header{}
	h.Set("X-Linked-Etag", tag)
	h.Set("X-Linked-Size", size)
	h.Set("X-Repo-Commit", sha)
	return h
}

func TestPublishedByHuggingFace(t *testing.T) {
	const url = "https://huggingface.co/acme/resolve/resolve/main/a%20b.gguf?download=true"
	full := hosts.Published{
		Digest: digest.Digest{Algorithm: digest.SHA256, Sum: sum}, Size: 7,
		Pinned: "https://huggingface.co/acme/resolve/resolve/" + sha + "/a%20b.gguf?download=true",
	}
	for name, test := range map[string]struct {
		header http.Header
		want   hosts.Published
	}{
		"everything":        {linked(`"`+sum+`"`, "7", sha), full},
		"a blob of git":     {linked(`"`+sha+`"`, "7", sha), hosts.Published{Size: 7, Pinned: full.Pinned}},
		"a weak tag":        {linked(`W/"`+sum+`"`, "7", sha), hosts.Published{Size: 7, Pinned: full.Pinned}},
		"a negative size":   {linked(`"`+sum+`"`, "-7", sha), hosts.Published{Size: -1, Pinned: full.Pinned}},
		"a hostile commit":  {linked(`"`+sum+`"`, "7", "../../evil"), hosts.Published{Digest: full.Digest, Size: 7}},
		"nothing published": {http.Header{}, hosts.Published{Size: -1}},
	} {
		got := hosts.PublishedBy(url, test.header)
		if got != test.want || got.Pinned != "" && got.Commit() != sha || got.Pinned == "" && got.Commit() != "" {
			t.Errorf("%s:\ngot  %+v\nwant %+v", name, got, test.want)
		}
	}
}

func TestPublishedIsBelievedOfOneHostOnly(t *testing.T) {
	for _, url := range []string{
		"http://huggingface.co/acme/m/resolve/main/a",
		"https://huggingface.co:8443/acme/m/resolve/main/a",
		"https://u@huggingface.co/acme/m/resolve/main/a",
		"https://hf.co/acme/m/resolve/main/a",
		"https://huggingface.co.evil.example/acme/m/resolve/main/a",
		"https://huggingface.co/acme/m/blob/main/a",
		"https://huggingface.co/acme/m/raw/main/a",
		"https://github.com/acme/m/resolve/main/a",
		"%zz",
	} {
		if got := hosts.PublishedBy(url, linked(`"`+sum+`"`, "7", sha)); got != (hosts.Published{Size: -1}) {
			t.Errorf("%s: %+v", url, got)
		}
	}
}

func TestCanonical(t *testing.T) {
	for url, want := range map[string]string{
		"HTTPS://Example.COM:443/A%2fb?q=1#frag": "https://example.com/A%2fb?q=1",
		"https://example.com:8443/a":             "https://example.com:8443/a",
		"http://example.com:80/a":                "http://example.com/a",
		"https://bücher.example/a":               "https://xn--bcher-kva.example/a",
		"https://[2001:DB8::1]:443/a":            "https://[2001:db8::1]/a",
		"https://a_b.example/a":                  "https://a_b.example/a",
		"https://A\u200eB.example/a":             "https://a%E2%80%8Eb.example/a",
	} {
		if got, err := hosts.Canonical(url); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", url, got, err, want)
		}
	}
	for _, url := range []string{"", "file", "/a/b", "https://", "https:///a", "mailto:a@b", "http://[::1", "https://a b/", "https://\x7f/"} {
		if got, err := hosts.Canonical(url); err == nil {
			t.Errorf("%q is %q", url, got)
		}
	}
}

func TestTrusted(t *testing.T) {
	globs := []string{"https://github.com/acme/**", "https://*.acme.example/v*/server"}
	check(t, map[string]bool{
		"https://github.com/acme/s/releases/download/v1.0/s": true,
		"https://GITHUB.com:443/acme/s":                      true,
		"https://dl.acme.example/v1/server":                  true,
		"https://dl.acme.example/v1/more/server":             false,
		"https://dl.evil.example/x.acme.example/v1/server":   false,
		"https://github.com/evil/s":                          false,
		"https://github.com/acme-evil/s":                     false,
		"http://github.com/acme/s":                           false,
		"https://github.com@evil.example/acme/s":             false,
		"https://u:p@github.com/acme/s":                      false,
		"https://github.com.evil.example/acme/s":             false,
		"https://github.com/acme/../evil/s":                  false,
		"https://github.com/acme/%2e%2e/evil/s":              false,
		"https://github.com/acme/..%2fevil/s":                false,
		`https://github.com/acme/..\evil`:                    false,
		"https://github.com/acme//s":                         false,
		"https://github.com/acme/s?redirect=evil":            false,
		"https://github.com/acme/s?":                         false,
		"https://github.com:8443/acme/s":                     false,
		"https://gıthub.com/acme/s":                          false,
		"":                                                   false,
	}, func(url string) bool { return hosts.Trusted(url, globs) })
	if hosts.Trusted("https://github.com/acme/s", nil) {
		t.Error("no glob trusts a URL")
	}
}

func FuzzTrusted(f *testing.F) {
	for _, seed := range []string{"https://github.com/acme/s", "https://github.com/acme/../x", "https://github.com@x/acme/", "https://github.com\\acme/", "https://github.com/acme"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, url string) {
		hosts.Parse(url, server).Mutable()
		hosts.International(url)
		if !hosts.Trusted(url, []string{"https://github.com/acme/**"}) {
			return
		}
		key, err := hosts.Canonical(url)
		if err != nil || !strings.HasPrefix(key+"/", "https://github.com/acme/") || strings.Contains(key, "..") && strings.Contains(key, "/../") {
			t.Fatalf("%q is trusted, and is %q, %v", url, key, err)
		}
	})
}

func TestAssetOfTakesTheExactFormOnly(t *testing.T) {
	for url, want := range map[string]bool{
		"https://github.com/acme/s/releases/download/v1.2.0/s":     true,
		"https://GitHub.com:443/acme/s/releases/download/a/b/s#x":  true,
		"http://github.com/acme/s/releases/download/v1.2.0/s":      false,
		"https://a@github.com/acme/s/releases/download/v1.2.0/s":   false,
		"https://github.com/acme/s/releases/download/v1.2.0/s?a":   false,
		"https://github.com/acme/s/releases/download/v1.2.0/s?":    false,
		"https://github.com/acme/s/releases/download/v1%2E2.0/s":   false,
		"https://github.com/acme/s/releases/download/v1.2.0/../s":  false,
		"https://github.com:444/acme/s/releases/download/v1.2.0/s": false,
		"https://www.github.com/acme/s/releases/download/v1.2.0/s": false,
		"https://github.com/acme/s/releases/latest/download/s":     false,
		"%zz": false,
	} {
		if _, got := hosts.AssetOf(url, server); got != want {
			t.Errorf("%s: %t", url, got)
		}
	}
}

func TestOnlyReleasesAreTheOwnersAlone(t *testing.T) {
	globs := hosts.ReleasesOf("https://github.com", "acme")
	check(t, map[string]bool{
		"acme/s/releases/download/v1.2.0/server":                     true,
		"acme/s/releases/download/tools/v1.2.0/server":               true,
		"acme/s/releases/latest/download/server":                     false,
		"acme/s/files/123/v1.2.0.zip":                                false,
		"acme/s/issues/assets/v1.2.0":                                false,
		"acme/s/assets/1/0123456789abcdef0123456789abcdef01234567":   false,
		"acme/s/raw/0123456789abcdef0123456789abcdef01234567/m.gguf": false,
		"acme/s/suites/1/artifacts/v1.2.0":                           false,
		"acme/s/archive/refs/tags/v1.2.0.zip":                        false,
		"acme/s/x/releases/download/v1.2.0/server":                   false,
		"acme/s/issues/releases/download/../v1.2.0/server":           false,
		"evil/acme/releases/download/v1.2.0/server":                  false,
		"acme-evil/s/releases/download/v1.2.0/server":                false,
	}, func(path string) bool { return hosts.Trusted("https://github.com/"+path, globs) })
}
