package fetch_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/time/rate"
)

var quiet = log.New(io.Discard, "", 0)

// serve starts a TLS server after it has been configured.
func serve(t testing.TB, handler http.Handler, configure func(*httptest.Server)) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(handler)
	s.Config.ErrorLog = quiet
	configure(s)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// server starts a TLS server whose connections tests may break.
func server(t testing.TB, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	return serve(t, handler, func(s *httptest.Server) { s.EnableHTTP2 = true })
}

// oneAtATime starts a TLS server without HTTP/2, whose connections carry one request at a time and can be hijacked.
func oneAtATime(t testing.TB, handler http.HandlerFunc) *httptest.Server {
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
	b.head, b.bytes = head, nil // a server may announce any size
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

// hijack answers with raw bytes and closes the connection.
func hijack(raw string) http.HandlerFunc { return endedBy(hangUp, raw) }

// endedBy answers with raw bytes and ends the connection.
func endedBy(end func(net.Conn), raw string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, buffered, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(buffered, raw)
		_ = buffered.Flush()
		end(conn)
	}
}

// half sends the first half of what a good server would, then breaks the connection.
func half(content []byte, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		set(w, header)
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		_, _ = w.Write(content[:len(content)/2])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
}

func whole(content []byte, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		set(w, header)
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		_, _ = w.Write(content)
	}
}

// split serves requests for ranges by one handler, those for the whole file by others.
func split(ranges http.HandlerFunc, wholes ...http.HandlerFunc) http.HandlerFunc {
	var requests atomic.Int32
	whole := stages(&requests, wholes...)
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Range") != "" {
			ranges(w, r)
			return
		}
		whole(w, r)
	}
}

// partial answers with a 206 whose bytes are wrong, so that a test shows when they are taken.
func partial(contentRange string, length int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		set(w, header)
		if contentRange != "" {
			w.Header().Set("Content-Range", contentRange)
		}
		w.WriteHeader(http.StatusPartialContent)
		_, _ = w.Write(bytes.Repeat([]byte("!"), length))
	}
}

// random returns n bytes that depend on the seed alone.
func random(seed uint64, n int) []byte {
	content := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)}).Read(content)
	return content
}

// asked is a request that an origin has seen.
type asked struct{ path, rng, ifRange, proto, from string }

func (o *origin) asked() []asked {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.log)
}

// origin serves a file with ranges, as a good server does, and keeps what it was asked.
type origin struct {
	mu      sync.Mutex
	content []byte
	etag    string
	log     []asked
}

func (o *origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	content, etag := o.content, o.etag
	o.log = append(o.log, asked{r.URL.Path, r.Header.Get("Range"), r.Header.Get("If-Range"), r.Proto, r.RemoteAddr})
	o.mu.Unlock()
	if etag != "" {
		w.Header().Set("ETag", etag)
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

func (o *origin) become(content []byte, etag string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.content, o.etag = content, etag
}

// ranges returns the Range headers that the origin has seen, without those of whole files.
func (o *origin) ranges() []string {
	var all []string
	for _, a := range o.asked() {
		if a.rng != "" {
			all = append(all, a.rng)
		}
	}
	return all
}

// chunk is how many bytes a throttle lets pass at once.
const chunk = 4 << 10

// throttled slows each answer down to so many bytes a second.
func throttled(next http.Handler, perSecond int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&throttle{ResponseWriter: w, request: r, limiter: rate.NewLimiter(rate.Limit(perSecond), chunk)}, r)
	}
}

type throttle struct {
	http.ResponseWriter
	request *http.Request
	limiter *rate.Limiter
}

func (t *throttle) Write(p []byte) (written int, err error) {
	for len(p) > 0 {
		n := min(len(p), chunk)
		if err := t.limiter.WaitN(t.request.Context(), n); err != nil {
			return written, err
		}
		if n, err = t.ResponseWriter.Write(p[:n]); err != nil {
			return written + n, err
		}
		written, p = written+n, p[n:]
	}
	return written, nil
}

