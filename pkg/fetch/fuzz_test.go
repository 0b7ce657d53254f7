package fetch

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// FuzzHeaders reads the header fields that decide waits and ranges.
func FuzzHeaders(f *testing.F) {
	for _, value := range []string{
		"bytes 0-99/1234", "bytes 0-0/1", "bytes */5", "bytes 5-4/9", "bytes 0-99/*", "bytes 0-18446744073709551615/1", "7", "-5", "99999999999999999999",
		"Wed, 21 Oct 2015 07:28:00 GMT", `"api";r=0;t=55, "x";r=1;t=9`, `"x";r=0;t=99999999999`, ";;==,,",
	} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		header := http.Header{"Retry-After": {value}, "Ratelimit": {value}, "Content-Range": {value}}
		if n := (&answer{Response: &http.Response{Header: header}}).size(); n < -1 || n >= 0 && !strings.HasPrefix(value, "bytes 0-0/") {
			t.Errorf("%q is a size of %d", value, n)
		}
		for _, wait := range []int64{int64(retryAfter(header)), int64(rateLimit(header))} {
			if wait < 0 || wait > int64(maxRetryAfter) {
				t.Errorf("waits %d", wait)
			}
		}
	})
}

func TestHuggingFaceRefusesVeryLargeFiles(t *testing.T) {
	a := &answer{Response: &http.Response{StatusCode: http.StatusBadRequest}, url: &url.URL{Host: "huggingface.co"}}
	if failure := a.refusal(); failure.Kind != Unavailable || !strings.Contains(failure.Message, "can't be verified") {
		t.Errorf("got %+v", failure)
	}
}
