package fetch_test

import (
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// nowhere are addresses that no manifest may lead to.
var nowhere = []string{
	"127.0.0.1", "127.255.255.254", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200",
	"168.63.129.16", "0.0.0.0", "0.1.2.3", "192.0.0.192", "198.18.0.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
	"::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1",
	"64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "2001::1", "::127.0.0.1", "100::1",
	"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:168.63.129.16", "::ffff:0.0.0.0",
}

func TestAddressesThatAreNeverDialled(t *testing.T) {
	naps := &naps{}
	c := config(naps)
	c.AllowNetworks = nil
	client := newClient(t, c)
	for _, address := range nowhere {
		host := address
		if strings.Contains(address, ":") {
			host = "[" + address + "]"
		}
		_, err := client.Get(t.Context(), fetch.Request{URL: "https://" + host + ":8443/"}, &body{})
		failure := mustFail(t, err, fetch.Refused)
		shown := finding.Quote(netip.MustParseAddr(address).Unmap().String())
		if !strings.Contains(failure.Message, shown) || !strings.Contains(failure.Fix, "`allow-networks`") {
			t.Errorf("%s: got %+v", address, failure)
		}
	}
	if len(naps.taken()) != 0 {
		t.Errorf("a refusal was tried again %d times", len(naps.taken()))
	}
}

func TestAllowedNetworksCanBeReached(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {})
	mapped := strings.Replace(s.URL, "127.0.0.1", "[::ffff:127.0.0.1]", 1)
	for _, test := range []struct {
		prefix, url string
		allowed     bool
	}{
		{"127.0.0.0/8", s.URL, true},
		{"127.0.0.1/32", s.URL, true},
		{"127.0.0.0/8", mapped, true},
		{"::ffff:127.0.0.0/104", s.URL, true},
		{"0.0.0.0/0", s.URL, true},
		{"127.0.0.2/32", s.URL, false},
		{"10.0.0.0/8", mapped, false},
		{"::/0", s.URL, false},
		{"::ffff:10.0.0.0/104", s.URL, false},
	} {
		c := config(&naps{})
		c.AllowNetworks = []netip.Prefix{netip.MustParsePrefix(test.prefix)}
		_, _, err := get(t, c, fetch.Request{URL: test.url})
		if test.allowed && err != nil {
			t.Errorf("%s with %s: %v", test.url, test.prefix, err)
		}
		if !test.allowed {
			mustFail(t, err, fetch.Refused)
		}
	}
}

func TestNamesAreCheckedByTheirAddresses(t *testing.T) {
	var requests atomic.Int32
	s := server(t, func(w http.ResponseWriter, r *http.Request) { requests.Add(1) })
	port := s.URL[strings.LastIndex(s.URL, ":"):]
	for name, test := range map[string]struct {
		addresses []string
		allowed   bool
	}{
		"private":                     {addresses: []string{"10.0.0.1"}},
		"private in IPv6":             {addresses: []string{"fd00::1"}},
		"mapped":                      {addresses: []string{"::ffff:10.0.0.1"}},
		"a mixture, refused first":    {addresses: []string{"10.0.0.1", "169.254.169.254", "127.0.0.1"}, allowed: true},
		"a mixture, refused last":     {addresses: []string{"127.0.0.1", "10.0.0.1"}, allowed: true},
		"a mixture, both protocols":   {addresses: []string{"fd00::1", "127.0.0.1"}, allowed: true},
		"this machine by its network": {addresses: []string{"0.0.0.0"}},
	} {
		t.Run(name, func(t *testing.T) {
			requests.Store(0)
			c := config(&naps{})
			c.AllowNetworks = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
			c.Resolver = dns(t, func(string) []netip.Addr {
				var all []netip.Addr
				for _, a := range test.addresses {
					all = append(all, netip.MustParseAddr(a))
				}
				return all
			})
			_, _, err := get(t, c, fetch.Request{URL: "https://a.example.com" + port})
			if test.allowed != (err == nil) || test.allowed != (requests.Load() == 1) {
				t.Fatalf("got %v after %d requests", err, requests.Load())
			}
			if err != nil {
				mustFail(t, err, fetch.Refused)
			}
		})
	}
}

func TestUnansweredAllowedAddressIsUnreachableWhateverElseIsRefused(t *testing.T) {
	c := config(&naps{})
	c.StallTimeout = time.Second
	c.AllowNetworks = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	c.Resolver = dns(t, func(string) []netip.Addr {
		return []netip.Addr{netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.1")}
	})
	_, _, err := get(t, c, fetch.Request{URL: "https://a.example.com:1/"})
	mustFail(t, err, fetch.Unreachable)
}
