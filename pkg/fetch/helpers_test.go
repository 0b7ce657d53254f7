package fetch_test

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
)

// server starts a TLS server whose connections tests may break.
func server(t testing.TB, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(handler)
	s.EnableHTTP2 = true
	s.Config.ErrorLog = quiet
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// oneAtATime starts a TLS server without HTTP/2, whose connections carry one request at a time and can be hijacked.
func oneAtATime(t testing.TB, handler http.Handler) *httptest.Server {
	t.Helper()
	return faultyServer(t, handler, func(int) *fault { return nil })
}

// set sets the fields of a header, by name and value in turn.
func set(w http.ResponseWriter, header []string) {
	for i := 0; i < len(header); i += 2 {
		w.Header().Set(header[i], header[i+1])
	}
}

// anyHost resolves every name to this machine.
func anyHost(t testing.TB) *net.Resolver {
	t.Helper()
	return dns(t, func(string) []netip.Addr { return []netip.Addr{netip.MustParseAddr("127.0.0.1")} })
}

// naps is a Sleep that does not wait and keeps what it was asked for.
type naps struct {
	mu  sync.Mutex
	all []time.Duration
}

func (n *naps) sleep(ctx context.Context, d time.Duration) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = append(n.all, d)
	return context.Cause(ctx)
}

func (n *naps) taken() []time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.all)
}

// config lets a client reach test servers on loopback, and wait for nothing.
func config(naps *naps) fetch.Config {
	roots := x509.NewCertPool()
	roots.AddCert(testCertificate())
	return fetch.Config{
		AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		MaxSize:       1 << 40,
		StallTimeout:  10 * time.Second,
		Connections:   8,
		UserAgent:     "verify-manifests/test",
		RootCAs:       roots,
		Sleep:         naps.sleep,
	}
}

var testCertificate = sync.OnceValue(func() *x509.Certificate {
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	return s.Certificate()
})

func newClient(t testing.TB, config fetch.Config) *fetch.Client {
	t.Helper()
	client, err := fetch.New(config)
	if err != nil {
		t.Fatal(err)
	}
	client.SmallParts()
	return client
}

// body is a Sink that keeps what it was given.
type body struct {
	head   fetch.Head
	starts int
	bytes  []byte
	err    error // for Write to return
}

func (b *body) Start(head fetch.Head) {
	b.head, b.bytes = head, make([]byte, 0, max(head.Size, 0))
	b.starts++
}

func (b *body) Write(p []byte) (int, error) {
	b.bytes = append(b.bytes, p...)
	return len(p), b.err
}

func get(t testing.TB, config fetch.Config, request fetch.Request) (*body, fetch.Head, error) {
	t.Helper()
	sink := &body{}
	head, err := newClient(t, config).Get(t.Context(), request, sink)
	return sink, head, err
}

// mustFail returns err as an *fetch.Error of the kind.
func mustFail(t testing.TB, err error, kind fetch.Kind) *fetch.Error {
	t.Helper()
	var failure *fetch.Error
	if !errors.As(err, &failure) {
		t.Fatalf("got %v (%T), want a *fetch.Error", err, err)
	}
	if failure.Kind != kind {
		t.Fatalf("got kind %d (%s), want %d", failure.Kind, failure.Message, kind)
	}
	return failure
}

// dns answers every question for an address by the function, over UDP on loopback; no address is a name that does not exist.
func dns(t testing.TB, lookup func(name string) []netip.Addr) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go serveDNS(conn, lookup)
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func serveDNS(conn net.PacketConn, lookup func(string) []netip.Addr) {
	packet := make([]byte, 1500)
	for {
		n, from, err := conn.ReadFrom(packet)
		if err != nil {
			return
		}
		var message dnsmessage.Message
		if message.Unpack(packet[:n]) != nil {
			continue
		}
		question := message.Questions[0]
		message.Response, message.Additionals = true, nil
		addresses := lookup(question.Name.String())
		if len(addresses) == 0 {
			message.RCode = dnsmessage.RCodeNameError
		}
		for _, addr := range addresses {
			header := dnsmessage.ResourceHeader{Name: question.Name, Type: question.Type, Class: question.Class}
			switch {
			case question.Type == dnsmessage.TypeA && addr.Is4():
				message.Answers = append(message.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.AResource{A: addr.As4()}})
			case question.Type == dnsmessage.TypeAAAA && addr.Is6():
				message.Answers = append(message.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.AAAAResource{AAAA: addr.As16()}})
			}
		}
		if reply, err := message.Pack(); err == nil {
			_, _ = conn.WriteTo(reply, from)
		}
	}
}
