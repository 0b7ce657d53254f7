package fetch_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/http/httpproxy"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
)

// tunnel is a proxy that connects everybody to one server, whatever host they ask for.
type tunnel struct {
	to string

	mu    sync.Mutex
	asked []string
}

func (p *tunnel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked = append(p.asked, r.Method+" "+r.Host+" "+r.Header.Get("Authorization"))
	p.mu.Unlock()
	server, err := net.Dial("tcp", p.to)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	client, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	_, _ = io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() {
		defer server.Close()
		_, _ = io.Copy(server, client)
	}()
	defer client.Close()
	_, _ = io.Copy(client, server)
}

func (p *tunnel) tunnels() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked)
}

func proxied(t *testing.T, handler http.HandlerFunc) (fetch.Config, *tunnel) {
	t.Helper()
	proxy := &tunnel{to: server(t, handler).Listener.Addr().String()}
	s := httptest.NewServer(proxy)
	t.Cleanup(s.Close)
	c := config(&naps{})
	c.AllowNetworks = nil // the proxy is on loopback, and dialled nevertheless
	c.Proxy = httpproxy.Config{HTTPSProxy: s.URL, NoProxy: "direct.example.com"}
	c.Tokens = map[string]string{"a.example.com": "hush"}
	c.Resolver = dns(t, func(name string) []netip.Addr {
		switch name {
		case "private.example.com.":
			return []netip.Addr{netip.MustParseAddr("10.0.0.1")}
		case "mixed.example.com.":
			return []netip.Addr{netip.MustParseAddr("8.8.8.8"), netip.MustParseAddr("10.0.0.1")}
		case "direct.example.com.":
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}
		case "public.example.com.":
			return []netip.Addr{netip.MustParseAddr("8.8.8.8")}
		}
		return nil
	})
	return c, proxy
}

func TestProxyIsUsed(t *testing.T) {
	c, proxy := proxied(t, fine)
	for _, host := range []string{"a.example.com", "public.example.com"} {
		sink, _, err := get(t, c, fetch.Request{URL: "https://" + host + "/"})
		if err != nil || string(sink.bytes) != "fine" {
			t.Errorf("%s: got %q, error %v", host, sink.bytes, err)
		}
	}
	if got, want := strings.Join(proxy.tunnels(), "|"), "CONNECT a.example.com:443 |CONNECT public.example.com:443 "; got != want {
		t.Errorf("the proxy saw %s", got)
	}
}

func TestProxyIsNotAskedForWhatTheGuardRefuses(t *testing.T) {
	c, proxy := proxied(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://10.0.0.1/", http.StatusFound)
	})
	direct := c
	direct.Proxy = httpproxy.Config{}
	for _, host := range []string{
		"10.0.0.1", "169.254.169.254", "[fd00::1]", "[::ffff:10.0.0.1]", "127.1", "2130706433", "0x7f000001", "017700000001", "metadata.0xa9fe", "private.example.com", "mixed.example.com",
		"direct.example.com", "127.0.0.1", "localhost", // these are dialled without the proxy
		"localhost.", "LocalHost.", "a.localhost", "a.localhost.", "localhost.localdomain", "localhost.localdomain.",
	} {
		_, _, err := get(t, c, fetch.Request{URL: "https://" + host + "/"})
		mustFail(t, err, fetch.Refused)
		if strings.Contains(strings.ToLower(host), "localhost") {
			_, _, err := get(t, direct, fetch.Request{URL: "https://" + host + ":8443/"})
			mustFail(t, err, fetch.Refused)
		}
	}
	if len(proxy.tunnels()) != 0 {
		t.Errorf("the proxy saw %v", proxy.tunnels())
	}
	_, _, err := get(t, c, fetch.Request{URL: "https://a.example.com/"})
	if mustFail(t, err, fetch.Refused); len(proxy.tunnels()) != 1 {
		t.Errorf("after a redirect the proxy saw %v", proxy.tunnels())
	}
}

func TestAllowedNetworksAreReachedThroughTheProxy(t *testing.T) {
	c, proxy := proxied(t, fine)
	c.AllowNetworks = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for _, host := range []string{"private.example.com", "[::ffff:10.0.0.1]"} { // the latter is in no certificate
		_, _, err := get(t, c, fetch.Request{URL: "https://" + host + "/"})
		t.Log(err)
	}
	if len(proxy.tunnels()) != 2 {
		t.Errorf("the proxy saw %v", proxy.tunnels())
	}
}
