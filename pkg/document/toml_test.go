package document_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pelletier/go-toml/v2"

	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// treeLines lists every value of a document, one a line.
func treeLines(v *document.Value) (lines []string) {
	lines = append(lines, strings.TrimSpace(fmt.Sprintf("%d:%d %s %s %s", v.Position().Line, v.Position().Column, v.Pointer(), v.Kind(), v.Literal())))
	for _, child := range v.Children() {
		lines = append(lines, treeLines(child)...)
	}
	return lines
}

func TestTOMLGivesValuesWithPositions(t *testing.T) {
	for text, want := range map[string]string{
		"a = 'x'\n":           "1:1  object\n1:5 /a string x",
		"\"é\" = \"\\u0062\"": "1:1  object\n1:7 /é string b",
		"n = 1_024\nf = 1.5\nb = true\nd = 2026-01-02T03:04:05Z": "1:1  object\n1:5 /n number 1024\n2:5 /f number 1.5\n3:5 /b boolean true\n4:5 /d string 2026-01-02T03:04:05Z",
		"a.b.c = 1\na.\"b\".d = 2":                               "1:1  object\n1:1 /a object\n1:3 /a/b object\n1:9 /a/b/c number 1\n2:11 /a/b/d number 2",
		"[[t]]\nx = 1\n[[t]]\n[t.\"p.q\"]\ny = [[], [ # [\n 2], {z = 'w'},]": "1:1  object\n1:3 /t array\n1:3 /t/0 object\n2:5 /t/0/x number 1\n3:3 /t/1 object\n4:4 /t/1/p.q object\n" +
			"5:5 /t/1/p.q/y array\n5:6 /t/1/p.q/y/0 array\n5:10 /t/1/p.q/y/1 array\n6:2 /t/1/p.q/y/1/0 number 2\n6:6 /t/1/p.q/y/2 object\n6:11 /t/1/p.q/y/2/z string w",
		"a = '''\nx\ny'''\r\nb = []": "1:1  object\n1:5 /a string x\ny\n4:5 /b array",
		"":                           "1:1  object",
	} {
		documents, findings := document.Read("a.toml", []byte(text), document.Options{})
		if len(documents) != 1 {
			t.Errorf("%q: %v", text, findings)
			continue
		}
		if diff := cmp.Diff(want, strings.Join(treeLines(documents[0].Root), "\n")); diff != "" {
			t.Errorf("%q (- want, + got):\n%s", text, diff)
		}
	}
}

func TestTOMLIsReadStrictly(t *testing.T) {
	for text, want := range map[string]string{
		"a = 1\na = 2":                        "toml/duplicate-key 2:1",
		"a = {b = 1, b = 2}":                  "toml/duplicate-key 1:13",
		"[a]\n[a]":                            "toml/duplicate-key 2:",
		"a = 1\na.b = 2":                      "toml/duplicate-key 2:",
		"a = 1\n[a.b]":                        "toml/duplicate-key 2:",
		"a = [{}]\n[[a]]":                     "toml/duplicate-key 2:",
		"[[a]]\n[a]":                          "toml/duplicate-key 2:",
		"a = {}\na.b = 1":                     "toml/duplicate-key 2:",
		"a = ":                                "toml/syntax 1:",
		"a = 1\nb = nope":                     "toml/syntax 2:5",
		"a = 2026-13-01":                      "toml/syntax 1:",
		"a = 99999999999999999999":            "toml/syntax 1:5",
		"a = \"\x01\"":                        "toml/syntax 1:6",
		"a = \"\\u0000\"":                     "toml/control 1:5",
		"\"\\u0000\" = 1":                     "toml/control 1:1",
		"\ufeffa = 1":                         "toml/syntax 1:1",
		"a = '\xff'":                          "toml/invalid-utf8 1:6",
		"a = " + strings.Repeat("[", 70):      "toml/syntax",
		"a = " + nested(70):                   "toml/too-deep 1:",
		strings.Repeat("a.", 70) + "a = 1":    "toml/too-deep 1:",
		"[" + strings.Repeat("a.", 70) + "a]": "toml/too-deep 1:",
		strings.Repeat("k", 5000) + " = 1":    "toml/too-deep 1:1",
		"a = [" + strings.Repeat("1,", 200_000) + "]":         "toml/too-large 1:1",
		numbered(450<<10, "k%d = [[[[[[[[[[[[]]]]]]]]]]]]\n"): "toml/too-large",
		strings.Repeat("a.", 200_000) + "a = 1":               "toml/too-large 1:1",
		strings.Repeat("[a]\nb = [1, 2]\n", 2):                "toml/duplicate-key 3:2",
		"# " + strings.Repeat("x", document.DefaultMaxSize+1): "toml/too-large",
	} {
		documents, findings := document.Read("a.toml", []byte(text), document.Options{})
		got := ""
		if len(findings) > 0 {
			got = fmt.Sprintf("%s %d:%d", findings[0].Rule, findings[0].Line, findings[0].Column)
		}
		if documents != nil || len(findings) != 1 || !strings.HasPrefix(got, want) {
			t.Errorf("%.40q: want %s, got %s: %v", text, want, got, findings)
		}
	}
}

func nested(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }

// FuzzTOML holds the reader to a tree whose values can be found again, or one finding.
func FuzzTOML(f *testing.F) {
	for _, seed := range []string{"a = 1", "[[a]]\nb.c = [1, {d = 'x'}]\n[a.e]\n[[a]]", "a = [\n# [\n]", "a = {}\n[a.b]", "x = \"\"\"\n\"\"\"", "a.b = 1\n[a]\n", "[[a.b]]\n[a]\n[a.b.c]", "[a.b.c]\n[a]\nb.d = 1", "a.b = 1\n[a.c]", "[a]\nb.c = 1\n[a.b.d]\n[a.b]", "a = 1979-05-27 07:32:00\nb = 0x_1\nc = 1e5\nd = +nan", "[[a]]\n[a]", "a = [{}]\n[[a]]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		documents, findings := document.Read("a.toml", []byte(text), document.Options{})
		if (len(documents) == 1) == (len(findings) > 0) {
			t.Fatalf("%d documents, and %v", len(documents), findings)
		}
		var into any
		if err := toml.Unmarshal([]byte(text), &into); (err == nil) != (len(documents) == 1) && !strings.Contains(text, "\x00") && !isBeyondBounds(findings) {
			t.Errorf("the library says %v, and we %v", err, findings)
		}
		if len(documents) == 1 {
			checkPointers(t, documents[0].Root, documents[0].Root)
		}
	})
}

// isBeyondBounds reports whether a text is refused for what TOML allows.
func isBeyondBounds(findings []finding.Finding) bool {
	return len(findings) > 0 && slices.Contains([]string{finding.TOMLControl, finding.TOMLTooDeep, finding.TOMLTooLarge}, findings[0].Rule)
}
