package document_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/document"
)

// laughs is a list of ten, each a list of ten aliases of the one before, and so on.
func laughs(levels int) string {
	var b strings.Builder
	b.WriteString("a0: &a0 [" + strings.Repeat("x,", 10) + "]\n")
	for i := range levels {
		fmt.Fprintf(&b, "a%d: &a%[1]d [%s]\n", i+1, strings.Repeat(fmt.Sprintf("*a%d,", i), 10))
	}
	return b.String()
}

// stairs are n mappings inside each other, in block style.
func stairs(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%sa:\n", strings.Repeat(" ", i))
	}
	return b.String()
}

func TestYAMLThatIsTooMuchIsRefused(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"laughs", laughs(9), "yaml/too-large 1:28"},
		{"merges that multiply", "a0: &a0 {x: [1,1,1,1,1,1,1,1]}\n" + multiplyMerges(20), "yaml/too-large"},
		{"64 levels in flow style", strings.Repeat("[", 64) + strings.Repeat("]", 64), ""},
		{"65 levels in flow style", strings.Repeat("[", 65) + strings.Repeat("]", 65), "yaml/too-deep 1:65"},
		{"10,000 levels in flow style", strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), "yaml/too-deep 1:65"},
		{"a million levels, never closed", strings.Repeat("[", 1_000_000), "yaml/too-large 1:1"},
		{"100,000 levels, never closed", strings.Repeat("[", 100_000), "yaml/too-deep 1:65"},
		{"64 levels in block style", strings.Repeat("- ", 64) + "a", ""},
		{"65 levels in block style", strings.Repeat("- ", 65) + "a", "yaml/too-deep 1:129"},
		{"10,000 keys that are mappings", strings.Repeat("? ", 10_000) + "a", "yaml/too-deep 1:129"},
		{"64 mappings in block style", stairs(64), ""},
		{"65 mappings in block style", stairs(65), "yaml/too-deep 65:66"},
		{"65 levels in both styles", strings.Repeat("- ", 33) + strings.Repeat("[", 32) + strings.Repeat("]", 32), "yaml/too-deep 1:98"},
		{"65 levels by an alias", "a: &a " + strings.Repeat("[", 40) + strings.Repeat("]", 40) + "\nb: " + strings.Repeat("[", 30) + "*a" + strings.Repeat("]", 30), "yaml/too-deep 1:40"},
		{"names of 4,000 bytes by an alias", aliasedNames(9), ""},
		{"names of 4,100 bytes by an alias", aliasedNames(30), "yaml/too-deep 1:4087 /b"},
		{"names of 4,097 bytes that lead somewhere", nestedNames(5), "yaml/too-deep 5:5"},
		{"too many values", strings.Repeat("- abcdefg\n", 110_000), "yaml/too-large"},
		{"too many commas", "[" + strings.Repeat("a,", 500_000) + "]", "yaml/too-large 1:1"},
		{"too many dashes", strings.Repeat("- ", 500_000), "yaml/too-large 1:1"},
		{"too many documents", strings.Repeat("--- a\n", 170_000), "yaml/too-large"},
		{"over the size", strings.Repeat("#", 1<<20+1), "yaml/too-large 1:1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := readYAML(test.text)
			if test.want == "" && strings.Contains(got, "yaml/") || !strings.Contains(got, test.want) {
				t.Errorf("want %q, got %.300s", test.want, got)
			}
		})
	}
}

// multiplyMerges are mappings that each take in two copies of the one before.
func multiplyMerges(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "a%d: &a%[1]d {<<: *a%d, l%[1]d: *a%[2]d, r%[1]d: *a%[2]d}\n", i+1, i)
	}
	return b.String()
}

// aliasedNames is a value below four names of 1,000 bytes in an alias, and one of n.
func aliasedNames(n int) string {
	name := strings.Repeat("k", 1017)
	return "a: &a {" + strings.Repeat(name+": {", 3) + name + ": v}}}}\n" + strings.Repeat("b", n) + ": *a\n"
}

func nestedNames(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%s%s:\n", strings.Repeat(" ", i), strings.Repeat("k", 1000))
	}
	return b.String()
}

// hostile are texts of a length whose reading costs no more for each byte when they get longer.
var hostile = map[string]func(n int) string{
	"one line in flow style":     func(n int) string { return "[" + strings.Repeat("{a: b, 'c': \"d\"},", n/17) + "]" },
	"entries":                    func(n int) string { return strings.Repeat("- url: https://example.com/a\n  sha256: b\n", n/43) },
	"keys":                       func(n int) string { return numbered(n, "k%d: v\n") },
	"anchors":                    func(n int) string { return numbered(n, "- &a%d v\n- *a%[1]d\n") },
	"one anchor, over and over":  func(n int) string { return strings.Repeat("- &a v\n- *a\n", n/12) },
	"a chain of merges":          func(n int) string { return numbered(n, "- &a%d {<<: {b: c}, d: e}\n") },
	"duplicates":                 func(n int) string { return strings.Repeat("a: 1\n", n/5) },
	"comments behind an anchor":  func(n int) string { return "- &a\n" + strings.Repeat("  # c\n", n/6) + "  v\n" },
	"anchors and comments":       func(n int) string { return strings.Repeat("- &a # c\n", n/9) },
	"documents":                  func(n int) string { return strings.Repeat("---\na: b\n", n/9) },
	"quotes that are never ends": func(n int) string { return strings.Repeat("- 'a\n  b'\n", n/10) },
	"a block scalar":             func(n int) string { return "a: |\n" + strings.Repeat("  b\n", n/4) },
	"explicit keys":              func(n int) string { return "{" + strings.Repeat("? a\n", n/4) + "}" },
	"line breaks of YAML 1.1":    func(n int) string { return strings.Repeat("- a\u2028", n/6) },
	"a quote on a long line":     func(n int) string { return "[" + strings.Repeat("'a' , ", n/6) + "]" },
}

func numbered(size int, line string) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, line, i)
	}
	return b.String()
}

// TestReadingYAMLCostsAConstantForEachByte counts bytes of memory; what costs time alone makes this test endless.
func TestReadingYAMLCostsAConstantForEachByte(t *testing.T) {
	cost := func(text string) float64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		document.Read("x.yaml", []byte(text), document.Options{MaxSize: 64 << 20})
		runtime.ReadMemStats(&after)
		return float64(after.TotalAlloc-before.TotalAlloc) / float64(len(text))
	}
	for name, text := range hostile {
		t.Run(name, func(t *testing.T) {
			few, many := cost(text(8<<10)), cost(text(64<<10))
			if many > 1.5*few || many > 3000 {
				t.Errorf("%.0f bytes for each byte of 8 KiB, and %.0f for each of 64 KiB", few, many)
			}
		})
	}
}
