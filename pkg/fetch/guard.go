package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"code.dny.dev/ssrf"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// azureHostService is Azure's metadata and DNS address, the one such address outside the special-purpose registries
// (https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16).
var azureHostService = netip.MustParsePrefix("168.63.129.16/32")

// guard decides which addresses may be dialled: those of the public internet by the IANA special-purpose
// registries, and those that the operator allows.
type guard struct {
	guardian *ssrf.Guardian
	resolver *net.Resolver
	timeout  time.Duration
}

func newGuard(config Config) *guard {
	var v4, v6 []netip.Prefix
	for _, prefix := range config.AllowNetworks {
		if prefix = unmapped(prefix); prefix.Addr().Is4() {
			v4 = append(v4, prefix)
		} else {
			v6 = append(v6, prefix)
		}
	}
	guardian := ssrf.New(
		ssrf.WithAnyPort(),
		ssrf.WithAllowedV4Prefixes(v4...),
		ssrf.WithAllowedV6Prefixes(v6...),
		ssrf.WithDeniedV4Prefixes(azureHostService),
	)
	return &guard{guardian: guardian, resolver: config.Resolver, timeout: config.StallTimeout}
}

// unmapped returns the IPv4 form of a prefix of IPv4-mapped addresses.
func unmapped(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p
}

// check returns a refusal for an address of a host that must not be contacted.
func (g *guard) check(host string, addr netip.Addr) error {
	addr = addr.Unmap()
	err := g.guardian.SafeAddr(addr)
	if err == nil {
		return nil
	}
	network := netip.PrefixFrom(addr.WithZone(""), addr.BitLen())
	return &Error{
		Kind:    Refused,
		Message: fmt.Sprintf("The host %s is at the address %s, which is private or reserved", finding.Quote(host), finding.Quote(addr.String())),
		Fix: "Use a URL on a public network. To contact this network, add it to `allow-networks`, such as " +
			finding.Quote(network.String()),
		Err: err,
	}
}

// dial connects to host:port. Every address is checked when it is about to be dialled, after DNS, so that
// a name can't be answered differently between check and use.
func (g *guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err == nil && isThisMachine(host) {
		err = g.check(host, thisMachine)
	}
	if err != nil {
		return nil, err
	}
	var allowed atomic.Bool // some address of the host was: its failure, not the guard, is why there is no connection
	dialer := net.Dialer{Timeout: g.timeout, Resolver: g.resolver, Control: func(_, address string, _ syscall.RawConn) error {
		target, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		if err := g.check(host, target.Addr()); err != nil {
			return err
		}
		allowed.Store(true)
		return nil
	}}
	conn, err := dialer.DialContext(ctx, network, address)
	if allowed.Load() && errors.As(err, new(*Error)) {
		return nil, errors.New("no allowed address answered")
	}
	return conn, err
}

var thisMachine = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// isThisMachine reports whether a host is a name of the machine that asks: localhost and what is below it (RFC 6761,
// section 6.3), and localhost.localdomain, which many hosts files have.
func isThisMachine(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || host == "localhost.localdomain"
}

// lookup refuses a host of which some address must not be contacted, for a connection that a proxy makes. A host that
// can't be resolved here passes, unless its name is one of the machine itself: a proxy would resolve it to its own.
func (g *guard) lookup(ctx context.Context, host string) error {
	if isThisMachine(host) {
		return g.check(host, thisMachine)
	}
	ctx, cancel := context.WithTimeout(ctx, g.timeout)
	defer cancel()
	addresses, _ := g.resolver.LookupNetIP(ctx, "ip", host) // a literal address is its own answer; a nil Resolver is the system's
	for _, addr := range addresses {
		if err := g.check(host, addr); err != nil {
			return err
		}
	}
	return nil
}
