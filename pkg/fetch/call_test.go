package fetch_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
)

func do(t *testing.T, config fetch.Config, call fetch.Call) (fetch.Reply, error) {
	t.Helper()
	return newClient(t, config).Do(t.Context(), call)
}

func TestACallReadsAShortAnswer(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Method", r.Method+" "+r.Header.Get("Accept")+" "+r.Header.Get("Accept-Encoding"))
		fmt.Fprint(w, "short")
	})
	call := fetch.Call{Method: http.MethodGet, URL: s.URL, Header: http.Header{"Accept": {"text/x"}}, MaxBody: 5}
	reply, err := do(t, config(&naps{}), call)
	if err != nil || string(reply.Body) != "short" || reply.Size != 5 || reply.Header.Get("X-Method") != "GET text/x identity" || reply.Host != "127.0.0.1" {
		t.Errorf("got %+v, %v", reply, err)
	}
	call.MaxBody = 4
	_, err = do(t, config(&naps{}), call)
	mustFail(t, err, fetch.Refused)
	call.Method, call.MaxBody = http.MethodHead, 0
	if reply, err = do(t, config(&naps{}), call); err != nil || reply.Size != 5 || len(reply.Body) > 0 {
		t.Errorf("HEAD: got %+v, %v", reply, err)
	}
}

func TestACallEndsWithAnAnswerOrAnError(t *testing.T) {
	var n, m atomic.Int32
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		direct bool
		status int // of the reply; 0: an error
		kind   fetch.Kind
	}{
		"unauthorized":              {answer: status(401), status: 401},
		"not found":                 {answer: status(404), status: 404},
		"no such method":            {answer: status(405), status: 405},
		"down":                      {answer: status(503)},
		"too many, once":            {answer: stages(&n, status(429), fine), status: 200},
		"broken off, once":          {answer: stages(&m, half([]byte("fine")), fine), status: 200},
		"a redirect that it is not": {answer: status(302, "Location", "/there"), direct: true, kind: fetch.Refused},
		"a redirect to a network":   {answer: status(302, "Location", "https://169.254.169.254/"), kind: fetch.Refused},
	} {
		s := server(t, test.answer)
		reply, err := do(t, config(&naps{}), fetch.Call{Method: http.MethodGet, URL: s.URL, MaxBody: 10, Direct: test.direct})
		if test.status == 0 {
			mustFail(t, err, test.kind)
		} else if isFine := test.status == 200; err != nil || reply.Status != test.status || (reply.Refusal == nil) != isFine || (string(reply.Body) == "fine") != isFine {
			t.Errorf("%s: got %+v, %v", name, reply, err)
		}
	}
}

// TestACredentialOfACallStaysAtItsHost redirects within a host, then to another, and back.
func TestACredentialOfACallStaysAtItsHost(t *testing.T) {
	var seen []string
	note := func(name string, r *http.Request) {
		seen = append(seen, name+r.URL.Path+" "+r.Header.Get("Authorization"))
	}
	home := server(t, nil)
	away := server(t, func(w http.ResponseWriter, r *http.Request) {
		note("away", r)
		http.Redirect(w, r, home.URL+"/back", http.StatusFound)
	})
	home.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		note("home", r)
		to := map[string]string{"/": "/here", "/here": away.URL + "/there"}[r.URL.Path]
		if to != "" {
			http.Redirect(w, r, to, http.StatusFound)
		}
	})
	c := config(&naps{})
	c.Tokens = map[string]string{strings.TrimPrefix(home.URL, "https://"): "of-the-config"}
	_, err := do(t, c, fetch.Call{Method: http.MethodGet, URL: home.URL, Token: "x", MaxBody: 1})
	got := strings.Join(seen, ", ")
	if want := "home/ Bearer x, home/here Bearer x, away/there , home/back "; err != nil || got != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
	seen = nil
	if _, err := do(t, c, fetch.Call{Method: http.MethodGet, URL: home.URL + "/back", MaxBody: 1}); err != nil || seen[0] != "home/back " {
		t.Errorf("a token of the configuration was sent: %q, %v", seen, err)
	}
}
