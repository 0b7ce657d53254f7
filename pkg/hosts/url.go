package hosts

import (
	"errors"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"golang.org/x/net/idna"
)

const gitHub, wwwGitHub = "github.com", "www.github.com"

// Canonical returns the key by which two URLs are one file: scheme and host in lower case, the host in
// ASCII, no default port, no fragment; everything else byte for byte. It is an error where the text is no
// absolute URL with a host.
func Canonical(rawURL string) (string, error) {
	u, err := canonical(rawURL)
	if err != nil {
		return "", err
	}
	return u.String(), nil
}

func canonical(rawURL string) (*url.URL, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, err
	}
	if u.Scheme == "" || u.Hostname() == "" {
		return nil, errors.New("expected an absolute URL with a host")
	}
	host, err := Host(u)
	if err != nil { // a name that IDNA refuses (RFC 5891) stays as it is
		host = strings.ToLower(u.Host)
	}
	u.Host = host
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// Forms returns the forms of a URL that a glob may match, in lower case: canonical and without escapes, www.github.com as github.com.
func Forms(rawURL string) []string {
	if u, err := canonical(rawURL); err == nil {
		if u.Host == wwwGitHub {
			u.Host = gitHub
		}
		rawURL = u.String()
	}
	forms := []string{strings.ToLower(rawURL)}
	if plain, err := url.PathUnescape(rawURL); err == nil && plain != rawURL {
		forms = append(forms, strings.ToLower(plain))
	}
	return forms
}

// Host returns a URL's host in lower case and in the form that DNS uses, and its port unless it is the scheme's own. IDNA's rules apply
// to other than ASCII names only: ASCII ones with underscores or "--" are in use.
func Host(u *url.URL) (string, error) {
	host, port := u.Hostname(), u.Port()
	if isASCII(host) {
		host = strings.ToLower(host)
	} else if ascii, err := idna.Lookup.ToASCII(host); err == nil {
		host = ascii
	} else {
		return "", err
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port != "" && port != map[string]string{"https": "443", "http": "80"}[u.Scheme] {
		host += ":" + port
	}
	return host, nil
}

// International returns both forms of an internationalised host name, which may look like another host's, and
// whether the URL's host is one.
func International(rawURL string) (unicode, ascii string, ok bool) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return "", "", false
	}
	host := strings.ToLower(u.Hostname())
	if ascii, err = idna.Lookup.ToASCII(host); err != nil {
		ascii = host
	}
	unicode, _ = idna.Punycode.ToUnicode(ascii)
	return unicode, ascii, unicode != ascii || !isASCII(u.Hostname())
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > 0x7f })
}

// Trusted reports whether one of the globs names the URL, which must be plain https: with user
// information, a query, or a path that is not literally the one served (dot segments, encoded slashes
// and dots, backslashes) it is not trusted.
func Trusted(rawURL string, globs []string) bool {
	u, err := canonical(rawURL)
	if err != nil || u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.ForceQuery || !plainPath(u) {
		return false
	}
	return slices.ContainsFunc(globs, func(glob string) bool {
		return doublestar.MatchUnvalidated(glob, u.String())
	})
}

// ReleasesOf returns globs, for Trusted, of the URLs on a GitHub server that only an owner can make serve a file: the downloads
// of the owner's releases. Attachments of issues by anyone are below the owner's name too, and a fork's commit is served
// as if it were the owner's.
func ReleasesOf(server, owner string) []string {
	return []string{server + "/" + owner + "/*/releases/download/**"}
}

func plainPath(u *url.URL) bool {
	return u.Path == path.Clean(u.Path) && u.EscapedPath() == u.Path && !strings.Contains(u.Path, `\`)
}

// expiringQueries are the parameters of signed URLs that expire: Amazon's, Google's and CloudFront's pre-signed URLs, and Azure's
// shared access signatures.
var expiringQueries = []string{"X-Amz-Expires", "X-Goog-Expires", "Expires", "Key-Pair-Id", "sig"}

// archived is the path of an archived page: a time, then the original URL with its own query
// (https://archive.org/help/wayback_api.php).
var archived = regexp.MustCompile(`^/web/[0-9]{4,14}[a-z_]*/https?:`)

// Expires reports whether the URL stops working after minutes or hours, such as the target of a browser's redirect. The signed URL
// that an archive has stored does not.
func Expires(rawURL string) bool {
	u, err := url.Parse(rawURL)
	if err != nil || u.Hostname() == "web.archive.org" && archived.MatchString(u.Path) {
		return false
	}
	return slices.ContainsFunc(expiringQueries, u.Query().Has)
}
