package fetch

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/hosts"
)

func FuzzURL(f *testing.F) {
	for _, raw := range []string{
		"https://example.com/x/../f?a=b c#d", "https://127.1/%2e%2e/", "https://0x7f000001", "https://１２７.1/", "https://[fe80::1%25eth0]/", "https://bücher.example/é?é",
		"https://user@example.com:443/", `https://example.com/a\..\b`, "https:opaque",
	} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := parse(raw, false)
		if err != nil {
			return
		}
		if u.Scheme != "https" || u.User != nil || hosts.HasDotSegments(u) || hosts.IsNumeric(u.Hostname()) {
			t.Errorf("%q would be asked for as %s", raw, u)
		}
		if line := u.RequestURI(); !strings.HasPrefix(line, "/") || strings.ContainsFunc(line, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			t.Errorf("%q would be asked for as %q", raw, line)
		}
		again, errAgain := url.Parse(u.String())
		if errAgain != nil || again.Hostname() != u.Hostname() || again.RequestURI() != u.RequestURI() {
			t.Errorf("%q is %s, which reads as %v, %v", raw, u, again, errAgain)
		}
		if _, err := netip.ParseAddr(u.Hostname()); err != nil && strings.ContainsAny(u.Hostname(), "0123456789") && strings.Trim(u.Hostname(), "0123456789.") == "" {
			t.Errorf("%q has the host %q, which resolvers take for a number", raw, u.Hostname())
		}
	})
}
