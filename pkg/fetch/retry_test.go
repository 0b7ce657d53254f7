package fetch_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
)

// stages serves the n-th request by the n-th handler, and every later one by the last.
func stages(requests *atomic.Int32, handlers ...http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n := int(requests.Add(1))
		handlers[min(n, len(handlers))-1](w, r)
	}
}

func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		set(w, header)
		w.WriteHeader(code)
	}
}

func fine(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("fine")) }

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
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, naps := config(&naps{}), &naps{}
			c.Sleep = naps.sleep
			if strings.HasPrefix(name, "stall") {
				c.StallTimeout = 1500 * time.Millisecond // in which a busy machine shakes hands
			}
			var requests atomic.Int32
			s := oneAtATime(t, stages(&requests, fault, fault, fault, fine))
			sink, _, err := get(t, c, fetch.Request{URL: s.URL})
			if err != nil || string(sink.bytes) != "fine" || requests.Load() != 4 {
				t.Errorf("got %q, error %v, after %d requests", sink.bytes, err, requests.Load())
			}
			for i, pause := range naps.taken() {
				if low := 250 * time.Millisecond << i; pause < low || pause > 3*low {
					t.Errorf("pause %d was %s", i, pause)
				}
			}
		})
	}
}

// hijack answers with raw bytes and breaks the connection off.
func hijack(raw string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, buffered, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(buffered, raw)
		_ = buffered.Flush()
		_ = conn.Close()
	}
}

func TestLastingFaultsEndAsUnreachable(t *testing.T) {
	for name, test := range map[string]struct {
		fault  http.HandlerFunc
		status int
		says   string
	}{
		"429 for ever": {fault: status(429), status: 429, says: "429 (Too Many Requests)"},
		"503 for ever": {fault: status(503), status: 503, says: "503 (Service Unavailable)"},
		"cut body":     {fault: hijack("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nwro"), says: "after 3 of 9 bytes"},
		"no content":   {fault: status(204), status: 204, says: "204"},
	} {
		t.Run(name, func(t *testing.T) {
			var requests atomic.Int32
			s := httptest.NewTLSServer(stages(&requests, test.fault))
			t.Cleanup(s.Close)
			_, _, err := get(t, config(&naps{}), fetch.Request{URL: s.URL + "?sig=secret", SecondLook: true})
			failure := mustFail(t, err, fetch.Unreachable)
			if requests.Load() != 4 || failure.Status != test.status || !strings.Contains(failure.Message, test.says) || strings.Contains(failure.Message, "secret") {
				t.Errorf("got %+v after %d requests", failure, requests.Load())
			}
		})
	}
}

func TestDNSFaultsAreRetried(t *testing.T) {
	s := server(t, fine)
	port := s.URL[strings.LastIndex(s.URL, ":"):]
	for name, failures := range map[string]int32{"passing": 3, "lasting": 1000} {
		c := config(&naps{})
		var asked atomic.Int32
		c.Resolver = dns(t, func(name string) []netip.Addr {
			if asked.Add(1) <= failures || !strings.HasSuffix(name, "example.com.") {
				return nil
			}
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}
		})
		_, _, err := get(t, c, fetch.Request{URL: "https://a.example.com" + port})
		if failures < 1000 && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if failures == 1000 {
			failure := mustFail(t, err, fetch.Unreachable)
			if !strings.Contains(failure.Message, "`a.example.com` could not be found") {
				t.Error(failure.Message)
			}
		}
	}
}

func TestRefusedConnectionIsUnreachableWithoutEphemeralPorts(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "https://" + l.Addr().String()
	_ = l.Close()
	naps := &naps{}
	_, _, err = get(t, config(naps), fetch.Request{URL: url})
	failure := mustFail(t, err, fetch.Unreachable)
	if want := "The connection to `127.0.0.1` failed: `connect: connection refused` (tries: 4)"; failure.Message != want || len(naps.taken()) != 3 {
		t.Errorf("got %s after %d pauses", failure.Message, len(naps.taken()))
	}
}

func TestHostThatNeverGreetsIsUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { conn.Close() })
			_, _ = bufio.NewReader(conn).ReadByte()
		}
	}()
	c := config(&naps{})
	c.StallTimeout = 100 * time.Millisecond
	_, _, err = get(t, c, fetch.Request{URL: "https://" + l.Addr().String()})
	mustFail(t, err, fetch.Unreachable)
}

func TestRetryAfterIsObeyedUpToACap(t *testing.T) {
	in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	for value, want := range map[string][2]time.Duration{
		"7":                  {6 * time.Second, 7 * time.Second},
		"0":                  {},
		"100000":             {29 * time.Second, 30 * time.Second},
		"99999999999":        {29 * time.Second, 30 * time.Second},
		"-5":                 {},
		"soon":               {},
		in(20 * time.Second): {10 * time.Second, 20 * time.Second},
		in(time.Hour):        {29 * time.Second, 30 * time.Second},
		in(-time.Hour):       {},
	} {
		var requests atomic.Int32
		naps := &naps{}
		s := server(t, stages(&requests, status(429, "Retry-After", value), fine))
		if _, _, err := get(t, config(naps), fetch.Request{URL: s.URL}); err != nil {
			t.Fatal(err)
		}
		var asked time.Duration // beside the usual pause
		for _, nap := range naps.taken()[1:] {
			asked += nap
		}
		if asked < want[0] || asked > want[1] {
			t.Errorf("Retry-After %s: waited %s", value, asked)
		}
	}
}

