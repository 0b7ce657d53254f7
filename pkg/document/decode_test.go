package document_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/document"
)

// TestDecoder holds what is read of a value, and every error with its position.
func TestDecoder(t *testing.T) {
	readers := map[string]func(*document.Decoder, *document.Value) any{
		"fields": func(d *document.Decoder, v *document.Value) any {
			found := ""
			d.Fields(v, map[string]func(*document.Value){"a": func(v *document.Value) { found += v.Literal() }, "b": func(*document.Value) {}})
			return found
		},
		"elements":    func(d *document.Decoder, v *document.Value) any { return len(d.Elements(v)) },
		"one or more": func(d *document.Decoder, v *document.Value) any { return len(d.OneOrMore(v)) },
		"text":        func(d *document.Decoder, v *document.Value) any { return d.Text(v) },
		"word":        func(d *document.Decoder, v *document.Value) any { return d.Word(v, "a", "b") },
		"boolean":     func(d *document.Decoder, v *document.Value) any { return d.Boolean(v) },
		"globs":       func(d *document.Decoder, v *document.Value) any { return strings.Join(d.Globs(v), " ") },
		"pattern":     func(d *document.Decoder, v *document.Value) any { return d.Pattern(v).String() },
	}
	for _, test := range []struct{ reader, text, want string }{
		{"fields", "{a: 1, b: 2}", "1"},
		{"fields", "{a: 1, \nc: 2, é: 3}", "1 c:2:1: unknown key `c`: the keys are a, b\nc:2:7: unknown key `é`: the keys are a, b"},
		{"fields", "[a]", " c:1:1: the manifest is a list; expected an object"},
		{"fields", "!x {a: 1}", "1 c:1:4: the manifest has the unsupported tag `!x`"},
		{"elements", "[a, b]", "2"},
		{"elements", "a", "0 c:1:1: the manifest is the string `a`; expected a list"},
		{"one or more", "[a, b]", "2"},
		{"one or more", "{a: b}", "1"},
		{"one or more", "!x [a, b]", "2 c:1:4: the manifest has the unsupported tag `!x`"},
		{"text", "1.10", "1.10"},
		{"text", "[a]", " c:1:1: the manifest is a list; expected a text"},
		{"text", "!x a", "a c:1:4: the manifest has the unsupported tag `!x`"},
		{"word", "b", "b"},
		{"word", "c", "c c:1:1: invalid value `c`: expected one of a, b"},
		{"boolean", "True", "true"},
		{"boolean", "false", "false"},
		{"boolean", "'true'", "true c:1:1: the manifest is the string `true`; expected true or false"},
		{"globs", "[a/*, '!b']", "a/* !b"},
		{"globs", "a[", "a[ c:1:1: invalid glob `a[`: expected one such as `bucket/*.json`"},
		{"globs", "[a, '', '![']", "a  ![ c:1:5: invalid glob (empty): expected one such as `bucket/*.json`\nc:1:9: invalid glob `![`: expected one such as `bucket/*.json`"},
		{"pattern", "/a/*", "/a/*"},
		{"pattern", "a", "a c:1:1: invalid pattern `a`: expected a JSON pointer, which begins with `/` or is empty"},
	} {
		d := &document.Decoder{File: "c"}
		d.Add(nil)
		got := fmt.Sprint(readers[test.reader](d, one(t, "x.yaml", test.text)))
		if err := d.Err(); err != nil {
			got += " " + err.Error()
		}
		if got != test.want {
			t.Errorf("%s of %q:\nwant %q\ngot  %q", test.reader, test.text, test.want, got)
		}
	}
}
