package prem_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/xeipuuv/gojsonschema"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/lint"
	"github.com/premAI-io/verify-manifests/pkg/prem"
	"github.com/premAI-io/verify-manifests/pkg/registry"
)

func FuzzParse(f *testing.F) {
	for _, file := range matching(f, "testdata/{ok,upgrade,err}/*.json") {
		f.Add(readFile(f, file))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m, findings := prem.Parse("x", text)
		for _, each := range findings {
			checkInside(t, text, each.Position)
		}
		if m == nil {
			checkRefusal(t, text, findings)
			return
		}
		if !jsontext.Value(text).IsValid() || !json.Valid(text) {
			t.Fatalf("%q is read", text)
		}
		checkPlaces(t, m, findings)
		checkSchema(t, text, findings)
	})
}

func checkInside(t *testing.T, text []byte, p finding.Position) {
	t.Helper()
	lines := bytes.Split(text, []byte{'\n'})
	if p.Line < 1 || p.Line > len(lines) || p.Column < 1 || p.Column > utf8.RuneCount(lines[p.Line-1])+1 {
		t.Fatalf("%v is not a place in %q", p, text)
	}
}

// checkRefusal makes sure that a text is refused for a reason that another parser has too, or a limit of this program.
func checkRefusal(t *testing.T, text []byte, findings []finding.Finding) {
	t.Helper()
	if len(findings) == 0 || findings[0].Severity != finding.Error {
		t.Fatalf("%q is refused without an error", text)
	}
	ours := []string{finding.JSONTooDeep, finding.JSONControl, finding.JSONLongName, finding.JSONNotAnObject, finding.JSONTooLarge}
	if jsontext.Value(text).IsValid() && !slices.ContainsFunc(findings, func(f finding.Finding) bool { return slices.Contains(ours, f.Rule) }) {
		t.Fatalf("%q is refused, and strict JSON: %v", text, findings)
	}
}

// checkPlaces makes sure that pointers and positions of findings and artifacts lead to the same values.
func checkPlaces(t *testing.T, m *registry.Manifest, findings []finding.Finding) {
	t.Helper()
	urls := map[string]finding.Position{}
	for _, a := range m.Artifacts {
		v := root(m).At(a.Pointer)
		if v == nil || a.Position != v.Position() && a.Position != v.Get("url").Position() && a.Position != v.Get("image").Position() {
			t.Fatalf("%s stands at %v, not %v", a.Pointer, v.Position(), a.Position)
		}
		urls[a.Pointer] = a.Position
	}
	for _, f := range findings {
		v := root(m).At(f.Pointer)
		if v == nil || f.Position != v.Position() && f.Position != v.NamePosition() && f.Position != urls[f.Pointer] {
			t.Fatalf("%v stands at %v", f, v.Position())
		}
	}
}

// exponent is that of numbers with which gojsonschema would compute for long, or crash.
var exponent = regexp.MustCompile(`[0-9][eE]`)

// checkSchema makes sure that nothing that gojsonschema objects to in the text itself is lost on the way.
func checkSchema(t *testing.T, text []byte, findings []finding.Finding) {
	t.Helper()
	if exponent.Match(text) {
		return
	}
	schema, err := gojsonschema.NewSchema(gojsonschema.NewBytesLoader(prem.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	result, err := schema.Validate(gojsonschema.NewBytesLoader(text))
	if err != nil {
		t.Fatal(err)
	}
	isViolation := func(f finding.Finding) bool {
		return strings.HasPrefix(f.Rule, "schema/") || f.Rule == finding.ChecksumInvalid
	}
	if !result.Valid() && !slices.ContainsFunc(findings, isViolation) {
		t.Fatalf("%q has violations that are not reported: %v", text, result.Errors())
	}
}

func FuzzUpgrade(f *testing.F) {
	for _, file := range matching(f, "testdata/{ok,upgrade}/*.json") {
		f.Add(readFile(f, file))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, transition := range []bool{false, true} {
			if upgraded, err := upgrade(text, transition); err == nil {
				checkUpgrade(t, text, upgraded, transition)
			}
		}
	})
}

// FuzzLint changes one place of a manifest in use, and asks that every finding stands inside the text.
func FuzzLint(f *testing.F) {
	f.Add([]byte(`{"id": "x", "weightsFiles": ["a"]}`), 15, 3, []byte(`..`))
	for _, file := range realFiles(f) {
		text := readFile(f, file)
		for _, change := range []string{"", "null", "{}", `"http://x/../"`, "\u0456", "1e9", "<TODO>", `"`} {
			f.Add(text, len(text)/2, 7, []byte(change))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte, at, length int, change []byte) {
		at = min(max(at, 0), len(text))
		changed := slices.Concat(text[:at], change, text[min(at+max(length, 0), len(text)):])
		m, _ := prem.Parse("chat-x/manifest.json", changed)
		if m == nil {
			return
		}
		other, _ := prem.Parse("chat-y/manifest.json", text)
		findings := append(lintAll(m), lint.Compare(other, m).Changes(server)...)
		if other != nil {
			findings = append(findings, prem.Registry{}.LintAll([]*registry.Manifest{m, other}, []string{"chat-y/README.md"}, everything)...)
		}
		for _, f := range findings {
			of, in := m, changed
			if f.Manifest != m.Path {
				of, in = other, text
			}
			checkInside(t, in, f.Position)
			if root(of).At(f.Pointer) == nil || f.Message == "" || strings.ContainsAny(f.Message+f.Fix, "\n\x1b") {
				t.Fatalf("%+v", f)
			}
		}
	})
}
