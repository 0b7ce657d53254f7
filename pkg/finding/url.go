package finding

import (
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

var (
	// scheme is what comes before the authority, and what is kept of an address that can't be parsed.
	scheme = regexp.MustCompile(`^(?i:[a-z][a-z0-9+.-]{0,19}:[/\\]{1,3}|https?:)?`)
	// imageDigest ends a container image's reference, whose @ belongs to no user.
	imageDigest = regexp.MustCompile(`@sha(256|384|512):[0-9a-f]{64,}$`)
	// query is everything from a question mark to the fragment. A fragment may hold one too.
	query = regexp.MustCompile(`\?[^#]*`)
)

// URL returns an address as every output but the report's url shows it: without user information, with "?…" for a
// query, which may hold a signature, and with the host in ASCII (RFC 3492), so that no letter passes for another.
// The reference of a container image stays as it is.
func URL(raw string) string {
	shown := query.ReplaceAllString(WithoutUser(raw), "?…")
	u, err := url.Parse(shown)
	if err != nil || u.Hostname() == "" {
		return shown
	}
	host, err := idna.Lookup.ToASCII(u.Hostname())
	if err != nil {
		host, err = idna.Punycode.ToASCII(u.Hostname())
	}
	if err != nil || strings.EqualFold(host, u.Hostname()) {
		return shown
	}
	return strings.Replace(shown, u.Hostname(), host, 1)
}

// QuoteURL returns an address for a message.
func QuoteURL(raw string) string { return Quote(URL(raw)) }

// WithoutUser returns an address without user information. Of one that can't be parsed, or has no authority,
// everything between the scheme and the last @ is left out.
func WithoutUser(raw string) string {
	start, end := len(scheme.FindString(raw)), len(raw)
	if at := imageDigest.FindStringIndex(raw); at != nil && start == 0 {
		end = at[0]
	}
	switch u, err := url.Parse(raw); {
	case err != nil, u.Opaque != "", u.Scheme != "" && u.Host == "" && u.User == nil: // no authority
	case u.User == nil:
		return raw
	default:
		end = start + strings.IndexAny(raw[start:]+"/", "/?#")
	}
	if at := strings.LastIndexByte(raw[start:min(end, len(raw))], '@'); at >= 0 {
		return raw[:start] + raw[start+at+1:]
	}
	return raw
}

// hostOf returns where the host of a URL, or of an image's reference, begins in bytes and ends in runes; 0 where s is neither.
func hostOf(s string) (start, end int) {
	start = len(scheme.FindString(s))
	n := strings.IndexAny(s[start:], "/?#")
	if n < 0 && start > 0 {
		n = len(s) - start
	}
	if n < 0 || strings.ContainsAny(s[start:start+n], " \t\n") {
		return 0, 0
	}
	return start, start + utf8.RuneCountInString(s[start:start+n])
}
