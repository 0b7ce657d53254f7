package fetch

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"
	"golang.org/x/net/http/httpproxy"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Config configures a Client. The zero Config is invalid.
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
	// sent to exactly that host: on the first request, and along redirects until one leads elsewhere.
	Tokens map[string]string
	// UserAgent is the header of all requests.
	UserAgent string
	// Proxy holds the operator's proxies; the zero value is none. A proxy is dialled whatever its address is, since the
	// operator chose it. Targets that this machine resolves to an address that the guard refuses are still
	// refused; names that only the proxy can resolve are not checked.
	Proxy httpproxy.Config
	// RootCAs are the trusted certificate authorities; nil are the system's.
	RootCAs *x509.CertPool
	// Resolver looks up hosts; nil is the system's.
	Resolver *net.Resolver
	// Sleep waits between tries until d has passed or ctx has ended, whose cause it returns; nil is a real wait.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Validate returns an error for the first invalid setting.
func (c Config) Validate() error {
	if c.MaxSize <= 0 || c.StallTimeout <= 0 || c.Connections < 1 {
		return errors.New("invalid size, time-out or number of connections: expected more than 0")
	}
	if c.UserAgent == "" || !httpguts.ValidHeaderFieldValue(c.UserAgent) {
		return fmt.Errorf("invalid User-Agent %s", finding.Quote(c.UserAgent))
	}
	for _, proxy := range []string{c.Proxy.HTTPSProxy, c.Proxy.HTTPProxy} {
		if proxy != "" && !usable(proxy) { // httpproxy ignores one that it can't read
			return errors.New("invalid proxy: expected the form `http://host:port`")
		}
	}
	for host, token := range c.Tokens {
		if host != strings.ToLower(host) || token == "" || !httpguts.ValidHeaderFieldValue(token) {
			return fmt.Errorf("invalid token for the host %s: expected a host in lower case and one line of text", finding.Quote(host))
		}
	}
	return nil
}

func usable(proxy string) bool {
	config := httpproxy.Config{HTTPSProxy: proxy}
	u, err := config.ProxyFunc()(&url.URL{Scheme: "https", Host: "example.com"})
	return err == nil && u != nil && u.Hostname() != ""
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
