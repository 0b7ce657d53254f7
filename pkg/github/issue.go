package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	gh "github.com/google/go-github/v57/github"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// MaxText bounds the characters of a comment or an issue; GitHub accepts 65,536.
const MaxText = 65_535

// issuePermission is the permission to write an issue.
const issuePermission = "issues: write"

// issueMark is the start of the hidden first line that identifies the issue and comments on it.
const issueMark = "<!-- verify-manifests-drift "

// DesiredState is the state that an issue should be in. The zero value is Open.
type DesiredState uint8

// The desired states.
const (
	Open   DesiredState = iota // create or reopen it
	Keep                       // neither open nor close it
	Closed                     // close it
)

// Issue is the content of the one issue with a label. Body and 200 characters for the marker make up MaxText.
type Issue struct {
	Label   string
	RunID   int64 // GITHUB_RUN_ID
	Attempt int   // GITHUB_RUN_ATTEMPT
	Title   string
	Body    string // Markdown, below the hidden line that UpsertIssue adds

	// Fingerprint identifies the set of problems: letters, digits, - and _.
	Fingerprint string

	DesiredState DesiredState
	// Comment is posted on an issue that should be open if its fingerprint has changed.
	Comment string
	// ClosingComment is posted on an open issue before it is closed.
	ClosingComment string
}

// UpsertIssue creates, updates, reopens or closes the one issue, and returns its number, or 0 without an issue. Open duplicates are
// closed as continued in it. With isNewer, the issue is a newer run's and unchanged.
// Without the permission to write issues, and in a repository without issues, the error is an ErrPermission.
func (c *Client) UpsertIssue(ctx context.Context, issue Issue) (number int, isNewer bool, err error) {
	err = c.settle(ctx, func() (err error) {
		number, isNewer, err = c.upsertIssue(ctx, issue)
		return err
	})
	return number, isNewer, err
}

func (c *Client) upsertIssue(ctx context.Context, issue Issue) (number int, isNewer bool, err error) {
	ours, err := c.ownIssues(ctx, issue.Label)
	if err != nil {
		return 0, false, err
	}
	if len(ours) == 0 {
		number, err = c.createIssue(ctx, issue)
		return number, false, err
	}
	last, _ := readMarker(ours[0].GetBody())
	if last.compare(run{issue.RunID, issue.Attempt}) > 0 {
		return ours[0].GetNumber(), true, nil
	}
	err = c.updateIssue(ctx, ours[0], issue)
	if issue.DesiredState == Open && isGone(err) {
		number, err = c.createIssue(ctx, issue)
		return number, false, err
	}
	for _, other := range ours[1:] { // created by concurrent runs
		if err == nil && isOpen(other) {
			closed := gh.IssueRequest{State: gh.String("closed"), StateReason: gh.String("not_planned")}
			err = c.editIssue(ctx, other, issue, fmt.Sprintf("Continued in #%d.", ours[0].GetNumber()), closed)
		}
	}
	return ours[0].GetNumber(), false, err
}

// isGone reports whether an issue was deleted, or transferred to another repository.
func isGone(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Status == http.StatusNotFound || e.Status == http.StatusGone || errors.Is(err, errRedirect))
}

// ownIssues returns the issues of the token's user with the label and the mark on their first line: open issues, oldest first, then
// closed ones, newest first. It skips closed and locked issues, which a workflow's token can't reopen.
func (c *Client) ownIssues(ctx context.Context, label string) ([]*gh.Issue, error) {
	issues, _, err := list[*gh.Issue](ctx, c, request{
		doing: "listing the issues with the label " + finding.Quote(label), needs: issuePermission,
		path: c.path("issues?state=all&labels=%s&per_page=%d", url.QueryEscape(label), perPage),
	}, maxPages)
	if err != nil {
		return nil, err
	}
	ours, err := own(ctx, c, slices.DeleteFunc(issues, func(i *gh.Issue) bool {
		return i.IsPullRequest() || !strings.HasPrefix(i.GetBody(), issueMark) || !isOpen(i) && i.GetLocked()
	}))
	slices.SortFunc(ours, func(a, b *gh.Issue) int {
		switch {
		case isOpen(a) && isOpen(b):
			return cmp.Compare(a.GetNumber(), b.GetNumber())
		case isOpen(a):
			return -1
		case isOpen(b):
			return 1
		}
		return cmp.Compare(b.GetNumber(), a.GetNumber())
	})
	return ours, err
}

