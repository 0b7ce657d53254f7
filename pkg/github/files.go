package github

import (
	"context"
	"fmt"
	"net/url"

	gh "github.com/google/go-github/v57/github"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

const (
	// maxPullRequestFiles is GitHub's limit for the files of a pull request
	// (https://docs.github.com/rest/pulls/pulls#list-pull-requests-files).
	maxPullRequestFiles = 3000
	// maxComparedFiles is GitHub's limit for the files of a comparison
	// (https://docs.github.com/rest/commits/commits#compare-two-commits).
	maxComparedFiles = 300
)

// File is a file at a commit.
type File struct {
	Path      string // slash-separated, from the repository's root
	BlobSHA   string
	Status    string // added, modified, renamed, copied or changed; "" in a tree
	Previous  string // the path before a rename
	Size      int64  // bytes; only in a tree
	Symlink   bool   // a symbolic link, whose blob is its target; only in a tree
	Submodule bool   // another repository's commit, without a blob; only in a tree
}

// PullRequest returns the current head and base commits of a pull request. A missing one is an ErrNotFound.
func (c *Client) PullRequest(ctx context.Context, number int) (head, base string, err error) {
	r := request{doing: fmt.Sprintf("reading pull request %d", number), needs: "pull-requests: read", path: c.path("pulls/%d", number)}
	hasHead := func(pr gh.PullRequest) bool { return pr.GetHead().GetSHA() != "" }
	found, err := ask(ctx, c, r, hasHead)
	return found.GetHead().GetSHA(), found.GetBase().GetSHA(), err
}

// Comparison is the difference between two commits.
type Comparison struct {
	Files     []File   // changed files that exist at head
	Removed   []string // paths that no longer exist, including those before a rename
	Complete  bool     // false at GitHub's limit of files, or if base is not an ancestor of head
	MergeBase string   // the commit that GitHub compares head with; "" if unknown
}

// PullRequestFiles lists the changes of a pull request. It is incomplete at GitHub's limit of 3,000 files.
func (c *Client) PullRequestFiles(ctx context.Context, number int) (Comparison, error) {
	r := request{
		doing: fmt.Sprintf("listing the files of pull request %d", number), needs: "pull-requests: read",
		path: c.path("pulls/%d/files?per_page=%d", number, perPage),
	}
	changed, isWhole, err := list[*gh.CommitFile](ctx, c, r, maxPullRequestFiles/perPage)
	if err != nil {
		return Comparison{}, err
	}
	return comparison(changed, isWhole && len(changed) < maxPullRequestFiles), nil
}

// Compare lists up to 300 files that differ between head and its merge base with base. An unknown commit is an ErrNotFound.
func (c *Client) Compare(ctx context.Context, base, head string) (Comparison, error) {
	r := request{
		doing: fmt.Sprintf("comparing commit %s with %s", finding.Quote(base), finding.Quote(head)), needs: "contents: read",
		path: c.path("compare/%s...%s", url.PathEscape(base), url.PathEscape(head)),
	}
	hasFiles := func(c gh.CommitsComparison) bool { return c.Files != nil }
	answer, err := ask(ctx, c, r, hasFiles)
	if err != nil {
		return Comparison{}, err
	}
	isStraight := answer.GetStatus() != "diverged" && answer.GetStatus() != "behind"
	found := comparison(answer.Files, isStraight && len(answer.Files) < maxComparedFiles)
	found.MergeBase = answer.GetMergeBaseCommit().GetSHA()
	return found, nil
}

func comparison(changed []*gh.CommitFile, isComplete bool) Comparison {
	found := Comparison{Complete: isComplete}
	for _, f := range changed {
		switch f.GetStatus() {
		case "unchanged":
			continue
		case "removed":
			found.Removed = append(found.Removed, f.GetFilename())
			continue
		case "renamed":
			found.Removed = append(found.Removed, f.GetPreviousFilename())
		}
		found.Files = append(found.Files, File{Path: f.GetFilename(), BlobSHA: f.GetSHA(), Status: f.GetStatus(), Previous: f.GetPreviousFilename()})
	}
	return found
}
