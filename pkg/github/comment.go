package github

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	gh "github.com/google/go-github/v57/github"
)

// commentPermission is what a token needs to comment on a pull request.
const commentPermission = "pull-requests: write"

// commentMark begins the hidden first line by which the comment is found again.
const commentMark = "<!-- verify-manifests "

// Comment is the content of the one comment on a pull request.
type Comment struct {
	Number     int    // of the pull request
	RunID      int64  // GITHUB_RUN_ID
	Attempt    int    // GITHUB_RUN_ATTEMPT
	Workflow   string // the file of the workflow: each has a comment of its own; "" where that is not known
	Body       string // Markdown, below the marker line that UpsertComment adds
	OnlyUpdate bool   // create none
}

// Outcome is what became of a comment or an issue. The zero value is Absent.
type Outcome string

// The outcomes.
const (
	Absent    Outcome = ""          // none exists
	Created   Outcome = "created"   //
	Updated   Outcome = "updated"   // in place
	Unchanged Outcome = "unchanged" // it is up to date already
	Newer     Outcome = "newer"     // it is a newer run's, and was left as it is
)

// UpsertComment creates or updates the one comment of the token's user whose first line is the workflow's marker, and
// returns its URL. One whose marker names no workflow, as earlier versions wrote it, becomes the workflow's. What others
// wrote is never touched, and a newer run's comment is left as it is. Of several, which concurrent first runs create, the
// oldest is kept. A token without the permission to comment is a *PermissionError.
func (c *Client) UpsertComment(ctx context.Context, comment Comment) (url string, outcome Outcome, err error) {
	err = c.settle(ctx, func() (err error) {
		url, outcome, err = c.upsertComment(ctx, comment)
		return err
	})
	return url, outcome, denied(err, commentPermission)
}

func (c *Client) upsertComment(ctx context.Context, comment Comment) (string, Outcome, error) {
	on := thread{comment.Number, fmt.Sprintf("pull request %d", comment.Number), commentPermission}
	ours, err := c.ownComments(ctx, on, comment.mark(), unnamedMark)
	switch {
	case err != nil || len(ours) == 0 && comment.OnlyUpdate:
		return "", Absent, err
	case len(ours) > 0:
		return c.keepOldest(ctx, on, comment, ours)
	}
	made, err := c.createComment(ctx, on, comment.text())
	if err != nil {
		return "", Absent, err
	}
	// Another run may have created one too since the list was read.
	if ours, err = c.ownComments(ctx, on, comment.mark()); err != nil || len(ours) == 0 {
		return made.GetHTMLURL(), Created, err
	}
	url, outcome, err := c.keepOldest(ctx, on, comment, ours)
	if outcome == Unchanged {
		outcome = Created
	}
	return url, outcome, err
}

// keepOldest brings the oldest of our comments up to date and deletes the others, but for a newer run's: that run does the same.
func (c *Client) keepOldest(ctx context.Context, on thread, comment Comment, ours []*gh.IssueComment) (string, Outcome, error) {
	oldest := ours[0]
	var newer *gh.IssueComment
	for i, each := range ours {
		switch {
		case runOf(each.GetBody()).compare(run{comment.RunID, comment.Attempt}) > 0:
			newer = each
		case i > 0 && (comment.Workflow != "" || strings.HasPrefix(each.GetBody(), unnamedMark)):
			if err := c.deleteComment(ctx, on, each.GetID()); err != nil {
				return "", Absent, err
			}
		}
	}
	if newer != nil {
		return newer.GetHTMLURL(), Newer, nil
	}
	if sameText(oldest.GetBody(), comment.text()) {
		return oldest.GetHTMLURL(), Unchanged, nil
	}
	return oldest.GetHTMLURL(), Updated, c.editComment(ctx, on, oldest.GetID(), comment.text())
}

// thread is an issue or a pull request that is commented on.
type thread struct {
	number int
	name   string // "pull request 7"
	needs  string
}

