package cli_test

import (
	"bufio"
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// arrows is the table of docs/architecture.md: which of our packages each package may import.
var arrows = map[string][]string{
	"":                  {"cli"},
	"finding":           {},
	"digest":            {},
	"manifest":          {"digest", "finding"},
	"hosts":             {"digest", "finding"},
	"lint":              {"finding", "hosts", "manifest"},
	"fetch":             {"finding"},
	"format":            {"digest", "finding"},
	"verify":            {"digest", "fetch", "finding", "format", "hosts", "manifest"},
	"report":            {"digest", "finding", "manifest", "verify"},
	"github":            {"finding"},
	"github/githubtest": {},
	"cli":               {"digest", "fetch", "finding", "github", "hosts", "lint", "manifest", "report", "verify"},
}

const module = "github.com/premAI-io/verify-manifests"

func TestImportsFollowTheTable(t *testing.T) {
	list := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, module, module+"/pkg/...")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		from := room(fields[0])
		allowed, known := arrows[from]
		if !known {
			t.Errorf("package %s is in no row of the table", from)
		}
		for _, imported := range fields[1:] {
			if strings.HasPrefix(imported, module) && !slices.Contains(allowed, room(imported)) {
				t.Errorf("%s imports %s, which the table does not allow", from, room(imported))
			}
		}
	}
}

func room(importPath string) string {
	return strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(importPath, module), "/"), "pkg/")
}
