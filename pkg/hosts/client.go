package hosts

import (
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// HasDotSegments reports whether a path segment of the URL is "." or "..", percent-encoded perhaps. Clients drop such
// segments before they ask (RFC 3986, section 5.2.4; https://url.spec.whatwg.org/#double-dot-path-segment), so they ask for
// another file than the URL shows.
func HasDotSegments(u *url.URL) bool {
	path := u.EscapedPath()
	if decoded, err := url.PathUnescape(path); err == nil {
		path = decoded
	}
	for segment := range strings.FieldsFuncSeq(path, func(r rune) bool { return r == '/' || r == '\\' }) {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// number is what resolvers and URL parsers take for a part of an IPv4 address: decimal, octal or hexadecimal
// (https://url.spec.whatwg.org/#ends-in-a-number-checker).
var number = regexp.MustCompile(`^([0-9]+|0[xX][0-9A-Fa-f]*)$`)

// IsNumeric reports whether a host is an IPv4 address in another form than four decimal numbers, such as "127.1", "0x7f000001" or
// "2130706433", or seems to be one: its last label is a number. Resolvers disagree about its address.
func IsNumeric(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return false
	}
	host = strings.TrimRight(host, ".")
	return number.MatchString(host[strings.LastIndex(host, ".")+1:])
}

// HasPort reports whether a URL's port is valid or omitted: ports are from 1 to 65535 (RFC 9293, section 3.1).
func HasPort(u *url.URL) bool {
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	return u.Port() == "" || err == nil && n > 0
}
