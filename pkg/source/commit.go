package source

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"sync/atomic"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/git"
	"github.com/premAI-io/verify-manifests/pkg/github"
)

// Commit is the tree of a commit.
type Commit struct {
	SHA   string
	list  func(context.Context) ([]github.File, error)
	read  func(ctx context.Context, f github.File, maxSize int) ([]byte, error)
	ahead func(ctx context.Context, files []github.File, maxSize int) map[string][]byte // reads as many texts as it can, by blob; may be nil
	files []github.File                                                                 // set by List
	texts map[string][]byte                                                             // read ahead
}

// List implements Tree.
func (c *Commit) List(ctx context.Context) ([]github.File, error) {
	if c.files != nil {
		return c.files, nil
	}
	files, err := c.list(ctx)
	if err != nil {
		return nil, err
	}
	c.files = files
	return files, nil
}

// Find implements Tree.
func (c *Commit) Find(ctx context.Context, path string) (github.File, bool, error) {
	files, err := c.List(ctx)
	i := slices.IndexFunc(files, func(f github.File) bool { return f.Path == path })
	if err != nil || i < 0 {
		return github.File{}, false, err
	}
	return files[i], true, nil
}

// Read implements Tree.
func (c *Commit) Read(ctx context.Context, f github.File, maxSize int) (s Source, err error) {
	s = Source{Path: f.Path, Problem: problemOf(f)}
	if s.Problem != "" {
		return s, nil
	}
	text, found := c.texts[f.BlobSHA]
	if !found {
		if text, err = c.read(ctx, f, maxSize); err != nil {
			return s, fmt.Errorf("the text of %s can't be read: %w", finding.Quote(f.Path), err)
		}
	}
	s.Text = text[:min(len(text), maxSize+1)]
	return s, nil
}

// fetch reads the texts of files ahead.
func (c *Commit) fetch(ctx context.Context, files []github.File, maxSize int) {
	if c.ahead != nil {
		c.texts = c.ahead(ctx, slices.DeleteFunc(slices.Clone(files), func(f github.File) bool { return problemOf(f) != "" }), maxSize)
	}
}

// gitCommit is a commit of a checkout, by its ID.
func gitCommit(c *git.Checkout, id string) *Commit {
	return &Commit{
		SHA: id,
		list: func(ctx context.Context) (files []github.File, err error) {
			entries, err := c.Tree(ctx, id)
			for _, e := range entries {
				files = append(files, github.File{Path: e.Path, BlobSHA: e.Object, Symlink: e.Symlink, Submodule: e.Submodule})
			}
			return files, err
		},
		read: func(ctx context.Context, f github.File, _ int) ([]byte, error) { return c.Blob(ctx, f.BlobSHA) },
	}
}

// API reads commits in GitHub's API.
type API struct {
	*github.Client
	Disk  *Workspace           // a checkout, whose texts are used if their blob ID matches; nil for none
	Git   func() *git.Checkout // opens the same checkout with git, nil if git can't; may be nil itself
	calls atomic.Int64         // for texts
}

// Commit returns the commit with an ID.
func (a *API) Commit(sha string) *Commit {
	return &Commit{
		SHA:   sha,
		list:  func(ctx context.Context) ([]github.File, error) { return a.Tree(ctx, sha) },
		read:  a.read,
		ahead: a.ahead,
	}
}

func (a *API) read(ctx context.Context, f github.File, maxSize int) ([]byte, error) {
	if text, found := a.onDisk(ctx, f, maxSize); found {
		return text, nil
	}
	a.calls.Add(1)
	return a.Blob(ctx, f.BlobSHA, int64(maxSize)+1)
}

// ahead reads texts in as few API calls as possible.
func (a *API) ahead(ctx context.Context, files []github.File, maxSize int) map[string][]byte {
	texts := map[string][]byte{}
	var missing []github.File
	for _, f := range files {
		if text, found := a.onDisk(ctx, f, maxSize); found {
			texts[f.BlobSHA] = text
		} else {
			missing = append(missing, f)
		}
	}
	if len(missing) > 1 {
		blobs, calls := a.Blobs(ctx, missing)
		maps.Copy(texts, blobs)
		a.calls.Add(int64(calls))
	}
	return texts
}

// objectName matches the ID of a git object.
var objectName = regexp.MustCompile(`^[0-9a-f]{40,64}$`)

// onDisk returns a file's text if the checkout has the same blob, in any commit.
func (a *API) onDisk(ctx context.Context, f github.File, maxSize int) ([]byte, bool) {
	if a.Disk == nil {
		return nil, false
	}
	text, err := a.Disk.readRegular(f.Path, maxSize)
	if err == nil && github.IsBlob(f.BlobSHA, text) {
		return text, true
	}
	if a.Git == nil || !objectName.MatchString(f.BlobSHA) {
		return nil, false
	}
	repository := a.Git()
	if repository == nil {
		return nil, false
	}
	text, err = repository.Blob(ctx, f.BlobSHA)
	return text, err == nil && github.IsBlob(f.BlobSHA, text)
}
