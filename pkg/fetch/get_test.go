package fetch_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
)

func TestGetStreamsTheBodyAndTellsItsHead(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 100_000)
	var request *http.Request
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		request = r
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Last-Modified", "Wed, 21 Oct 2015 07:28:00 GMT")
		w.Header().Set("X-Linked-Size", "7")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	})
	c := config(&naps{})
	c.Connections = 1
	sink, head, err := get(t, c, fetch.Request{URL: s.URL + "/file"})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(sink.bytes, content) || sink.starts != 1 {
		t.Errorf("got %d bytes after %d starts, want %d after 1", len(sink.bytes), sink.starts, len(content))
	}
	if head.Size != int64(len(content)) || head.Status != 200 || head.Host != "127.0.0.1" || head.ETag != `"v1"` || head.CloseDelimited ||
		head.LastModified == "" || head.First.Get("X-Linked-Size") != "7" || sink.head.Size != head.Size {
		t.Errorf("got head %+v", head)
	}
	for name, want := range map[string]string{"Accept-Encoding": "identity", "User-Agent": "verify-manifests/test", "Cookie": "", "Authorization": "", "Referer": "", "Range": ""} {
		if got := request.Header.Get(name); got != want {
			t.Errorf("sent %s %q, want %q", name, got, want)
		}
	}
}

func TestURLsThatAreNeverRequested(t *testing.T) {
	for _, url := range []string{
		"http://example.com/x?sig=secret", "ftp://example.com/x", "file:///etc/passwd", "//example.com/x", "example.com", "",
		"https://example.com/x/../f?secret", "https://example.com/x/%2e%2E/f", "https://example.com/./f", "https://example.com:99999/", "https://example.com:0/", "https://127.1/", "https://2130706433/", "https://0x7f.1/", "https://017700000001/", "https://127.0.0.1./",
		"https://", "https:///path", "https://user:secret@example.com/", "https://user@example.com/",
		"https://exa mple.com/?secret", "https://%zz/?secret", "https://ex\u200bample\u2028.com/x?secret", "https://example.com:port/?secret",
	} {
		sink, _, err := get(t, config(&naps{}), fetch.Request{URL: url})
		failure := mustFail(t, err, fetch.Refused)
		if strings.Contains(fmt.Sprintf("%v %v", failure.Message, failure.Err), "secret") || failure.Fix == "" || sink.starts != 0 {
			t.Errorf("%s: got %+v", url, failure)
		}
	}
}

// endless sends bytes for as long as somebody takes them.
func endless(w http.ResponseWriter, r *http.Request) {
	for r.Context().Err() == nil {
		if _, err := w.Write(make([]byte, 64<<10)); err != nil {
			return
		}
	}
}

// unframed sends bytes without announcing how many.
func unframed(content []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.(http.Flusher).Flush()
		_, _ = w.Write(content)
	}
}

func TestAnswers(t *testing.T) {
	limit := func(n int64) func(*fetch.Config) { return func(c *fetch.Config) { c.MaxSize = n } }
	long := make([]string, 0, 200)
	for i := range 100 {
		long = append(long, fmt.Sprintf("X-%d", i), strings.Repeat("x", 1000))
	}
	play(t, map[string]scene{
		"encoded as it is stored": {wholes: once(whole([]byte("\x1f\x8b not really"), "Content-Encoding", "gzip")), body: []byte("\x1f\x8b not really"),
			head: func(h fetch.Head) bool { return h.ContentEncoding == "gzip" }},
		"transformed by a proxy": {wholes: once(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusNonAuthoritativeInfo)
			fine(w, r)
		}), body: []byte("fine"), head: func(h fetch.Head) bool { return h.Size == 4 }},
		"as long as allowed":             {wholes: once(whole(make([]byte, 100))), config: limit(100), body: make([]byte, 100)},
		"announced too long":             {wholes: once(whole(make([]byte, 101))), config: limit(100), kind: fetch.Refused, says: "max-file-size", requests: 1},
		"not announced, as long as that": {wholes: once(unframed(make([]byte, 100))), config: limit(100), body: make([]byte, 100)},
		"not announced, and too long":    {wholes: once(unframed(make([]byte, 101))), config: limit(100), kind: fetch.Refused, says: "max-file-size", starts: 1, requests: 1},
		"without end":                    {wholes: once(endless), config: limit(1 << 20), kind: fetch.Refused, starts: 1},
		"headers without end":            {wholes: once(whole(nil, long...))},

		"429 for ever": {wholes: once(status(429)), says: "429 (Too Many Requests)", requests: 4},
		"503 for ever": {wholes: once(status(503)), says: "503 (Service Unavailable)", requests: 4},
		"cut body":     {wholes: once(hijack("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nwro")), says: "after 3 of 9 bytes", requests: 4},
		"no content":   {wholes: once(status(204)), says: "204", requests: 4},

		"not found":    {wholes: once(status(404)), kind: fetch.Unavailable, says: "does not exist", requests: 1},
		"gone":         {wholes: once(status(410)), kind: fetch.Unavailable, says: "gone", requests: 1},
		"log-in":       {wholes: once(status(401)), kind: fetch.Unavailable, says: "log-in", requests: 1},
		"gated":        {wholes: once(status(401, "X-Error-Code", "GatedRepo")), kind: fetch.Unavailable, says: "gated", requests: 1},
		"gated, known": {wholes: once(status(403, "X-Error-Code", "GatedRepo")), kind: fetch.Unavailable, says: "gated", requests: 1},
		"no repo":      {wholes: once(status(401, "X-Error-Code", "RepoNotFound")), kind: fetch.Unavailable, says: "does not exist, or is private", requests: 1},
		"forbidden":    {wholes: once(status(403)), kind: fetch.Unavailable, says: "forbids", requests: 1},
		"bot wall":     {wholes: once(status(403, "Cf-Mitigated", "challenge")), kind: fetch.Unavailable, says: "blocked, not dead", requests: 1},
		"bot wall 503": {wholes: once(status(503, "Cf-Mitigated", "challenge")), kind: fetch.Unavailable, says: "blocked, not dead", requests: 1},
		"teapot":       {wholes: once(status(418)), kind: fetch.Unavailable, says: "status 418", requests: 1},
	})
}