func isOpen(i *gh.Issue) bool { return i.GetState() != "closed" }

// createIssue creates the issue with its label if it should be open.
func (c *Client) createIssue(ctx context.Context, issue Issue) (number int, err error) {
	if issue.DesiredState != Open {
		return 0, nil
	}
	made, err := ask[gh.Issue](ctx, c, request{
		doing: "opening the issue with the label " + finding.Quote(issue.Label), needs: issuePermission, once: true,
		method: http.MethodPost, path: c.path("issues"), body: gh.IssueRequest{Title: &issue.Title, Body: gh.String(issue.text()), Labels: &[]string{issue.Label}},
	}, nil)
	if err != nil || made.Labels == nil || slices.ContainsFunc(made.Labels, func(l *gh.Label) bool { return strings.EqualFold(l.GetName(), issue.Label) }) {
		return made.GetNumber(), err
	}
	_, _, err = c.do(ctx, request{ // GitHub drops labels that it can't set, and the next run would create another issue
		doing: fmt.Sprintf("adding the label %s to issue %d", finding.Quote(issue.Label), made.GetNumber()), needs: issuePermission,
		method: http.MethodPatch, path: c.path("issues/%d", made.GetNumber()), body: gh.IssueRequest{Labels: &[]string{issue.Label}},
	})
	return made.GetNumber(), err
}

// updateIssue comments before it updates, so that a failed update does not lose the comment: the next run tries again.
func (c *Client) updateIssue(ctx context.Context, there *gh.Issue, issue Issue) error {
	change := gh.IssueRequest{Title: &issue.Title, Body: gh.String(issue.text())}
	comment := ""
	_, fingerprint := readMarker(there.GetBody())
	if issue.DesiredState == Open && issue.Fingerprint != fingerprint {
		comment = issue.Comment
	}
	switch {
	case issue.DesiredState == Open && !isOpen(there):
		change.State = gh.String("open")
	case issue.DesiredState == Closed && isOpen(there):
		change.State, change.StateReason = gh.String("closed"), gh.String("completed")
		comment = issue.ClosingComment
	case !isOpen(there), there.GetTitle() == issue.Title && normal(there.GetBody()) == normal(issue.text()):
		return nil
	}
	return c.editIssue(ctx, there, issue, comment, change)
}

// editIssue comments on an issue, at most once per run, and changes it.
func (c *Client) editIssue(ctx context.Context, i *gh.Issue, issue Issue, comment string, change gh.IssueRequest) error {
	on := thread{i.GetNumber(), fmt.Sprintf("issue %d", i.GetNumber()), issuePermission}
	if comment != "" {
		there, err := c.ownComments(ctx, on, issue.mark()+" -->")
		if err == nil && len(there) == 0 {
			_, err = c.createComment(ctx, on, issue.mark()+" -->\n"+comment)
		}
		isRefused := i.GetLocked() && errors.Is(err, ErrPermission) // a workflow's token can change a locked issue, but not comment on it
		if err != nil && !isRefused {
			return err
		}
	}
	_, _, err := c.do(ctx, request{
		doing: "updating " + on.name, needs: on.needs, method: http.MethodPatch, path: c.path("issues/%d", on.number), body: change,
	})
	return err
}

// mark is the start of the hidden first line of this run's issue text and comment.
func (i Issue) mark() string {
	return fmt.Sprintf("%srun=%d attempt=%d", issueMark, i.RunID, i.Attempt)
}

// text is the issue's body below its hidden line.
func (i Issue) text() string {
	return fmt.Sprintf("%s problems=%s -->\n%s", i.mark(), i.Fingerprint, i.Body)
}
