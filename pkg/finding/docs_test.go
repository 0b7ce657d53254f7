package finding_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	goldtext "github.com/yuin/goldmark/text"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	_ "github.com/premAI-io/verify-manifests/pkg/prem" // whose rules are documented with the others
)

var update = flag.Bool("update", false, "rewrite docs/rules.md")

const rulesIntro = `# Rules

Every finding names its rule. The severity is the default one: the inputs can change some of them.

`

// rulesPage documents every rule, in the order of the table.
func rulesPage() string {
	var b strings.Builder
	b.WriteString(rulesIntro)
	b.WriteString("| Rule | Severity | |\n|---|---|---|\n")
	for _, r := range finding.Rules {
		fmt.Fprintf(&b, "| [`%s`](#%s) | %s | %s |\n", r.ID, anchor(r.ID), r.Severity, r.Title)
	}
	for _, r := range finding.Rules {
		fmt.Fprintf(&b, "\n## %s\n\n**%s** (%s)\n\n%s\n\nExample:\n\n```\n%s\n```\n\nFix: %s\n", r.ID, r.Title, r.Severity, r.Why, r.Example, r.Fix)
	}
	return b.String()
}

// anchor is what GitHub makes of the heading.
func anchor(id string) string { return strings.ReplaceAll(id, "/", "") }

func TestEveryRuleIsDocumented(t *testing.T) {
	file := filepath.Join("..", "..", "docs", "rules.md")
	if *update {
		if err := os.WriteFile(file, []byte(rulesPage()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(rulesPage(), string(got)); diff != "" {
		t.Errorf("docs/rules.md is not up to date: go test ./pkg/finding -update\n%s", diff)
	}
}

func TestRulesReadAsMarkdown(t *testing.T) {
	source := []byte(rulesPage())
	page := goldmark.New(goldmark.WithParserOptions(parser.WithAutoHeadingID())).Parser().Parse(goldtext.NewReader(source))
	anchors := map[string]bool{}
	_ = ast.Walk(page, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if id, ok := n.AttributeString("id"); ok && entering {
			anchors[string(id.([]byte))] = true
		}
		if n.Kind() == ast.KindRawHTML || n.Kind() == ast.KindHTMLBlock {
			t.Errorf("a rule holds what reads as HTML: put it between backticks: %s", n.Parent().Lines().Value(source))
		}
		return ast.WalkContinue, nil
	})
	for _, r := range finding.Rules {
		if !anchors[anchor(r.ID)] {
			t.Errorf("%s has no heading with the anchor %s", r.ID, anchor(r.ID))
		}
	}
}
