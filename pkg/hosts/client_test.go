package hosts_test

import (
	"net/url"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/hosts"
)

func TestDotSegmentsAreSeenHoweverTheyAreWritten(t *testing.T) {
	for path, want := range map[string]bool{
		"/x/../f": true, "/x/./f": true, "/x/..": true, "/.": true, "/x/%2e%2e/f": true, "/x/.%2E/f": true, "/%2e/f": true,
		"/x/..%2ff": true, "/x%2f..%2ff": true, `/x\..\f`: true, "/x/%5c..%5cf": true,
		"": false, "/": false, "/x/...": false, "/x/.f": false, "/x/f..": false, "/..x/f": false, "/x//f": false, "/x?a=/../b": false, "/v1.2/f": false,
		"/x/%252e%252e/f": false, // which no client decodes twice
	} {
		u, err := url.Parse("https://example.com" + path)
		if err != nil {
			t.Fatal(err)
		}
		if got := hosts.HasDotSegments(u); got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
}

func TestHostsThatEndInANumber(t *testing.T) {
	check(t, map[string]bool{
		"127.1": true, "2130706433": true, "0x7f000001": true, "0X7F.1": true, "017700000001": true, "0177.0.0.1": true, "127.0.0.1.": true,
		"1.2.3": true, "0x": true, "a.0x": true, "example.com.1": true, "256.1.1.1": true, "1.1.1.1.1": true, "127.0.0.0x1": true,
		"127.0.0.1": false, "::1": false, "example.com": false, "example.com.": false, "1.example": false, "a1": false, "0xg": false, "": false, ".": false,
	}, func(host string) bool { return hosts.IsNumeric(host) })
}

func TestPortsThatThereAre(t *testing.T) {
	check(t, map[string]bool{"a": true, "a:": true, "a:1": true, "a:65535": true, "[::1]:443": true, "a:0": false, "a:65536": false, "a:99999999999999999999": false}, func(host string) bool { return hosts.HasPort(&url.URL{Host: host}) })
}

func FuzzClientForms(f *testing.F) {
	for _, raw := range []string{"https://127.1/x/../f", "https://0x7f.1/%2e%2e/f", `https://example.com/a\..\b`, "https://[::1]/.", "https://1。1/"} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := url.Parse(raw)
		if err != nil {
			return
		}
		if !hosts.HasDotSegments(u) && u.Path != "" && u.Path[0] == '/' {
			again := (&url.URL{Scheme: "https", Host: "example.com"}).ResolveReference(&url.URL{Path: u.Path, RawPath: u.RawPath})
			if again.EscapedPath() != u.EscapedPath() {
				t.Errorf("%s becomes %s", u.EscapedPath(), again.EscapedPath())
			}
		}
		hosts.IsNumeric(u.Hostname())
	})
}