func TestSecondLook(t *testing.T) {
	look := fetch.Request{RetryMissing: true}
	for name, s := range map[string]scene{
		"found then":             {wholes: []http.HandlerFunc{status(404), fine}, request: look, body: []byte("fine"), requests: 2},
		"gone, found then":       {wholes: []http.HandlerFunc{status(410), fine}, request: look, body: []byte("fine"), requests: 2},
		"never found":            {wholes: []http.HandlerFunc{status(404)}, request: look, kind: fetch.Unavailable, requests: 2},
		"not asked for":          {wholes: []http.HandlerFunc{status(404), fine}, kind: fetch.Unavailable, requests: 1},
		"no second for 403":      {wholes: []http.HandlerFunc{status(403), fine}, request: look, kind: fetch.Unavailable, requests: 1},
		"forbidden the 2nd time": {wholes: []http.HandlerFunc{status(404), status(403)}, request: look, kind: fetch.Unavailable, requests: 2},
	} {
		s.pause = func(_ int, d time.Duration) bool { return d >= time.Second && d <= 10*time.Second }
		t.Run(name, s.play)
	}
}

func TestErrorOfTheSinkEndsTheGet(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("bytes")) })
	full, naps := errors.New("no room"), &naps{}
	_, err := newClient(t, config(naps)).Get(t.Context(), fetch.Request{URL: s.URL}, &body{err: full})
	mustFail(t, err, fetch.Unreachable)
	if !errors.Is(err, full) || len(naps.taken()) != 0 {
		t.Errorf("got %v after %d pauses", err, len(naps.taken()))
	}
}