// ownComments returns the comments of the token's user that begin with the first of the marks that any begins with, the
// oldest first.
func (c *Client) ownComments(ctx context.Context, on thread, marks ...string) ([]*gh.IssueComment, error) {
	t := task{doing: "listing the comments on " + on.name, needs: on.needs}
	comments, all, err := pages(ctx, c, t, maxPages, func(page gh.ListOptions) ([]*gh.IssueComment, *gh.Response, error) {
		return c.api.Issues.ListComments(ctx, c.owner, c.repo, on.number, &gh.IssueListCommentsOptions{ListOptions: page})
	})
	if err != nil {
		return nil, err
	}
	for _, mark := range marks {
		marked := slices.DeleteFunc(slices.Clone(comments), func(comment *gh.IssueComment) bool { return !strings.HasPrefix(comment.GetBody(), mark) })
		if ours, err := own(ctx, c, marked); err != nil || len(ours) > 0 {
			slices.SortFunc(ours, func(a, b *gh.IssueComment) int { return cmp.Compare(a.GetID(), b.GetID()) })
			return ours, err
		}
	}
	if !all {
		return nil, fmt.Errorf("%s has more than %d comments: this program's comment can't be found", on.name, maxPages*perPage)
	}
	return nil, nil
}

func (c *Client) createComment(ctx context.Context, on thread, text string) (made *gh.IssueComment, err error) {
	err = c.once(ctx, task{doing: "commenting on " + on.name, needs: on.needs}, func() (resp *gh.Response, err error) {
		made, resp, err = c.api.Issues.CreateComment(ctx, c.owner, c.repo, on.number, &gh.IssueComment{Body: &text})
		return resp, err
	})
	return made, err
}

func (c *Client) editComment(ctx context.Context, on thread, id int64, text string) error {
	return c.call(ctx, task{doing: "updating the comment on " + on.name, needs: on.needs}, func() (*gh.Response, error) {
		_, resp, err := c.api.Issues.EditComment(ctx, c.owner, c.repo, id, &gh.IssueComment{Body: &text})
		return resp, err
	})
}

func (c *Client) deleteComment(ctx context.Context, on thread, id int64) error {
	err := c.call(ctx, task{doing: "deleting a second comment on " + on.name, needs: on.needs}, func() (*gh.Response, error) {
		return c.api.Issues.DeleteComment(ctx, c.owner, c.repo, id)
	})
	if isGone(err) { // the other run has deleted it
		return nil
	}
	return err
}

// text is the comment with its marker line.
func (comment Comment) text() string {
	return fmt.Sprintf("%srun=%d attempt=%d -->\n%s", comment.mark(), comment.RunID, comment.Attempt, comment.Body)
}

// unnamedMark begins the marker of a comment whose workflow is not known.
const unnamedMark = commentMark + "run="

// mark begins the marker. It names the workflow by a hash, since a file's name can hold anything.
func (comment Comment) mark() string {
	if comment.Workflow == "" {
		return commentMark // any workflow's
	}
	return fmt.Sprintf("%sworkflow=%.6x ", commentMark, sha256.Sum256([]byte(comment.Workflow)))
}

// sameText compares texts as GitHub stores them, which may change line ends.
func sameText(a, b string) bool { return normal(a) == normal(b) }

func normal(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }

// run is one attempt of a workflow's run. The zero run is older than any other.
type run struct {
	id      int64
	attempt int
}

func (r run) compare(s run) int {
	return cmp.Or(cmp.Compare(r.id, s.id), cmp.Compare(r.attempt, s.attempt))
}

var commentMarker = regexp.MustCompile(`^` + commentMark + `(?:workflow=[0-9a-f]+ )?run=([0-9]+) attempt=([0-9]+) -->[ \t\r]*(\n|$)`)

// runOf reads the marker line of a comment of this program. An invalid line gives the zero run.
func runOf(body string) run {
	m := commentMarker.FindStringSubmatch(body)
	if m == nil {
		return run{}
	}
	return parseRun(m[1], m[2])
}

// parseRun reads a run's numbers; ones that are too large are the zero run's.
func parseRun(id, attempt string) run {
	i, err1 := strconv.ParseInt(id, 10, 64)
	a, err2 := strconv.Atoi(attempt)
	if cmp.Or(err1, err2) != nil {
		return run{}
	}
	return run{i, a}
}
