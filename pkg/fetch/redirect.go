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
	token     string                    // "" once a redirect has left its host
	host      string                    // the token's
	redirects int                       // so far
	cookies   map[string][]*http.Cookie // by host and port
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
	if c.token != "" && u.Host == c.host && u.Scheme == "https" {
		header.Set("Authorization", "Bearer "+c.token)
	}
	var pairs []string
	for _, cookie := range c.cookies[u.Host] {
		pairs = append(pairs, cookie.Name+"="+cookie.Value)
	}
	if len(pairs) > 0 {
		header.Set("Cookie", strings.Join(pairs, "; "))
	}
	return header
}

// next returns where an answer redirects to.
func (c *redirectChain) next(a *answer) (*url.URL, *Error) {
	from := finding.Quote(a.url.Hostname())
	if c.redirects++; c.redirects > maxRedirects {
		return nil, refused("", "The URL redirects more than %d times, perhaps in a loop", maxRedirects)
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
	if next.Host != c.host {
		c.token = ""
	}
	return next, nil
}

// token returns the token of exactly the URL's host, "" where there is none.
func (c *Client) token(u *url.URL) string {
	if u.Scheme != "https" {
		return ""
	}
	return c.config.Tokens[u.Host]
}