func TestFinalRefusals(t *testing.T) {
	for name, test := range map[string]struct {
		code   int
		header []string
		says   string
	}{
		"not found":    {code: 404, says: "does not exist"},
		"gone":         {code: 410, says: "gone"},
		"log-in":       {code: 401, says: "log-in"},
		"gated":        {code: 401, header: []string{"X-Error-Code", "GatedRepo"}, says: "gated"},
		"gated, known": {code: 403, header: []string{"X-Error-Code", "GatedRepo"}, says: "gated"},
		"no repo":      {code: 401, header: []string{"X-Error-Code", "RepoNotFound"}, says: "does not exist, or is private"},
		"forbidden":    {code: 403, says: "forbids"},
		"bot wall":     {code: 403, header: []string{"cf-mitigated", "challenge"}, says: "blocked, not dead"},
		"bot wall 503": {code: 503, header: []string{"cf-mitigated", "challenge"}, says: "blocked, not dead"},
		"legal":        {code: 451, says: "status 451"},
		"teapot":       {code: 418, says: "status 418"},
		"bad request":  {code: 400, says: "status 400"},
	} {
		t.Run(name, func(t *testing.T) {
			var requests atomic.Int32
			s := server(t, stages(&requests, status(test.code, test.header...)))
			_, _, err := get(t, config(&naps{}), fetch.Request{URL: s.URL + "/f?sig=secret"})
			failure := mustFail(t, err, fetch.Unavailable)
			if failure.Status != test.code || !strings.Contains(failure.Message, test.says) || strings.Contains(failure.Message, "secret") || requests.Load() != 1 {
				t.Errorf("got %+v after %d requests", failure, requests.Load())
			}
		})
	}
}

func TestHuggingFaceRefusesVeryLargeFiles(t *testing.T) {
	certificate := certificateFor(t, "huggingface.co")
	s := httptest.NewUnstartedServer(status(400))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	s.StartTLS()
	t.Cleanup(s.Close)
	c := config(&naps{})
	c.RootCAs.AddCert(certificate.Leaf)
	c.Resolver = anyHost(t)
	_, _, err := get(t, c, fetch.Request{URL: strings.Replace(s.URL, "127.0.0.1", "huggingface.co", 1)})
	if failure := mustFail(t, err, fetch.Unavailable); !strings.Contains(failure.Message, "can't be verified") {
		t.Error(failure.Message)
	}
}

// certificateFor returns a certificate of its own authority.
func certificateFor(t testing.TB, hosts ...string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: hosts, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func TestSecondLook(t *testing.T) {
	for name, test := range map[string]struct {
		first, then http.HandlerFunc
		look        bool
		requests    int32
		fails       bool
	}{
		"found then":             {status(404), fine, true, 2, false},
		"gone, found then":       {status(410), fine, true, 2, false},
		"never found":            {status(404), status(404), true, 2, true},
		"not asked for":          {status(404), fine, false, 1, true},
		"no second for 403":      {status(403), fine, true, 1, true},
		"forbidden the 2nd time": {status(404), status(403), true, 2, true},
	} {
		t.Run(name, func(t *testing.T) {
			var requests atomic.Int32
			naps := &naps{}
			s := server(t, stages(&requests, test.first, test.then))
			_, _, err := get(t, config(naps), fetch.Request{URL: s.URL, SecondLook: test.look})
			if test.fails {
				mustFail(t, err, fetch.Unavailable)
			} else if err != nil {
				t.Error(err)
			}
			if requests.Load() != test.requests {
				t.Errorf("%d requests", requests.Load())
			}
			for _, pause := range naps.taken() {
				if pause < time.Second || pause > 10*time.Second {
					t.Errorf("waited %s for the second look", pause)
				}
			}
		})
	}
}

func TestAnswerOfATransformingProxyIsRead(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusNonAuthoritativeInfo)
		fine(w, r)
	})
	if sink, head, err := get(t, config(&naps{}), fetch.Request{URL: s.URL}); err != nil || string(sink.bytes) != "fine" || head.Size != 4 {
		t.Errorf("got %q, head %+v, error %v", sink.bytes, head, err)
	}
}

func TestBodyThatEndsWithItsConnectionIsToldApart(t *testing.T) {
	for raw, want := range map[string]bool{
		"HTTP/1.0 200 OK\r\n\r\nbody":                                                 true,
		"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nbody":                            true,
		"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody":                            false,
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n": false,
	} {
		s := httptest.NewTLSServer(hijack(raw))
		sink, head, err := get(t, config(&naps{}), fetch.Request{URL: s.URL})
		if err != nil || head.CloseDelimited != want || string(sink.bytes) != "body" {
			t.Errorf("%q: got %q, head %+v, error %v", raw, sink.bytes, head, err)
		}
		s.Close()
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
