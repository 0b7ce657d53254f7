package github

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	gh "github.com/google/go-github/v57/github"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// ErrNotFound is what errors.Is finds in the error of a call that GitHub answered with 404.
var ErrNotFound = errors.New("not found")

// ErrTooMany is what errors.Is finds in the error of a call that GitHub turned away for its rate limit.
var ErrTooMany = errors.New("too many requests")

// Error is a failed call of GitHub's API. Its text is one sentence, safe to print.
type Error struct {
	Doing  string // what was asked: "listing the files of pull request 7"
	Status int    // of the answer; 0 without one
	Answer string // GitHub's or the network's message: untrusted
	Advice string // what to do

	transient bool          // another try may do better
	unsure    bool          // the request may have been carried out all the same
	wait      time.Duration // that GitHub asked for
	err       error
}

func (e *Error) Error() string {
	if e.Status == 0 {
		return fmt.Sprintf("GitHub gave no answer when %s: %s: %s", e.Doing, finding.Quote(e.Answer), e.Advice)
	}
	return fmt.Sprintf("GitHub answered %d %s when %s: %s", e.Status, finding.Quote(e.Answer), e.Doing, e.Advice)
}

// Is makes a 404 an ErrNotFound, and a rate limit an ErrTooMany.
func (e *Error) Is(target error) bool {
	return target == ErrNotFound && e.Status == http.StatusNotFound || target == ErrTooMany && e.isLimit()
}

func (e *Error) Unwrap() error { return e.err }

func (e *Error) isTransient() bool { return e.transient }

func (e *Error) isUnsure() bool { return e.unsure }

func (e *Error) isLimit() bool {
	var limit *limitError
	return errors.As(e.err, &limit)
}

// isLocked reports whether GitHub refuses a comment since the conversation is locked.
func (e *Error) isLocked() bool {
	return e.Status == http.StatusForbidden && strings.Contains(e.Answer, "is locked")
}

// PermissionError is a comment or an issue that the token may not write: a fork's read-only token, or a
// workflow that doesn't grant the permission. It is not the author's failure.
type PermissionError struct {
	Permission string // as a workflow's permissions block writes it: "pull-requests: write"
	Locked     bool   // the permission is not what is missing: the conversation is locked
	Err        *Error
}

func (e *PermissionError) Error() string { return e.Err.Error() }

func (e *PermissionError) Unwrap() error { return e.Err }

// denied makes a refusal to read or write a comment or an issue a *PermissionError. GitHub answers 404
// for what a token may not know of, and 410 where issues are switched off.
func denied(err error, permission string) error {
	var e *Error
	if !errors.As(err, &e) || e.isLimit() {
		return err
	}
	switch e.Status {
	case http.StatusForbidden, http.StatusNotFound, http.StatusGone:
		return &PermissionError{Permission: permission, Locked: e.isLocked(), Err: e}
	}
	return err
}

// failure is what an answer, or the lack of one, makes of a task: nil, or an *Error.
func (t task) failure(resp *gh.Response, err error) error {
	if err == nil {
		return nil
	}
	e := &Error{Doing: t.doing, Answer: answerOf(err), err: err}
	var limit *limitError
	switch {
	case errors.As(err, &limit):
		e.Status, e.wait, e.transient = limit.status, limit.wait, true
	case resp != nil:
		e.Status, e.wait, e.transient = resp.StatusCode, waitOf(resp.Header), transientAnswer(resp.StatusCode, err)
	default:
		e.transient = !errors.Is(err, context.Canceled) && !errors.Is(err, errRedirect)
	}
	e.Advice = t.advice(e)
	return e
}

func transientAnswer(status int, err error) bool {
	if status >= 400 {
		return status >= 500 || status == http.StatusRequestTimeout
	}
	// A body that broke off is transient; one that is whole, and not what was asked for, is not.
	var syntax *json.SyntaxError
	var wrongType *json.UnmarshalTypeError
	var tooLarge *http.MaxBytesError
	return !errors.As(err, &syntax) && !errors.As(err, &wrongType) && !errors.As(err, &tooLarge)
}

// answerOf is what GitHub or the network said, without what the sentence repeats.
func answerOf(err error) string {
	var answer *gh.ErrorResponse
	if errors.As(err, &answer) {
		return strings.Join(details(answer), "; ")
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return fmt.Sprintf("more than %d MiB", tooLarge.Limit>>20)
	}
	var request *url.Error
	if errors.As(err, &request) {
		return request.Err.Error()
	}
	return err.Error()
}

func details(r *gh.ErrorResponse) []string {
	said := []string{cmp.Or(r.Message, http.StatusText(r.Response.StatusCode))}
	for _, e := range r.Errors {
		said = append(said, strings.TrimSpace(strings.Join([]string{e.Resource, e.Field, e.Code, e.Message}, " ")))
	}
	return said
}

func (t task) advice(e *Error) string {
	switch {
	case e.isLimit() && e.wait > 0:
		return fmt.Sprintf("too many requests; run the workflow again in %s", e.wait.Round(time.Second))
	case e.isLimit():
		return "too many requests; run the workflow again later"
	case e.Status == http.StatusUnauthorized:
		return "the token is missing, wrong or expired: check the input github-token"
	case e.isLocked():
		return fmt.Sprintf("the conversation is locked, where the permission %s is not enough: unlock it, or read the job summary", finding.Quote(t.needs))
	case e.Status == http.StatusForbidden:
		return fmt.Sprintf("the token needs the permission %s", finding.Quote(t.needs))
	case e.Status == http.StatusNotFound, e.Status == http.StatusGone:
		return fmt.Sprintf("it does not exist, or the token lacks the permission %s", finding.Quote(t.needs))
	case errors.Is(e.err, context.Canceled):
		return "the run was ended"
	case errors.Is(e.err, errRedirect):
		return "it was moved"
	case e.transient:
		return fmt.Sprintf("tried up to %d times; run the workflow again later", maxTries)
	case e.Status >= 400:
		return "another try would not help"
	}
	return "the answer is not from GitHub's API: check GITHUB_API_URL"
}
