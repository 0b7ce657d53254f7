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
	"io"
	"net/url"
	"path"
	"slices"
	"strings"

	gh "github.com/google/go-github/v57/github"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// maxTrees bounds the requests for one commit whose tree is too large for one answer.
const maxTrees = 1000

// The modes and types of tree entries that are no regular files
// (https://docs.github.com/rest/git/trees#get-a-tree).
const (
	modeSymlink = "120000"
	typeTree    = "tree"
	typeCommit  = "commit"
)

// Tree lists every file of a commit, sorted by path. Where GitHub cuts the list short (over 100,000
// entries or 7 MB) it is put together from the lists of the folders.
func (c *Client) Tree(ctx context.Context, sha string) ([]File, error) {
	w := treeWalk{client: c, task: task{doing: "listing the files of commit " + finding.Quote(sha), needs: "contents: read"}}
	if err := w.walk(ctx, sha, ""); err != nil {
		return nil, err
	}
	slices.SortFunc(w.files, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	return w.files, nil
}

type treeWalk struct {
	client   *Client
	task     task
	files    []File
	requests int
}

// walk adds what is below one folder, in one request where GitHub can give it whole.
func (w *treeWalk) walk(ctx context.Context, sha, dir string) error {
	entries, whole, err := w.list(ctx, sha, true)
	if err != nil {
		return err
	}
	if whole {
		w.add(dir, entries)
		return nil
	}
	entries, whole, err = w.list(ctx, sha, false)
	if err != nil {
		return err
	}
	if !whole {
		return fmt.Errorf("the folder %s has more files than GitHub lists: use a checkout", finding.Quote(cmp.Or(dir, "/")))
	}
	w.add(dir, entries)
	for _, entry := range entries {
		if entry.GetType() == typeTree {
			if err := w.walk(ctx, entry.GetSHA(), path.Join(dir, entry.GetPath())); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *treeWalk) list(ctx context.Context, sha string, recursive bool) (entries []*gh.TreeEntry, whole bool, err error) {
	if w.requests++; w.requests > maxTrees {
		return nil, false, fmt.Errorf("the tree needs more than %d requests to list: use a checkout", maxTrees)
	}
	hasEntries := func(t *gh.Tree) bool { return t.Entries != nil }
	tree, err := read(ctx, w.client, w.task, hasEntries, func() (*gh.Tree, *gh.Response, error) {
		return w.client.api.Git.GetTree(ctx, w.client.owner, w.client.repo, url.PathEscape(sha), recursive)
	})
	if err != nil {
		return nil, false, err
	}
	return tree.Entries, !tree.GetTruncated(), nil
}

func (w *treeWalk) add(dir string, entries []*gh.TreeEntry) {
	for _, e := range entries {
		if e.GetType() == typeTree {
			continue
		}
		w.files = append(w.files, File{
			Path: path.Join(dir, e.GetPath()), BlobSHA: e.GetSHA(),
			Size: int64(e.GetSize()), Symlink: e.GetMode() == modeSymlink, Submodule: e.GetType() == typeCommit,
		})
	}
}

// Blob returns the first limit bytes of a file's text, by its blob SHA, whole where it is shorter. It is
// the text that was committed, whatever a branch has become since.
func (c *Client) Blob(ctx context.Context, sha string, limit int64) ([]byte, error) {
	t := task{doing: "reading the file of blob " + finding.Quote(sha), needs: "contents: read"}
	if sha == "" {
		return nil, errors.New("GitHub's list has no blob for the file")
	}
	var text []byte
	err := c.call(ctx, t, func() (*gh.Response, error) {
		req, err := c.api.NewRequest("GET", fmt.Sprintf("repos/%s/%s/git/blobs/%s", c.owner, c.repo, url.PathEscape(sha)), nil)
		if err != nil {
			return nil, err
		}
		req.Header.Set("Accept", "application/vnd.github.raw+json")
		resp, err := c.api.BareDo(ctx, req)
		if err != nil {
			return resp, err
		}
		defer resp.Body.Close()
		text, err = io.ReadAll(io.LimitReader(resp.Body, envelopeSize(limit)+1))
		return resp, err
	})
	if err != nil {
		return nil, err
	}
	if int64(len(text)) <= envelopeSize(limit) {
		text = unwrap(sha, text)
	}
	return text[:min(int64(len(text)), limit)], nil
}

// envelopeSize bounds the JSON around a text of limit bytes in base64, with line breaks in it.
func envelopeSize(limit int64) int64 { return 2*limit + 64<<10 }

// unwrap returns a blob's text from a whole answer, which is the text itself, as was asked for, or base64
// of it in JSON, as some servers answer all the same. A manifest written to look like the second must not
// pass for one, or its author would show us another text than the one that is merged: an answer with the
// digest that was asked for is the text. Beyond that the API is trusted: TLS vouches for it.
func unwrap(sha string, answer []byte) []byte {
	var envelope struct {
		Encoding string
		Content  *string
	}
	if IsBlob(sha, answer) || json.Unmarshal(answer, &envelope) != nil || envelope.Encoding != "base64" || envelope.Content == nil {
		return answer
	}
	text, err := base64.StdEncoding.DecodeString(*envelope.Content) // which skips line breaks
	if err != nil {
		return answer
	}
	return text
}

// IsBlob reports whether sha is git's name for the text, in a repository of either object format
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
