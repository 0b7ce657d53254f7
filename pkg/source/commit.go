package source

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"sync/atomic"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/git"
	"github.com/premAI-io/verify-manifests/pkg/github"
)

// Commit is a tree in GitHub's API. Texts are read from a checkout where their blob ID proves that they
// are the commit's, whatever was checked out.
type Commit struct {
	API   *github.Client
	SHA   string
	Disk  *Workspace           // a checkout; nil for none
	Git   func() *git.Checkout // the same, nil where git does not read it; may be nil itself
	files []github.File        // once it was listed
	texts map[string][]byte    // that were read ahead, by blob
	calls atomic.Int64         // made for texts
}

// List implements Tree.
func (c *Commit) List(ctx context.Context) (files []github.File, err error) {
	if c.files == nil {
		c.files, err = c.API.Tree(ctx, c.SHA)
	}
	return c.files, err
}

// Find implements Tree.
func (c *Commit) Find(ctx context.Context, path string) (github.File, bool, error) {
	return findIn(ctx, c, path)
}

// Read implements Tree.
func (c *Commit) Read(ctx context.Context, f github.File, maxSize int) (Source, error) {
	if s, is := Irregular(f); is {
		return s, nil
	}
	text, found := c.texts[f.BlobSHA]
	if !found {
		text, found = c.onDisk(ctx, f, maxSize)
	}
	if !found {
		c.calls.Add(1)
		var err error
		if text, err = c.API.Blob(ctx, f.BlobSHA, int64(maxSize)+1); err != nil {
			return Source{}, fmt.Errorf("the text of %s can't be read: %w", finding.Quote(f.Path), err)
		}
	}
	return Source{Path: f.Path, Text: text[:min(len(text), maxSize+1)]}, nil
}

// objectName matches the ID of a git object.
var objectName = regexp.MustCompile(`^[0-9a-f]{40,64}$`)

// onDisk returns a file's text where the checkout holds that very one, be it in another commit.
func (c *Commit) onDisk(ctx context.Context, f github.File, maxSize int) ([]byte, bool) {
	if c.Disk == nil {
		return nil, false
	}
	text, err := c.Disk.readRegular(f.Path, maxSize)
	if err == nil && github.IsBlob(f.BlobSHA, text) {
		return text, true
	}
	if c.Git == nil || !objectName.MatchString(f.BlobSHA) {
		return nil, false
	}
	repository := c.Git()
	if repository == nil {
		return nil, false
	}
	text, err = repository.Blob(ctx, f.BlobSHA)
	return text, err == nil && github.IsBlob(f.BlobSHA, text)
}

// fetch reads texts ahead, in as few calls as GitHub allows.
func (c *Commit) fetch(ctx context.Context, files []github.File, maxSize int) {
	c.texts = map[string][]byte{}
	var missing []github.File
	for _, f := range files {
		if _, is := Irregular(f); is {
			continue
		}
		if text, found := c.onDisk(ctx, f, maxSize); found {
			c.texts[f.BlobSHA] = text
		} else {
			missing = append(missing, f)
		}
	}
	if len(missing) > 1 {
		calls := c.API.Calls()
		maps.Copy(c.texts, c.API.Blobs(ctx, missing))
		c.calls.Add(c.API.Calls() - calls)
	}
}

// Calls counts the calls of GitHub's API that were made for texts.
func (c *Commit) Calls() int { return int(c.calls.Load()) }

// Irregular returns the source of a symbolic link or a submodule, and whether the file is one.
func Irregular(f github.File) (s Source, is bool) {
	s.Path = f.Path
	switch {
	case f.Symlink:
		s.Problem = "The manifest is a symbolic link"
	case f.Submodule:
		s.Problem = "The manifest is a submodule, another repository's commit"
	}
	return s, s.Problem != ""
}
