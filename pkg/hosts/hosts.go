// Package hosts knows what the URLs of the hosts that registries use mean: what is pinned and what can
// change, what shows a page and what serves a file, who owns it.
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

// Kind is what a URL leads to. The zero value is Other.
type Kind uint8

// The kinds.
const (
	Other           Kind = iota
	HuggingFaceFile      // huggingface.co/<owner>/<repo>/resolve/<revision>/<path>
	HuggingFacePage      // …/blob/… or …/tree/…
	GitHubAsset          // <server>/<owner>/<repo>/releases/download/<tag>/<name>
	GitHubRaw            // <server>/<owner>/<repo>/raw/<revision>/<path>, or the same at raw.githubusercontent.com
	GitHubPage           // …/blob/… or …/tree/…
	GitHubArchive        // …/archive/…: made on demand, so its bytes may change
)

// Ref is what a URL means.
type Ref struct {
	Kind     Kind
	Owner    string // "" for Other
	Repo     string
	Revision string // tag, branch or commit
	Path     string // below the repository; an asset's name
	// Versioned reports that the URL names a full version (two numbers at least) or a commit.
	Versioned bool
	// Download is the URL that serves the file a page shows, "" where the URL is no page or none is known.
	Download string
}

// ReleaseAsset reports whether the URL is an asset of a GitHub release. One that was just published answers 404 for a while.
func (r Ref) ReleaseAsset() bool { return r.Kind == GitHubAsset }

// Page reports whether the URL shows a page about a file instead of serving it.
func (r Ref) Page() bool { return r.Kind == HuggingFacePage || r.Kind == GitHubPage }

// layout is the shape of the paths of a host: what follows <owner>/<repo>.
type layout struct {
	kind     Kind
	after    string // the literal segments before the revision
	download string // the segments that serve the file instead, for pages
}

var huggingFaceLayouts = []layout{
	{kind: HuggingFaceFile, after: "resolve"},
	{kind: HuggingFacePage, after: "blob", download: "resolve"},
	{kind: HuggingFacePage, after: "tree"},
}

var gitHubLayouts = []layout{
	{kind: GitHubAsset, after: "releases/download"},
	{kind: GitHubRaw, after: "raw"},
	{kind: GitHubPage, after: "blob", download: "raw"},
	{kind: GitHubPage, after: "tree"},
	{kind: GitHubArchive, after: "archive"},
}

var rawLayouts = []layout{{kind: GitHubRaw}}

// layouts returns the layouts of a host; server is the GitHub server's URL.
func layouts(host, server string) []layout {
	switch host {
	case "huggingface.co":
		return huggingFaceLayouts
	case "raw.githubusercontent.com":
		return rawLayouts
	case strings.TrimPrefix(server, "https://"):
		return gitHubLayouts
	}
	return nil
}

// Parse tells what a URL means. server is the GitHub server ("https://github.com"). A URL that can't be
// read is Other.
func Parse(rawURL, server string) Ref {
	u, err := canonical(rawURL)
	if err != nil {
		return Ref{}
	}
	ref := Ref{Versioned: versioned(u.Path)}
	segments := strings.Split(strings.TrimPrefix(u.Path, "/"), "/")
	if len(segments) < 4 {
		return ref
	}
	for _, l := range layouts(u.Host, server) {
		if rest, ok := l.match(segments[2:]); ok {
			ref.Kind, ref.Owner, ref.Repo = l.kind, segments[0], segments[1]
			ref.Revision, ref.Path = rest[0], strings.Join(rest[1:], "/")
			ref.Download = l.downloadURL(u)
			return ref
		}
	}
	return ref
}

// match returns the revision and what follows it, if the segments have the layout.
func (l layout) match(segments []string) (rest []string, ok bool) {
	prefix := strings.FieldsFunc(l.after, func(r rune) bool { return r == '/' })
	n := len(prefix)
	if len(segments) < n+1 || !slices.Equal(segments[:n], prefix) {
		return nil, false
	}
	return segments[n:], true
}

func (l layout) downloadURL(u *url.URL) string {
	if l.download == "" {
		return ""
	}
	return strings.Replace(u.String(), "/"+l.after+"/", "/"+l.download+"/", 1)
}

// A version has two numbers at least: a tag such as "v1" moves with every release.
var (
	versionSegment = regexp.MustCompile(`(^|[^0-9A-Za-z])[vV]?[0-9]+\.[0-9]+([^0-9A-Za-z]|[a-z]+[0-9]*$|$)`)
	commitSegment  = regexp.MustCompile(`^[0-9a-f]{40}$`)
)

func versioned(path string) bool {
	return slices.ContainsFunc(strings.Split(path, "/"), func(s string) bool {
		return versionSegment.MatchString(s) || commitSegment.MatchString(s)
	})
}

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
	host, err := idna.Lookup.ToASCII(u.Hostname())
	if err != nil {
		host = strings.ToLower(u.Hostname())
	}
	u.Host = hostPort(host, u.Port(), u.Scheme)
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

func hostPort(host, port, scheme string) string {
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port == "" || scheme == "https" && port == "443" || scheme == "http" && port == "80" {
		return host
	}
	return host + ":" + port
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

func plainPath(u *url.URL) bool {
	return u.Path == path.Clean(u.Path) && u.EscapedPath() == u.Path && !strings.Contains(u.Path, `\`)
}
