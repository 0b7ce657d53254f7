package fetch_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
)

// cutOff answers with raw bytes and ends the connection below TLS, as anybody on the way can, without a close_notify.
func cutOff(raw string) http.HandlerFunc {
	return endedBy(func(c net.Conn) { hangUp(c.(*tls.Conn).NetConn()) }, raw)
}

func TestBodyWhoseEndNothingProvesIsUnreachable(t *testing.T) {
	closed := func(want bool) func(fetch.Head) bool {
		return func(h fetch.Head) bool { return h.CloseDelimited == want }
	}
	for _, header := range []string{"HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"} {
		play(t, map[string]scene{
			"cut below TLS":       {wholes: []http.HandlerFunc{cutOff(header + "bod")}, requests: 4},
			"once, and not again": {wholes: []http.HandlerFunc{cutOff(header + "bod"), hijack(header + "body")}, body: []byte("body"), head: closed(true)},
		})
	}
	play(t, map[string]scene{
		"a length": {wholes: []http.HandlerFunc{hijack("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody")}, body: []byte("body"), head: closed(false)},
		"chunks":   {wholes: []http.HandlerFunc{hijack("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n")}, body: []byte("body"), head: closed(false)},
	})
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

func TestBodyThatIsShorterThanAnAnswerAnnouncedIsUnreachable(t *testing.T) {
	content := random(30, 1000)
	short := unframed(content[:400])
	scenes := map[string]scene{}
	for name, later := range map[string]http.HandlerFunc{"without a length": short, "with a shorter one": whole(content[:400]),
		"under another validator": whole(content[:400], "ETag", v2)} {
		scenes[name] = scene{wholes: []http.HandlerFunc{half(content, "ETag", v1), later}, ranges: status(http.StatusRequestedRangeNotSatisfiable),
			says: "after 400 bytes: expected 1000"}
	}
	for _, n := range []int64{0, 400, 401} {
		want := content[:400]
		if n > 400 {
			want = nil
		}
		scenes[fmt.Sprint("announced ", n)] = scene{wholes: []http.HandlerFunc{short}, request: fetch.Request{Announced: n}, body: want}
		scenes[fmt.Sprint("declared ", n)] = scene{wholes: []http.HandlerFunc{short}, request: fetch.Request{Declared: n}, body: want}
	}
	play(t, scenes)
}

// FuzzFraming answers with any bytes: a body that is taken for complete is the one that net/http reads of them.
func FuzzFraming(f *testing.F) {
	for _, raw := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody", "HTTP/1.1 200 OK\r\n\r\nbody", "HTTP/1.0 200 OK\r\n\r\nbody",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbo",
		"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nbody", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", "HTTP/2 200\r\ncontent-length: 4\r\n\r\nbody",
	} {
		f.Add([]byte(raw))
	}
	var raw atomic.Pointer[[]byte]
	s := oneAtATime(f, func(w http.ResponseWriter, r *http.Request) { hijack(string(*raw.Load()))(w, r) })
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
