package fetch_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
)

func TestPlainHTTPIsReadOnlyWhereItIsAllowed(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("a token goes over plain http")
		}
		if r.URL.Path == "/open" {
			hijack("HTTP/1.1 200 OK\r\n\r\nbytes")(w, r)
			return
		}
		fine(w, r)
	}))
	t.Cleanup(plain.Close)
	secure := server(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, plain.URL, http.StatusFound) })
	c := config(&naps{})
	c.Tokens = map[string]string{strings.TrimPrefix(plain.URL, "http://"): "secret"}
	for _, test := range []struct {
		url     string
		isHTTP  bool // allowed
		isRead  bool
		failure fetch.Kind
	}{
		{plain.URL, false, false, fetch.Refused},
		{plain.URL, true, true, 0},
		{secure.URL, true, false, fetch.Refused},              // what came securely does not go on over plain http
		{plain.URL + "/open", true, false, fetch.Unreachable}, // the end of the connection proves nothing
	} {
		got, _, err := get(t, c, fetch.Request{URL: test.url, AllowHTTP: test.isHTTP})
		if !test.isRead {
			mustFail(t, err, test.failure)
		} else if err != nil || string(got.bytes) != "fine" {
			t.Errorf("%q, %v", got.bytes, err)
		}
	}
}
