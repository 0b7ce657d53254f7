package cli_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestEveryPromiseNamesATestThatIsThere(t *testing.T) {
	root := filepath.Join("..", "..")
	model := readText(t, filepath.Join(root, "docs", "security.md"))
	files, err := filepath.Glob(filepath.Join(root, "pkg", "*", "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	for _, name := range files {
		tests.WriteString(readText(t, name))
	}
	row := regexp.MustCompile(`(?m)^\| .* \| .* \| (.*) \|$`)
	name := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z]+|testdata/[a-z./]+)`")
	for _, promise := range row.FindAllStringSubmatch(model, -1) {
		names := name.FindAllStringSubmatch(promise[1], -1)
		if len(names) == 0 && promise[1] != "test" {
			t.Errorf("no test is named: %s", promise[0])
		}
		for _, n := range names {
			_, err := os.Stat(filepath.Join(root, n[1]))
			if err != nil && !strings.Contains(tests.String(), "func "+n[1]+"(") {
				t.Errorf("missing %s", n[1])
			}
		}
	}
}
