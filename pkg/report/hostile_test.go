package report_test

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	goldtext "github.com/yuin/goldmark/text"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// hostile is what others have put into names, URLs and page titles to be read as something else.
var hostile = []string{
	"", " ", "line\nbreak", "line\r\n\r\n# heading", "\n\n* item\n", "\n| a | b |\n|---|---|\n",
	"::error::x", "  ::add-mask::x", "a\n::error file=x::y", "##[add-mask]x #\x00#[group]",
	"`", "``", "```\ncode", "a`b``c```d", "`<b>` `|` `\\|`", "a|b|c", `\| \\| trailing\`, "www.`evil.example`", "$`x`$",
	"@maintainer #12 acme/registry#12 hi @team/all GH-12 0123456789abcdef0123456789abcdef01234567",
	"www. https://evil.example www.evil.example mailto:a@b.example a@b.example", "<a@b.example> <https://evil.example>",
	"[text](https://evil.example) ![img](https://evil.example/x.png) [^1]", "](https://evil.example)", "[x]: https://evil.example",
	"<img src=x onerror=alert(1)>", "</details><!-- verify-manifests 7 -->", "</code></td></table>", "<!--", "<script>", "&lt;b&gt; &#64;x &amp;",
	"*em* **strong** _em_ ~~gone~~ $x$ :smile:", "1. one", "1) one", "- item", "+ item", "> quote", "# h", "===", "---", "~~~", "    indented",
	"\x1b[31mred\x1b[0m\u009b31m", "\u202egpj.exe zero\u200bwidth", "\x00\xff\xfe\u2028\U000e0041x",
	"../../../evil/repository/blob/main/x", "a/../b", "/absolute", "%2e%2e/%2e%2e", "a b\"c'd)e(f",
	strings.Repeat("x", 1_100), strings.Repeat("`|@<", 300), strings.Repeat("\n", 1_100),
}

// poisoned is a run in which every outside field holds s, and, as in a report that another run wrote, every sentence.
func poisoned(s string) report.Input {
	in := mixed()
	for i := range in.Results {
		r := &in.Results[i]
		r.Artifact.Manifest = s + service
		r.Artifact.Pointer = "/" + s + r.Artifact.Pointer
		r.Artifact.URL += s
		r.Artifact.Platform += s
		r.Format, r.Note = s, "weights in "+s
		r.Findings = slices.Clone(r.Findings)
		for j := range r.Findings {
			f := &r.Findings[j]
			f.Manifest, f.Pointer = r.Artifact.Manifest, "/"+s+f.Pointer
			f.Message += " titled " + finding.Quote(s)
		}
	}
	in.Findings = []finding.Finding{
		finding.New(finding.ChecksumWeak, s, s, finding.Position{Line: 8, Column: 21}, s, s),
		finding.New(finding.SignatureUnverified, s, s, finding.Position{}, "`"+s, "x "+s+" y"),
		finding.New("manifest/no-readme", s, s, finding.Position{Line: 1}, "`"+s, s),
	}
	in.Findings[2].Waived = finding.Waiver{Because: s + "x", Until: "2026-12-31"}
	in.Notes = []string{"A note of " + s}
	return in
}

// poisonedByAll is one run over what each hostile text poisons.
func poisonedByAll() report.Input {
	all := mixed()
	for _, s := range hostile {
		in := poisoned(s)
		all.Results = append(all.Results, in.Results...)
		all.Findings = append(all.Findings, in.Findings...)
		all.Notes = append(all.Notes, in.Notes...)
	}
	return all
}

