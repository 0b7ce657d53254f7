package document_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/document"
)

// TestEdits holds what an edit makes of a text, and what it refuses. `set` replaces the value at a pointer, `add` adds a member
// behind it, each with a text.
func TestEdits(t *testing.T) {
	const hex = "0123abcd"
	for _, test := range []struct{ name, edit, at, text, before, after string }{
		// Scalars.
		{"x.json", "set", "/a", `b"`, `{"a" : null, "b": [1]}`, `{"a" : "b\"", "b": [1]}`},
		{"x.json", "set", "/b/0", "c", `{"b": [ 1 ]}`, `{"b": [ "c" ]}`},
		{"x.toml", "set", "/a", "c", "a = 'b' # c", "a = \"c\" # c"},
		{"x.toml", "set", "/a", "c", "a = ['b']", ""},
		{"x.yaml", "set", "/a", hex, "a: b # c", "a: 0123abcd # c"},
		{"x.yaml", "set", "/a", hex, "a: \"b\"", "a: \"0123abcd\""},
		{"x.yaml", "set", "/a", hex, "a: 'b'", "a: '0123abcd'"},
		{"x.yaml", "set", "/a", `c"d`, "a: \"b\"", ""},
		{"x.yaml", "set", "/a", "c'd", "a: 'b'", ""},
		{"x.yaml", "set", "/a", "c'd", "a: \"b\"", ""},
		{"x.yaml", "set", "/a", "c\nd", "a: b", ""},
		{"x.yaml", "set", "/a", "c\rd", "a: \"b\"", ""},
		{"x.yaml", "set", "/a", `c\d`, "a: \"b\"", ""},
		// Plain texts stay texts for every parser, in block and flow style.
		{"x.yaml", "set", "/a", "1e5", "a: b", "a: '1e5'"},
		{"x.yaml", "set", "/a", "01.5", "a: b", "a: '01.5'"},
		{"x.yaml", "set", "/a", "", "a: b", "a: ''"},
		{"x.yaml", "set", "/a", "c d", "a: b", "a: 'c d'"},
		{"x.yaml", "set", "/a", "c:", "a: b", "a: 'c:'"},
		{"x.yaml", "set", "/a", "-c", "a: b", "a: '-c'"},
		{"x.yaml", "set", "/a", "=c", "a: b", "a: '=c'"},
		{"x.yaml", "set", "/a", ":c", "a: b", "a: ':c'"},
		{"x.yaml", "set", "/a", "c,d", "a: b", "a: 'c,d'"},
		{"x.yaml", "set", "/a", "https://x/A_b+z-Z0/9=", "a: b", "a: https://x/A_b+z-Z0/9="},
		{"x.yaml", "set", "/a", "q", "a: b", "a: q"},
		// Values that are not written.
		{"x.yaml", "set", "/a", hex, "a:\nb: c", "a: 0123abcd\nb: c"},
		{"x.yaml", "set", "/a", hex, "a:  # b", "a: 0123abcd  # b"},
		{"x.yaml", "set", "/a", "c d", "a:\nb: c", ""},
		{"x.yaml", "set", "/a", hex, "a: &b\nc: d", ""},
		{"x.yaml", "set", "/a", hex, "a: !!null\nc: d", ""},
		{"x.yaml", "set", "/0", hex, "-\n- a", ""},
		{"x.yaml", "set", "/a", hex, "a: ~", "a: 0123abcd"},
		{"x.yaml", "set", "/a", hex, "? a\nb: c", ""},
		// Values that others share, or that have no end on their line.
		{"x.yaml", "set", "/a", hex, "a: &x b\nc: *x", ""},
		{"x.yaml", "set", "/c", hex, "a: &x b\nc: *x", ""},
		{"x.yaml", "set", "/a", hex, "a: |\n  b", ""},
		{"x.yaml", "set", "/a", hex, "a: >-\n  b", ""},
		{"x.yaml", "set", "/a", hex, "a: b\n  c", ""},
		{"x.yaml", "set", "/a", hex, "a: 'b\n  c'", ""},
		{"x.yaml", "set", "/a", hex, "a: \"b\n  c\"", ""},
		{"x.yaml", "set", "/a", hex, "a: 'b''c' # d", "a: '0123abcd' # d"},
		{"x.yaml", "set", "/a", hex, `a: "b\"c" # d`, `a: "0123abcd" # d`},
		{"x.yaml", "set", "/a", hex, "a: [b]", ""},
		// Members.
		{"x.json", "add n", "/a", "c", `{"a":1,  "b":2}`, `{"a":1,  "n":"c",  "b":2}`},
		{"x.json", "add n", "/b", "c", "{\n \"a\": 1,\n \"b\": 2\n}", "{\n \"a\": 1,\n \"b\": 2,\n \"n\": \"c\"\n}"},
		{"x.json", "add n", "/a", "c", "{\n  \"a\" : 1\n}", "{\n  \"a\" : 1,\n  \"n\" : \"c\"\n}"},
		{"x.json", "add n", "/a", "c", `{"a": 1}`, `{"a": 1, "n": "c"}`},
		{"x.json", "add n", "/a", "c", `{ "a":1}`, `{ "a":1,"n":"c"}`},
		{"x.toml", "add n", "/a", "c", "  a = 1 # b\r\nd = 2", "  a = 1 # b\r\n  n = \"c\"\r\nd = 2"},
		{"x.toml", "add n", "/a/b", "c", "a = {b = 1}", "a = {b = 1, n = \"c\"}"},
		{"x.toml", "add n", "/a/b", "c", "a.b = 1", ""},
		{"x.toml", "add n", "/a", "c", "a = [1]", ""},
		{"x.yaml", "add n", "/a", hex, "a: b # c\nd: e", "a: b # c\nn: 0123abcd\nd: e"},
		{"x.yaml", "add n", "/0/a", hex, "- a: 'b'", "- a: 'b'\n  n: '0123abcd'"},
		{"x.yaml", "add n", "/0/0/'a", hex, "- - \"'a\": b\r\n    c: d\r\n", "- - \"'a\": b\r\n    \"n\": 0123abcd\r\n    c: d\r\n"},
		{"x.yaml", "add n", "/0/a", hex, "- {'a': b}", "- {'a': b, 'n': 0123abcd}"},
		{"x.yaml", "add n", "/b/a", hex, "b: {a: 1}", "b: {a: 1, n: 0123abcd}"},
		{"x.yaml", "add n", "/a", hex, "? a\n: b", ""},
		{"x.yaml", "add n", "/a", hex, "a: |\n  b", ""},
		{"x.yaml", "add n", "/a", "c\n", "a: b", ""},
		{"x.yaml", "add n", "/b/c", hex, "a: &x {c: d}\nb:\n  <<: *x", ""},
		{"x.yaml", "add n", "/a/0", hex, "a: [b]", ""},
		// Names, in the quotes of their neighbours.
		{"x.yaml", "add c d", "/a", "x", "{a: b}", ""},
		{"x.yaml", "add c", "/a", "x", "{'a': b}", `{'a': b, 'c': x}`},
		{"x.toml", "add c", "/a", "x", "\"a\" = 1", "\"a\" = 1\n\"c\" = \"x\""},
		{"x.json", "add c\"", "/a", "x", `{"a": 1}`, `{"a": 1, "c\"": "x"}`},
	} {
		editor := document.NewEditor([]byte(test.before))
		v, err := one(t, test.name, test.before).At(test.at), error(nil)
		if test.edit == "set" {
			err = editor.SetText(v, test.text)
		} else {
			name, _ := strings.CutPrefix(test.edit, "add ")
			err = editor.AddText(v, name, test.text)
		}
		got := string(editor.Apply())
		if test.after == "" && (!errors.Is(err, document.ErrNotEditable) || got != test.before) || test.after != "" && (err != nil || got != test.after) {
			t.Errorf("%s %s %q in %q:\nwant %q\ngot  %q, %v", test.edit, test.at, test.text, test.before, test.after, got, err)
		}
	}
}

