package document_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/premAI-io/verify-manifests/pkg/document"
)

var yamlSeeds = []string{
	"a: b\n", "- a\n- b: c\n  d: [e, {f: g}]\n", "a: &x b\nc: *x\nd: {<<: {e: f}}\n", "a: |\n  b\nc: >-\n  d\n  e\n", "\ufeffa: 'b''c'\r\nd: \"e\\n\"\r\n",
	"---\na: 1.10\n...\n---\n? b\n: c\n", "a: !!str &x 5 # c\n", "a: &x # c\n\n  # d\n  e\n", "%YAML 1.2\n---\n{a: ~, 'b': !c d}\n", "é: \"😀\"\u2028b: c\u0085d: e\n",
	"a: b\n  c\n\n  d\n", "[[[[a]]]]", "{a: {b: {c: d}}}", "- - - a\n", "a: b #c\n", "\ta", "a:\tb\n", "'a\n\n b': c\n", "a: \"b \\\n  c\"\n",
}

// FuzzReadYAML makes sure that values are found at their positions, and are those that the library itself decodes.
func FuzzReadYAML(f *testing.F) {
	for _, seed := range yamlSeeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		documents, findings := document.Read("x.yaml", []byte(text), document.Options{})
		if len(documents) > 0 && len(findings) > 0 {
			t.Fatalf("%d documents, and %v", len(documents), findings)
		}
		for _, found := range findings {
			if found.Line < 1 || found.Column < 1 || found.Line > strings.Count(text, "\n")+1 {
				t.Errorf("a finding outside the text: %+v", found)
			}
		}
		for _, d := range documents {
			checkPointers(t, d.Root, d.Root)
			checkValue(t, text, d.Root)
		}
		if len(documents) > 0 && documents[0].Index == 0 && !strings.ContainsAny(text, "&*!%") && !strings.Contains(text, "<<") {
			compare(t, text, documents[0].Root)
		}
	})
}

// checkPointers makes sure that every value has a kind, and is found at its pointer.
func checkPointers(t *testing.T, root, v *document.Value) {
	t.Helper()
	if v.Kind() == "" || root.At(v.Pointer()) != v {
		t.Errorf("%q is of kind %q, and at its pointer is another value", v.Pointer(), v.Kind())
	}
	for _, child := range v.Children() {
		checkPointers(t, root, child)
	}
}

// checkValue makes sure that a scalar that has an end is read again from its own text.
func checkValue(t *testing.T, text string, v *document.Value) {
	t.Helper()
	if v.Start() < 0 || v.Start() > len(text) || v.End() > len(text) || v.End() != 0 && v.End() <= v.Start() {
		t.Fatalf("%s is from %d to %d", v.Pointer(), v.Start(), v.End())
	}
	if v.End() != 0 && v.Tag() == "" {
		raw := text[v.Start():v.End()]
		again, findings := document.Read("x.yaml", []byte("x: "+raw+"\n"), document.Options{})
		if len(again) != 1 || again[0].Root.Get("x").Literal() != v.Literal() {
			t.Fatalf("%s is %q, and is written %q: %v", v.Pointer(), v.Literal(), raw, findings)
		}
	}
	for _, child := range v.Children() {
		checkValue(t, text, child)
	}
}

// compare compares a value with what the library decodes.
func compare(t *testing.T, text string, v *document.Value) {
	t.Helper()
	var decoded any
	if err := yaml.Unmarshal([]byte(text), &decoded); err != nil {
		var typeError *yaml.LoadErrors
		if !errors.As(err, &typeError) && !strings.Contains(err.Error(), "already defined") && !strings.Contains(err.Error(), "trailing") {
			t.Logf("the library refuses the text: %v", err)
		}
		return
	}
	if want, got := decoded, plain(v); !same(want, got) {
		t.Errorf("read as\n%v\nand by the library as\n%v", got, want)
	}
}

// same compares what the library decoded with what plain returns. A key other than a text and a date have lost their spelling.
func same(decoded, v any) bool {
	switch x := decoded.(type) {
	case nil:
		return v == document.Null
	case string:
		return v == x
	case bool:
		return v == document.Boolean
	case int, int64, uint64, float64:
		return v == document.Number
	case []any:
		all, isList := v.([]any)
		return isList && slices.EqualFunc(x, all, same)
	case map[string]any:
		all, isObject := v.(map[string]any)
		return isObject && maps.EqualFunc(x, all, same)
	}
	return true
}

// plain returns a value as Go's, scalars other than texts as their kinds.
func plain(v *document.Value) any {
	switch v.Kind() {
	case document.String:
		return v.String()
	case document.Array:
		all := []any{}
		for _, each := range v.Elements() {
			all = append(all, plain(each))
		}
		return all
	case document.Object:
		all := map[string]any{}
		for _, each := range v.Members() {
			all[each.Name()] = plain(each)
		}
		return all
	}
	return v.Kind()
}
