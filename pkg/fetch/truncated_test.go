package fetch_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
)

// cutOff answers with raw bytes and ends the connection below TLS, as anybody on the way can, without a close_notify.
func cutOff(raw string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, buffered, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(buffered, raw)
		_ = buffered.Flush()
		_ = conn.(*tls.Conn).NetConn().Close()
	}
}

func TestBodyWhoseEndNothingProvesIsUnreachable(t *testing.T) {
	for _, header := range []string{"HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n"} {
		s := httptest.NewTLSServer(cutOff(header + "bod"))
		_, _, err := get(t, config(&naps{}), fetch.Request{URL: s.URL})
		mustFail(t, err, fetch.Unreachable)
		s.Close()
	}
	var n atomic.Int32
	s := httptest.NewTLSServer(stages(&n, cutOff("HTTP/1.0 200 OK\r\n\r\nbod"), hijack("HTTP/1.0 200 OK\r\n\r\nbody")))
	defer s.Close()
	if sink, head, err := get(t, config(&naps{}), fetch.Request{URL: s.URL}); err != nil || string(sink.bytes) != "body" || !head.CloseDelimited {
		t.Errorf("got %q on the second try, head %+v, error %v", sink.bytes, head, err)
	}
}

func TestProxiedBodyWhoseEndNothingProvesIsUnreachable(t *testing.T) {
	for name, end := range map[string]http.HandlerFunc{"proven": hijack("HTTP/1.0 200 OK\r\n\r\nbody"), "cut": cutOff("HTTP/1.0 200 OK\r\n\r\nbod")} {
		c, proxy := proxied(t, fine)
		s := httptest.NewTLSServer(end)
		proxy.to = s.Listener.Addr().String()
		_, _, err := get(t, c, fetch.Request{URL: "https://a.example.com/"})
		if name == "cut" {
			mustFail(t, err, fetch.Unreachable)
		} else if err != nil {
			t.Error(err)
		}
		s.Close()
	}
}

// TestAnAnnouncedSizeCountsForTheNextGet has a server that breaks off, continues to the end under the same validator, and then
// serves fewer bytes in one answer.
func TestAnAnnouncedSizeCountsForTheNextGet(t *testing.T) {
	content := random(31, 1000)
	o := &origin{content: content, etag: `"v1"`}
	var n atomic.Int32
	s := server(t, split(o.ServeHTTP, stages(&n, half(content, "ETag", `"v1"`), whole(content[:400], "ETag", `"v1"`))))
	sink, head, err := get(t, config(&naps{}), fetch.Request{URL: s.URL})
	if err != nil || len(sink.bytes) != 1000 || head.Announced != 1000 || !head.Pieced {
		t.Fatalf("got %d bytes, %+v, %v", len(sink.bytes), head, err)
	}
	_, _, err = get(t, config(&naps{}), fetch.Request{URL: s.URL, Unbroken: true, Announced: head.Announced})
	mustFail(t, err, fetch.Unreachable)
}

func TestBodyThatIsShorterThanAnAnswerAnnouncedIsUnreachable(t *testing.T) {
	content := random(30, 1000)
	chunked := func(w http.ResponseWriter, _ *http.Request) {
		w.(http.Flusher).Flush()
		_, _ = w.Write(content[:400])
	}
	for name, later := range map[string]http.HandlerFunc{"without a length": chunked, "with a shorter one": whole(content[:400]),
		"under another validator": whole(content[:400], "ETag", `"v2"`)} {
		var n atomic.Int32
		s := server(t, stages(&n, half(content, "ETag", `"v1"`), status(http.StatusRequestedRangeNotSatisfiable), later))
		_, _, err := get(t, config(&naps{}), fetch.Request{URL: s.URL})
		if failure := mustFail(t, err, fetch.Unreachable); !strings.Contains(failure.Message, "after 400 bytes: expected 1000") {
			t.Errorf("%s: %s", name, failure.Message)
		}
	}
	for announced, fails := range map[int64]bool{0: false, 400: false, 401: true} {
		s := server(t, chunked)
		for _, r := range []fetch.Request{{URL: s.URL, Announced: announced}, {URL: s.URL, Declared: announced}} {
			if sink, _, err := get(t, config(&naps{}), r); fails != (err != nil) || err == nil && len(sink.bytes) != 400 {
				t.Errorf("%+v: got %d bytes, error %v", r, len(sink.bytes), err)
			}
		}
	}
}

// FuzzFraming answers with any bytes: a body that is taken for complete is the one that net/http reads of them.
func FuzzFraming(f *testing.F) {
	for _, raw := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody", "HTTP/1.1 200 OK\r\n\r\nbody", "HTTP/1.0 200 OK\r\n\r\nbody",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbo",
		"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nbody", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", "HTTP/2 200\r\ncontent-length: 4\r\n\r\nbody",
	} {
		f.Add([]byte(raw))
	}
	var raw atomic.Pointer[[]byte]
	s := oneAtATime(f, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { hijack(string(*raw.Load()))(w, r) }))
	f.Fuzz(func(t *testing.T, answer []byte) {
		raw.Store(&answer)
		c := config(&naps{})
		c.StallTimeout = time.Second
		sink, _, err := get(t, c, fetch.Request{URL: s.URL})
		if err != nil {
			return
		}
		reader := bufio.NewReader(bytes.NewReader(answer))
		response, err := http.ReadResponse(reader, nil)
		for err == nil && response.StatusCode < 200 {
			response, err = http.ReadResponse(reader, nil)
		}
		if err != nil {
			t.Fatalf("%q: got %q, and net/http %v", answer, sink.bytes, err)
		}
		if want, err := io.ReadAll(response.Body); err != nil || !bytes.Equal(sink.bytes, want) {
			t.Errorf("%q: got %q, want %q, %v", answer, sink.bytes, want, err)
		}
	})
}
