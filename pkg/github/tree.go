package github

import (
	"cmp"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	gh "github.com/google/go-github/v57/github"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// maxTrees bounds the requests for one commit whose tree is too large for one answer.
const maxTrees = 1000

// Tree lists every file of a commit, sorted by path. If GitHub truncates the list (over 100,000
// entries or 7 MB), it lists the folders one by one.
func (c *Client) Tree(ctx context.Context, sha string) ([]File, error) {
	w := treeWalk{client: c, doing: "listing the files of commit " + finding.Quote(sha)}
	if err := w.walk(ctx, sha, ""); err != nil {
		return nil, err
	}
	slices.SortFunc(w.files, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	return w.files, nil
}

type treeWalk struct {
	client   *Client
	doing    string
	files    []File
	requests int
}

// walk adds the files below one folder, in one request if GitHub can list them all.
func (w *treeWalk) walk(ctx context.Context, sha, dir string) error {
	tree, err := w.read(ctx, sha, "?recursive=1")
	isFlat := tree.GetTruncated()
	if isFlat {
		tree, err = w.read(ctx, sha, "")
	}
	switch {
	case err != nil:
		return err
	case tree.GetTruncated():
		return fmt.Errorf("the folder %s has more files than GitHub lists: use a checkout", finding.Quote(cmp.Or(dir, "/")))
	}
	for _, e := range tree.Entries { // their modes and types: https://docs.github.com/rest/git/trees#get-a-tree
		name := path.Join(dir, e.GetPath())
		if e.GetType() != "tree" {
			w.files = append(w.files, File{
				Path: name, BlobSHA: e.GetSHA(), Size: int64(e.GetSize()), Symlink: e.GetMode() == "120000", Submodule: e.GetType() == "commit",
			})
		} else if isFlat {
			if err := w.walk(ctx, e.GetSHA(), name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *treeWalk) read(ctx context.Context, sha, query string) (gh.Tree, error) {
	if w.requests++; w.requests > maxTrees {
		return gh.Tree{}, fmt.Errorf("the tree needs more than %d requests to list: use a checkout", maxTrees)
	}
	r := request{doing: w.doing, needs: "contents: read", path: w.client.path("git/trees/%s%s", url.PathEscape(sha), query)}
	hasEntries := func(t gh.Tree) bool { return t.Entries != nil }
	return ask(ctx, w.client, r, hasEntries)
}

// Blob returns up to limit bytes of a file's text by its blob SHA.
func (c *Client) Blob(ctx context.Context, sha string, limit int64) ([]byte, error) {
	if sha == "" {
		return nil, errors.New("GitHub's list has no blob for the file")
	}
	text, _, err := c.do(ctx, request{
		doing: "reading the file of blob " + finding.Quote(sha), needs: "contents: read", path: c.path("git/blobs/%s", url.PathEscape(sha)),
		accept: "application/vnd.github.raw+json", limit: envelopeSize(limit) + 1,
	})
	if int64(len(text)) <= envelopeSize(limit) {
		text = unwrap(sha, text)
	}
	return text[:min(int64(len(text)), limit)], err
}

// envelopeSize bounds the JSON around a text of limit bytes in base64, with line breaks in it.
func envelopeSize(limit int64) int64 { return 2*limit + 64<<10 }

// unwrap returns a blob's text from a complete answer: the raw text that was requested, or base64 in
// JSON, which some servers return anyway. A manifest that imitates the second form could show another
// text than the merged one, so an answer with the requested digest is always the text. Otherwise the
// API is trusted through TLS.
func unwrap(sha string, answer []byte) []byte {
	var envelope struct {
		Encoding string
		Content  *string
	}
	if IsBlob(sha, answer) || json.Unmarshal(answer, &envelope) != nil || envelope.Encoding != "base64" || envelope.Content == nil {
		return answer
	}
	text, err := base64.StdEncoding.DecodeString(*envelope.Content) // skips line breaks
	if err != nil {
		return answer
	}
	return text
}

// IsBlob reports whether sha is the text's blob ID, in a repository of either object format
// (https://git-scm.com/docs/hash-function-transition#_object_names).
func IsBlob(sha string, text []byte) bool {
	h := sha1.New()
	if len(sha) == hex.EncodedLen(sha256.Size) {
		h = sha256.New()
	}
	fmt.Fprintf(h, "blob %d\x00", len(text))
	h.Write(text)
	return hex.EncodeToString(h.Sum(nil)) == strings.ToLower(sha)
}
