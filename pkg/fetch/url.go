package fetch

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
)

// parse reads the URL of a Request.
func parse(raw string, allowHTTP bool) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil { // err quotes the query
		return nil, refused("Write it as `https://host/path`", "The URL is invalid")
	}
	if err := check(u, allowHTTP); err != nil {
		return nil, err
	}
	return u, nil
}

// check refuses a URL that must not be requested, and converts its host to ASCII.
func check(u *url.URL, allowHTTP bool) *Error {
	switch {
	case u.Scheme != "https" && !(allowHTTP && u.Scheme == "http"):
		return refused("Use an https URL", "The URL %s is not https", display(u))
	case u.User != nil:
		return refused("Use a URL without them", "The URL %s contains a user name or password", display(u))
	case u.Hostname() == "":
		return refused("Write it as `https://host/path`", "The URL %s has no host", display(u))
	case !hosts.HasPort(u):
		return refused("Omit the port, or use one from 1 to 65535", "The URL %s has an invalid port", display(u))
	case hosts.HasDotSegments(u):
		return refused("Write the resolved path", "The path of the URL %s has a `.` or `..` segment, which clients resolve to another path", display(u))
	}
	host, err := hosts.Host(u)
	if err != nil {
		return refused("Check the spelling of the host", "The URL %s has an invalid host name", display(u))
	}
	u.Host, u.Fragment, u.RawFragment = host, "", ""
	if hosts.IsNumeric(u.Hostname()) {
		return refused("Use a host name", "The host of the URL %s ends in a number and is not a dotted-decimal IPv4 address: resolvers disagree about it", display(u))
	}
	u.RawQuery = escapeQuery(u.RawQuery)
	return nil
}

// escapeQuery escapes the characters of a query that a request line can't contain or that clients escape
// (https://url.spec.whatwg.org/#query-percent-encode-set).
func escapeQuery(query string) string {
	var escaped strings.Builder
	for _, c := range []byte(query) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"<>`, c) >= 0 {
			fmt.Fprintf(&escaped, "%%%02X", c)
		} else {
			escaped.WriteByte(c)
		}
	}
	return escaped.String()
}

// display is u for a message. A fragment that came with a redirect may hold a token.
func display(u *url.URL) string {
	shown := *u
	shown.Fragment, shown.RawFragment = "", ""
	return finding.QuoteURL(shown.String())
}
