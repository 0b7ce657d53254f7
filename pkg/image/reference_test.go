package image_test

import (
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/image"
)

var hex64 = strings.Repeat("0a", 32)

func TestReferencesMeanWhatDockerMeansByThem(t *testing.T) {
	for written, want := range map[string]string{
		"redis":                                "docker.io/library/redis:latest",
		"redis:7":                              "docker.io/library/redis:7",
		"docker.io/redis:7":                    "docker.io/library/redis:7",
		"index.docker.io/redis:7":              "docker.io/library/redis:7",
		"index.docker.io/library/redis:7":      "docker.io/library/redis:7",
		"registry-1.docker.io/redis:7":         "docker.io/library/redis:7",
		"ankane/pgvector:v0.4.4":               "docker.io/ankane/pgvector:v0.4.4",
		"ghcr.io/premai-io/mpt-7b:1.0.0":       "ghcr.io/premai-io/mpt-7b:1.0.0",
		"GHCR.io:443/premai-io/mpt-7b:1.0.0":   "ghcr.io/premai-io/mpt-7b:1.0.0",
		"localhost:5000/x":                     "localhost:5000/x:latest",
		"localhost/x:a":                        "localhost/x:a",
		"[::1]:5000/x:a":                       "[::1]:5000/x:a",
		"10.0.0.1/x:a":                         "10.0.0.1/x:a",
		"redis@sha256:" + hex64:                "docker.io/library/redis@sha256:" + hex64,
		"redis:7@sha256:" + hex64:              "docker.io/library/redis:7@sha256:" + hex64,
		"a/b__c/d.e-f/g---h:T_1.x":             "docker.io/a/b__c/d.e-f/g---h:T_1.x",
		"x@sha512:" + strings.Repeat("0a", 64): "docker.io/library/x@sha512:" + strings.Repeat("0a", 64),
		"docker.io.example.com/redis":          "docker.io.example.com/redis:latest",
		"redis:" + strings.Repeat("a", 128):    "docker.io/library/redis:" + strings.Repeat("a", 128),
	} {
		r, err := image.Parse(written)
		if err != nil || r.String() != want {
			t.Errorf("%s: got %s, %v, want %s", written, r, err, want)
			continue
		}
		if again, err := image.Parse(r.String()); err != nil || again.String() != want {
			t.Errorf("%s is not canonical: it reads as %s, %v", want, again, err)
		}
	}
}

func TestInvalidReferences(t *testing.T) {
	const noRepository, noDigest = "invalid repository `", "invalid digest: expected `sha256:` and 64 hex digits"
	for written, want := range map[string]string{
		"":                                       "it has 0 characters: expected 1 to 1024",
		strings.Repeat("a", 2000):                "it has 2000 characters: expected 1 to 1024",
		"https://ghcr.io/acme/server":            "it is a URL: an image reference has no `https://`",
		"redis@sha256:" + hex64[1:]:              "invalid digest: sha256 needs 64 hex digits; this has 63 characters",
		"redis@sha256:" + hex64 + "@sha256:x":    "invalid digest: sha256 needs 64 hex digits; this has 73 characters",
		"redis@" + hex64:                         noDigest,
		"redis@sha256:" + strings.ToUpper(hex64): noDigest,
		"redis@sha1:" + hex64[:40]:               noDigest,
		"redis@md5:" + hex64[:32]:                "invalid digest: MD5 is broken",
		"redis@":                                 noDigest,
		"user:pw@ghcr.io/x":                      noDigest,
		"redis:" + strings.Repeat("a", 129):      "invalid tag `a",
		"redis:":                                 "invalid tag (empty): expected at most 128 letters, digits, dots, hyphens and underscores",
		"redis:-a":                               "invalid tag `-a`",
		"redis:7 ":                               "invalid tag `7 `",
		"repo:tag:tag":                           noRepository,
		"ghcr.io/acme/Server:1":                  noRepository,
		"Acme/server":                            noRepository,
		strings.Repeat("a", 256):                 noRepository,
		" redis":                                 noRepository,
		"ghcr.io/a/../b":                         noRepository,
		"ghcr.io//b":                             noRepository,
		"ghcr.io/":                               noRepository,
		"ghcr.io/a%2fb":                          noRepository,
		"a.b?c/x":                                noRepository,
		"-a.com/x":                               "invalid registry host `-a.com`",
	} {
		if r, err := image.Parse(written); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %s, %v, want the error %s", written, r, err, want)
		}
	}
}

func TestPinKeepsWhatWasWritten(t *testing.T) {
	d := digest.Digest{Algorithm: digest.SHA256, Sum: hex64}
	for written, want := range map[string]string{
		"redis":   "redis@sha256:" + hex64,
		"redis:7": "redis:7@sha256:" + hex64,
		"Ghcr.io/a/b:1@sha256:" + hex64[:62] + "ff": "Ghcr.io/a/b:1@sha256:" + hex64,
	} {
		r, err := image.Parse(written)
		if got := r.Pin(d); err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", written, got, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"redis", "ghcr.io/a/b:1@sha256:" + hex64, "localhost:5000/x", "repo:tag:tag", "[::1]/x", "a/../b", "docker.io/redis", "x@"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := image.Parse(text)
		if err != nil {
			return
		}
		again, err := image.Parse(r.String())
		if err != nil || again.String() != r.String() {
			t.Errorf("%q is %q, which reads as %q, %v", text, r, again, err)
		}
		if strings.ContainsAny(r.String(), " \n?#%\\") || strings.Contains(r.String(), "..") && strings.Contains(r.Repository, "..") {
			t.Errorf("%q is %q, which can lead elsewhere in a URL", text, r)
		}
	})
}
