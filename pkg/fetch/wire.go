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

// wire is a connection below TLS. crypto/tls ends a stream alike whether the server said that it is over (close_notify,
// RFC 8446, section 6.1) or the connection just ended, which anybody on the way can make it do.
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

// connections bounds how many are open at a time: a server may redirect each request to another host.
type connections struct {
	slots     chan struct{} // one for each
	closeIdle func()
}

// idlePoll is how often idle connections are closed while a new one waits for a slot.
const idlePoll = 100 * time.Millisecond

// dialer returns a dialFunc whose connections are wires with a slot each.
func (c *connections) dialer(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if err := c.acquire(ctx); err != nil {
			return nil, err
		}
		release := func() { <-c.slots }
		conn, err := dial(ctx, network, address)
		if err != nil {
			release()
			return nil, err
		}
		return &wire{Conn: conn, release: release}, nil
	}
}

// acquire takes a slot. Where there is none, it closes idle connections until there is.
func (c *connections) acquire(ctx context.Context) error {
	select {
	case c.slots <- struct{}{}:
		return nil
	default:
	}
	poll := time.NewTicker(idlePoll)
	defer poll.Stop()
	for {
		c.closeIdle()
		select {
		case c.slots <- struct{}{}:
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
