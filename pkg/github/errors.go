package github

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	gh "github.com/google/go-github/v57/github"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// The errors that errors.Is recognises in an *Error.
var (
	ErrNotFound   = errors.New("not found")         // 404
	ErrTooMany    = errors.New("too many requests") // rate limit
	ErrPermission = errors.New("not permitted")     // a missing permission, or issues are disabled
	ErrLocked     = errors.New("locked")            // the conversation is locked; also an ErrPermission
)

// Error is a failed call of GitHub's API. Its text is one sentence, safe to print.
type Error struct {
	Doing  string // the operation: "listing the files of pull request 7"
	Status int    // of the answer; 0 without one
	Answer string // GitHub's or the network's message: untrusted
	Advice string // what to do

	transient bool          // a retry may succeed
	limited   bool          // refused for a rate limit
	unsure    bool          // a request that must not be repeated may have succeeded
	wait      time.Duration // that GitHub asked for
	err       error
}

func (e *Error) Error() string {
	if e.Status == 0 {
		return fmt.Sprintf("GitHub did not respond when %s: %s: %s", e.Doing, finding.Quote(e.Answer), e.Advice)
	}
	return fmt.Sprintf("GitHub answered %d %s when %s: %s", e.Status, finding.Quote(e.Answer), e.Doing, e.Advice)
}

// Is recognises the errors above.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrNotFound:
		return e.Status == http.StatusNotFound
	case ErrTooMany:
		return e.limited
	case ErrPermission:
		return !e.limited && (e.Status == http.StatusForbidden || e.Status == http.StatusNotFound || e.Status == http.StatusGone)
	case ErrLocked:
		return e.Status == http.StatusForbidden && strings.Contains(e.Answer, "is locked")
	}
	return false
}

func (e *Error) Unwrap() error { return e.err }

func (e *Error) isTransient() bool { return e.transient }

func (e *Error) isLimit() bool { return e.limited }

// failure describes an error response, or one that could not be read. resp is nil without a response.
func (r request) failure(resp *http.Response, body []byte, err error) *Error {
	e := &Error{Doing: r.doing, err: err}
	if err != nil {
		e.Answer = err.Error()
		var request *url.Error
		if errors.As(err, &request) {
			e.Answer = request.Err.Error()
		}
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			e.Answer = fmt.Sprintf("more than %d MiB", maxBody>>20)
		}
		e.transient = tooLarge == nil && !isOther(err) && !errors.Is(err, context.Canceled) && !errors.Is(err, errRedirect)
	}
	if resp != nil {
		e.Status = resp.StatusCode
	}
	if resp != nil && err == nil {
		e.Answer = message(resp.StatusCode, body)
		e.wait = waitOf(resp.Header)
		e.limited = isLimit(resp, e.Answer)
		e.transient = e.limited || resp.StatusCode >= 500 || resp.StatusCode == http.StatusRequestTimeout
	}
	e.unsure = r.once && e.transient && !e.limited
	e.Advice = r.advice(e)
	return e
}

// isOther reports whether an answer is complete but not the requested data.
func isOther(err error) bool {
	return errors.As(err, new(*json.SyntaxError)) || errors.As(err, new(*json.UnmarshalTypeError))
}

// message returns GitHub's message from the body of an error.
func message(status int, body []byte) string {
	var answer gh.ErrorResponse
	_ = json.Unmarshal(body, &answer) // a proxy's page has no message
	words := []string{cmp.Or(answer.Message, http.StatusText(status))}
	for _, e := range answer.Errors {
		words = append(words, strings.TrimSpace(strings.Join([]string{e.Resource, e.Field, e.Code, e.Message}, " ")))
	}
	return strings.Join(words, "; ")
}

// isLimit reports whether an answer is a primary or secondary rate limit, which come as 403 or 429
// (https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit).
func isLimit(resp *http.Response, message string) bool {
	isNamed := resp.Header.Get("Retry-After") != "" || resp.Header.Get("X-RateLimit-Remaining") == "0" || strings.Contains(strings.ToLower(message), "rate limit")
	return resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusForbidden && isNamed
}

// waitOf returns the requested wait of an answer, by its own clock; 0 for none.
func waitOf(h http.Header) time.Duration {
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	after := h.Get("Retry-After") // seconds or a date (RFC 9110, section 10.2.3)
	if seconds, err := strconv.ParseUint(after, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(after); err == nil {
		return at.Sub(now)
	}
	reset, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64)
	if after != "" || err != nil || h.Get("X-RateLimit-Remaining") != "0" {
		return 0
	}
	return time.Unix(reset, 0).Sub(now)
}

func (r request) advice(e *Error) string {
	permission := finding.Quote(r.needs)
	switch {
	case e.limited && e.wait > 0:
		return fmt.Sprintf("too many requests; run the workflow again in %s", e.wait.Round(time.Second))
	case e.limited:
		return "too many requests; run the workflow again later"
	case e.Status == http.StatusUnauthorized:
		return "the token is missing, wrong or expired: check the input github-token"
	case errors.Is(e, ErrLocked):
		return fmt.Sprintf("the conversation is locked, where the permission %s is not enough: unlock it, or read the job summary", permission)
	case e.Status == http.StatusForbidden:
		return "the token needs the permission " + permission
	case errors.Is(e, ErrPermission):
		return "it does not exist, or the token lacks the permission " + permission
	case errors.Is(e.err, context.Canceled):
		return "the run was ended"
	case errors.Is(e.err, errRedirect):
		return "it was moved"
	case e.transient:
		return fmt.Sprintf("tried up to %d times; run the workflow again later", maxTries)
	}
	if e.Status >= 400 {
		return "a retry would not help"
	}
	return "the answer is not from GitHub's API: check GITHUB_API_URL"
}