func TestEndOfTheContextEndsTheGet(t *testing.T) {
	timeUp := errors.New("time is up")
	for name, handler := range map[string]func(http.ResponseWriter, *http.Request, func()){
		"before the header": func(w http.ResponseWriter, r *http.Request, end func()) {
			end()
			<-r.Context().Done()
		},
		"in the body": func(w http.ResponseWriter, r *http.Request, end func()) {
			_, _ = w.Write([]byte("some"))
			w.(http.Flusher).Flush()
			end()
			<-r.Context().Done()
		},
		"between tries": func(w http.ResponseWriter, r *http.Request, end func()) {
			w.WriteHeader(500)
			end()
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			s := server(t, func(w http.ResponseWriter, r *http.Request) { handler(w, r, func() { cancel(timeUp) }) })
			_, err := newClient(t, config(&naps{})).Get(ctx, fetch.Request{URL: s.URL}, &body{})
			mustFail(t, err, fetch.Unreachable)
			if !errors.Is(err, timeUp) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestCertificatesAreVerifiedAndNotRetried(t *testing.T) {
	var requests atomic.Int32
	s := server(t, func(w http.ResponseWriter, r *http.Request) { requests.Add(1) })
	untrusting, naps := config(&naps{}), &naps{}
	untrusting.RootCAs, untrusting.Sleep = x509.NewCertPool(), naps.sleep
	otherName := config(naps)
	otherName.Resolver = anyHost(t)
	for url, c := range map[string]fetch.Config{
		s.URL: untrusting,
		strings.Replace(s.URL, "127.0.0.1", "not-in-the-certificate.test", 1): otherName,
	} {
		_, _, err := get(t, c, fetch.Request{URL: url})
		failure := mustFail(t, err, fetch.Unreachable)
		if !strings.Contains(failure.Message, "certificate") || requests.Load() != 0 || len(naps.taken()) != 0 {
			t.Errorf("got %s after %d requests, %d pauses", failure.Message, requests.Load(), len(naps.taken()))
		}
	}
}

func TestValidateNamesTheWrongSetting(t *testing.T) {
	for want, spoil := range map[string]func(*fetch.Config){
		"invalid size": func(c *fetch.Config) { c.MaxSize = 0 },
		"time-out":     func(c *fetch.Config) { c.StallTimeout = 0 },
		"connections":  func(c *fetch.Config) { c.Connections = 0 },
		"User-Agent":   func(c *fetch.Config) { c.UserAgent = "a\nb" },
		"proxy":        func(c *fetch.Config) { c.Proxy.HTTPSProxy = "http://%zz:secret@" },
		"`Host`":       func(c *fetch.Config) { c.Tokens = map[string]string{"Host": "x"} },
		"`host`":       func(c *fetch.Config) { c.Tokens = map[string]string{"host": "x\r\ny"} },
	} {
		c := config(&naps{})
		spoil(&c)
		if _, err := fetch.New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want something about %s", err, want)
		}
	}
}

func TestPassingFaultsAreRetried(t *testing.T) {
	faults := map[string]http.HandlerFunc{
		"cut before the header": hijack(""),
		"cut in the header":     hijack("HTTP/1.1 200 OK\r\nContent-Le"),
		"cut before the body":   hijack("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"),
		"cut in the body":       hijack("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nwro"),
		"cut in a chunk":        hijack("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwr"),
		"cut between chunks":    hijack("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwron\r\n"),
		"no HTTP":               hijack("SSH-2.0-OpenSSH_9.2\r\n"),
		"two lengths":           hijack("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nwrong"),
		"stall before header":   func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"stall in the body": func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte("wro"))
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		},
	}
	faults["403 with Retry-After"] = status(403, "Retry-After", "0")
	for _, code := range []int{408, 425, 429, 500, 502, 503, 504, 599, 202, 204, 206, 300, 304} {
		faults[fmt.Sprint("status ", code)] = status(code)
	}
	for name, fault := range faults {
		t.Run(name, scene{
			wholes: []http.HandlerFunc{fault, fault, fault, fine}, body: []byte("fine"), requests: 4,
			pause: func(n int, d time.Duration) bool { return d >= 250*time.Millisecond<<n && d <= 750*time.Millisecond<<n },
			config: func(c *fetch.Config) {
				if strings.HasPrefix(name, "stall") {
					c.StallTimeout = 1500 * time.Millisecond // in which a busy machine shakes hands
				}
			},
		}.play)
	}
}

func TestHostsThatAreNotThereAreUnreachable(t *testing.T) {
	s := server(t, fine)
	port := s.URL[strings.LastIndex(s.URL, ":"):]
	silent := faultyServer(t, nil, func(int) *fault { return &fault{how: silence} })
	unused := httptest.NewServer(nil)
	unused.Close()
	c := config(&naps{})
	c.StallTimeout = 500 * time.Millisecond
	var asked atomic.Int32
	c.Resolver = dns(t, func(name string) []netip.Addr {
		if strings.HasPrefix(name, "nowhere") || asked.Add(1) <= 3 {
			return nil
		}
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}
	})
	for url, want := range map[string]string{
		"https://late.example.com" + port:               "", // is found at the fourth try
		"https://nowhere.example.com" + port:            "The host `nowhere.example.com` could not be found",
		silent.URL:                                      "The ", // server or its handshake, whichever is noticed first
		strings.Replace(unused.URL, "http", "https", 1): "The connection to `127.0.0.1` failed: `connect: connection refused` (tries: 4)",
	} {
		_, _, err := get(t, c, fetch.Request{URL: url})
		if want == "" && err != nil {
			t.Errorf("%s: %v", url, err)
		}
		if want != "" && !strings.HasPrefix(mustFail(t, err, fetch.Unreachable).Message, want) {
			t.Errorf("%s: %v, want %s", url, err, want)
		}
	}
}

