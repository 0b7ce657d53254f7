package document_test

import (
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/document"
)

// deep returns n values inside each other, the last one in the given form.
func deep(open, last, closing string, n int) string {
	return strings.Repeat(open, n) + last + strings.Repeat(closing, n)
}

func TestJSONIsReadStrictlyAndWithPositions(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{" {\"a\" : [ 1 ,\"\\u0041é\", true],\r\n\t\"é\":{\"b\":null} } ", "/a/0 1:11 number \"1\"\n/a/1 1:14 string \"Aé\"\n/a/2 1:25 boolean \"true\"\n/é/b 2:11 null \"null\""},
		{`{"a": "\\u0000", "b~/": {}}`, "/a 1:7 string \"\\\\u0000\"\n/b~0~1 1:25 object \"\""},
		{"-1.5e3", ` 1:1 number "-1.5e3"`},
		{"[\"\U0001f600\", \"\\ud83d\\ude00\"]", "/0 1:2 string \"\U0001f600\"\n/1 1:7 string \"\U0001f600\""},
		{deep("[", "1", "]", 64), deep("/0", " 1:65 number \"1\"", "", 64)},
		{`{"` + strings.Repeat("k", 1024) + `": 1}`, "/" + strings.Repeat("k", 1024) + ` 1:1030 number "1"`},
		// Bounds.
		{deep("[", "[]", "]", 64), "json/too-deep 1:65 " + deep("/0", "", "", 64)},
		{deep(`{"a":`, "{}", "}", 64), "json/too-deep 1:321 " + deep("/a", "", "", 64)},
		{`{"` + strings.Repeat("k", 1025) + `": 1}`, "json/long-name 1:2 "},
		{deep(`{"`+strings.Repeat("k", 1023)+`":`, "{}", "}", 4), deep("/"+strings.Repeat("k", 1023), ` 1:4109 object ""`, "", 4)},
		{deep(`{"`+strings.Repeat("k", 1023)+`":`, `{"":1}`, "}", 4), "json/long-name 1:4110 " + deep("/"+strings.Repeat("k", 1023), "", "", 4)},
		{deep(`{"`+strings.Repeat("k", 1023)+`":`, `[1]`, "}", 4), "json/long-name 1:4110 " + deep("/"+strings.Repeat("k", 1023), "", "", 4)},
		{strings.Repeat(" ", 1<<20), "json/empty 1:1 "},
		{strings.Repeat("\n", 1<<20+1), "json/too-large 1048577:1 "},
		// Encoding.
		{"\xef\xbb\xbf{}", "json/byte-order-mark 1:1 "},
		{"\xff\xfe{\x00}\x00", "json/byte-order-mark 1:1 "},
		{"\xfe\xff\x00{\x00}", "json/byte-order-mark 1:1 "},
		{"\x00\x00\xfe\xff\x00\x00\x00{", "json/byte-order-mark 1:1 "},
		{"{\n\"é\xff\": 1}", "json/invalid-utf8 2:3 "},
		{"[\"\xed\xa0\x80\"]", "json/invalid-utf8 1:3 "},
		{"[\"\ufffd\"]", "/0 1:2 string \"\ufffd\""},
		{`["a", "\ud83dx"]`, "json/invalid-utf8 1:8 "},
		{`["\uDE00"]`, "json/invalid-utf8 1:3 "},
		{`{"type": "file", "url\u0000": "https://example.com"}`, "json/control 1:18 "},
		{"{\"a\": [\"b\",\n\"file\\u0000x\"]}", "json/control 2:1 /a/1"},
		// What another parser would read otherwise.
		{"{\"a\": {\"b\": 1,\n \"\\u0062\": 2}, \"a\": 3}", "json/duplicate-key 2:2 /a/b\njson/duplicate-key 2:16 /a"},
		{`{"a": 1, "a": 2, oops}`, "json/duplicate-key 1:10 /a\njson/syntax 1:18 "},
		{"{\"a\": 1}\n }", "json/trailing-data 2:2 "},
		{"{}é", "json/trailing-data 1:3 "},
		{"", "json/empty 1:1 "},
		{`{"a": [1,`, "json/truncated 1:10 /a"},
		{`{"a": "b`, "json/truncated 1:9 /a"},
		// Syntax: the position is that of a whole word.
		{"{\n // a\n}", "json/syntax 2:2 "},
		{"{/* a */}", "json/syntax 1:2 "},
		{"{\"a\": 1 # b\n}", "json/syntax 1:9 "},
		{"{'a': 1}", "json/syntax 1:2 "},
		{"{\"a\": \"b\n\"}", "json/syntax 1:9 /a"},
		{"[\"b\tc\"]", "json/syntax 1:4 "},
		{`["C:\Windows"]`, "json/syntax 1:5 "},
		{`{"a": 1,, }`, "json/syntax 1:9 "},
		{`{"a": "b" "c"}`, "json/syntax 1:11 "},
		{`{"a": True}`, "json/syntax 1:7 /a"},
		{`[1, None]`, "json/syntax 1:5 "},
		{"{\"a\": 1,\n }", "json/syntax 1:8 "},
		{`[nan]`, "json/syntax 1:2 "},
		{`[08]`, "json/syntax 1:2 "},
		{`[1.]`, "json/syntax 1:4 "},
		{`[é]`, "json/syntax 1:2 "},
	} {
		if got := outline(document.Read("x", []byte(test.text), document.Options{})); got != test.want {
			t.Errorf("%.100q: want %.200q, got %.200q", test.text, test.want, got)
		}
	}
}
