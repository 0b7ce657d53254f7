package document_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"

	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

func TestTOMLIsReadStrictlyAndWithPositions(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"a = 'x'\n", "/a 1:5 string \"x\""},
		{"\"é\" = \"\\u0062\"", "/é 1:7 string \"b\""},
		{"n = 1_024\nf = 1.5\nb = true\nd = 2026-01-02T03:04:05Z", "/n 1:5 number \"1024\"\n/f 2:5 number \"1.5\"\n/b 3:5 boolean \"true\"\n/d 4:5 string \"2026-01-02T03:04:05Z\""},
		{"a.b.c = 1\na.\"b\".d = 2", "/a/b/c 1:9 number \"1\"\n/a/b/d 2:11 number \"2\""},
		{"[[t]]\nx = 1\n[[t]]\n[t.\"p.q\"]\ny = [[], [ # [\n 2], {z = 'w'},]", "/t/0/x 2:5 number \"1\"\n/t/1/p.q/y/0 5:6 array \"\"\n/t/1/p.q/y/1/0 6:2 number \"2\"\n/t/1/p.q/y/2/z 6:11 string \"w\""},
		{"a = '''\nx\ny'''\r\nb = []", "/a 1:5 string \"x\\ny\"\n/b 4:5 array \"\""},
		{"", " 1:1 object \"\""},
		{"[[t]]\n[[t]]\n[a.b]\nc = {}\nd.e = {}", "/t/0 1:3 object \"\"\n/t/1 2:3 object \"\"\n/a/b/c 4:5 object \"\"\n/a/b/d/e 5:7 object \"\""},
		{"a = 1\na = 2", "toml/duplicate-key 2:1 "},
		{"a = {b = 1, b = 2}", "toml/duplicate-key 1:13 "},
		{"[a]\n[a]", "toml/duplicate-key 2:2 "},
		{"a = 1\na.b = 2", "toml/duplicate-key 2:1 "},
		{"a = 1\n[a.b]", "toml/duplicate-key 2:2 "},
		{"a = [{}]\n[[a]]", "toml/duplicate-key 2:3 "},
		{"[[a]]\n[a]", "toml/duplicate-key 2:2 "},
		{"a = {}\na.b = 1", "toml/duplicate-key 2:1 "},
		{"a = ", "toml/syntax 1:4 "},
		{"a = 1\nb = nope", "toml/syntax 2:5 "},
		{"a = 2026-13-01", "toml/syntax 1:5 "},
		{"a = 99999999999999999999", "toml/syntax 1:5 "},
		{"a = \"\x01\"", "toml/syntax 1:6 "},
		{"a = \"\\u0000\"", "toml/control 1:5 /a"},
		{"\"\\u0000\" = 1", "toml/control 1:1 "},
		{"\ufeffa = 1", "toml/syntax 1:1 "},
		{"a = '\xff'", "toml/invalid-utf8 1:6 "},
		{"a = " + strings.Repeat("[", 70), "toml/syntax 1:74 "},
		{"a = " + deep("[", "", "]", 70), "toml/too-deep 1:68 /a" + deep("/0", "", "", 63)},
		{strings.Repeat("a.", 70) + "a = 1", "toml/too-deep 1:127 " + deep("/a", "", "", 64)},
		{"[" + strings.Repeat("a.", 70) + "a]", "toml/too-deep 1:128 " + deep("/a", "", "", 64)},
		{strings.Repeat("k", 5000) + " = 1", "toml/too-deep 1:1 "},
		{"a = [" + strings.Repeat("1,", 200_000) + "]", "toml/too-large 1:1 "},
		{numbered(450<<10, "k%d = [[[[[[[[[[[[]]]]]]]]]]]]\n"), "toml/too-large 10734:14 /k10733/0/0/0/0"},
		{strings.Repeat("a.", 200_000) + "a = 1", "toml/too-large 1:1 "},
		{strings.Repeat("[a]\nb = [1, 2]\n", 2), "toml/duplicate-key 3:2 "},
		{"# " + strings.Repeat("x", document.DefaultMaxSize+1), "toml/too-large 1:1048577 "},
	} {
		if got := outline(document.Read("a.toml", []byte(test.text), document.Options{})); got != test.want {
			t.Errorf("%.100q: want %.200q, got %.200q", test.text, test.want, got)
		}
	}
}

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
