package fetch

import (
	"strconv"
	"strings"
)

// contentRange is what a 206 says of its body: the bytes from first to last, of total.
type contentRange struct{ first, last, total int64 }

// parseContentRange reads "bytes 0-99/1234" (RFC 9110, section 14.4); a total that is not known is no answer here.
func parseContentRange(value string) (contentRange, bool) {
	positions, total, ok := strings.Cut(strings.TrimPrefix(value, "bytes "), "/")
	first, last, isRange := strings.Cut(positions, "-")
	r := contentRange{decimal(first), decimal(last), decimal(total)}
	ok = ok && isRange && strings.HasPrefix(value, "bytes ") && r.first >= 0 && r.first <= r.last && r.last < r.total
	return r, ok
}

// decimal returns the number that digits write, or -1.
func decimal(digits string) int64 {
	n, err := strconv.ParseUint(digits, 10, 63)
	if err != nil {
		return -1
	}
	return int64(n)
}
