package fetch_test

import (
	"bytes"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
)

func TestPeekTellsTheFirstAnswer(t *testing.T) {
	content := bytes.NewReader(make([]byte, 1234))
	serve := func(w http.ResponseWriter, r *http.Request) { http.ServeContent(w, r, "", time.Time{}, content) }
	whole := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000000000000")
		_, _ = w.Write(make([]byte, 1<<20))
		<-r.Context().Done()
	}
	for name, test := range map[string]struct {
		head, get http.HandlerFunc
		status    int
		size      int64
	}{
		"a file":                         {serve, nil, 200, 1234},
		"a redirect":                     {status(302, "X-Linked-Size", "7", "Location", "http://elsewhere"), nil, 302, -1},
		"no HEAD":                        {status(405), serve, 206, 1234},
		"HEAD forbidden":                 {status(403), serve, 206, 1234},
		"HEAD forbidden, no ranges":      {status(403), whole, 200, 1_000_000_000_000},
		"forbidden altogether":           {status(403), status(403), 403, -1},
		"not found":                      {status(404), status(404), 404, -1},
		"HEAD broken":                    {status(500), serve, 206, 1234},
		"HEAD dropped":                   {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, serve, 206, 1234},
		"HEAD never answered":            {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, serve, 206, 1234},
		"a range of nothing that is one": {status(405), status(206, "Content-Range", "bytes */5"), 206, -1},
		"no content":                     {status(204), nil, 204, -1},
	} {
		t.Run(name, func(t *testing.T) {
			s := server(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodHead {
					test.head(w, r)
					return
				}
				if r.Header.Get("Range") != "bytes=0-0" {
					t.Errorf("asked for %q", r.Header.Get("Range"))
				}
				test.get(w, r)
			})
			c := config(&naps{})
			c.StallTimeout = 500 * time.Millisecond
			head, err := newClient(t, c).Peek(t.Context(), s.URL, nil)
			if size := max(head.Size, -1); err != nil || head.Status != test.status || size > 0 != (test.size > 0) || test.size > 0 && size != test.size {
				t.Errorf("got %+v, error %v", head, err)
			}
			if test.status == 302 && head.First.Get("X-Linked-Size") != "7" {
				t.Errorf("got header %v", head.First)
			}
		})
	}
}

func TestPeekFollowsRedirectsWhereItIsTold(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/there":
			w.Header().Set("Content-Length", "9")
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		default:
			w.Header().Set("X-Linked-Size", "7")
			http.Redirect(w, r, "there", http.StatusFound)
		}
	})
	client := newClient(t, config(&naps{}))
	isTold := true
	further := func(head fetch.Head) bool { return isTold && head.First.Get("X-Linked-Size") != "8" }
	head, err := client.Peek(t.Context(), s.URL, further)
	if err != nil || head.Status != http.StatusOK || head.Size != 9 || head.First.Get("X-Linked-Size") != "7" {
		t.Errorf("got %+v, %v", head, err)
	}
	_, err = client.Peek(t.Context(), s.URL+"/loop", further)
	mustFail(t, err, fetch.Refused)
	isTold = false
	if head, err := client.Peek(t.Context(), s.URL, further); err != nil || head.Status != http.StatusFound {
		t.Errorf("got %+v, %v", head, err)
	}
}

func TestPeekFailsLikeGet(t *testing.T) {
	var requests atomic.Int32
	s := server(t, stages(&requests, status(429)))
	client := newClient(t, config(&naps{}))
	_, err := client.Peek(t.Context(), s.URL, nil)
	if mustFail(t, err, fetch.Unreachable); requests.Load() != 4 {
		t.Errorf("%d requests", requests.Load())
	}
	_, err = client.Peek(t.Context(), "http://example.com", nil)
	mustFail(t, err, fetch.Refused)
	_, err = client.Peek(t.Context(), strings.Replace(s.URL, "127.0.0.1", "10.0.0.1", 1), nil)
	mustFail(t, err, fetch.Refused)
}
