package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Config is how a Client behaves. The zero Config is invalid.
type Config struct {
	// AllowNetworks are the networks outside the public internet that may be contacted. A prefix of IPv4
	// addresses covers their IPv4-mapped form too.
	AllowNetworks []netip.Prefix
	// MaxSize is the longest body that is read, in bytes.
	MaxSize int64
	// StallTimeout is the longest time without a byte of progress, before the header too.
	StallTimeout time.Duration
	// Connections is how many range requests at a time may serve one large file.
	Connections int
	// Tokens are bearer tokens by host, as "huggingface.co"; a port other than 443 is part of the name. A token is
	// sent on the first request to exactly that host, never along a redirect.
	Tokens map[string]string
	// UserAgent says who asks.
	UserAgent string
	// RootCAs are the trusted certificate authorities; nil are the system's.
	RootCAs *x509.CertPool
	// Resolver looks up hosts; nil is the system's.
	Resolver *net.Resolver
	// Sleep waits between tries until d has passed or ctx has ended, whose cause it returns; nil is a real wait.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Validate reports the first setting that can't be worked with.
func (c Config) Validate() error {
	switch {
	case c.MaxSize <= 0:
		return fmt.Errorf("the largest file size is %d bytes: expected at least 1", c.MaxSize)
	case c.StallTimeout <= 0:
		return fmt.Errorf("the stall time-out is %s: expected more than 0s", c.StallTimeout)
	case c.Connections < 1:
		return fmt.Errorf("the number of connections is %d: expected at least 1", c.Connections)
	case c.UserAgent == "" || !httpguts.ValidHeaderFieldValue(c.UserAgent):
		return fmt.Errorf("the User-Agent %s can't be sent in a header", finding.Quote(c.UserAgent))
	}
	for _, prefix := range c.AllowNetworks {
		if !prefix.IsValid() {
			return errors.New("a network to allow is no valid prefix: expected the form `10.0.0.0/8`")
		}
	}
	for host, token := range c.Tokens {
		if host != strings.ToLower(host) || token == "" || !httpguts.ValidHeaderFieldValue(token) {
			return fmt.Errorf("the token for the host %s can't be sent: expected a host in lower case and one line of text", finding.Quote(host))
		}
	}
	return nil
}

// Client reads files. It is safe for concurrent use.
type Client struct {
	config    Config
	transport *http.Transport
}

// Bounds of what a Client accepts and keeps.
const (
	maxHeaderBytes  = 64 << 10
	idleTimeout     = 30 * time.Second
	maxIdlePerHost  = 32
	blockSize       = 256 << 10 // bytes that are read before they are passed on
	maxDrainedBytes = 16 << 10  // of a body that nobody wants, to keep its connection
)

// New returns a Client, or an error that says which setting is wrong.
func New(config Config) (*Client, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	if config.Sleep == nil {
		config.Sleep = sleep
	}
	return &Client{config: config, transport: newTransport(config)}, nil
}

func newTransport(config Config) *http.Transport {
	guard := newGuard(config.AllowNetworks, config.Resolver)
	return &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			return guard.dial(ctx, network, address, config.StallTimeout)
		},
		TLSClientConfig:        &tls.Config{RootCAs: config.RootCAs, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    config.StallTimeout,
		DisableCompression:     true,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: config.StallTimeout / 2, PingTimeout: config.StallTimeout / 2},
		MaxResponseHeaderBytes: maxHeaderBytes,
		MaxIdleConnsPerHost:    maxIdlePerHost,
		IdleConnTimeout:        idleTimeout,
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