var (
	ownHTML   = regexp.MustCompile(`^(</?(code|span)>|<details><summary>[0-9]+ [a-z ]+</summary>\n|<details( open)?><summary>(❌|⚠️) ([0-9]+ (file|place)s?( of [0-9]+ manifests?)? ?)?(<code>([A-Za-z0-9 ./:_…-]|[^\x00-\x7f]|&#[0-9]+;|<span>&#64;</span>)+</code> ?)*: ([A-Za-z0-9',.: -]+|<code>[a-z0-9/-]+</code>)</summary>\n|</details>\n)$`)
	ownDiff   = regexp.MustCompile(`^[-+] sha256:[0-9a-f]{64} \((declared|served|now|20[0-9-]+)\)\n$`)
	ownTarget = regexp.MustCompile(`^https://github\.com/(acme/registry/(commit/[0-9]{40}|actions|actions/runs/4242|blob/[0-9]{40}/[A-Za-z0-9._~/%-]+(#L[0-9]+)?)|premAI-io/verify-manifests/blob/main/docs/rules\.md#[a-z0-9-]+)$`)
	ownText   = regexp.MustCompile(`^[^@#<>|*_\[\]~$=+&{}]*$`)
	autolinks = regexp.MustCompile(`://|\bwww\.|[A-Za-z0-9]/[A-Za-z]|(?i)\bgh-[0-9]|\b[0-9a-f]{7,}\b|:[a-z]+:`)
)

// structure parses Markdown as GitHub does, fails the test where outside text could be read as anything but
// code, and returns the blocks of the page.
func structure(t testing.TB, markdown string) []string {
	t.Helper()
	source := []byte(markdown)
	page := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(goldtext.NewReader(source))
	var blocks []string
	open := 0 // <code> elements
	err := ast.Walk(page, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		if n.Type() == ast.TypeBlock {
			blocks = append(blocks, n.Kind().String())
		}
		switch n := n.(type) {
		case *ast.CodeSpan:
			return ast.WalkSkipChildren, nil
		case *ast.Text:
			text := string(n.Segment.Value(source))
			if open == 0 && (!ownText.MatchString(text) || autolinks.MatchString(text)) {
				t.Errorf("outside code: %q", text)
			}
			if strings.Contains(text, "&#64;") && text != "&#64;" {
				t.Errorf("GitHub may see an e-mail address: %q", text) // it decodes entities first
			}
		case *ast.RawHTML:
			tag := string(n.Segments.Value(source))
			open += strings.Count(tag, "<code>") - strings.Count(tag, "</code>")
			if !ownHTML.MatchString(tag) {
				t.Errorf("raw HTML: %q", tag)
			}
		case *ast.FencedCodeBlock:
			for i := range n.Lines().Len() {
				if line := n.Lines().At(i); !ownDiff.Match(line.Value(source)) {
					t.Errorf("in a fence: %q", line.Value(source))
				}
			}
		case *ast.CodeBlock:
			t.Errorf("an indented block: %q", n.Lines().Value(source))
		case *ast.HTMLBlock:
			if text := string(n.Lines().Value(source)); !ownHTML.MatchString(text) {
				t.Errorf("HTML block: %q", text)
			}
		case *ast.Link:
			if !ownTarget.Match(n.Destination) || bytes.Contains(n.Destination, []byte("/../")) {
				t.Errorf("link to %q", n.Destination)
			}
		case *ast.AutoLink, *ast.Image:
			t.Errorf("a %s", n.Kind())
		}
		return ast.WalkContinue, nil
	})
	if err != nil || open != 0 {
		t.Errorf("%d <code> elements stay open, %v", open, err)
	}
	return blocks
}

func TestMarkdownShowsOutsideTextOnlyAsCode(t *testing.T) {
	want := structure(t, report.Build(poisoned("plain")).Markdown(1<<20))
	for _, s := range hostile {
		markdown := report.Build(poisoned(s)).Markdown(1 << 20)
		got := structure(t, markdown)
		if s != "" && strings.TrimSpace(s) != "" && !slices.Equal(got, want) {
			t.Errorf("%q changes the page from\n%v to\n%v:\n%s", s, want, got, markdown)
		}
		if t.Failed() {
			t.Fatalf("with %.100q:\n%s", s, markdown)
		}
	}
}

