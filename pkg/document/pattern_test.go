package document_test

import (
	"regexp"
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

var unescape = strings.NewReplacer("~1", "/", "~0", "~")

// oracle returns a pattern as a regular expression about all names on the way to a value, each behind a NUL.
func oracle(pattern string) *regexp.Regexp {
	wildcards := regexp.MustCompile(`\\\*|\\\{[\w-]+\\\}`)
	expression := ""
	for _, part := range strings.Split(pattern, "/")[1:] {
		name := wildcards.ReplaceAllStringFunc(regexp.QuoteMeta(unescape.Replace(part)), func(wildcard string) string {
			if isWhole := wildcard == regexp.QuoteMeta(part); isWhole || wildcard == `\*` {
				return "[^\x00]*"
			}
			return "[^\x00]+"
		})
		if part == "**" {
			name = "[^\x00]*)*"
			expression += "(?:"
		}
		expression += "\x00" + name
	}
	return regexp.MustCompile("^" + expression + "$")
}

// FuzzPattern holds the matcher to an oracle, and to visiting each value once.
func FuzzPattern(f *testing.F) {
	f.Add("/**/a/**/b", "/a/{x}", `{"a": [{"b": {"a": 1, "b": [2]}}]}`)
	f.Add("/**/*/{x}", "", `[[[[1, 2], {"a": 3}]], 4]`)
	f.Add("/a*/*/**/b", "/{x}*1/a{y}~1", `{"ab": [{"b": {"a/": 1}}], "/": {"a~1/": 2, "a1": 3}}`)
	f.Add("/a~1b/**", "/**", `{"a/b": {"**": {"*": {"{x}": null}}}}`)
	f.Fuzz(func(t *testing.T, first, second, text string) {
		var patterns []document.Pattern
		var oracles []*regexp.Regexp
		for _, each := range []string{first, second} {
			p, err := document.ParsePattern(each)
			if err != nil {
				return
			}
			patterns, oracles = append(patterns, p), append(oracles, oracle(each))
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
				want := oracles[i].MatchString(unescape.Replace(strings.ReplaceAll(v.Pointer(), "/", "\x00")))
				got := slices.ContainsFunc(found, func(m document.Match) bool { return m.Pattern == i })
				if want != got || p.Match(v.Pointer()) != want {
					t.Errorf("%s at %s: %v, and %v by the oracle", p, v.Pointer(), got, want)
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
