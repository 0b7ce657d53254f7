package fetch

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// maxRedirects pass; the next one is refused.
const maxRedirects = 10

// redirectChain is the redirects of one request, and what may go along with them: a token as long as they stay at its exact host,
// and the cookies that each host set on the way, to exactly that host.
type redirectChain struct {
	token     string         // "" once a redirect has left its host
	host      string         // the token's
	redirects int            // so far
	seen      map[string]int // by URL and cookies
	cookies   map[string][]*http.Cookie
}

func newRedirectChain(from *url.URL, token string) *redirectChain {
	w := &redirectChain{host: plainHost(from), token: token, seen: map[string]int{}, cookies: map[string][]*http.Cookie{}}
	w.seen[w.state(from)]++
	return w
}

// state tells a loop from a redirect that comes back with a cookie.
func (w *redirectChain) state(u *url.URL) string { return u.String() + " " + w.cookie(u) }

func (w *redirectChain) cookie(u *url.URL) string {
	var pairs []string
	for _, c := range w.cookies[u.Host] {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	return strings.Join(pairs, "; ")
}

// take keeps an answer's cookies, each in place of an earlier one of its name.
func (w *redirectChain) take(a *answer) {
	for _, c := range a.Cookies() {
		kept := w.cookies[a.url.Host][:0:0]
		for _, other := range w.cookies[a.url.Host] {
			if other.Name != c.Name {
				kept = append(kept, other)
			}
		}
		w.cookies[a.url.Host] = append(kept, c)
	}
}

// header returns what a request to u carries.
func (w *redirectChain) header(u *url.URL, header http.Header) http.Header {
	header = header.Clone()
	if w.token != "" && plainHost(u) == w.host && u.Scheme == "https" {
		header.Set("Authorization", "Bearer "+w.token)
	}
	if cookie := w.cookie(u); cookie != "" {
		header.Set("Cookie", cookie)
	}
	return header
}

// next returns where an answer redirects to.
func (w *redirectChain) next(a *answer) (*url.URL, *Error) {
	from := finding.Quote(a.url.Hostname())
	if w.redirects++; w.redirects > maxRedirects {
		return nil, refused(fmt.Sprintf("The URL redirects more than %d times", maxRedirects), "")
	}
	location := a.Header.Get("Location")
	next, err := a.url.Parse(location)
	if err != nil || location == "" { // err quotes the query
		return nil, refused(fmt.Sprintf("The server %s redirects to something that is no URL", from), "")
	}
	if err := check(next, a.url.Scheme == "http"); err != nil { // what came securely goes on so
		err.Message = fmt.Sprintf("The server %s redirects elsewhere. %s", from, err.Message)
		return nil, err
	}
	w.take(a)
	if plainHost(next) != w.host {
		w.token = ""
	}
	state, again := w.state(next), 0
	if next.String() == a.url.String() { // once, a server may have done by that what it wanted
		again = 1
	}
	if w.seen[state] > again {
		return nil, refused(fmt.Sprintf("The URL redirects in a loop: the server %s sends back to %s", from, display(next)), "")
	}
	w.seen[state]++
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
