package fetch_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
)

func TestTenRedirectsPass(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		left, _ := strconv.Atoi(r.URL.Path[1:])
		if left == 0 {
			_, _ = w.Write([]byte("there"))
			return
		}
		w.Header().Set("X-Repo-Commit", fmt.Sprint(left))
		w.Header().Set("Location", fmt.Sprintf("%d?sig=secret#fragment", left-1))
		w.WriteHeader([]int{301, 302, 303, 307, 308}[left%5])
	})
	sink, head, err := get(t, config(&naps{}), fetch.Request{URL: s.URL + "/10"})
	if err != nil || string(sink.bytes) != "there" || head.First.Get("X-Repo-Commit") != "10" || head.Status != 200 {
		t.Errorf("ten: got %q, head %+v, error %v", sink.bytes, head, err)
	}
	_, _, err = get(t, config(&naps{}), fetch.Request{URL: s.URL + "/11"})
	mustFail(t, err, fetch.Refused)
}

func TestRedirectsThatAreRefused(t *testing.T) {
	for name, location := range map[string]string{
		"not https":           "http://example.com/x?sig=secret",
		"user name":           "https://user:secret@example.com/x",
		"malformed":           "https://exa mple.com/?sig=secret",
		"malformed escape":    "/%zz?sig=secret",
		"nowhere":             "",
		"no host":             "https:///?secret",
		"itself":              "/",
		"itself with a mark":  "/#again",
		"private address":     "https://10.0.0.1/?sig=secret",
		"metadata address":    "https://169.254.169.254/?sig=secret",
		"in hexadecimal":      "https://0x7f000001/?sig=secret",
		"dot segments":        "/x/%2e%2e/f?sig=secret",
		"mapped address":      "https://[::ffff:10.0.0.1]/?sig=secret",
		"address of the host": "https://0.0.0.0/?sig=secret",
	} {
		t.Run(name, func(t *testing.T) {
			s := server(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header()["Location"] = []string{location}
				w.WriteHeader(http.StatusFound)
			})
			c := config(&naps{})
			c.Resolver = dns(t, func(string) []netip.Addr { return []netip.Addr{netip.MustParseAddr("10.0.0.1")} })
			_, _, err := get(t, c, fetch.Request{URL: s.URL})
			failure := mustFail(t, err, fetch.Refused)
			if strings.Contains(fmt.Sprintf("%+v", failure), "secret") {
				t.Errorf("the error holds a query: %+v", failure)
			}
		})
	}
}

func TestCookiesGoBackToTheirHostWithinOneRequest(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		name, _, _ := strings.Cut(r.Host, ":")
		seen = append(seen, name+r.URL.Path+" "+r.Header.Get("Cookie"))
		switch {
		case name == "b.example.com":
			http.Redirect(w, r, "https://a."+strings.TrimPrefix(r.Host, "b.")+"/f", http.StatusFound)
		case r.Header.Get("Cookie") == "":
			w.Header().Add("Set-Cookie", "a=1; Domain=example.com; Path=/elsewhere")
			http.Redirect(w, r, "/f", http.StatusFound)
		case !strings.Contains(r.Header.Get("Cookie"), "b=2"):
			w.Header().Add("Set-Cookie", "b=2")
			http.Redirect(w, r, "https://b."+strings.TrimPrefix(r.Host, "a.")+"/g", http.StatusFound)
		default:
			fine(w, r)
		}
	})
	c := config(&naps{})
	c.Resolver = anyHost(t)
	client := newClient(t, c)
	for range 2 {
		if _, err := client.Get(t.Context(), fetch.Request{URL: "https://a.example.com" + s.URL[strings.LastIndex(s.URL, ":"):] + "/f"}, &body{}); err != nil {
			t.Error(err)
		}
	}
	want := strings.Repeat("a.example.com/f |a.example.com/f a=1|b.example.com/g |a.example.com/f a=1; b=2|", 2)
	if got := strings.Join(seen, "|") + "|"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestQueryOfARedirectIsEscaped(t *testing.T) {
	var query string
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/f" {
			w.Header()["Location"] = []string{"/g?name=a b\xc3\xa9&sig=%2B+"}
			w.WriteHeader(http.StatusFound)
			return
		}
		query = r.URL.RawQuery
	})
	if _, _, err := get(t, config(&naps{}), fetch.Request{URL: s.URL + "/f"}); err != nil || query != "name=a%20b%C3%A9&sig=%2B+" {
		t.Errorf("asked with %s, error %v", query, err)
	}
}

func TestTokenGoesToItsHostOnlyAndNeverAlongARedirectElsewhere(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, r.Host[:strings.Index(r.Host, ":")]+r.URL.Path+" "+r.Header.Get("Authorization"))
		switch r.URL.Path {
		case "/within":
			http.Redirect(w, r, "/away", http.StatusFound)
		case "/away":
			http.Redirect(w, r, "https://b."+strings.TrimPrefix(r.Host, "a.")+"/back", http.StatusFound)
		case "/back":
			http.Redirect(w, r, "https://a."+strings.TrimPrefix(r.Host, "b.")+"/end", http.StatusFound)
		}
	})
	port := s.URL[strings.LastIndex(s.URL, ":"):]
	c := config(&naps{})
	c.Resolver = anyHost(t)
	c.Tokens = map[string]string{"a.example.com" + port: "hush", "example.com": "other"}
	for _, url := range []string{"https://A.example.com" + port + "/within", "https://b.example.com" + port + "/x", "https://example.com" + port + "/x", "https://a.example.com." + port + "/x"} {
		if _, _, err := get(t, c, fetch.Request{URL: url}); err != nil {
			t.Log(err)
		}
	}
	want := "a.example.com/within Bearer hush|a.example.com/away Bearer hush|b.example.com/back |a.example.com/end |b.example.com/x |example.com/x |a.example.com./x "
	if got := strings.Join(seen, "|"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
