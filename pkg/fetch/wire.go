package fetch

import (
	"context"
	"crypto/tls"
	"net"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"
)

// wire is a connection below TLS. crypto/tls ends a stream in the same way after a close_notify (RFC 8446,
// section 6.1) and after a broken connection, which anyone on the path can cause.
type wire struct {
	net.Conn
	ended   atomic.Bool // without TLS having said so: it reads no further once it has been told
	closed  sync.Once
	release func() // gives the slot back
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if err != nil {
		w.ended.Store(true)
	}
	return n, err
}

func (w *wire) Close() error {
	w.closed.Do(w.release)
	return w.Conn.Close()
}

// idlePoll is how often idle connections are closed while a new one waits for a slot.
const idlePoll = 100 * time.Millisecond

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// bounded returns a dialFunc that opens at most maxConnections at a time, as wires: a server may redirect each request to another host.
func (c *Client) bounded(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if err := c.awaitOpen(ctx); err != nil {
			return nil, err
		}
		conn, err := dial(ctx, network, address)
		if err != nil {
			c.open.give()
			return nil, err
		}
		return &wire{Conn: conn, release: c.open.give}, nil
	}
}

// awaitOpen takes one of the connections that may be open, in the order of the calls. While it waits, it closes idle ones.
func (c *Client) awaitOpen(ctx context.Context) error {
	if c.open.tryTake() {
		return nil
	}
	poll := time.NewTicker(idlePoll)
	defer poll.Stop()
	for {
		c.closeIdle()
		select {
		case <-c.open:
			return nil
		case <-poll.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// traced returns a context whose request tells by which wire it went; none where that can't be told.
func traced(ctx context.Context, by *atomic.Pointer[wire]) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		if secure, ok := info.Conn.(*tls.Conn); ok {
			w, _ := secure.NetConn().(*wire)
			by.Store(w)
		}
	}})
}
