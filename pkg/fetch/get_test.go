package fetch_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
)

var quiet = log.New(io.Discard, "", 0)

func TestGetStreamsTheBodyAndTellsItsHead(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 100_000)
	var request *http.Request
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		request = r
		w.Header().Set("Content-Type", "application/x-test")
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
		head.ContentType != "application/x-test" || head.LastModified == "" || head.First.Get("X-Linked-Size") != "7" || sink.head.Size != head.Size {
		t.Errorf("got head %+v", head)
	}
	for name, want := range map[string]string{"Accept-Encoding": "identity", "User-Agent": "verify-manifests/test", "Cookie": "", "Authorization": "", "Referer": "", "Range": ""} {
		if got := request.Header.Get(name); got != want {
			t.Errorf("sent %s %q, want %q", name, got, want)
		}
	}
}

func TestBodiesAreHashedAsStored(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write([]byte("\x1f\x8b not really"))
	})
	sink, head, err := get(t, config(&naps{}), fetch.Request{URL: s.URL})
	if err != nil || head.ContentEncoding != "gzip" || string(sink.bytes) != "\x1f\x8b not really" {
		t.Errorf("got %q, head %+v, error %v", sink.bytes, head, err)
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

func TestLimitOfSize(t *testing.T) {
	for name, test := range map[string]struct {
		announce, send int
		kind           fetch.Kind
		fails, starts  bool
	}{
		"as long as allowed":             {announce: 100, send: 100, starts: true},
		"announced too long":             {announce: 101, send: 101, fails: true, kind: fetch.Refused},
		"not announced, as long as that": {send: 100, starts: true},
		"not announced, and too long":    {send: 101, fails: true, kind: fetch.Refused, starts: true},
	} {
		t.Run(name, func(t *testing.T) {
			var requests atomic.Int32
			s := server(t, func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				if test.announce > 0 {
					w.Header().Set("Content-Length", fmt.Sprint(test.announce))
				} else {
					w.(http.Flusher).Flush()
				}
				_, _ = w.Write(make([]byte, test.send))
			})
			c := config(&naps{})
			c.MaxSize = 100
			sink, _, err := get(t, c, fetch.Request{URL: s.URL})
			if test.fails {
				if failure := mustFail(t, err, test.kind); !strings.Contains(failure.Message+failure.Fix, "max-file-size") {
					t.Errorf("the option is not named: %+v", failure)
				}
			} else if err != nil {
				t.Error(err)
			}
			if (sink.starts > 0) != test.starts || requests.Load() != 1 {
				t.Errorf("%d starts, %d requests", sink.starts, requests.Load())
			}
		})
	}
}

func TestEndlessBodyIsRefused(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	})
	c := config(&naps{})
	c.MaxSize = 10 << 20
	_, _, err := get(t, c, fetch.Request{URL: s.URL})
	mustFail(t, err, fetch.Refused)
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

func TestResponseHeadersAreBounded(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for i := range 100 {
			w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("x", 1000))
		}
	}))
	t.Cleanup(s.Close)
	_, _, err := get(t, config(&naps{}), fetch.Request{URL: s.URL})
	mustFail(t, err, fetch.Unreachable)
}

func TestValidateNamesTheWrongSetting(t *testing.T) {
	for want, spoil := range map[string]func(*fetch.Config){
		"largest file size":     func(c *fetch.Config) { c.MaxSize = 0 },
		"stall time-out":        func(c *fetch.Config) { c.StallTimeout = 0 },
		"number of connections": func(c *fetch.Config) { c.Connections = 0 },
		"User-Agent":            func(c *fetch.Config) { c.UserAgent = "a\nb" },
		"proxy":                 func(c *fetch.Config) { c.Proxy.HTTPSProxy = "http://%zz:secret@" },
		"network to allow":      func(c *fetch.Config) { c.AllowNetworks = make([]netip.Prefix, 1) },
		"`Host`":                func(c *fetch.Config) { c.Tokens = map[string]string{"Host": "x"} },
		"`host`":                func(c *fetch.Config) { c.Tokens = map[string]string{"host": "x\r\ny"} },
	} {
		c := config(&naps{})
		spoil(&c)
		if _, err := fetch.New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want something about %s", err, want)
		}
	}
}
