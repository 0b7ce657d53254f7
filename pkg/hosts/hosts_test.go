package hosts_test

import (
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/hosts"
)

const server = "https://github.com"

func TestParse(t *testing.T) {
	commit := strings.Repeat("0a", 20)
	for url, want := range map[string]hosts.Ref{
		"https://huggingface.co/acme/m/resolve/main/a/b.gguf":        {Kind: hosts.HuggingFaceFile, Owner: "acme", Repo: "m", Revision: "main", Path: "a/b.gguf"},
		"https://huggingface.co/acme/m/resolve/" + commit + "/b":     {Kind: hosts.HuggingFaceFile, Owner: "acme", Repo: "m", Revision: commit, Path: "b", Versioned: true},
		"https://huggingface.co/acme/m/blob/main/b.gguf":             {Kind: hosts.HuggingFacePage, Owner: "acme", Repo: "m", Revision: "main", Path: "b.gguf", Download: "https://huggingface.co/acme/m/resolve/main/b.gguf"},
		"https://huggingface.co/acme/m/tree/main":                    {Kind: hosts.HuggingFacePage, Owner: "acme", Repo: "m", Revision: "main"},
		"https://github.com/acme/s/releases/download/v1.2.0/s-arm64": {Kind: hosts.GitHubAsset, Owner: "acme", Repo: "s", Revision: "v1.2.0", Path: "s-arm64", Versioned: true},
		"https://github.com/acme/s/releases/download/v1/s-1-arm64":   {Kind: hosts.GitHubAsset, Owner: "acme", Repo: "s", Revision: "v1", Path: "s-1-arm64"},
		"https://github.com/acme/s/blob/main/x.sh":                   {Kind: hosts.GitHubPage, Owner: "acme", Repo: "s", Revision: "main", Path: "x.sh", Download: "https://github.com/acme/s/raw/main/x.sh"},
		"https://github.com/acme/s/raw/main/x.sh":                    {Kind: hosts.GitHubRaw, Owner: "acme", Repo: "s", Revision: "main", Path: "x.sh"},
		"https://github.com/acme/s/archive/refs/tags/v2.0.tar.gz":    {Kind: hosts.GitHubArchive, Owner: "acme", Repo: "s", Revision: "refs", Path: "tags/v2.0.tar.gz", Versioned: true},
		"https://raw.githubusercontent.com/acme/s/main/x.sh":         {Kind: hosts.GitHubRaw, Owner: "acme", Repo: "s", Revision: "main", Path: "x.sh"},
		"https://GitHub.com:443/acme/s/raw/main/x.sh#L1":             {Kind: hosts.GitHubRaw, Owner: "acme", Repo: "s", Revision: "main", Path: "x.sh"},
		"https://huggingface.co.evil.com/acme/m/resolve/main/b.gguf": {},
		"https://example.com/files/1.2/server":                       {Versioned: true},
		"https://example.com/files/server-v3":                        {},
		"https://example.com/files/model-q4.gguf":                    {},
		"https://github.com/acme":                                    {},
		"%zz":                                                        {},
		"/relative":                                                  {},
		"":                                                           {},
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

func TestCanonical(t *testing.T) {
	for url, want := range map[string]string{
		"HTTPS://Example.COM:443/A%2fb?q=1#frag": "https://example.com/A%2fb?q=1",
		"https://example.com:8443/a":             "https://example.com:8443/a",
		"http://example.com:80/a":                "http://example.com/a",
		"https://bücher.example/a":               "https://xn--bcher-kva.example/a",
		"https://[2001:DB8::1]:443/a":            "https://[2001:db8::1]/a",
		"https://a_b.example/a":                  "https://a_b.example/a",
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
	for url, want := range map[string]bool{
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
	} {
		if got := hosts.Trusted(url, globs); got != want {
			t.Errorf("%s: %t", url, got)
		}
	}
	if hosts.Trusted("https://github.com/acme/s", nil) {
		t.Error("no glob trusts a URL")
	}
}

func FuzzTrusted(f *testing.F) {
	for _, seed := range []string{"https://github.com/acme/s", "https://github.com/acme/../x", "https://github.com@x/acme/", "https://github.com\\acme/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, url string) {
		hosts.Parse(url, server)
		if !hosts.Trusted(url, []string{"https://github.com/acme/**"}) {
			return
		}
		key, err := hosts.Canonical(url)
		if err != nil || !strings.HasPrefix(key, "https://github.com/acme/") || strings.Contains(key, "..") && strings.Contains(key, "/../") {
			t.Fatalf("%q is trusted, and is %q, %v", url, key, err)
		}
	})
}
