package digest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/digest"
)

func TestASpellingWritesAsItWasRead(t *testing.T) {
	sum := digest.Digest{Algorithm: digest.SHA256, Sum: strings.Repeat("ab", 32)}
	other := digest.Digest{Algorithm: digest.SHA512, Sum: strings.Repeat("cd", 64)}
	for _, test := range []struct {
		text, spelling, other string
	}{
		{sum.String(), "", other.String()},
		{sum.Sum, "hex", other.Sum},
		{strings.ToUpper(sum.Sum), "HEX", strings.ToUpper(other.Sum)},
		{"SHA-256:" + sum.Sum, "SHA-256:hex", other.String()},
		{"sha256:" + strings.ToUpper(sum.Sum), "sha256:HEX", "sha512:" + strings.ToUpper(other.Sum)},
		{sum.SRI(), "sri", other.SRI()},
	} {
		s := digest.SpellingOf(test.text, sum)
		if s != digest.Spelling(test.spelling) || s.Write(sum) != test.text || s.Write(other) != test.other {
			t.Errorf("%s: %q, %s, %s", test.text, s, s.Write(sum), s.Write(other))
		}
		var read digest.Spelling
		if text, err := json.Marshal(s); err != nil || json.Unmarshal(text, &read) != nil || read != s {
			t.Errorf("%s: %v, %s", s, err, read)
		}
	}
	for _, hostile := range []string{"base64", "SHA-256", "x:hex\n", "a`b:hex", strings.Repeat("a", 11) + ":hex"} {
		if s := digest.Spelling(""); s.UnmarshalText([]byte(hostile)) == nil {
			t.Errorf("%q is read", hostile)
		}
	}
}
