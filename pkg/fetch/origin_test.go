package fetch_test

import (
	"bytes"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/time/rate"
)

// random returns n bytes that depend on the seed alone.
func random(seed uint64, n int) []byte {
	content := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)}).Read(content)
	return content
}

// asked is a request that an origin has seen.
type asked struct{ path, rng, ifRange, proto, from string }

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

func (o *origin) asked() []asked {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.log)
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
	s := httptest.NewUnstartedServer(handler)
	s.Config.ErrorLog = quiet
	s.Listener = &faultyListener{Listener: s.Listener, plan: plan}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
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