func TestWaitsThatAServerAsksForAreObeyedUpToACap(t *testing.T) {
	in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	for _, test := range []struct {
		status           int
		header, value    string
		atLeast, seconds int // of waiting, beside the usual pause
	}{
		{429, "Retry-After", "7", 6, 7},
		{429, "Retry-After", "0", 0, 0},
		{429, "Retry-After", "100000", 29, 30},
		{429, "Retry-After", "99999999999", 29, 30},
		{429, "Retry-After", "-5", 0, 0},
		{429, "Retry-After", "soon", 0, 0},
		{429, "Retry-After", in(20 * time.Second), 10, 20},
		{429, "Retry-After", in(time.Hour), 29, 30},
		{429, "Retry-After", in(-time.Hour), 0, 0},
		{200, "RateLimit", `"resolvers";r=0;t=9`, 8, 9},
		{200, "RateLimit", `"api";r=12;t=9`, 0, 0},
		{200, "RateLimit", `"api";r=12;t=9, "resolvers";r=0;t=7`, 6, 7},
		{200, "RateLimit", `"resolvers"; r=0; t=900`, 29, 30},
		{200, "RateLimit", `"resolvers";t=9;w=60;r=0`, 8, 9},
		{200, "RateLimit", `"resolvers";r=0`, 0, 0},
		{200, "RateLimit", `"resolvers";r=0;t=-4`, 0, 0},
		{200, "RateLimit", `nonsense`, 0, 0},
	} {
		var requests atomic.Int32
		naps := &naps{}
		s := server(t, stages(&requests, status(test.status, test.header, test.value), fine))
		client := newClient(t, config(naps))
		for range map[int]int{429: 1, 200: 2}[test.status] {
			if _, err := client.Get(t.Context(), fetch.Request{URL: s.URL}, &body{}); err != nil {
				t.Fatal(err)
			}
		}
		var waited time.Duration
		for i, nap := range naps.taken() {
			if i > 0 || test.status == 200 {
				waited += nap
			}
		}
		if waited < time.Duration(test.atLeast)*time.Second || waited > time.Duration(test.seconds)*time.Second {
			t.Errorf("%s %s: waited %s", test.header, test.value, waited)
		}
	}
}

func TestServerThatAsksToWaitForEverIsUnreachable(t *testing.T) {
	var n atomic.Int32
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("RateLimit", `"x";r=0;t=30`)
		http.Redirect(w, r, fmt.Sprintf("/%d", n.Add(1)), http.StatusFound)
	})
	_, _, err := get(t, config(&naps{}), fetch.Request{URL: s.URL})
	if failure := mustFail(t, err, fetch.Unreachable); !strings.Contains(failure.Message, "keeps asking to wait") || n.Load() != 5 {
		t.Errorf("got %s after %d requests", failure.Message, n.Load())
	}
}

func TestDeadURLsOfAHostSpendItsRetriesOnly(t *testing.T) {
	var requests atomic.Int32
	s := server(t, stages(&requests, status(503)))
	c := config(&naps{})
	c.Resolver = anyHost(t)
	client := newClient(t, c)
	client.SpendRetries("127.0.0.1", fetch.MaxHostRetries-1)
	for _, want := range []int32{2, 3, 4} {
		_, err := client.Get(t.Context(), fetch.Request{URL: s.URL}, &body{})
		if mustFail(t, err, fetch.Unreachable); requests.Load() != want {
			t.Errorf("%d requests, want %d", requests.Load(), want)
		}
	}
	var others atomic.Int32
	other := server(t, stages(&others, status(503), status(503), status(503), fine))
	if _, err := client.Get(t.Context(), fetch.Request{URL: strings.Replace(other.URL, "127.0.0.1", "example.com", 1)}, &body{}); err != nil {
		t.Errorf("another host: %v", err)
	}
}

func TestHostThatAnswersHasItsRetriesAnew(t *testing.T) {
	for name, ask := range map[string]func(*fetch.Client, string) error{
		"Get": func(c *fetch.Client, url string) error {
			_, err := c.Get(t.Context(), fetch.Request{URL: url}, &body{})
			return err
		},
		"Do": func(c *fetch.Client, url string) error {
			_, err := c.Do(t.Context(), fetch.Call{Method: http.MethodGet, URL: url, MaxBody: 100})
			return err
		},
	} {
		var requests atomic.Int32
		s := server(t, stages(&requests, fine, status(503), status(503), status(503), fine))
		client := newClient(t, config(&naps{}))
		client.SpendRetries("127.0.0.1", fetch.MaxHostRetries)
		for range 2 {
			if err := ask(client, s.URL); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestPausesAreReal(t *testing.T) {
	var requests atomic.Int32
	s := server(t, stages(&requests, status(503), fine))
	c := config(&naps{})
	c.Sleep = nil
	if _, _, err := get(t, c, fetch.Request{URL: s.URL}); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	timeUp := errors.New("time is up")
	s = server(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(429)
		cancel(timeUp)
	})
	_, err := newClient(t, c).Get(ctx, fetch.Request{URL: s.URL}, &body{})
	if mustFail(t, err, fetch.Unreachable); !errors.Is(err, timeUp) {
		t.Error(err)
	}
}