func TestOneScalarGetsOneText(t *testing.T) {
	const text = "a: &x {c: ''}\nb: {<<: *x}"
	root, editor := one(t, "x.yaml", text), document.NewEditor([]byte(text))
	first, again, second := editor.SetText(root.At("/a/c"), "d"), editor.SetText(root.At("/b/c"), "d"), editor.SetText(root.At("/b/c"), "e")
	if got := string(editor.Apply()); first != nil || again != nil || !errors.Is(second, document.ErrNotEditable) || got != strings.Replace(text, "''", "'d'", 1) {
		t.Errorf("%v, %v, %v: %s", first, again, second, got)
	}
	if err := document.NewEditor([]byte("a: &x b")).SetText(one(t, "x.yaml", "a: &x b").Get("a"), "c"); !errors.Is(err, document.ErrShared) {
		t.Error(err)
	}
}

// TestRemovedMembersTakeOneCommaEach also holds what the text around a member is.
func TestRemovedMembersTakeOneCommaEach(t *testing.T) {
	const text = "{\"a\": 1,\r\n  \"b\" : [\n    2 , 3],\n\"c\": {\"d\": 4}}"
	root := one(t, "x.json", text)
	for removed, want := range map[string]string{
		"a":   "{\"b\" : [\n    2 , 3],\n\"c\": {\"d\": 4}}",
		"b":   "{\"a\": 1,\n\"c\": {\"d\": 4}}",
		"b c": "{\"a\": 1}",
		"b a": "{\"c\": {\"d\": 4}}",
	} {
		editor := document.NewEditor([]byte(text))
		var members []*document.Value
		for name := range strings.FieldsSeq(removed) {
			members = append(members, root.Get(name))
		}
		editor.Remove(members)
		if got := string(editor.Apply()); got != want {
			t.Errorf("without %s: %q, want %q", removed, got, want)
		}
	}
	editor := document.NewEditor([]byte(text))
	for pointer, want := range map[string][3]string{
		"/a": {": ", "", "1"}, "/b": {" : ", "\r\n  ", "[\n    2 , 3]"}, "/b/0": {" : ", "\r\n    ", "2"}, "/b/1": {" : ", "", "3"}, "/c": {": ", "\r\n", "{\"d\": 4}"}, "/c/d": {": ", "", "4"},
	} {
		v := root.At(pointer)
		if got := [3]string{editor.Colon(v), editor.Line(v), editor.Raw(v)}; got != want {
			t.Errorf("%s: %q, want %q", pointer, got, want)
		}
	}
	if editor.Line(root) != "" || text[root.Get("b").NameStart():editor.NameEnd(root.Get("b"))] != `"b"` {
		t.Error("the root starts a line, or a name has another end")
	}
}
