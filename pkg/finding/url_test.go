package finding_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

const imageDigest = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func TestURLHidesUserInformationAndQueries(t *testing.T) {
	for in, want := range map[string]string{
		"https://example.com/a%2Fb/@scope/f.zip#/f.7z": "https://example.com/a%2Fb/@scope/f.zip#/f.7z",
		"https://user:PW@example.com/f":                "https://example.com/f",
		"https://user:P@W@example.com/f@2":             "https://example.com/f@2",
		"https://PW@example.com":                       "https://example.com",
		"https://example.com/f?X-Amz-Signature=SIG":    "https://example.com/f?…",
		"https://example.com/f?a=SIG#/name":            "https://example.com/f?…#/name",
		"https://example.com/f#x?token=SIG":            "https://example.com/f#x?…",
		"https:user:PW@example.com/f":                  "https:example.com/f",
		"HTTP:PW@example.com/f?SIG":                    "HTTP:example.com/f?…",
		"https://user:PW@a b/":                         "https://a b/",
		"https://user:P/W@a b/":                        "https://a b/",
		`https:\\user:PW@a b/`:                         `https:\\a b/`,
		"https:/user:PW@[a/":                           "https:/[a/",
		"user:PW@ex ample/f":                           "ex ample/f",
		"https://user:PW@host:x/":                      "https://host:x/",
		"ssh:user:PW@host/f":                           "host/f",
		"file:///C/f":                                  "file:///C/f",
		"https://gіthub.com/acme/x":                    "https://xn--gthub-n2e.com/acme/x",
		"https://user:PW@gіthub.com:8443/x?SIG":        "https://xn--gthub-n2e.com:8443/x?…",
		"https://EXAMPLE.com/":                         "https://EXAMPLE.com/",
		"ghcr.io/acme/x:1.2" + imageDigest:             "ghcr.io/acme/x:1.2" + imageDigest,
		"localhost:5000/x" + imageDigest:               "localhost:5000/x" + imageDigest,
		"redis:7" + imageDigest:                        "redis:7" + imageDigest,
		"user:PW@ghcr.io:x/a:1" + imageDigest:          "ghcr.io:x/a:1" + imageDigest,
		"":                                             "",
	} {
		if got := finding.URL(in); got != want {
			t.Errorf("URL(%q) = %q, want %q", in, got, want)
		}
	}
	if got := finding.WithoutUser("https://user:PW@example.com/f?a=b"); got != "https://example.com/f?a=b" {
		t.Errorf("WithoutUser leaves %s", got)
	}
}

func TestShortenKeepsTheEndOfTheHost(t *testing.T) {
	long := strings.Repeat("github.com.", 30)
	for in, want := range map[string]string{
		"https://" + long + "evil.example/" + strings.Repeat("a", 300): "evil.example",
		"https://" + long + "evil.example":                             "evil.example",
		"https://" + long + "evil.example/f?…":                         "evil.example/f?…",
		long + "evil.example/acme/server" + imageDigest:                "evil.example",
		"https://" + long[:60] + "evil.example/" + long:                "evil.example",
		"/pointer/" + strings.Repeat("x", 300) + "/end":                "/end",
	} {
		for _, limit := range []int{100, 120, 200} {
			got := finding.Shorten(in, limit)
			if utf8.RuneCountInString(got) > limit || !strings.Contains(got, want) {
				t.Errorf("Shorten(%.40q…, %d) = %q, want %q in it", in, limit, got, want)
			}
		}
	}
}

func FuzzURL(f *testing.F) {
	for _, seed := range []string{"https://u:p@h/f?q#f", "https:u:p@h", "https://u:p@a b/", "r:1" + imageDigest, "://@", "a\x00@b", "https://é.example/?x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		shown := finding.URL(raw)
		if strings.Contains(shown, "?") && !strings.Contains(shown, "?…") {
			t.Errorf("%q shows a query as %q", raw, shown)
		}
		if secret := finding.URL("https://user:PaSsW0rD@" + raw); strings.Contains(secret, "PaSsW0rD") {
			t.Errorf("%q shows a password as %q", raw, secret)
		}
		for _, limit := range []int{40, 120} {
			if got := finding.Shorten(shown, limit); utf8.RuneCountInString(got) > limit {
				t.Errorf("%q shortened to %d runes: %q", shown, limit, got)
			}
		}
	})
}
