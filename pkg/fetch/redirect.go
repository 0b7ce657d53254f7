package fetch

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// maxRedirects is how many redirects are followed; the next one is refused.
const maxRedirects = 10

// redirectChain is the redirects of one request and the credentials sent along: a token until one leads to another host, and the
// cookies that each host has set, to that host.
type redirectChain struct {
	token     string         // "" once a redirect has left its host
	host      string         // the token's
	redirects int            // so far
	seen      map[string]int // by URL and cookies
	cookies   map[string][]*http.Cookie
}

func newRedirectChain(from *url.URL, token string) *redirectChain {
	c := &redirectChain{host: plainHost(from), token: token, seen: map[string]int{}, cookies: map[string][]*http.Cookie{}}
	c.seen[c.state(from)]++
	return c
}

// state identifies a request, so that a redirect back with another cookie is not taken for a loop.
func (c *redirectChain) state(u *url.URL) string { return u.String() + " " + c.cookie(u) }

func (c *redirectChain) cookie(u *url.URL) string {
	var pairs []string
	for _, cookie := range c.cookies[u.Host] {
		pairs = append(pairs, cookie.Name+"="+cookie.Value)
	}
	return strings.Join(pairs, "; ")
}

// take stores an answer's cookies. Each replaces an earlier one of the same name.
func (c *redirectChain) take(a *answer) {
	for _, cookie := range a.Cookies() {
		others := slices.DeleteFunc(c.cookies[a.url.Host], func(other *http.Cookie) bool { return other.Name == cookie.Name })
		c.cookies[a.url.Host] = append(others, cookie)
	}
}

// header returns what a request to u carries.
func (c *redirectChain) header(u *url.URL, header http.Header) http.Header {
	header = header.Clone()
	if c.token != "" && plainHost(u) == c.host && u.Scheme == "https" {
		header.Set("Authorization", "Bearer "+c.token)
	}
	if cookie := c.cookie(u); cookie != "" {
		header.Set("Cookie", cookie)
	}
	return header
}

// next returns where an answer redirects to.
func (c *redirectChain) next(a *answer) (*url.URL, *Error) {
	from := finding.Quote(a.url.Hostname())
	if c.redirects++; c.redirects > maxRedirects {
		return nil, refused("", "The URL redirects more than %d times", maxRedirects)
	}
	location := a.Header.Get("Location")
	next, err := a.url.Parse(location)
	if err != nil || location == "" { // err quotes the query
		return nil, refused("", "The server %s redirects to an invalid URL", from)
	}
	if err := check(next, a.url.Scheme == "http"); err != nil { // https never leads to http
		err.Message = fmt.Sprintf("The server %s redirects to another URL. %s", from, err.Message)
		return nil, err
	}
	c.take(a)
	if plainHost(next) != c.host {
		c.token = ""
	}
	state, again := c.state(next), 0
	if next.String() == a.url.String() { // passes once: a server may have stored something by the first
		again = 1
	}
	if c.seen[state] > again {
		return nil, refused("", "The URL redirects in a loop: the server %s redirects back to %s", from, display(next))
	}
	c.seen[state]++
	return next, nil
}

// token returns the token of exactly the URL's host, "" where there is none.
func (c *Client) token(u *url.URL) string {
	if u.Scheme != "https" {
		return ""
	}
	return c.config.Tokens[plainHost(u)]
}

// plainHost is the URL's host as Config.Tokens names it.
func plainHost(u *url.URL) string { return strings.TrimSuffix(u.Host, ":443") }
