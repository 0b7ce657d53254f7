package github

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
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

// UpsertComment makes or updates the one comment of the token's user whose first line is our marker, and
// returns its URL. What others wrote is never touched, whatever it looks like, and a newer run's comment
// is left as it is. A token that may not comment is a *PermissionError.
func (c *Client) UpsertComment(ctx context.Context, comment Comment) (url string, outcome Outcome, err error) {
	err = c.settle(ctx, func() (err error) {
		url, outcome, err = c.upsertComment(ctx, comment)
		return err
	})
	return url, outcome, denied(err, commentPermission)
}

func (c *Client) upsertComment(ctx context.Context, comment Comment) (string, Outcome, error) {
	there, found, err := c.ownComment(ctx, comment.Number)
	switch {
	case err != nil:
		return "", Absent, err
	case !found && comment.OnlyUpdate:
		return "", Absent, nil
	case !found:
		return c.createComment(ctx, comment)
	}
	mark := runOf(there.GetBody())
	switch {
	case mark.compare(run{comment.RunID, comment.Attempt}) > 0:
		return there.GetHTMLURL(), Newer, nil
	case sameText(there.GetBody(), comment.text()):
		return there.GetHTMLURL(), Unchanged, nil
	}
	return c.updateComment(ctx, there, comment)
}

func (c *Client) ownComment(ctx context.Context, number int) (*gh.IssueComment, bool, error) {
	t := task{doing: fmt.Sprintf("listing the comments on pull request %d", number), needs: commentPermission}
	comments, all, err := pages(ctx, c, t, maxPages, func(page gh.ListOptions) ([]*gh.IssueComment, *gh.Response, error) {
		return c.api.Issues.ListComments(ctx, c.owner, c.repo, number, &gh.IssueListCommentsOptions{ListOptions: page})
	})
	if err != nil {
		return nil, false, err
	}
	var marked []*gh.IssueComment
	for _, comment := range comments {
		if strings.HasPrefix(comment.GetBody(), commentMark) {
			marked = append(marked, comment)
		}
	}
	mine, found, err := own(ctx, c, marked)
	if err == nil && !found && !all {
		err = fmt.Errorf("pull request %d has more than %d comments: ours can't be found among them", number, maxPages*perPage)
	}
	return mine, found, err
}

func (c *Client) createComment(ctx context.Context, comment Comment) (string, Outcome, error) {
	t := task{doing: fmt.Sprintf("commenting on pull request %d", comment.Number), needs: commentPermission}
	var made *gh.IssueComment
	err := c.once(ctx, t, func() (resp *gh.Response, err error) {
		made, resp, err = c.api.Issues.CreateComment(ctx, c.owner, c.repo, comment.Number, &gh.IssueComment{Body: gh.String(comment.text())})
		return resp, err
	})
	return made.GetHTMLURL(), Created, err
}

func (c *Client) updateComment(ctx context.Context, there *gh.IssueComment, comment Comment) (string, Outcome, error) {
	t := task{doing: fmt.Sprintf("updating the comment on pull request %d", comment.Number), needs: commentPermission}
	err := c.call(ctx, t, func() (*gh.Response, error) {
		_, resp, err := c.api.Issues.EditComment(ctx, c.owner, c.repo, there.GetID(), &gh.IssueComment{Body: gh.String(comment.text())})
		return resp, err
	})
	return there.GetHTMLURL(), Updated, err
}

// text is the comment with its marker line.
func (comment Comment) text() string {
	return fmt.Sprintf("%srun=%d attempt=%d -->\n%s", commentMark, comment.RunID, comment.Attempt, comment.Body)
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

var commentMarker = regexp.MustCompile(`^` + commentMark + `run=([0-9]+) attempt=([0-9]+) -->[ \t\r]*(\n|$)`)

// runOf reads the marker line of a comment of ours. A line that is not as we write it gives the zero run.
func runOf(body string) run {
	m := commentMarker.FindStringSubmatch(body)
	if m == nil {
		return run{}
	}
	id, err1 := strconv.ParseInt(m[1], 10, 64)
	attempt, err2 := strconv.Atoi(m[2])
	if cmp.Or(err1, err2) != nil {
		return run{}
	}
	return run{id, attempt}
}
