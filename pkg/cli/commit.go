package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github"
)

// commit is a tree in GitHub's API: nothing of it touches the disk.
type commit struct {
	api   *github.Client
	sha   string
	files []github.File // once it was listed
}

func (c *commit) list(ctx context.Context) (files []github.File, err error) {
	if c.files == nil {
		c.files, err = c.api.Tree(ctx, c.sha)
	}
	return c.files, err
}

func (c *commit) find(ctx context.Context, path string) (github.File, bool, error) {
	return findIn(ctx, c, path)
}

func (c *commit) read(ctx context.Context, f github.File, maxSize int) (source, error) {
	if s, is := irregular(f); is {
		return s, nil
	}
	text, err := c.api.Blob(ctx, f.BlobSHA, int64(maxSize)+1)
	if err != nil {
		return source{}, fmt.Errorf("the text of %s can't be read: %w", finding.Quote(f.Path), err)
	}
	return source{path: f.Path, text: text}, nil
}

// irregular is the source of what git keeps under a manifest's name and is no file.
func irregular(f github.File) (s source, is bool) {
	s.path = f.Path
	switch {
	case f.Symlink:
		s.problem = "The manifest is a symbolic link"
	case f.Submodule:
		s.problem = "The manifest is a submodule, another repository's commit"
	}
	return s, s.problem != ""
}

// changedFiles lists the files that an event changed. Where the list can't be had whole, every manifest
// has to be verified, and all says why.
func changedFiles(ctx context.Context, api *github.Client, e github.Event) (files []github.File, all string, err error) {
	var complete bool
	switch {
	case e.PullRequest != 0:
		files, complete, err = api.PullRequestFiles(ctx, e.PullRequest)
	case e.New:
		return nil, "the branch is new", nil
	case e.Forced:
		return nil, "the branch was forced to another history", nil
	default:
		files, complete, err = api.Compare(ctx, e.BaseSHA, e.HeadSHA)
		if errors.Is(err, github.ErrNotFound) {
			return nil, "the commit before the push is not there any more", nil
		}
	}
	if err == nil && !complete {
		return nil, "GitHub lists no more files of so large a change", nil
	}
	return files, "", err
}
