package fetch

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// minAge is how much older than its answer a Last-Modified has to be to identify the bytes (RFC 9110, section 8.8.2.2).
const minAge = 60 * time.Second

// version identifies the bytes behind a URL, so that bytes of two versions are not mixed.
type version struct {
	size      int64
	validator string // a strong ETag or Last-Modified; "" means that bytes can't be proven to be of this version
}

// versionOf reads the validators of a complete answer (RFC 9110, section 8.8).
func versionOf(a *answer) version {
	v := version{size: a.ContentLength}
	modified, err := http.ParseTime(a.Header.Get("Last-Modified"))
	date, errDate := http.ParseTime(a.Header.Get("Date"))
	if etag := a.Header.Get("ETag"); IsStrongETag(etag) {
		v.validator = etag
	} else if err == nil && errDate == nil && date.Sub(modified) >= minAge {
		v.validator = a.Header.Get("Last-Modified")
	}
	return v
}

// maxETag is how long a strong ETag may be, in bytes: a baseline keeps one for each of its URLs.
const maxETag = 1002

var strongETag = regexp.MustCompile(`^"[\x21\x23-\x7e]+"$`)

// IsStrongETag reports whether an ETag is a strong validator in ASCII that is not empty (RFC 9110, section 8.8.3), and not too long to
// keep.
func IsStrongETag(etag string) bool { return len(etag) <= maxETag && strongETag.MatchString(etag) }

// pinned reports whether a part of this very version can be asked for.
func (v version) pinned() bool { return v.size >= 0 && v.validator != "" }

// accept returns nil for an answer that is exactly the bytes from first to last of this version, else it closes the
// answer. The error says where the file has to be read from when they can't be had.
func (v version) accept(a *answer, first, last int64) error {
	validator := a.Header.Get("Last-Modified")
	if IsStrongETag(v.validator) {
		validator = a.Header.Get("ETag")
	}
	isRange := a.StatusCode == http.StatusPartialContent
	isAsked := a.Header.Get("Content-Range") == fmt.Sprintf("bytes %d-%d/%d", first, last, v.size) && (a.ContentLength < 0 || a.ContentLength == last-first+1)
	if isRange && isAsked && validator == v.validator {
		return nil
	}
	a.discard()
	if err := a.refusal(); a.StatusCode >= 400 && err.retry != noRetry {
		return err
	}
	failure := unreachable(nil, "The server %s can't resume the file where it was interrupted", finding.Quote(a.url.Hostname()))
	if isOther := validator != "" && validator != v.validator; isOther && (isRange || IsWhole(a.StatusCode)) {
		return failure.with(freshStart)
	}
	return failure.with(rangelessStart)
}

// decimal returns the number that digits write, or -1.
func decimal(digits string) int64 {
	n, err := strconv.ParseUint(digits, 10, 63)
	if err != nil {
		return -1
	}
	return int64(n)
}
