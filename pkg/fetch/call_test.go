package fetch_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

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

func TestADirectCallFollowsNoRedirect(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/there" {
			http.Redirect(w, r, "/there", http.StatusFound)
		}
	})
	_, err := do(t, config(&naps{}), fetch.Call{Method: http.MethodGet, URL: s.URL, MaxBody: 5, Direct: true})
	mustFail(t, err, fetch.Refused)
}

func TestARefusalOfACallIsAnAnswer(t *testing.T) {
	for _, status := range []int{400, 401, 403, 404, 405, 410} {
		s := server(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		reply, err := do(t, config(&naps{}), fetch.Call{Method: http.MethodGet, URL: s.URL, MaxBody: 1})
		if err != nil || reply.Status != status || reply.Refusal == nil || reply.Refusal.Kind != fetch.Unavailable {
			t.Errorf("%d: got %+v, %v", status, reply, err)
		}
	}
}

func TestACallIsRetriedWhereThatMayHelp(t *testing.T) {
	for _, status := range []int{408, 429, 500, 503} {
		tries := 0
		s := server(t, func(w http.ResponseWriter, r *http.Request) {
			if tries++; tries < 3 {
				w.Header().Set("Retry-After", "7")
				w.WriteHeader(status)
				return
			}
			fmt.Fprint(w, "ok")
		})
		naps := &naps{}
		reply, err := do(t, config(naps), fetch.Call{Method: http.MethodGet, URL: s.URL, MaxBody: 10})
		if err != nil || string(reply.Body) != "ok" || tries != 3 {
			t.Errorf("%d: got %+v, %v after %d tries", status, reply, err, tries)
		}
		if longest := longest(naps.taken()); longest < 6*time.Second {
			t.Errorf("%d: Retry-After was not heeded: the longest wait was %s", status, longest)
		}
	}
}

func longest(all []time.Duration) (most time.Duration) {
	for _, d := range all {
		most = max(most, d)
	}
	return most
}

func TestACallWhoseBodyBreaksOffIsMadeAgain(t *testing.T) {
	tries := 0
	s := server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "4")
		if tries++; tries == 1 {
			fmt.Fprint(w, "lo")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}
		fmt.Fprint(w, "long")
	})
	reply, err := do(t, config(&naps{}), fetch.Call{Method: http.MethodGet, URL: s.URL, MaxBody: 10})
	if err != nil || string(reply.Body) != "long" {
		t.Errorf("got %q, %v", reply.Body, err)
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

func TestRedirectsOfACallAreChecked(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		if left, err := strconv.Atoi(r.URL.Path[1:]); err == nil && left > 0 {
			http.Redirect(w, r, fmt.Sprint(left-1), http.StatusTemporaryRedirect)
			return
		}
		http.Redirect(w, r, "https://169.254.169.254/", http.StatusFound)
	})
	for _, path := range []string{"/9", "/11", "/x"} {
		_, err := do(t, config(&naps{}), fetch.Call{Method: http.MethodHead, URL: s.URL + path})
		mustFail(t, err, fetch.Refused)
	}
	_, err := do(t, config(&naps{}), fetch.Call{Method: http.MethodGet, URL: "http://example.com/"})
	mustFail(t, err, fetch.Refused)
}