func (c *faultyConn) Write(p []byte) (int, error) {
	if c.fault == nil {
		return c.Conn.Write(p)
	}
	if room := c.fault.after - c.sent; room < len(p) && !c.over {
		_, _ = c.Conn.Write(p[:max(room, 0)])
		c.over = true
		c.fault.how(c.Conn)
	}
	if c.over {
		return len(p), nil
	}
	n, err := c.Conn.Write(p)
	c.sent += n
	return n, err
}

// fault is what happens to a connection once it has carried so many bytes from server to client, those of TLS and of
// headers among them.
type fault struct {
	after int
	how   func(net.Conn)
}

func reset(c net.Conn) {
	_ = c.(*net.TCPConn).SetLinger(0)
	_ = c.Close()
}

func hangUp(c net.Conn) { _ = c.Close() }

// silence swallows what the server sends from then on.
func silence(net.Conn) {}

// faultyServer breaks its connections as planned: the n-th, from 0, by plan(n); nil leaves it whole.
func faultyServer(t testing.TB, handler http.Handler, plan func(n int) *fault) *httptest.Server {
	t.Helper()
	return serve(t, handler, func(s *httptest.Server) { s.Listener = &faultyListener{Listener: s.Listener, plan: plan} })
}

type faultyListener struct {
	net.Listener
	plan func(n int) *fault
	n    atomic.Int32
}

func (l *faultyListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &faultyConn{Conn: conn, fault: l.plan(int(l.n.Add(1)) - 1)}, nil
}

type faultyConn struct {
	net.Conn
	fault *fault
	sent  int
	over  bool
}

// scene is one Get from a server that plays a script.
type scene struct {
	wholes  []http.HandlerFunc // answer requests without a range: the n-th the n-th, the last all later ones
	ranges  http.HandlerFunc   // answers requests for a range
	request fetch.Request      // its URL is filled in
	config  func(*fetch.Config)
	isHTTP2 bool

	body     []byte     // what arrives; nil: an error
	kind     fetch.Kind // of the error
	says     string     // in its text
	starts   int        // of the sink; 0: any
	requests int        // at the server; 0: any
	head     func(fetch.Head) bool
	pause    func(n int, d time.Duration) bool // between tries
}

func play(t *testing.T, scenes map[string]scene) {
	for name, s := range scenes {
		t.Run(name, s.play)
	}
}

// once is a script of one answer.
func once(handler http.HandlerFunc) []http.HandlerFunc { return []http.HandlerFunc{handler} }

func (s scene) play(t *testing.T) {
	t.Parallel()
	var requests, wholes atomic.Int32
	script := split(s.ranges, stages(&wholes, s.wholes...))
	start := oneAtATime
	if s.isHTTP2 {
		start = server
	}
	url := start(t, func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		script(w, r)
	}).URL
	naps := &naps{}
	c := config(naps)
	if s.config != nil {
		s.config(&c)
	}
	s.request.URL = url + "/f?sig=secret"
	sink, head, err := get(t, c, s.request)
	if s.body == nil {
		failure := mustFail(t, err, s.kind)
		if text := failure.Message + failure.Fix; !strings.Contains(text, s.says) || strings.Contains(text, "secret") {
			t.Errorf("the error says %s, want %s", text, s.says)
		}
	} else if err != nil || !bytes.Equal(sink.bytes, s.body) {
		t.Errorf("got %d bytes, error %v, want %d bytes", len(sink.bytes), err, len(s.body))
	}
	if n := int(requests.Load()); s.starts != 0 && sink.starts != s.starts || s.requests != 0 && n != s.requests {
		t.Errorf("%d starts and %d requests, want %d and %d", sink.starts, n, s.starts, s.requests)
	}
	if s.head != nil && !s.head(head) {
		t.Errorf("got head %+v", head)
	}
	for i, nap := range naps.taken() {
		if s.pause != nil && !s.pause(i, nap) {
			t.Errorf("pause %d was %s", i, nap)
		}
	}
}
