package github

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	gh "github.com/google/go-github/v57/github"
)

// Comment is the content of the one comment on a pull request.
type Comment struct {
	Number     int    // of the pull request
	RunID      int64  // GITHUB_RUN_ID
	Attempt    int    // GITHUB_RUN_ATTEMPT
	Workflow   string // the file of the workflow: each has its own comment; "" if unknown
	Body       string // Markdown, below the marker line that UpsertComment adds
	OnlyUpdate bool   // don't create a comment
}

// UpsertComment creates or updates the one comment of the token's user whose first line is the workflow's marker, and
// returns its URL. It never changes comments of other users or, with isNewer, of a newer run. If concurrent first runs
// created several comments, it keeps the oldest. Without the permission to comment the error is an ErrPermission.
func (c *Client) UpsertComment(ctx context.Context, comment Comment) (url string, isNewer bool, err error) {
	err = c.settle(ctx, func() (err error) {
		url, isNewer, err = c.upsertComment(ctx, comment)
		return err
	})
	return url, isNewer, err
}

func (c *Client) upsertComment(ctx context.Context, comment Comment) (url string, isNewer bool, err error) {
	on := thread{comment.Number, fmt.Sprintf("pull request %d", comment.Number), "pull-requests: write"}
	ours, err := c.ownComments(ctx, on, comment.mark())
	if err != nil || len(ours) == 0 && comment.OnlyUpdate {
		return "", false, err
	}
	if len(ours) == 0 {
		made, err := c.createComment(ctx, on, comment.text())
		if err != nil {
			return "", false, err
		}
		// Another run may have created one too since the list was read.
		if ours, err = c.ownComments(ctx, on, comment.mark()); err != nil || len(ours) == 0 {
			return made.GetHTMLURL(), false, err
		}
	}
	return c.keepOldest(ctx, on, comment, ours)
}

// keepOldest updates the oldest of this program's comments and deletes the others. A newer run's comment is left to that run.
func (c *Client) keepOldest(ctx context.Context, on thread, comment Comment, ours []*gh.IssueComment) (url string, isNewer bool, err error) {
	isOfNewer := func(each *gh.IssueComment) bool {
		r, _ := readMarker(each.GetBody())
		return r.compare(run{comment.RunID, comment.Attempt}) > 0
	}
	for _, each := range ours[1:] {
		if isOfNewer(each) {
			continue
		}
		_, _, err := c.do(ctx, request{
			doing: "deleting a second comment on " + on.name, needs: on.needs, method: http.MethodDelete, path: c.path("issues/comments/%d", each.GetID()),
		})
		if err != nil && !isGone(err) { // otherwise the other run deleted it
			return "", false, err
		}
	}
	oldest, text := ours[0], comment.text()
	if i := slices.IndexFunc(ours, isOfNewer); i >= 0 {
		return ours[i].GetHTMLURL(), true, nil
	}
	if normal(oldest.GetBody()) != normal(text) {
		_, _, err = c.do(ctx, request{
			doing: "updating the comment on " + on.name, needs: on.needs,
			method: http.MethodPatch, path: c.path("issues/comments/%d", oldest.GetID()), body: gh.IssueComment{Body: &text},
		})
	}
	return oldest.GetHTMLURL(), false, err
}

// text is the comment with its marker line.
func (comment Comment) text() string {
	return fmt.Sprintf("%s%d attempt=%d -->\n%s", comment.mark(), comment.RunID, comment.Attempt, comment.Body)
}

// mark is the start of the hidden first line that identifies the comment. It contains a hash of the workflow's file name, which can have
// any characters.
func (comment Comment) mark() string {
	if comment.Workflow == "" {
		return "<!-- verify-manifests run="
	}
	return fmt.Sprintf("<!-- verify-manifests workflow=%.6x run=", sha256.Sum256([]byte(comment.Workflow)))
}

// thread is a pull request or an issue with comments.
type thread struct {
	number int
	name   string // "pull request 7"
	needs  string // the permission to comment
}

// ownComments returns the comments of the token's user that begin with a mark, the oldest first.
func (c *Client) ownComments(ctx context.Context, on thread, mark string) ([]*gh.IssueComment, error) {
	comments, isWhole, err := list[*gh.IssueComment](ctx, c, request{
		doing: "listing the comments on " + on.name, needs: on.needs, path: c.path("issues/%d/comments?per_page=%d", on.number, perPage),
	}, maxPages)
	if err != nil {
		return nil, err
	}
	ours, err := own(ctx, c, slices.DeleteFunc(comments, func(each *gh.IssueComment) bool { return !strings.HasPrefix(each.GetBody(), mark) }))
	if err == nil && len(ours) == 0 && !isWhole {
		err = fmt.Errorf("%s has more than %d comments: this program's comment can't be found", on.name, maxPages*perPage)
	}
	slices.SortFunc(ours, func(a, b *gh.IssueComment) int { return cmp.Compare(a.GetID(), b.GetID()) })
	return ours, err
}

func (c *Client) createComment(ctx context.Context, on thread, text string) (gh.IssueComment, error) {
	return ask[gh.IssueComment](ctx, c, request{
		doing: "commenting on " + on.name, needs: on.needs, once: true,
		method: http.MethodPost, path: c.path("issues/%d/comments", on.number), body: gh.IssueComment{Body: &text},
	}, nil)
}

// normal returns a text for comparison: GitHub may change line ends.
func normal(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }

// run is one attempt of a workflow's run. The zero run is older than any other.
type run struct {
	id      int64
	attempt int
}

func (r run) compare(s run) int {
	return cmp.Or(cmp.Compare(r.id, s.id), cmp.Compare(r.attempt, s.attempt))
}

var marker = regexp.MustCompile(`^<!-- verify-manifests(?: workflow=[0-9a-f]+|-drift)? run=([0-9]+) attempt=([0-9]+)(?: problems=([A-Za-z0-9_-]*))? -->[ \t\r]*(?:\n|$)`)

// readMarker reads the hidden first line of a comment or an issue of this program. An invalid line gives the zero run.
func readMarker(body string) (r run, fingerprint string) {
	m := marker.FindStringSubmatch(body)
	if m == nil {
		return run{}, ""
	}
	id, err1 := strconv.ParseInt(m[1], 10, 64)
	attempt, err2 := strconv.Atoi(m[2])
	if err1 != nil || err2 != nil {
		return run{}, m[3]
	}
	return run{id, attempt}, m[3]
}
