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

// Comment is what the one comment on a pull request shall say.
type Comment struct {
	Number     int    // of the pull request
	RunID      int64  // GITHUB_RUN_ID
	Attempt    int    // GITHUB_RUN_ATTEMPT
	Workflow   string // the file of the workflow: each has a comment of its own; "" where that is not known
	Body       string // Markdown, below the marker line that UpsertComment adds
	OnlyUpdate bool   // make none where there is none
}

// Outcome says what came of a comment. The zero value is Absent.
type Outcome string

// The outcomes.
const (
	Absent    Outcome = ""          // there was none, and none was to be made
	Created   Outcome = "created"   //
	Updated   Outcome = "updated"   // in place
	Unchanged Outcome = "unchanged" // it says the same already
	Newer     Outcome = "newer"     // it is a newer run's, and was left alone
)

// UpsertComment makes or updates the one comment of the token's user whose first line is the workflow's marker, and
// returns its URL. One whose marker names no workflow, as earlier versions wrote it, becomes the workflow's. What others wrote is never touched, whatever it looks like, and a newer run's comment
// is left as it is. A token that may not comment is a *PermissionError.
func (c *Client) UpsertComment(ctx context.Context, comment Comment) (url string, outcome Outcome, err error) {
	err = c.settle(ctx, func() (err error) {
		url, outcome, err = c.upsertComment(ctx, comment)
		return err
	})
	return url, outcome, denied(err, commentPermission)
}

func (c *Client) upsertComment(ctx context.Context, comment Comment) (string, Outcome, error) {
	on := thread{comment.Number, fmt.Sprintf("pull request %d", comment.Number), commentPermission}
	there, err := c.ownComment(ctx, on, comment.mark(), unnamedMark)
	switch {
	case err != nil:
		return "", Absent, err
	case there == nil && comment.OnlyUpdate:
		return "", Absent, nil
	case there == nil:
		made, err := c.createComment(ctx, on, comment.text())
		return made.GetHTMLURL(), Created, err
	case runOf(there.GetBody()).compare(run{comment.RunID, comment.Attempt}) > 0:
		return there.GetHTMLURL(), Newer, nil
	case sameText(there.GetBody(), comment.text()):
		return there.GetHTMLURL(), Unchanged, nil
	}
	return there.GetHTMLURL(), Updated, c.editComment(ctx, on, there.GetID(), comment.text())
}

// thread is an issue or a pull request that is commented on.
type thread struct {
	number int
	name   string // "pull request 7"
	needs  string
}

// ownComment returns the first comment of the token's user that begins with the first of the marks, else with the next; nil where
// there is none.
func (c *Client) ownComment(ctx context.Context, on thread, marks ...string) (*gh.IssueComment, error) {
	t := task{doing: "listing the comments on " + on.name, needs: on.needs}
	comments, all, err := pages(ctx, c, t, maxPages, func(page gh.ListOptions) ([]*gh.IssueComment, *gh.Response, error) {
		return c.api.Issues.ListComments(ctx, c.owner, c.repo, on.number, &gh.IssueListCommentsOptions{ListOptions: page})
	})
	if err != nil {
		return nil, err
	}
	for _, mark := range marks {
		marked := slices.DeleteFunc(slices.Clone(comments), func(comment *gh.IssueComment) bool { return !strings.HasPrefix(comment.GetBody(), mark) })
		if mine, err := own(ctx, c, marked); err != nil || len(mine) > 0 {
			return first(mine), err
		}
	}
	if !all {
		return nil, fmt.Errorf("%s has more than %d comments: ours can't be found among them", on.name, maxPages*perPage)
	}
	return nil, nil
}

func first(comments []*gh.IssueComment) *gh.IssueComment {
	if len(comments) == 0 {
		return nil
	}
	return comments[0]
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

// text is the comment with its marker line.
func (comment Comment) text() string {
	return fmt.Sprintf("%srun=%d attempt=%d -->\n%s", comment.mark(), comment.RunID, comment.Attempt, comment.Body)
}

// unnamedMark begins the marker of a comment of no workflow that is known.
const unnamedMark = commentMark + "run="

// mark begins the marker: it tells the workflow by a hash, since the name of a file can hold anything.
func (comment Comment) mark() string {
	if comment.Workflow == "" {
		return commentMark // of any: there is one comment where nobody tells workflows apart
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

// runOf reads the marker line of a comment of ours. A line that is not as we write it gives the zero run.
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
