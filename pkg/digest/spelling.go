package digest

import (
	"errors"
	"regexp"
	"strings"
)

// Spelling is how a manifest writes a digest: `hex` or `HEX`, with or without a prefix such as `sha256:` or `SHA-256:`, or SRI. The
// zero Spelling is the canonical form.
type Spelling string

// SRI is the spelling of Subresource Integrity, "sha256-<base64>".
const SRI Spelling = "sri"

// SpellingOf returns how a text that declares a digest spells it.
func SpellingOf(text string, d Digest) Spelling {
	prefix, sum, isPrefixed := strings.Cut(text, ":")
	switch {
	case text == d.String():
		return ""
	case isPrefixed:
		prefix += ":"
	case strings.Contains(text, "-"):
		return SRI
	default:
		prefix, sum = "", text
	}
	if sum == strings.ToUpper(d.Sum) && sum != d.Sum {
		return Spelling(prefix + "HEX")
	}
	return Spelling(prefix + "hex")
}

// Write spells a digest. A prefix that names another algorithm becomes that of the digest.
func (s Spelling) Write(d Digest) string {
	switch {
	case s == "" || d.IsZero():
		return d.String()
	case s == SRI:
		return d.SRI()
	}
	prefix, _, isPrefixed := strings.Cut(string(s), ":")
	sum := d.Sum
	if strings.HasSuffix(string(s), "HEX") {
		sum = strings.ToUpper(sum)
	}
	switch {
	case !isPrefixed:
		return sum
	case Named(prefix) != d.Algorithm:
		prefix = string(d.Algorithm)
	}
	return prefix + ":" + sum
}

// Named returns the algorithm that a name means in any case, with a hyphen or without, such as SHA-256; "" for an unknown one.
func Named(name string) Algorithm {
	a := Algorithm(strings.Replace(strings.ToLower(name), "-", "", 1))
	if a.Size() == 0 {
		return ""
	}
	return a
}

var spellings = regexp.MustCompile(`^(?:sri|(?:[A-Za-z0-9-]{1,10}:)?(?:hex|HEX))$`)

// UnmarshalText reads a Spelling from a file that anybody may have written.
func (s *Spelling) UnmarshalText(text []byte) error {
	if len(text) > 0 && !spellings.Match(text) {
		return errors.New("unknown spelling of a digest: expected such as `sha256:hex`, `HEX` or `sri`")
	}
	*s = Spelling(text)
	return nil
}
