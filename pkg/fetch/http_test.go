package fetch_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
)

// plain starts a server without TLS.
func plain(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s
}

func TestPlainHTTPIsReadOnlyWhereItIsAllowed(t *testing.T) {
	s := plain(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("a token goes over plain http")
		}
		fmt.Fprint(w, "bytes")
	})
	c := config(&naps{})
	c.Tokens = map[string]string{strings.TrimPrefix(s.URL, "http://"): "secret"}
	_, _, err := get(t, c, fetch.Request{URL: s.URL + "/f"})
	mustFail(t, err, fetch.Refused)
	if got, _, err := get(t, c, fetch.Request{URL: s.URL + "/f", AllowHTTP: true}); err != nil || string(got.bytes) != "bytes" {
		t.Errorf("%q, %v", got.bytes, err)
	}
}

func TestWhatCameSecurelyDoesNotGoOnOverPlainHTTP(t *testing.T) {
	open := plain(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "bytes") })
	secure := server(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, open.URL, http.StatusFound) })
	_, _, err := get(t, config(&naps{}), fetch.Request{URL: secure.URL, AllowHTTP: true})
	mustFail(t, err, fetch.Refused)
}

func TestOverPlainHTTPTheEndOfAConnectionProvesNothing(t *testing.T) {
	s := plain(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\nbytes")
		_ = conn.Close()
	})
	_, _, err := get(t, config(&naps{}), fetch.Request{URL: s.URL, AllowHTTP: true})
	mustFail(t, err, fetch.Unreachable)
}
