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

// refusals are what final statuses mean: the first that fits an answer. reason is Hugging Face's, in the header that its own client
// library reads (https://github.com/huggingface/huggingface_hub, utils/_http.py). The messages take the host and the status.
var refusals = []struct {
	status       int // 0: any
	reason       string
	message, fix string
}{
	{404, "", "The file does not exist: the server %s answered %d", "Check the URL; a release or a branch may have been renamed or removed"},
	{410, "", "The file is gone: the server %s answered %d", "Use a URL that still serves the file"},
	{0, "GatedRepo", "The file is gated: %s serves it to accounts that accepted its conditions only (status %d)",
		"Accept the conditions on the model's page and set `HF_TOKEN`, or use a public URL"},
	{0, "RepoNotFound", "The repository does not exist, or is private: the server %s answered %d", "Check the URL, and use a public one"},
	{401, "", "The server %s requires a log-in (status %d)", "Use a public URL"},
	{403, "", "The server %s forbids the download (status %d): the file is private, or this machine's address is blocked",
		"Open the URL in a private browser window to see which it is"},
	{0, "", "The server %s rejected the request with status %d", ""},
}

// refusal returns the error that a status means, other than the one that was asked for.
func (a *answer) refusal() *Error {
	status, host := a.StatusCode, finding.Quote(a.url.Hostname())
	text := fmt.Sprint(status)
	if name := http.StatusText(status); name != "" {
		text += " (" + name + ")"
	}
	final := &Error{Kind: Unavailable, Status: status}
	switch {
	case a.Header.Get("Cf-Mitigated") == "challenge":
		final.Message = fmt.Sprintf("The server %s requires a browser (bot wall, status %d): the file is blocked, not dead", host, status)
		final.Fix = "Use a URL that downloads the file without a browser"
		return final
	case isOverloaded(a.Response):
		return &Error{Status: status, retry: sameRequest, Message: fmt.Sprintf("The server %s answered %s", host, text)}
	case status < 400:
		return &Error{Status: status, retry: sameRequest, Message: fmt.Sprintf("The server %s answered %s instead of the complete file", host, text)}
	case status == http.StatusBadRequest && hosts.IsHuggingFace(a.url.Hostname()):
		final.Message = fmt.Sprintf("The file can't be verified: %s answered 400, as it does for files over 400 GB", host)
		final.Fix = "Use a file in smaller parts"
		return final
	}
	for _, r := range refusals {
		if (r.status == 0 || r.status == status) && (r.reason == "" || r.reason == a.Header.Get("X-Error-Code")) {
			final.Message, final.Fix = fmt.Sprintf(r.message, host, status), r.fix
			break
		}
	}
	return final
}

// isOverloaded reports whether another try may succeed.
func isOverloaded(r *http.Response) bool {
	switch r.StatusCode {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	case http.StatusForbidden:
		return r.Header.Get("Retry-After") != ""
	}
	return r.StatusCode >= 500
}

// retryAfter reads the Retry-After header, in seconds or as a date (RFC 9110, section 10.2.3).
func retryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if date, err := http.ParseTime(value); err == nil {
		return min(max(time.Until(date), 0), maxRetryAfter)
	}
	return seconds(decimal(value))
}
