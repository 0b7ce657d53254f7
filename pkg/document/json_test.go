package document_test

import (
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/document"
)

func TestANulInJSONIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		`{"type": "file", "url\u0000": "https://example.com"}`: "json/control 1:18 ",
		"{\"a\": [\"b\",\n\"file\\u0000x\"]}":                  "json/control 2:1 /a/1",
		`{"a": "\\u0000"}`:                                     `/a 1:7 string "\\u0000"`,
	} {
		if got := outline(document.Read("x.json", []byte(text), document.Options{})); got != want {
			t.Errorf("%s: want %q, got %q", text, want, got)
		}
	}
}
