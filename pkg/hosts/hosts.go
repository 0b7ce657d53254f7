// Package hosts interprets the URLs of Hugging Face and GitHub: whether their content can change, whether they serve a page or a file,
// who owns the file, and which digest the host publishes.
package hosts

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Kind is what a URL leads to. The zero value is Other.
type Kind uint8

// The kinds.
const (
	Other           Kind = iota
	HuggingFaceFile      // huggingface.co/<owner>/<repo>/resolve/<revision>/<path>
	HuggingFaceRaw       // …/raw/…: the text in git, which is a Git LFS pointer for a large file
	HuggingFacePage      // …/blob/… or …/tree/…
	GitHubAsset          // <server>/<owner>/<repo>/releases/download/<tag>/<name>
	GitHubLatest         // …/releases/latest/download/<name>
	GitHubRaw            // …/raw/<revision>/<path>, or the same at raw.githubusercontent.com
	GitHubPage           // …/blob/…, …/tree/… or …/releases/tag/…
	GitHubArchive        // …/archive/…: made on demand, so its bytes may change
)

// Ref is what a URL means.
type Ref struct {
	Kind     Kind
	Owner    string // "" for Other, and for the few models of Hugging Face without one
	Repo     string
	Revision string // tag, branch or commit; "" for GitHubLatest
	Branch   bool   // the URL names Revision as a branch (refs/heads/…)
	Path     string // below the repository; an asset's name
	// Versioned reports that the URL names a commit or a full version (two numbers at least): a tag such as
	// "v1" moves with every release. Where the host is known the revision has to; else any part of the path.
	Versioned bool
	// Download is the URL that serves the file itself, "" where the URL does already or none is known.
	Download string
}

// ReleaseAsset reports whether the URL is an asset of a GitHub release. One that was just published answers 404 for a while.
func (r Ref) ReleaseAsset() bool { return r.Kind == GitHubAsset || r.Kind == GitHubLatest }

// Page reports whether the URL shows a page about a file instead of serving it.
func (r Ref) Page() bool { return r.Kind == HuggingFacePage || r.Kind == GitHubPage }

// Mutable names what the URL points to if its content is known to change ("the branch `main`"), else "".
func (r Ref) Mutable() string {
	revision := finding.Quote(r.Revision)
	switch {
	case r.Kind == GitHubLatest:
		return "the latest release"
	case r.Kind == GitHubArchive:
		return "an archive that GitHub generates on demand"
	case r.Kind == Other || r.Page() || r.Versioned || !r.Branch && r.namesVersion():
		return ""
	case r.Kind == GitHubAsset:
		return "the release tag " + revision + ", which can move with every release"
	case r.Branch || slices.Contains(branchNames, r.Revision):
		return "the branch " + revision
	}
	return "the branch or tag " + revision
}

// branchNames are usual names of branches, and never of tags.
var branchNames = []string{"main", "master", "develop", "dev", "HEAD"}

var (
	// namedVersion is a version as people write it: two numbers ("v1_10_54", "is-6_7_3", "9.54F"), a long one such as a build or a
	// date ("b3561", "20231005"), or one after a letter ("R73", "A75") other than v: "v2" moves with every release.
	namedVersion = regexp.MustCompile(`[0-9][._-][0-9]|[0-9]{3}|^[A-UWYZa-uwyz][0-9]{2,}$`)
	// versionBranch is the same in a branch or tag of two segments ("release/1.7"), of which a URL shows no end.
	versionBranch = regexp.MustCompile(`^(releases?|versions?)/[vV]?[0-9]+[._-][0-9]`)
	shortCommit   = regexp.MustCompile(`(?:^|[_-])([0-9a-f]{7,40})$`)
)

// namesVersion reports whether the revision is a version or a short commit. It is weaker than Versioned, which trust relies on.
func (r Ref) namesVersion() bool {
	short := shortCommit.FindStringSubmatch(r.Revision)
	return namedVersion.MatchString(r.Revision) || versionBranch.MatchString(r.Revision+"/"+r.Path) ||
		short != nil && strings.ContainsAny(short[1], "0123456789")
}

// layout is the shape of a host's paths.
type layout struct {
	kind     Kind
	repo     int    // how many segments name the repository; the last is its name, the one before its owner
	after    string // the literal segments that follow
	download string // the segments that serve the file instead
}

var huggingFaceLayouts = []layout{
	{kind: HuggingFaceFile, repo: 2, after: "resolve"},
	{kind: HuggingFaceRaw, repo: 2, after: "raw", download: "resolve"},
	{kind: HuggingFacePage, repo: 2, after: "blob", download: "resolve"},
	{kind: HuggingFacePage, repo: 2, after: "tree", download: "resolve"},
	{kind: HuggingFaceFile, repo: 3, after: "resolve"}, // datasets/<owner>/<repo>, spaces/<owner>/<repo>
	{kind: HuggingFacePage, repo: 3, after: "blob", download: "resolve"},
	{kind: HuggingFaceFile, repo: 1, after: "resolve"}, // models without an owner, such as gpt2
	{kind: HuggingFacePage, repo: 1, after: "blob", download: "resolve"},
}

