package document_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/document"
)

func TestParsePattern(t *testing.T) {
	for _, test := range []struct{ text, problem string }{
		{"", ""},
		{"/", ""},
		{"/a/*/**/{name}/b~1c", ""},
		{"/{a}/{b-c_1}", ""},
		{strings.Repeat("/**", 1000), ""}, // is one
		{strings.Repeat("/a", 32), ""},
		{strings.Repeat("/a", 33), "33 parts; the limit is 32"},
		{strings.Repeat("/**/a", 1000), "2000 parts"},
		{"a", "begins with `/`"},
		{"*", "begins with `/`"},
		{"/a*", ""},
		{"/{a", "invalid part `{a`"},
		{"/{}", "invalid part `{}`"},
		{"/{1}", "invalid part `{1}`"},
		{"/{a}b", ""},
		{"/a~2b", "invalid escape in `a~2b`"},
		{"/*/a~", "invalid escape in `a~`"},
		{"/~01~10", ""},
		{"/***", "invalid part `***`"},
		{"/{a}/x/{a}", "`{a}` is captured twice"},
	} {
		switch _, err := document.ParsePattern(test.text); {
		case err == nil && test.problem != "":
			t.Errorf("%.50q: want %q", test.text, test.problem)
		case err != nil && (test.problem == "" || !strings.Contains(err.Error(), test.problem)):
			t.Errorf("%.50q: want %q, got %v", test.text, test.problem, err)
		}
	}
}

func parse(t testing.TB, texts ...string) (patterns []document.Pattern) {
	t.Helper()
	for _, text := range texts {
		p, err := document.ParsePattern(text)
		if err != nil {
			t.Fatal(err)
		}
		patterns = append(patterns, p)
	}
	return patterns
}

// TestMatcher holds the pointer and the captured value of {x} of each match. FuzzPattern holds which values match.
func TestMatcher(t *testing.T) {
	root := one(t, "x.json", `{"a": {"b": [{"c": 1}, {"c": 2}], "~/": 3}, "b": {"a": {"b": 4}}, "*": 5}`)
	for pattern, want := range map[string]string{
		"": " ", "/a/~0~1": "/a/~0~1 ", "/a/b/01/c": "", "/a/b/*/c": "/a/b/0/c |/a/b/1/c ", "/a/b/{x}": "/a/b/0 0|/a/b/1 1", "/**/b": "/a/b |/b |/b/a/b ",
		"/{x}/**/b": "/a/b a|/b/a/b b", "/**/{x}/b": "/a/b a|/b/a/b a", "/b/**": "/b |/b/a |/b/a/b ", "/{x}/b*": "/a/b a", "/*/~0{x}": "/a/~0~1 /",
	} {
		var found []string
		document.NewMatcher(parse(t, pattern)...).Walk(root, func(v *document.Value, matched []document.Match) bool {
			for _, m := range matched {
				found = append(found, v.Pointer()+" "+m.Captured.Get("x"))
			}
			return true
		})
		if got := strings.Join(found, "|"); got != want {
			t.Errorf("%s: want %q, got %q", pattern, want, got)
		}
	}
}

// naive reports whether a pattern has a place, trying every way.
func naive(pattern, path []string) bool {
	switch {
	case len(pattern) == 0:
		return len(path) == 0
	case pattern[0] == "**":
		return naive(pattern[1:], path) || len(path) > 0 && naive(pattern, path[1:])
	case len(path) == 0:
		return false
	}
	isCapture := strings.HasPrefix(pattern[0], "{") && strings.Index(pattern[0], "}") == len(pattern[0])-1
	return (isCapture || naiveName(pattern[0], path[0])) && naive(pattern[1:], path[1:])
}

// naiveName reports whether a pattern's part has a name, trying every way.
func naiveName(part, name string) bool {
	if part == "" {
		return name == ""
	}
	capture, rest, isCapture := strings.Cut(part, "}")
	isCapture = isCapture && capture[0] == '{'
	switch {
	case isCapture:
		return name != "" && (naiveName(rest, name[1:]) || naiveName(part, name[1:]))
	case part[0] == '*':
		return naiveName(part[1:], name) || name != "" && naiveName(part, name[1:])
	}
	return name != "" && part[0] == name[0] && naiveName(part[1:], name[1:])
}

func tokens(pointer string) []string {
	if pointer == "" {
		return nil
	}
	parts := strings.Split(pointer[1:], "/")
	for i, part := range parts {
		parts[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
	}
	return parts
}

// FuzzPattern holds the matcher to naive, and to visiting each value once.
func FuzzPattern(f *testing.F) {
	f.Add("/**/a/**/b", "/a/{x}", `{"a": [{"b": {"a": 1, "b": [2]}}]}`)
	f.Add("/**/*/{x}", "", `[[[[1, 2], {"a": 3}]], 4]`)
	f.Add("/a*/*/**/b", "/{x}*1/a{y}~1", `{"ab": [{"b": {"a/": 1}}], "/": {"a~1/": 2, "a1": 3}}`)
	f.Add("/a~1b/**", "/**", `{"a/b": {"**": {"*": {"{x}": null}}}}`)
	f.Fuzz(func(t *testing.T, first, second, text string) {
		var patterns []document.Pattern
		for _, each := range []string{first, second} {
			p, err := document.ParsePattern(each)
			if err != nil || len(text) > 300 || strings.Count(each, "*")+strings.Count(each, "{") > 12 { // naive is exponential
				return
			}
			patterns = append(patterns, p)
		}
		documents, _ := document.Read("x.json", []byte(text), document.Options{})
		if len(documents) == 0 {
			return
		}
		seen := map[*document.Value]bool{}
		document.NewMatcher(patterns...).Walk(documents[0].Root, func(v *document.Value, found []document.Match) bool {
			if seen[v] {
				t.Errorf("%s is visited twice", v.Pointer())
			}
			seen[v] = true
			for i, p := range patterns {
				want := naive(tokens(p.String()), tokens(v.Pointer()))
				got := slices.ContainsFunc(found, func(m document.Match) bool { return m.Pattern == i })
				if want != got || p.Match(v.Pointer()) != want {
					t.Errorf("%s at %s: %v, and %v by trying every way", p, v.Pointer(), got, want)
				}
			}
			return true
		})
	})
}

// TestMatchingIsLinear counts what a walk allocates, which is what it does at each value.
func TestMatchingIsLinear(t *testing.T) {
	patterns := parse(t, "/**/a/**/b", "/**/{x}/**/*/**/a", strings.Repeat("/**/*", 16))
	cost := func(n int) float64 {
		root := one(t, "x.json", "["+strings.TrimSuffix(strings.Repeat(strings.Repeat(`{"a": [`, 30)+"1"+strings.Repeat("]}", 30)+",", n), ",")+"]")
		return testing.AllocsPerRun(1, func() {
			document.NewMatcher(patterns...).Walk(root, func(*document.Value, []document.Match) bool { return true })
		})
	}
	if few, many := cost(10), cost(200); many > 22*few {
		t.Errorf("%.0f allocations for ten trees, and %.0f for two hundred", few, many)
	}
}
