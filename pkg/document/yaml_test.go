package document_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// outline is one line for each scalar: its pointer, position, kind and text, "" for none; and one for each finding.
func outline(documents []*document.Document, findings []finding.Finding) string {
	var lines []string
	for _, d := range documents {
		if d.Index > 0 {
			lines = append(lines, fmt.Sprintf("--- %d", d.Index))
		}
		lines = append(lines, scalars(d.Root)...)
	}
	for _, f := range findings {
		lines = append(lines, fmt.Sprintf("%s %d:%d %s", f.Rule, f.Line, f.Column, f.Pointer))
	}
	return strings.Join(lines, "\n")
}

func scalars(v *document.Value) (lines []string) {
	for _, child := range v.Children() {
		lines = append(lines, scalars(child)...)
	}
	if len(v.Children()) == 0 {
		at := v.Position()
		lines = append(lines, fmt.Sprintf("%s %d:%d %s %q%s", v.Pointer(), at.Line, at.Column, v.Kind(), v.Literal(), v.Tag()))
	}
	return lines
}

func readYAML(text string) string {
	return outline(document.Read("x.yaml", []byte(text), document.Options{}))
}

func TestYAMLIsReadAsItIsMeantAndAtItsPlace(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		// Scalars.
		{"plain", "a: b c # d", `/a 1:4 string "b c"`},
		{"quoted", "'a': \"b\\n\"\n\"c\": 'd''e'", "/a 1:6 string \"b\\n\"\n/c 2:6 string \"d'e\""},
		{"kinds", "[1, 1.50, true, ~, null, yes, 0x1F, 2001-01-01, .inf, 0123, 1_0]", "/0 1:2 number \"1\"\n/1 1:5 number \"1.50\"\n/2 1:11 boolean \"true\"\n/3 1:17 null \"~\"\n/4 1:20 null \"null\"\n/5 1:26 string \"yes\"\n/6 1:31 number \"0x1F\"\n/7 1:37 string \"2001-01-01\"\n/8 1:49 number \".inf\"\n/9 1:55 number \"0123\"\n/10 1:61 number \"1_0\""},
		{"numbers as keys", "1.10: a\n1.1: b\n0x1: c\n1: d", "/1.10 1:7 string \"a\"\n/1.1 2:6 string \"b\"\n/0x1 3:6 string \"c\"\n/1 4:4 string \"d\""},
		{"block scalars", "a: |\n  b\n  c\nd: >-\n  e\n  f", "/a 1:4 string \"b\\nc\\n\"\n/d 4:4 string \"e f\""},
		{"several lines", "a: b\n  c\nd: \"e\n  f\"", "/a 1:4 string \"b c\"\n/d 3:4 string \"e f\""},
		{"code points", "é: \"😀\" # 😀\n😀é: [ü, ß]", "/é 1:4 string \"😀\"\n/😀é/0 2:6 string \"ü\"\n/😀é/1 2:9 string \"ß\""},
		{"no value", "a:\nb: # c\nd: &x\ne: !!str", "/a 1:3 null \"\"\n/b 2:3 null \"\"\n/d 3:4 null \"\"\n/e 4:4 string \"\""},
		{"tabs", "a:\tb\nc: [\td,\te ]\t# f", "/a 1:4 string \"b\"\n/c/0 2:6 string \"d\"\n/c/1 2:9 string \"e\""},
		// Line breaks and marks.
		{"CRLF", "a: b\r\nc:\r\n- d\r\n", "/a 1:4 string \"b\"\n/c/0 3:3 string \"d\""},
		{"CR alone", "a: b\rc: d\re: f\ng: h", "/a 1:4 string \"b\"\n/c 1:9 string \"d\"\n/e 1:14 string \"f\"\n/g 2:4 string \"h\""},
		{"NEL in quotes", "a: \"b\u0085c\"\nd: e", "/a 1:4 string \"b c\"\n/d 2:4 string \"e\""},
		{"byte-order mark", "\ufeffa: b\n", "/a 1:4 string \"b\""},
		{"byte-order mark before a comment", "\ufeff# é\na: b", "/a 2:4 string \"b\""},
		// Properties and comments.
		{"anchor before the value", "a: &x b\nc: &y\n  d\ne: &z # f\n  # g\n\n  h", "/a 1:7 string \"b\"\n/c 3:3 string \"d\"\n/e 7:3 string \"h\""},
		{"anchor and comment before CR", "a: &x # c\r  v\rd: e", "/a 1:13 string \"v\"\n/d 1:18 string \"e\""},
		{"tag and anchor", "a: !!str &x 5\nb: &y !!int \"5\"\nc: !<tag:yaml.org,2002:str> d", "/a 1:13 string \"5\"\n/b 2:13 number \"5\"!!int\n/c 3:29 string \"d\""},
		{"anchor of a key", "&x a: *x\n&y b : c", "/a 1:7 string \"a\"\n/b 2:8 string \"c\""},
		{"comment between", "a: # b\n  # c\n  d", "/a 3:3 string \"d\""},
		{"tags of one's own", "a: !!python/object/apply:os.system [b]\nc: !d e\nf: !!binary aGk=\ng: ! h", "/a/0 1:37 string \"b\"\n/c 2:7 string \"e\"!d\n/f 3:13 string \"aGk=\"!!binary\n/g 4:6 string \"h\"!"},
		// Flow and block.
		{"flow", "{a: [b, {c: d}], 'e' : f,\n g: h}", "/a/0 1:6 string \"b\"\n/a/1/c 1:13 string \"d\"\n/e 1:24 string \"f\"\n/g 2:5 string \"h\""},
		{"explicit keys", "? a\n: b\n? c", "/a 2:3 string \"b\"\n/c 3:4 null \"\""},
		{"quoted keys", "\"a/b\": c\n'~': d\n\"\": e", "/a~1b 1:8 string \"c\"\n/~0 2:6 string \"d\"\n/ 3:5 string \"e\""},
		// Aliases and merges.
		{"alias", "a: &x b\nc: *x\nd: [*x]", "/a 1:7 string \"b\"\n/c 2:4 string \"b\"\n/d/0 3:5 string \"b\""},
		{"alias of an object", "a: &x {b: c}\nd: *x", "/a/b 1:11 string \"c\"\n/d/b 1:11 string \"c\""},
		{"anchor given again", "a: &x b\nc: *x\nd: &x e\nf: *x", "/a 1:7 string \"b\"\n/c 2:4 string \"b\"\n/d 3:7 string \"e\"\n/f 4:4 string \"e\""},
		{"alias as a key", "a: &x b\n*x : c", "/a 1:7 string \"b\"\n/b 2:6 string \"c\""},
		{"merge", "a: &x {b: c, d: e}\nf:\n  <<: *x\n  d: g", "/a/b 1:11 string \"c\"\n/a/d 1:17 string \"e\"\n/f/d 4:6 string \"g\"\n/f/b 1:11 string \"c\""},
		{"merge by tag", "a: &x {b: c}\nf: {!!merge <<: *x}", "/a/b 1:11 string \"c\"\n/f/b 1:11 string \"c\""},
		{"merge of a list", "- &x {a: b, f: [], g: 1}\n- &y {d: e, f: [], g: 1}\n- <<: [*x, *y]", "/0/a 1:10 string \"b\"\n/0/f 1:16 array \"\"\n/0/g 1:23 number \"1\"\n/1/d 2:10 string \"e\"\n/1/f 2:16 array \"\"\n/1/g 2:23 number \"1\"\n/2/a 1:10 string \"b\"\n/2/f 1:16 array \"\"\n/2/g 1:23 number \"1\"\n/2/d 2:10 string \"e\""},
		{"merge of two texts", "- &x {a: b}\n- <<: [{c: d}, *x, {a: d}]", "yaml/merge 2:3 /1/a"},
		{"merge of a number and a text", "- <<: [{a: 1}, {a: '1'}]", "yaml/merge 1:3 /0/a"},
		{"merge of what stands there", "a:\n  <<: {b: c}\n  d: e", "/a/d 3:6 string \"e\"\n/a/b 2:11 string \"c\""},
		{"quoted merge key is a key", "a: &x {b: c}\nd: {\"<<\": *x}", "/a/b 1:11 string \"c\"\n/d/<</b 1:11 string \"c\""},
		// Streams.
		{"documents", "a: b\n---\nc: d\n...\n---\n- e", "/a 1:4 string \"b\"\n--- 1\n/c 3:4 string \"d\"\n--- 2\n/0 6:3 string \"e\""},
		{"nothing", "", ""},
		{"empty documents", "---\n---\na: b\n---\n", " 2:1 null \"\"\n--- 1\n/a 3:4 string \"b\"\n--- 2\n 5:1 null \"\""},
		{"directives", "%YAML 1.2\n%TAG !e! tag:example.com,2000:\n---\na: !e!x b", "/a 4:9 string \"b\"tag:example.com,2000:x"},
		{"anchors end with their document", "a: &x b\n---\nc: *x", "yaml/alias 3:4 "},
		// What is refused.
		{"duplicate keys", "a: 1\nb:\n  c: 1\n  \"c\": 2\na: 2", "yaml/duplicate-key 4:3 /b/c\nyaml/duplicate-key 5:1 /a"},
		{"duplicate of an alias", "- &x a\n- a: 1\n  *x : 2", "yaml/duplicate-key 3:3 /1/a"},
		{"two merge keys", "- &x {a: b}\n- &y {c: d}\n- <<: *x\n  <<: *y", "yaml/duplicate-key 4:3 /2/<<"},
		{"merge of no mapping", "a: {<<: b}\nc: 1", "yaml/merge 1:9 /a"},
		// What parsers read differently.
		{"merge after a key that it brings", "a: &x {b: c, d: e}\nf:\n  d: g\n  <<: *x", "yaml/merge 4:3 /f/d"},
		{"merge after a key that it brings, with an equal value", "a: {b: c, <<: {b: c}}", "yaml/merge 1:11 /a/b"},
		{"merge between the keys that it brings", "a:\n  b: c\n  <<: [{d: e}, {f: g, b: h}]\n  d: i", "yaml/merge 3:3 /a/b"},
		{"merge after another key", "a: {b: c, <<: {d: e}}", "/a/b 1:8 string \"c\"\n/a/d 1:19 string \"e\""},
		{"merge by tag of what is not <<", "!!merge files: [{uri: b}]", "yaml/tag 1:9 "},
		{"merge by a verbatim tag", "a: {!<tag:yaml.org,2002:merge> <<: [{b: c}, {b: d}]}", "yaml/tag 1:32 /a"},
		{"merge by tag of a quoted key", "a: {!!merge \"<<\": {b: c}}", "yaml/tag 1:13 /a"},
		{"merge key that is a text", "!!str <<: {b: c}", "yaml/tag 1:7 "},
		{"merge by tag of two with one key", "- &x {a: b}\n- !!merge <<: [*x, {c: d}]\n- !!merge <<: [*x, {a: d}]", "yaml/merge 3:11 /2/a"},
		{"explicit merge key", "- &x {a: b}\n- ? <<\n  : *x", "yaml/merge 2:5 /1"},
		{"alias of a merge key", "- &m <<\n- *m : {a: b}", "yaml/merge 2:3 /1"},
		{"tag on a key", "a: {!!null url: b}", "yaml/tag 1:12 /a"},
		{"binary key", "!!binary dXJp: b", "yaml/tag 1:10 "},
		{"alias of a key with a tag", "- &k !!binary dXJp\n- *k : b", "yaml/tag 2:3 /1"},
		{"text as a key by its tag", "!!str 1: b\n!<tag:yaml.org,2002:str> c: d", "/1 1:10 string \"b\"\n/c 2:29 string \"d\""},
		{"tag that a directive makes another", "%TAG !! tag:example.com,2000:\n---\n!!str a: b", "yaml/tag 3:7 "},
		{"question mark before text", "a: [{?url: b}]", "yaml/ambiguous 1:6 /a"},
		{"question mark in a text", "{url: https://b/?c=d, e: f?}\n", "/url 1:7 string \"https://b/?c=d\"\n/e 1:26 string \"f?\""},
		{"question mark as a sign", "{? url : b}", "/url 1:10 string \"b\""},
		{"colon before a closing brace", "{filename: e, <<: {uri: b}, uri:}", "yaml/ambiguous 1:32 "},
		{"colon before a comma", "{uri:, a: b}", "yaml/ambiguous 1:5 "},
		{"colon before text", "[{a: b, :c}]", "yaml/ambiguous 1:9 "},
		{"colon before text, behind quotes", "{\"a\":b, 'c' :d, [e]:f}", "yaml/key 1:17 "},
		{"colon in a key", "a: {uri:https://b/c, d: e:f}", "yaml/ambiguous 1:5 /a"},
		{"colon in a quoted key and in block style", "a:b: {'c:d': https://e}", "/a:b/c:d 1:14 string \"https://e\""},
		{"tab in a key", "a:\n  mirror\t-urls: b", "yaml/ambiguous 2:3 /a"},
		{"tab in a quoted key and around others", "'a\tb'\t:\tc\nd\t: e", "/a\tb 1:9 string \"c\"\n/d 2:5 string \"e\""},
		{"colon of JSON", "{\"a\":\"b\",\"c\":[{\"d\":1}]}", "/a 1:6 string \"b\"\n/c/0/d 1:20 number \"1\""},
		{"colon in block style", "a:\n  b:\n  c: \":,]}\"", "/a/b 2:5 null \"\"\n/a/c 3:6 string \":,]}\""},
		{"signs in quotes and comments between brackets", "[\"{?a:,\\\"!,\", '{?a:,''!,', b # {?c:,\n, d 'e' \"f\", g#h]", "/0 1:2 string \"{?a:,\\\"!,\"\n/1 1:15 string \"{?a:,'!,\"\n/2 1:28 string \"b\"\n/3 2:3 string \"d 'e' \\\"f\\\"\"\n/4 2:14 string \"g#h\""},
		{"tag that runs into a comma", "{uri: !, https://b}", "yaml/ambiguous 1:7 "},
		{"verbatim tag between brackets", "[!<tag:yaml.org,2002:str> a, !b c]", "/0 1:27 string \"a\"\n/1 1:33 string \"c\"!b"},
		{"exclamation mark in a text", "[a!, b]", "/0 1:2 string \"a!\"\n/1 1:6 string \"b\""},
		{"brackets behind brackets", "a: [b]\nc: {?d}", "yaml/ambiguous 2:5 /c"},
		{"anchor between brackets", "[&x \"a,b\", *x, {? *x : c}]", "/0 1:5 string \"a,b\"\n/1 1:12 string \"a,b\"\n/2/a,b 1:24 string \"c\""},
		{"anchor with a colon", "- &a:b url\n- {*a:b : c}", "yaml/ambiguous 1:8 /0"},
		{"alias with a colon", "- &a url\n- {*a:b}", "yaml/alias 2:4 "},
		{"line break of YAML 1.1 before a key", "a: b\u0085c: d", "yaml/ambiguous 1:6 "},
		{"line break of YAML 1.1 before an item", "- a # \u2028- b", "yaml/ambiguous 1:10 /1"},
		{"line break of YAML 1.1 between brackets", "[a,\u2029b]", "yaml/ambiguous 1:4 "},
		{"line break of YAML 1.1 in a text", "a: \"b\u2028c\"\nd: |\n  e\u2028  f\ng: h", "/a 1:4 string \"b\\u2028c\"\n/d 2:4 string \"e\\u2028f\\n\"\n/g 4:4 string \"h\""},
		{"NUL in a key", "a:\n  \"url\\0\": b", "yaml/control 2:3 /a"},
		{"NUL in a text", "a: [b, \"c\\x00d\"]", "yaml/control 1:8 /a/1"},
		{"merge of a list of no mappings", "a: &x [b]\nc:\n  <<: [{d: e}, *x]", "yaml/merge 3:16 /c"},
		{"alias of itself", "a: &x [b, *x]", "yaml/alias 1:11 /a/1"},
		{"merge of itself", "a: &x\n  <<: *x", "yaml/alias 2:7 /a/<<"},
		{"unknown anchor", "a: b\nc: [*d]", "yaml/alias 2:5 "},
		{"list as key", "a: b\n? [c]\n: d", "yaml/key 2:3 "},
		{"alias of a list as key", "a: &x [b]\n*x : c", "yaml/key 2:1 "},
		{"long key", "a: b\n" + strings.Repeat("k", 1025) + ": c", "yaml/key 2:1 "},
		{"invalid UTF-8", "a: é\nb: é\xff", "yaml/invalid-utf8 2:5 "},
		{"a byte-order mark in the middle", "a: \ufeffb\n---\n\ufeffurl: c\n", "yaml/syntax 3:1 "},
		{"a byte-order mark after CR", "a\r\ufeff: b\n", "yaml/syntax 1:3 "},
		{"two byte-order marks", "\ufeff\ufeffa: b\n", "yaml/syntax 1:1 "},
		{"UTF-16", "\xff\xfea\x00:\x00", "yaml/invalid-utf8 1:1 "},
		{"NUL", "a: b\nc: é\x00", "yaml/syntax 2:5 "},
		{"tab as indentation", "a:\n\tb: c", "yaml/syntax 2:1 "},
		{"open quote", "a: b\nc: \"d", "yaml/syntax 2:6 "},
		{"open list", "a: [b", "yaml/syntax 1:6 "},
		{"newer YAML", "%YAML 3.0\n---\na: b", "yaml/syntax 1:1 "},
		{"syntax in the second document", "a: b\n---\nc: d: e", "yaml/syntax 3:5 "},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, readYAML(test.text)); diff != "" {
				t.Errorf("%q (- want, + got):\n%s", test.text, diff)
			}
		})
	}
}
