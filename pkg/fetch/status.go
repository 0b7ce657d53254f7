package fetch

import (
	"fmt"
	"net/http"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
)

// maxRetryAfter caps the wait that a server may ask for.
const maxRetryAfter = 30 * time.Second

// refusal returns the error that a status means, other than the one that was asked for.
func (a *answer) refusal() error {
	status, host := a.StatusCode, finding.Quote(a.url.Hostname())
	said := fmt.Sprintf("%d", status)
	if text := http.StatusText(status); text != "" {
		said = fmt.Sprintf("%d (%s)", status, text)
	}
	switch {
	case a.Header.Get("Cf-Mitigated") == "challenge":
		return a.unavailable(fmt.Sprintf("The server %s requires a browser (bot wall, status %d): the file is blocked, not dead", host, status),
			"Use a URL that downloads the file without a browser")
	case status == http.StatusForbidden && a.Header.Get("Retry-After") != "", status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests, status >= 500:
		return &transient{cause: &Error{Status: status, Message: fmt.Sprintf("The server %s answered %s", host, said)}}
	case status < 400:
		return &transient{cause: &Error{Status: status, Message: fmt.Sprintf("The server %s answered %s instead of the complete file", host, said)}}
	}
	message, fix := a.explain(host)
	return a.unavailable(message, fix)
}

func (a *answer) unavailable(message, fix string) error {
	return &Error{Kind: Unavailable, Status: a.StatusCode, Message: message, Fix: fix}
}

// explain returns message and fix for a final refusal.
func (a *answer) explain(host string) (message, fix string) {
	switch status := a.StatusCode; {
	case status == http.StatusNotFound:
		return fmt.Sprintf("The file does not exist: the server %s answered 404", host), "Check the URL; a release or a branch may have been renamed or removed"
	case status == http.StatusGone:
		return fmt.Sprintf("The file is gone: the server %s answered 410", host), "Use a URL that still serves the file"
	case a.errorCode("GatedRepo"):
		return fmt.Sprintf("The file is gated: %s serves it to accounts that accepted its conditions only (status %d)", host, status),
			"Accept the conditions on the model's page and set `HF_TOKEN`, or use a public URL"
	case a.errorCode("RepoNotFound"):
		return fmt.Sprintf("The repository does not exist, or is private: the server %s answered %d", host, status), "Check the URL, and use a public one"
	case status == http.StatusUnauthorized:
		return fmt.Sprintf("The server %s requires a log-in (status 401)", host), "Use a public URL"
	case status == http.StatusForbidden:
		return fmt.Sprintf("The server %s forbids the download (status 403): the file is private, or this machine's address is blocked", host),
			"Open the URL in a private browser window to see which it is"
	case status == http.StatusUnavailableForLegalReasons:
		return fmt.Sprintf("The server %s withholds the file for legal reasons (status 451)", host), "Use another source of the file"
	case status == http.StatusBadRequest && hosts.IsHuggingFace(a.url.Hostname()):
		return fmt.Sprintf("The file can't be verified: %s answered 400, as it does for files over 400 GB", host), "Use a file in smaller parts"
	default:
		return fmt.Sprintf("The server %s rejected the request with status %d", host, status), ""
	}
}

// errorCode reports whether Hugging Face gave that reason, in the header that its own client library reads
// (https://github.com/huggingface/huggingface_hub, utils/_http.py).
func (a *answer) errorCode(code string) bool { return a.Header.Get("X-Error-Code") == code }

// retryAfter reads the Retry-After header, in seconds or as a date (RFC 9110, section 10.2.3).
func retryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if date, err := http.ParseTime(value); err == nil {
		return min(max(time.Until(date), 0), maxRetryAfter)
	}
	return seconds(decimal(value))
}
