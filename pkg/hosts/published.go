package hosts

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/digest"
)

// HuggingFace is the host of Hugging Face's API and files.
const HuggingFace = "huggingface.co"

// IsHuggingFace reports whether a host is one of Hugging Face's, those that its files are redirected to among them.
func IsHuggingFace(host string) bool {
	return host == HuggingFace || strings.HasSuffix(host, "."+HuggingFace) || host == huggingFaceShort || strings.HasSuffix(host, "."+huggingFaceShort)
}

const huggingFaceShort = "hf.co"

// Published is what a host publishes about the file behind a URL.
type Published struct {
	Digest digest.Digest // of the file's bytes; zero when none is published
	Size   int64         // bytes; -1 when not published
	Pinned string        // the URL that will always serve these bytes; "" when none is known
}

// Commit returns the commit that Pinned names, 40 hex digits, or "".
func (p Published) Commit() string { return Parse(p.Pinned, "").Revision }

// Publishes reports whether a URL is one that PublishedBy accepts.
func Publishes(rawURL string) bool {
	u, err := canonical(rawURL)
	if err != nil || u.Scheme != "https" || u.Host != HuggingFace || u.User != nil {
		return false
	}
	location, ok := find(u, "")
	return ok && location.kind == HuggingFaceFile
}

// AssetOf returns the release asset that a URL names in exactly the form
// <server>/<owner>/<repo>/releases/download/<tag>/<name>: https, without user information, query or escapes.
func AssetOf(rawURL, server string) (Ref, bool) {
	u, err := canonical(rawURL)
	if err != nil || u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.ForceQuery || !plainPath(u) {
		return Ref{}, false
	}
	r := Parse(rawURL, server)
	return r, r.Kind == GitHubAsset && u.Host != wwwGitHub
}

// PublishedBy reads the header of the first, unfollowed answer to a URL. Only an exact https://huggingface.co/…/resolve/… URL
// is accepted: X-Linked-Etag is the SHA-256 of a file in Git LFS or Xet and X-Linked-Size its size, and X-Repo-Commit the
// commit that the revision stands for (https://huggingface.co/docs/huggingface_hub/package_reference/file_download).
func PublishedBy(rawURL string, header http.Header) Published {
	if !Publishes(rawURL) {
		return Published{Size: -1}
	}
	p := Published{Size: -1}
	if size, err := strconv.ParseInt(header.Get("X-Linked-Size"), 10, 64); err == nil && size >= 0 {
		// A strong entity tag of 64 hex digits; small files, which git itself holds, have the 40 of their blob.
		tag := strings.TrimSuffix(strings.TrimPrefix(header.Get("X-Linked-Etag"), `"`), `"`)
		p.Size = size
		p.Digest, _ = digest.Parse("sha256:" + tag)
	}
	if sha := header.Get("X-Repo-Commit"); commit.MatchString(sha) {
		p.Pinned = WithRevision(rawURL, "", sha)
	}
	return p
}