var gitHubLayouts = []layout{
	{kind: GitHubAsset, repo: 2, after: "releases/download"},
	{kind: GitHubLatest, repo: 2, after: "releases/latest/download"},
	{kind: GitHubPage, repo: 2, after: "releases/tag"},
	{kind: GitHubRaw, repo: 2, after: "raw"},
	{kind: GitHubPage, repo: 2, after: "blob", download: "raw"},
	{kind: GitHubPage, repo: 2, after: "tree", download: "raw"},
	{kind: GitHubArchive, repo: 2, after: "archive"},
}

var hostLayouts = map[string][]layout{
	HuggingFace:                   huggingFaceLayouts,
	huggingFaceShort:              huggingFaceLayouts,
	"raw.githubusercontent.com":   {{kind: GitHubRaw, repo: 2}},
	"media.githubusercontent.com": {{kind: GitHubRaw, repo: 3}}, // media/<owner>/<repo>: files in Git LFS
}

// layouts returns the layouts of a host; server is the GitHub server's URL.
func layouts(host, server string) []layout {
	if host == wwwGitHub { // redirects
		host = gitHub
	}
	if host == strings.TrimPrefix(server, "https://") {
		return gitHubLayouts
	}
	return hostLayouts[host]
}

// Parse interprets a URL. server is the GitHub server ("https://github.com"). An invalid URL is Other.
func Parse(rawURL, server string) Ref {
	u, err := canonical(rawURL)
	if err != nil {
		return Ref{}
	}
	if p, ok := find(u, server); ok {
		return p.ref(u)
	}
	return Ref{Versioned: slices.ContainsFunc(strings.Split(u.EscapedPath(), "/"), versioned)}
}

// location is a URL's path, split by its layout. The segments are as in the URL, escaped.
type location struct {
	layout
	repository, revision, path []string
}

func find(u *url.URL, server string) (location, bool) {
	segments := strings.Split(strings.TrimPrefix(u.EscapedPath(), "/"), "/")
	for _, l := range layouts(u.Host, server) {
		end := l.repo + len(l.literal())
		if len(segments) <= end {
			continue
		}
		literal := strings.Join(segments[l.repo:end], "/")
		if l.kind == GitHubAsset || l.kind == GitHubLatest { // escapes could hide a release
			literal = unescape(segments[l.repo:end])
		}
		if literal == l.after {
			rest := segments[end:]
			n := l.revisionLength(rest)
			return location{layout: l, repository: segments[:l.repo], revision: rest[:n], path: rest[n:]}, true
		}
	}
	return location{}, false
}

func (l layout) literal() []string {
	return strings.FieldsFunc(l.after, func(r rune) bool { return r == '/' })
}

// revisionLength returns how many segments name the revision. A release's tag may contain slashes, an asset's name none. A branch may be
// written as refs/heads/<branch>, a tag as refs/tags/<tag>.
func (l layout) revisionLength(rest []string) int {
	switch {
	case l.kind == GitHubLatest:
		return 0
	case l.kind == GitHubAsset:
		return len(rest) - 1
	case len(rest) > 2 && rest[0] == "refs" && (rest[1] == "heads" || rest[1] == "tags"):
		return 3
	}
	return 1
}

func (p location) ref(u *url.URL) Ref {
	r := Ref{Kind: p.kind, Repo: unescape(p.repository[p.repo-1:]), Path: unescape(p.path)}
	if p.repo > 1 {
		r.Owner = unescape(p.repository[p.repo-2 : p.repo-1])
	}
	revision := p.revision
	if len(revision) > 2 && revision[0] == "refs" {
		r.Branch = revision[1] == "heads"
		revision = revision[2:]
	}
	r.Revision = unescape(revision)
	r.Versioned = p.kind != GitHubArchive && !r.Branch && slices.ContainsFunc(revision, versioned)
	switch raw := u.Query().Get("raw"); {
	case p.kind == GitHubPage && (raw == "true" || raw == "1"): // GitHub redirects from the page to the file
		r.Kind = GitHubRaw
	case p.download != "" && r.Path != "":
		r.Download = p.url(u.Host, []string{p.download}, p.revision)
	}
	return r
}

// url is the location's URL with other literal segments or another revision.
func (p location) url(host string, literal, revision []string) string {
	return "https://" + host + "/" + strings.Join(slices.Concat(p.repository, literal, revision, p.path), "/")
}

// WithRevision returns the URL of the same file at another revision, "" where the URL names none.
func WithRevision(rawURL, server, revision string) string {
	u, err := canonical(rawURL)
	if err != nil {
		return ""
	}
	p, ok := find(u, server)
	if !ok || len(p.revision) == 0 {
		return ""
	}
	other := p.url(u.Host, p.literal(), []string{revision})
	if u.RawQuery != "" {
		other += "?" + u.RawQuery
	}
	return other
}

func unescape(segments []string) string {
	escaped := strings.Join(segments, "/")
	if s, err := url.PathUnescape(escaped); err == nil {
		return s
	}
	return escaped
}

var (
	fullVersion = regexp.MustCompile(`(^|[^0-9A-Za-z])[vV]?[0-9]+\.[0-9]+([^0-9A-Za-z]|[a-z]+[0-9]*$|$)`)
	commit      = regexp.MustCompile(`^[0-9a-f]{40}$`)
)

func versioned(segment string) bool {
	return fullVersion.MatchString(segment) || commit.MatchString(segment)
}
