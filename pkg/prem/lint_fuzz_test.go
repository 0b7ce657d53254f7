package prem_test

import (
	"bytes"
	"fmt"
	"testing"
	"unicode/utf8"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/lint"
	"github.com/premAI-io/verify-manifests/pkg/prem"
	"github.com/premAI-io/verify-manifests/pkg/registry"
)

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
		m, _ := prem.Parse("chat-x/manifest.json", mutated(text, at, length, change))
		if m == nil {
			return
		}
		other, _ := prem.Parse("chat-y/manifest.json", text)
		findings := append(lintAll(m), lint.Compare(other, m).Changes(server)...)
		if other != nil {
			findings = append(findings, prem.Registry{}.LintAll([]*registry.Manifest{m, other}, []string{"chat-y/README.md"}, everything)...)
		}
		for _, f := range findings {
			check(t, f, m, other, text, mutated(text, at, length, change))
		}
	})
}

func mutated(text []byte, at, length int, change []byte) []byte {
	if at < 0 || length < 0 || at > len(text) {
		return text
	}
	end := min(at+length, len(text))
	return bytes.Join([][]byte{text[:at], change, text[max(end, at):]}, nil)
}

func check(t *testing.T, f finding.Finding, m, other *registry.Manifest, old, changed []byte) {
	t.Helper()
	text := changed
	if f.Manifest != m.Path {
		m, text = other, old
	}
	if root(m).At(f.Pointer) == nil {
		t.Fatalf("the pointer of %+v leads nowhere", f)
	}
	lines := bytes.Split(text, []byte("\n"))
	if f.Line < 1 || f.Line > len(lines) || f.Column < 1 || f.Column > utf8.RuneCount(lines[f.Line-1]) {
		t.Fatalf("outside the text: %+v", f)
	}
	if f.Message == "" || bytes.ContainsAny([]byte(f.Message+f.Fix), "\n\x1b") {
		t.Fatalf("%+v", f)
	}
}

// copies returns n manifests made of those in use, each with an id and a port of its own.
func copies(b *testing.B, n int) (paths []string, texts [][]byte) {
	real := realFiles(b)
	for i := range n {
		paths = append(paths, fmt.Sprintf("chat-%d/manifest.json", i))
		texts = append(texts, bytes.Replace(readFile(b, real[i%len(real)]), []byte(`"id": "`), fmt.Appendf(nil, `"id": "x%d`, i), 1))
	}
	return paths, texts
}

func BenchmarkRegistry(b *testing.B) {
	for _, n := range []int{100, 1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			paths, texts := copies(b, n)
			for b.Loop() {
				var all []*registry.Manifest
				for i, text := range texts {
					m, _ := prem.Parse(paths[i], text)
					lintAll(m)
					all = append(all, m)
				}
				prem.Registry{}.LintAll(all, nil, everything)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/manifest")
		})
	}
}
