package fetch_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
)

func TestLongHeaderFieldsAreDroppedAtOnce(t *testing.T) {
	long := strings.Repeat("x", 60_000)
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"`+long+`"`)
		w.Header().Set("X-Linked-Size", "7")
		w.Header().Set("X-Other", "1")
		fmt.Fprint(w, "content")
	})
	sink, head, err := get(t, config(&naps{}), fetch.Request{URL: s.URL})
	if err != nil || string(sink.bytes) != "content" || head.ETag != "" || head.Validator != "" || len(head.First) != 1 || head.First.Get("X-Linked-Size") != "7" {
		t.Errorf("got %d bytes, ETag of %d bytes, %d fields, %v", len(sink.bytes), len(head.ETag), len(head.First), err)
	}
}

// TestConnectionsAreBounded redirects each of many URLs ten times, to another host each time.
func TestConnectionsAreBounded(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		var open gauge
		s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			chain, hop, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
			if hop == "xxxxxxxxxx" {
				fmt.Fprint(w, "there")
				return
			}
			_, port, _ := net.SplitHostPort(r.Host)
			http.Redirect(w, r, fmt.Sprintf("https://%s-%d.example.com:%s/%s/%sx", chain, len(hop), port, chain, hop), http.StatusFound)
		}), func(s *httptest.Server) {
			s.EnableHTTP2 = http2
			s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
				switch state {
				case http.StateNew:
					open.rise()
				case http.StateClosed, http.StateHijacked:
					open.now.Add(-1)
				}
			}
		})
		c := config(&naps{})
		c.Resolver = anyHost(t)
		client := newClient(t, c)
		var all sync.WaitGroup
		for worker := range 8 {
			all.Go(func() {
				for i := range 6 {
					sink := &body{}
					if _, err := client.Get(t.Context(), fetch.Request{URL: fmt.Sprintf("%s/%d-%d/", s.URL, worker, i)}, sink); err != nil || string(sink.bytes) != "there" {
						t.Errorf("got %q, %v", sink.bytes, err)
					}
				}
			})
		}
		all.Wait()
		if got := open.most.Load(); got > fetch.MaxConnections+8 { // what closes is still open for the server
			t.Errorf("HTTP/2 %v: %d connections at a time, want at most %d", http2, got, fetch.MaxConnections)
		}
	}
}

// TestAnEndlessBodyEnds has bodies of known and of unknown length that come steadily, and never end.
func TestAnEndlessBodyEnds(t *testing.T) {
	for _, length := range []string{"", "1000000000000"} {
		s := server(t, func(w http.ResponseWriter, r *http.Request) {
			if length != "" {
				w.Header().Set("Content-Length", length)
			}
			endless(w, r)
		})
		client := newClient(t, config(&naps{}))
		client.NoTime()
		_, err := client.Get(t.Context(), fetch.Request{URL: s.URL}, fetch.Nothing{})
		if failure := mustFail(t, err, fetch.Unreachable); !strings.Contains(failure.Message, "came too slowly") {
			t.Errorf("length %q: %s", length, failure.Message)
		}
	}
}

// TestAHostThatAnswersNothingIsAskedNoMore has many URLs of a host that drops every connection, and one of another.
func TestAHostThatAnswersNothingIsAskedNoMore(t *testing.T) {
	var requests atomic.Int64
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.Host, "dead") {
			requests.Add(1)
			panic(http.ErrAbortHandler)
		}
		fmt.Fprint(w, "there")
	})
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	c := config(&naps{})
	c.Resolver = anyHost(t)
	client := newClient(t, c)
	for i := range 100 {
		_, err := client.Get(t.Context(), fetch.Request{URL: fmt.Sprintf("https://dead.example.com:%s/%d", port, i)}, &body{})
		mustFail(t, err, fetch.Unreachable)
	}
	if n := requests.Load(); n > 2*fetch.MaxSilent { // net/http asks again by itself over a connection that it has used
		t.Errorf("%d requests were sent, want about %d", n, fetch.MaxSilent)
	}
	sink := &body{}
	if _, err := client.Get(t.Context(), fetch.Request{URL: fmt.Sprintf("https://good.example.com:%s/", port)}, sink); err != nil || string(sink.bytes) != "there" {
		t.Errorf("another host: %q, %v", sink.bytes, err)
	}
}
