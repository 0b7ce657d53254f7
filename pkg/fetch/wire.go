package fetch

import (
	"context"
	"crypto/tls"
	"net"
	"net/http/httptrace"
	"sync/atomic"
)

// wire is a connection below TLS. crypto/tls ends a stream alike whether the server said that it is over (close_notify,
// RFC 8446, section 6.1) or the connection just ended, which anybody on the way can make it do.
type wire struct {
	net.Conn
	ended atomic.Bool // without TLS having said so: it reads no further once it has been told
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if err != nil {
		w.ended.Store(true)
	}
	return n, err
}

// wired returns a dialFunc whose connections are wires.
func wired(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &wire{Conn: conn}, nil
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
