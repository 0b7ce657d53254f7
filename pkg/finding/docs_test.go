package finding_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	goldtext "github.com/yuin/goldmark/text"

	"github.com/premAI-io/verify-manifests/docs"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// anchor is what GitHub makes of a rule's heading.
func anchor(id string) string { return strings.ReplaceAll(id, "/", "") }

func TestThePageListsItsRules(t *testing.T) {
	table := "\n| Rule | Severity | |\n|---|---|---|\n"
	seen := map[string]bool{}
	for _, r := range finding.Rules() {
		table += fmt.Sprintf("| [`%s`](#%s) | %s | %s |\n", r.ID, anchor(r.ID), r.Severity, r.Title)
		if seen[r.ID] || len(strings.Fields(r.Title)) > 8 {
			t.Errorf("%s has two sections, or a title of more than eight words", r.ID)
		}
		seen[r.ID] = true
	}
	if !strings.Contains(docs.Rules, table+"\n## ") {
		t.Errorf("the table of docs/rules.md is not up to date: %s", table)
	}
}

func TestEveryRuleIsDocumented(t *testing.T) {
	files, err := filepath.Glob("../prem/*.go")
	for _, file := range append(files, "ids.go") {
		source, readErr := os.ReadFile(file)
		if err != nil || readErr != nil {
			t.Fatal(err, readErr)
		}
		for _, id := range regexp.MustCompile(`(?:= |report\()"([a-z]+/[a-z0-9-]+)"`).FindAllStringSubmatch(string(source), -1) {
			if _, known := finding.Lookup(id[1]); !known {
				t.Errorf("docs/rules.md has no section %s", id[1])
			}
		}
	}
	if _, known := finding.Lookup("artifact/none-such"); known {
		t.Error("a rule that does not exist was found")
	}
}

func TestRulesReadAsMarkdown(t *testing.T) {
	source := []byte(docs.Rules)
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
	for _, r := range finding.Rules() {
		if !anchors[anchor(r.ID)] {
			t.Errorf("%s has no heading with the anchor %s", r.ID, anchor(r.ID))
		}
	}
}
