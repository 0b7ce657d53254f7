package document_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// one reads a text of one document.
func one(t testing.TB, name, text string) *document.Value {
	t.Helper()
	documents, findings := document.Read(name, []byte(text), document.Options{MaxSize: 64 << 20})
	if len(documents) != 1 {
		t.Fatal(findings)
	}
	return documents[0].Root
}

func TestAPointerNamesOneValue(t *testing.T) {
	root := one(t, "x.json", `{"a~/b": [1, {"c": null}], "": 2, "~1": 3}`)
	for pointer, want := range map[string]bool{
		"": true, "/a~0~1b": true, "/a~0~1b/1/c": true, "/": true, "/~01": true,
		"/a~0~1b/1/d": false, "/a~0~1b/2": false, "/a~0~1b/01": false, "/a~0~1b/-1": false, "/a~0~1b/0/x": false, "/none/at/all": false, "a": false,
	} {
		if v := root.At(pointer); (v != nil) != want || v.Pointer() != pointer && want {
			t.Errorf("at %q is %s", pointer, v.Describe())
		}
	}
}

func TestPointersIgnoringCase(t *testing.T) {
	root := one(t, "x.json", `{"a~": [{"B": 1, "b": 2}, {"S": 3}], "A~": {"1": {"ſ": 4}}}`)
	for pointer, want := range map[string]string{
		"": "", "/a~0": "/a~0 /A~0", "/A~0/0/b": "/a~0/0/B /a~0/0/b", "/a~0/1/s": "/a~0/1/S /A~0/1/ſ", "/a~0/2": "", "/a~0/0/B/c": "",
	} {
		var found []string
		for _, v := range root.AtFold(pointer) {
			found = append(found, v.Pointer())
		}
		if got := strings.Join(found, " "); got != want {
			t.Errorf("at %q are %q, want %q", pointer, got, want)
		}
	}
}

// TestValues holds what each method returns of values of all kinds, and of none.
func TestValues(t *testing.T) {
	const text = "{\"s\": \"\\u0041\", \"n\": 8e3,\n \"é\": [true, false], \"i\": 12, \"z\": -0, \"o\": {\"s\": [[0]]}, \"x\": null}"
	root, yaml := one(t, "x.json", text), one(t, "x.yaml", text)
	for pointer, want := range map[string]string{ // label, description, texts in JSON and YAML, integer, true, members and elements
		"":         "the manifest: an object, false false, 0 false, false, 7 0",
		"/s":       "`s`: the string `A`, Atrue Atrue, 0 false, false, 0 0",
		"/n":       "`n`: the number `8e3`, false 8e3true, 0 false, false, 0 0",
		"/é":       "`é`: a list, false false, 0 false, false, 0 2",
		"/é/0":     "item 1 of `é`: the boolean `true`, false truetrue, 0 false, true, 0 0",
		"/é/1":     "item 2 of `é`: the boolean `false`, false falsetrue, 0 false, false, 0 0",
		"/i":       "`i`: the number `12`, false 12true, 12 true, false, 0 0",
		"/z":       "`z`: the number `-0`, false -0true, 0 false, false, 0 0",
		"/o":       "`o`: an object, false false, 0 false, false, 1 0",
		"/o/s/0/0": "item 1 of item 1 of `s`: the number `0`, false 0true, 0 true, false, 0 0",
		"/x":       "`x`: null, false false, 0 false, false, 0 0",
		"/none":    "the manifest: nothing, false false, 0 false, false, 0 0",
	} {
		v := root.At(pointer)
		inJSON, isText := v.Text()
		inYAML, isYAMLText := yaml.At(pointer).Text()
		n, isInteger := v.Integer()
		got := fmt.Sprintf("%s: %s, %s%t %s%t, %d %t, %t, %d %d", v.Label(), v.Describe(), inJSON, isText, inYAML, isYAMLText, n, isInteger, v.True(), len(v.Members()), len(v.Elements()))
		if got != want || v.String() != inJSON || v.Parent() != nil && v.Parent().Children()[v.Index()] != v {
			t.Errorf("%q: want %s\ngot %s; string %q, child %d", pointer, want, got, v.String(), v.Index())
		}
	}
	é := one(t, "x.json", text).Get("é")
	if é.Position() != (finding.Position{Line: 2, Column: 7}) || é.NamePosition() != (finding.Position{Line: 2, Column: 2}) || é.Name() != "é" {
		t.Errorf("é is at %v, its name at %v", é.Position(), é.NamePosition())
	}
	merged := one(t, "x.yaml", "a: &x {b: c}\nd: {<<: *x, e: f}")
	if !merged.At("/d/b").IsInherited() || merged.At("/d/e").IsInherited() || merged.At("/a/b").IsInherited() || merged.IsInherited() || é.IsInherited() {
		t.Error("only a merged member is inherited")
	}
	var v *document.Value
	if v.Kind() != "" || v.Literal() != "" || v.Tag() != "" || v.Overridden() != nil || v.Get("a") != nil || v.Name() != "" || v.Pointer() != "" || v.Position() != (finding.Position{}) || v.NamePosition() != (finding.Position{}) || v.IsInherited() {
		t.Error("a nil value is not empty")
	}
}
