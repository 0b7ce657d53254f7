package finding_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

func TestCleanShowsWhatWouldDoHarm(t *testing.T) {
	for in, want := range map[string]string{
		"plain.gguf, with blanks":   "plain.gguf, with blanks",
		"a\nb\r\tc":                 `a\nb\r\tc`,
		"\x1b[31mred":               `\u001b[31mred`,
		"::error::x":                `:\:error::x`,
		"  ::add-mask::x":           `  :\:add-mask::x`,
		"x ::error::":               "x ::error::",
		"##[add-mask]x":             `##\[add-mask]x`,
		"###[group]":                `###\[group]`,
		"abc\u202egpj.exe":          `abc\u202egpj.exe`,
		"zero\u200bwidth":           `zero\u200bwidth`,
		"no\u00a0break":             `no\u00a0break`,
		"line\u2028separator":       `line\u2028separator`,
		"tag\U000e0041":             `tag\U000e0041`,
		"bad\xffutf8":               `bad\xffutf8`,
		"Modèle für Übung 模型":       "Modèle für Übung 模型",
		"a\u034f\u115f\u1160b":      `a\u034f\u115f\u1160b`,
		"\u17b4\u180b\ufe00\uffa0":  `\u17b4\u180b\ufe00\uffa0`,
		"tag\U000e0100":             `tag\U000e0100`,
		"e\u0301\u0302\u0303\u0304": "e\u0301\u0302\u0303\u0304",
		"e\u0301\u0301\u0301\u0301\u0301\u0302x\u0301": "e\u0301\u0301\u0301\u0301" + `\u0301\u0302` + "x\u0301",
		"replacement \ufffd itself":                    "replacement \ufffd itself",
		"":                                             "",
	} {
		if got := finding.Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestQuoteCannotBeLeft(t *testing.T) {
	if got := finding.Quote("a`b``c"); got != "`a'b''c`" {
		t.Errorf("got %s", got)
	}
	if got := finding.Quote(""); got != "(empty)" {
		t.Errorf("got %s", got)
	}
	long := finding.Quote(strings.Repeat("x", 10_000))
	if n := utf8.RuneCountInString(long); n > 210 || !strings.Contains(long, "…") {
		t.Errorf("a long value is quoted with %d runes", n)
	}
}

func FuzzQuote(f *testing.F) {
	for _, seed := range []string{"", "a", "`", "::x::", "##[x]", "#\x00#[", "\xff\xfe", "\u202e", ":\n:", "##\u200b[x]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := finding.Quote(s)
		inner := strings.TrimSuffix(strings.TrimPrefix(got, "`"), "`")
		if strings.Contains(inner, "`") || !utf8.ValidString(got) || strings.Contains(got, "##[") {
			t.Fatalf("Quote(%q) = %q", s, got)
		}
		if strings.HasPrefix(strings.TrimSpace(finding.Clean(s)), "::") {
			t.Fatalf("Clean(%q) starts a command: %q", s, finding.Clean(s))
		}
		for _, r := range got {
			if r != ' ' && (unicode.IsControl(r) || unicode.IsSpace(r) || unicode.Is(unicode.Cf, r)) {
				t.Fatalf("Quote(%q) holds %U", s, r)
			}
		}
	})
}

func TestShorten(t *testing.T) {
	if got := finding.Shorten("abcdefghij", 10); got != "abcdefghij" {
		t.Errorf("got %s", got)
	}
	if got := finding.Shorten("abcdefghijk", 10); got != "abcdef…ijk" {
		t.Errorf("got %s", got)
	}
}

func TestNewPanicsOnAnUnknownRule(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	finding.New("artifact/none-such", "", "", finding.Position{}, "", "")
}

func TestSeverityIsStrictAndReadsItself(t *testing.T) {
	if finding.Severity(0) != finding.Error {
		t.Error("the zero severity is not an error")
	}
	for _, s := range []finding.Severity{finding.Error, finding.Warning, finding.Notice} {
		text, _ := json.Marshal(s)
		var back finding.Severity
		if err := json.Unmarshal(text, &back); err != nil || back != s {
			t.Errorf("%s reads as %s, %v", s, back, err)
		}
	}
	var s finding.Severity
	if err := s.UnmarshalText([]byte("fatal")); err == nil || finding.Severity(9).String() != "severity(9)" {
		t.Error("an unknown severity is taken")
	}
}

func TestFindingsSortByPlace(t *testing.T) {
	a := finding.New(finding.ArtifactMismatch, "a/manifest.json", "/x", finding.Position{Line: 2, Column: 9}, "m", "")
	b := finding.New(finding.ArtifactMismatch, "a/manifest.json", "/x", finding.Position{Line: 10, Column: 1}, "m", "")
	c := finding.New(finding.ChecksumWeak, "b/manifest.json", "", finding.Position{Line: 1, Column: 1}, "m", "")
	got := []finding.Finding{c, b, a}
	slices.SortFunc(got, finding.Finding.Compare)
	if !slices.Equal(got, []finding.Finding{a, b, c}) {
		t.Errorf("got %v", got)
	}
}
