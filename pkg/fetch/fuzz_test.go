package fetch

import (
	"fmt"
	"net/http"
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
		if r, ok := parseContentRange(value); ok {
			if again, ok := parseContentRange(fmt.Sprintf("bytes %d-%d/%d", r.first, r.last, r.total)); !ok || again != r || r.first < 0 || r.first > r.last || r.last >= r.total {
				t.Errorf("got %+v", r)
			}
		}
		header := http.Header{"Retry-After": {value}, "Ratelimit": {value}}
		for _, wait := range []int64{int64(retryAfter(header)), int64(rateLimit(header))} {
			if wait < 0 || wait > int64(maxRetryAfter) {
				t.Errorf("waits %d", wait)
			}
		}
	})
}