func FuzzMarkdown(f *testing.F) {
	f.Add(strings.Join(hostile, "\n"))
	f.Fuzz(func(t *testing.T, s string) { structure(t, report.Build(poisoned(s)).Markdown(1<<20)) })
}

func TestOutsideTextStaysReadable(t *testing.T) {
	in := input()
	for i, s := range []string{"a`b|c", `C:\\models\x`, "<img> & @x", "a@b.example", "line\nbreak", " blank ", "plain text.gguf"} {
		f := weak
		f.Line = i + 1
		f.Pointer, f.Message, f.Fix = "/"+s, "A page titled "+finding.Quote(s)+finding.Quote("next")+", it says", "Ask "+s+", or use 1.2 (e.g. today), not 100%"
		in.Findings = append(in.Findings, f)
	}
	golden(t, "hostile.md", report.Build(in).Markdown(commentLimit))
}

// checkLog fails the test where a line of a log could be taken for a command or move a terminal.
func checkLog(t testing.TB, log string) {
	t.Helper()
	for line := range strings.Lines(log) {
		if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") {
			t.Errorf("a command: %q", line)
		}
		if i := strings.IndexFunc(strings.TrimSuffix(line, "\n"), func(r rune) bool {
			return unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
		}); i >= 0 {
			t.Errorf("a control character: %q", line)
		}
	}
}

// FuzzLog looks at all that a log may hold. The only commands are our own two, around what is folded.
func FuzzLog(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := report.Build(poisoned(s))
		checkLog(t, rendered(t, r, "text"))
		checkLog(t, rendered(t, r, "verbose"))
		checkLog(t, ownFold.ReplaceAllString(rendered(t, r, "folds"), "$1"))
	})
}

var ownFold = regexp.MustCompile(`(?s)\n::group::[0-9]+ files? verified, [0-9]+ unverified(?:, [0-9]+ waived)?(\n.*\n)::endgroup::\n`)

func TestJSONMayBePrintedToALog(t *testing.T) {
	for line := range strings.Lines(jsonOf(t, report.Build(poisonedByAll()))) {
		if strings.Contains(line, "##[") || strings.ContainsFunc(strings.TrimSuffix(line, "\n"), func(r rune) bool {
			return unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
		}) {
			t.Errorf("%q", line)
		}
	}
}

var commandShape = regexp.MustCompile(`^::(error|warning|notice) (col=[0-9]+,)?file=[^:,\x00-\x1f]*(,line=[0-9]+)?,title=[a-z/-]+::[^\x00-\x1f]+$`)

func TestAnnotationsAreTheOnlyCommands(t *testing.T) {
	for _, s := range hostile {
		lines := strings.Split(strings.TrimSuffix(rendered(t, report.Build(poisoned(s)), "annotations"), "\n"), "\n")
		if len(lines) != 6 {
			t.Errorf("%d lines with %.100q, want one for each of 6 findings", len(lines), s)
		}
		for _, line := range lines {
			if !commandShape.MatchString(line) || strings.Contains(line, "##[") {
				t.Errorf("%q", line)
			}
		}
	}
}

// failures are n artifacts that are not what was declared.
func failures(n int) report.Input {
	var results []verify.Result
	for i := range n {
		r := mismatch()
		r.Artifact.Position.Line = 10 * i
		r.Artifact.Pointer += strings.Repeat("x", i)
		r.Findings = slices.Clone(r.Findings)
		r.Findings[0].Pointer = r.Artifact.Pointer + "/checksum"
		r.Findings[0].Line = 10*i + 1
		r.Digest.Sum = fmt.Sprintf("%08x", i) + r.Digest.Sum[8:]
		r.Findings[0].Message = differs(r.Artifact, r.Digest).Message
		results = append(results, r, verified())
		results[2*i+1].Artifact.Pointer += strings.Repeat("x", i)
	}
	return input(results...)
}
