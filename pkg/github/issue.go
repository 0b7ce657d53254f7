package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	gh "github.com/google/go-github/v57/github"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// MaxText is the most characters that a comment or an issue may have; GitHub takes 65,536.
const MaxText = 65_535

// issuePermission is what a token needs to keep an issue.
const issuePermission = "issues: write"

// issueMark begins the hidden first line by which the issue is found again, and that of comments on it.
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

	// Fingerprint stands for the set of problems: letters, digits, - and _.
	Fingerprint string

	DesiredState DesiredState
	// Comment is posted on an issue that should be open and had another fingerprint.
	Comment string
	// LastWord is posted on an open issue before it is closed.
	LastWord string
}

// foundIssue is the issue as it is on GitHub.
type foundIssue struct {
	*gh.Issue
	fingerprint string // "" where the marker was edited
	run         run
	others      []*gh.Issue // open duplicates, which concurrent runs created
}

// UpsertIssue creates, updates, reopens or closes the one issue, and returns its number: 0 where there is none
// and it need not be open. Open duplicates are closed as continued in it. A newer run's issue is left as it is.
// A token without the permission to write issues, or a repository without issues, is a *PermissionError.
func (c *Client) UpsertIssue(ctx context.Context, issue Issue) (number int, outcome Outcome, err error) {
	if err := issue.check(); err != nil {
		return 0, Absent, err
	}
	err = c.settle(ctx, func() (err error) {
		number, outcome, err = c.upsertIssue(ctx, issue)
		return err
	})
	return number, outcome, denied(err, issuePermission)
}

var fingerprint = regexp.MustCompile(`^[A-Za-z0-9_-]{0,128}$`)

func (i Issue) check() error {
	if !fingerprint.MatchString(i.Fingerprint) {
		return fmt.Errorf("invalid fingerprint %s: expected at most 128 letters, digits, - and _", finding.Quote(i.Fingerprint))
	}
	for what, text := range map[string]string{"text": i.text(), "comment": i.said(i.Comment), "last word": i.said(i.LastWord)} {
		if n := utf8.RuneCountInString(text); n > MaxText {
			return fmt.Errorf("the %s of the issue %s has %d characters: GitHub accepts %d", what, finding.Quote(i.Label), n, MaxText)
		}
	}
	return nil
}

func (c *Client) upsertIssue(ctx context.Context, issue Issue) (int, Outcome, error) {
	found, err := c.findIssue(ctx, issue.Label)
	switch {
	case err != nil:
		return 0, Absent, err
	case found == nil:
		return c.makeIssue(ctx, issue)
	case found.run.compare(run{issue.RunID, issue.Attempt}) > 0:
		return found.GetNumber(), Newer, nil
	}
	outcome, err := c.updateIssue(ctx, found, issue)
	if issue.DesiredState == Open && isGone(err) {
		return c.makeIssue(ctx, issue)
	}
	for _, other := range found.others {
		if err == nil {
			err = c.continueIn(ctx, found.GetNumber(), other, issue)
		}
	}
	return found.GetNumber(), outcome, err
}

// isGone reports whether an issue turned out to be deleted, or transferred to another repository.
func isGone(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Status == http.StatusNotFound || e.Status == http.StatusGone || errors.Is(err, errRedirect))
}

// findIssue returns the one issue of the token's user that has the label and our marker on its first line:
// the first open one, else the last closed one that is not locked. Nil where none exists.
func (c *Client) findIssue(ctx context.Context, label string) (*foundIssue, error) {
	t := task{doing: "listing the issues with the label " + finding.Quote(label), needs: issuePermission}
	issues, _, err := pages(ctx, c, t, maxPages, func(page gh.ListOptions) ([]*gh.Issue, *gh.Response, error) {
		return c.api.Issues.ListByRepo(ctx, c.owner, c.repo, &gh.IssueListByRepoOptions{State: "all", Labels: []string{label}, ListOptions: page})
	})
	if err != nil {
		return nil, err
	}
	ours, err := own(ctx, c, slices.DeleteFunc(issues, func(i *gh.Issue) bool { return !isMarked(i) }))
	if err != nil || len(ours) == 0 {
		return nil, err
	}
	slices.SortFunc(ours, byUse)
	open := slices.IndexFunc(ours, func(i *gh.Issue) bool { return !isOpen(i) })
	if open < 0 {
		open = len(ours)
	}
	found := readIssue(ours[0])
	found.others = ours[min(1, open):open]
	return found, nil
}

// isMarked reports whether an issue may be this program's. A workflow's token can't reopen a
// closed and locked one, so that is left alone.
func isMarked(i *gh.Issue) bool {
	return !i.IsPullRequest() && strings.HasPrefix(i.GetBody(), issueMark) && (isOpen(i) || !i.GetLocked())
}

// hasLabel reports whether the issue has the label, or the answer lists no labels.
func hasLabel(i *gh.Issue, label string) bool {
	return i.Labels == nil || slices.ContainsFunc(i.Labels, func(l *gh.Label) bool { return strings.EqualFold(l.GetName(), label) })
}

func isOpen(i *gh.Issue) bool { return i.GetState() != "closed" }

// byUse sorts the first open issue first, and the last closed one next.
func byUse(a, b *gh.Issue) int {
	switch {
	case isOpen(a) && isOpen(b):
		return cmp.Compare(a.GetNumber(), b.GetNumber())
	case isOpen(a):
		return -1
	case isOpen(b):
		return 1
	}
	return cmp.Compare(b.GetNumber(), a.GetNumber())
}

