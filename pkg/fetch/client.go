package fetch

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// Bounds of what a Client accepts and keeps.
const (
	maxHeaderBytes  = 64 << 10
	maxField        = 1 << 10  // bytes of a header field that is kept
	maxConnections  = 256      // open at a time, to all hosts together
	maxIdle         = 64       // of those, without a request, for each of the transports
	maxHTTP2Buffer  = 1 << 20  // bytes of one HTTP/2 stream that are received before they are read
	maxDrainedBytes = 16 << 10 // of an unused body, to keep its connection
	maxDrainTime    = time.Second
	idleTimeout     = 30 * time.Second
	pingAfter       = 5 * time.Second // without a byte, to tell a dead HTTP/2 connection; net/http keeps a closed one in memory as long
)

// Client reads files. It is safe for concurrent use.
type Client struct {
	config  Config
	guard   *guard
	proxy   func(*url.URL) (*url.URL, error)
	direct  lines
	proxied lines
	slowest slowest
	open    slots // one is held for each connection

	chunkSize int
	chunks    slots       // that all downloads share
	spare     chan []byte // buffers of at most chunkSize bytes

	mu    sync.Mutex // guards hosts
	hosts map[string]*host
}

// New returns a Client, or an error that says which setting is wrong.
func New(config Config) (*Client, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	if config.Sleep == nil {
		config.Sleep = sleep
	}
	c := &Client{
		config:    config,
		guard:     newGuard(config),
		proxy:     config.Proxy.ProxyFunc(),
		slowest:   slowest{grace: 15 * time.Minute, sized: 64 << 10, unsized: 1 << 20},
		open:      newSlots(maxConnections),
		chunkSize: chunkSize,
		chunks:    newSlots(maxChunks),
		spare:     make(chan []byte, maxChunks),
		hosts:     map[string]*host{},
	}
	c.direct = newLines(config, nil, c.bounded(c.guard.dial))
	proxy := func(r *http.Request) (*url.URL, error) { return c.proxy(r.URL) }
	c.proxied = newLines(config, proxy, c.bounded((&net.Dialer{Timeout: config.StallTimeout}).DialContext))
	return c, nil
}

// closeIdle closes the connections that no request uses.
func (c *Client) closeIdle() {
	for _, transport := range []*http.Transport{c.direct.whole, c.direct.ranges, c.proxied.whole, c.proxied.ranges} {
		transport.CloseIdleConnections()
	}
}

// slowest bounds the time that one reading of a file may take, so that an endless body ends.
type slowest struct {
	grace   time.Duration
	sized   float64 // bytes a second beyond that, of a file of known size
	unsized float64 // the same, of one whose answer gave no length
}

// lines are the connections to servers. Whole files come over HTTP/2 where the server offers it, so that many small
// ones share a connection. Ranges come over HTTP/1.1, each on a connection of its own: over HTTP/2 they
// would share one connection's throttle.
type lines struct{ whole, ranges *http.Transport }

func newLines(config Config, proxy func(*http.Request) (*url.URL, error), dial dialFunc) lines {
	transport := func(http2 bool) *http.Transport {
		protocols := new(http.Protocols)
		protocols.SetHTTP1(true)
		protocols.SetHTTP2(http2)
		return &http.Transport{
			Proxy:                  proxy,
			DialContext:            dial,
			Protocols:              protocols,
			TLSClientConfig:        &tls.Config{RootCAs: config.RootCAs, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    config.StallTimeout,
			DisableCompression:     true,
			HTTP2:                  &http.HTTP2Config{SendPingTimeout: min(config.StallTimeout/2, pingAfter), PingTimeout: config.StallTimeout / 2, MaxReceiveBufferPerStream: maxHTTP2Buffer},
			MaxResponseHeaderBytes: maxHeaderBytes,
			MaxIdleConns:           maxIdle,
			MaxIdleConnsPerHost:    hostConnections,
			IdleConnTimeout:        idleTimeout,
		}
	}
	return lines{whole: transport(true), ranges: transport(false)}
}