// makeIssue makes the issue, with its label in one request, where it shall be open.
func (c *Client) makeIssue(ctx context.Context, issue Issue) (int, Outcome, error) {
	if issue.DesiredState != Open {
		return 0, Absent, nil
	}
	t := task{doing: "opening the issue with the label " + finding.Quote(issue.Label), needs: issuePermission}
	var made *gh.Issue
	err := c.once(ctx, t, func() (resp *gh.Response, err error) {
		made, resp, err = c.api.Issues.Create(ctx, c.owner, c.repo, &gh.IssueRequest{
			Title: &issue.Title, Body: gh.String(issue.text()), Labels: &[]string{issue.Label},
		})
		return resp, err
	})
	if err == nil && !hasLabel(made, issue.Label) {
		err = c.addLabel(ctx, made.GetNumber(), issue.Label)
	}
	return made.GetNumber(), Created, err
}

// addLabel gives an issue its label again: GitHub silently drops labels that it can't set.
func (c *Client) addLabel(ctx context.Context, number int, label string) error {
	t := task{doing: fmt.Sprintf("labelling issue %d", number), needs: issuePermission}
	err := c.call(ctx, t, func() (*gh.Response, error) {
		_, resp, err := c.api.Issues.AddLabelsToIssue(ctx, c.owner, c.repo, number, []string{label})
		return resp, err
	})
	var failure *Error
	if errors.As(err, &failure) {
		failure.Advice += fmt.Sprintf("; add the label %s by hand, or the next run makes another issue", finding.Quote(label))
	}
	return err
}

// updateIssue comments before it updates, so that a failed update does not lose the comment: the next run tries again.
func (c *Client) updateIssue(ctx context.Context, found *foundIssue, issue Issue) (Outcome, error) {
	change := &gh.IssueRequest{Title: &issue.Title, Body: gh.String(issue.text())}
	var word string
	switch {
	case issue.DesiredState == Open && issue.Fingerprint != found.fingerprint:
		word = issue.Comment
	case issue.DesiredState == Closed && isOpen(found.Issue):
		word = issue.LastWord
	}
	switch {
	case issue.DesiredState == Open && !isOpen(found.Issue):
		change.State = gh.String("open")
	case issue.DesiredState == Closed && isOpen(found.Issue):
		change.State, change.StateReason = gh.String("closed"), gh.String("completed")
	case !isOpen(found.Issue), found.GetTitle() == issue.Title && sameText(found.GetBody(), issue.text()):
		return Unchanged, nil
	}
	if err := c.say(ctx, found.Issue, issue, word); err != nil {
		return Absent, err
	}
	return Updated, c.editIssue(ctx, found.Issue, change)
}

// continueIn closes an issue that another run made at the same time as the one.
func (c *Client) continueIn(ctx context.Context, number int, other *gh.Issue, issue Issue) error {
	if err := c.say(ctx, other, issue, fmt.Sprintf("Continued in #%d.", number)); err != nil {
		return err
	}
	return c.editIssue(ctx, other, closing("not_planned"))
}

func closing(reason string) *gh.IssueRequest {
	return &gh.IssueRequest{State: gh.String("closed"), StateReason: &reason}
}

func (c *Client) editIssue(ctx context.Context, i *gh.Issue, change *gh.IssueRequest) error {
	t := task{doing: fmt.Sprintf("updating issue %d", i.GetNumber()), needs: issuePermission}
	err := c.call(ctx, t, func() (*gh.Response, error) {
		_, resp, err := c.api.Issues.Edit(ctx, c.owner, c.repo, i.GetNumber(), change)
		return resp, err
	})
	var failure *Error
	if i.GetLocked() && errors.As(err, &failure) && failure.Status == http.StatusForbidden {
		failure.Advice = "the issue is locked: unlock it, or take its label off, and another is made"
	}
	return err
}

// say comments on an issue, once a run. A workflow's token can't comment on a locked issue.
func (c *Client) say(ctx context.Context, i *gh.Issue, issue Issue, word string) error {
	if word == "" {
		return nil
	}
	on := thread{i.GetNumber(), fmt.Sprintf("issue %d", i.GetNumber()), issuePermission}
	err := c.settle(ctx, func() error {
		there, err := c.ownComments(ctx, on, issue.mark())
		if err == nil && len(there) == 0 {
			_, err = c.createComment(ctx, on, issue.said(word))
		}
		return err
	})
	var failure *Error
	if i.GetLocked() && errors.As(err, &failure) && failure.Status == http.StatusForbidden {
		return nil
	}
	return err
}

// said returns this run's comment on the issue.
func (i Issue) said(word string) string {
	return i.mark() + "\n" + word
}

// mark is the hidden first line of this run's comment.
func (i Issue) mark() string {
	return fmt.Sprintf("%srun=%d attempt=%d -->", issueMark, i.RunID, i.Attempt)
}

// text is the issue's body below its hidden line.
func (i Issue) text() string {
	return fmt.Sprintf("%srun=%d attempt=%d problems=%s -->\n%s", issueMark, i.RunID, i.Attempt, i.Fingerprint, i.Body)
}

// issueMarker also matches the markers of earlier versions, which had a state.
var issueMarker = regexp.MustCompile(`^` + issueMark + `run=([0-9]+) attempt=([0-9]+) problems=([A-Za-z0-9_-]*)(?: state=[A-Za-z0-9+/=]*)? -->(?:\r?\n|$)`)

// readIssue returns an issue as it is. A hidden line that somebody edited gives the zero run and no fingerprint.
func readIssue(i *gh.Issue) *foundIssue {
	found := &foundIssue{Issue: i}
	if m := issueMarker.FindStringSubmatch(i.GetBody()); m != nil {
		found.run, found.fingerprint = parseRun(m[1], m[2]), m[3]
	}
	return found
}
