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
	"docs":              {},
	"finding":           {"docs"},
	"digest":            {},
	"artifact":          {"digest", "finding"},
	"document":          {"finding"},
	"schema":            {"document", "finding"},
	"registry":          {"artifact", "digest", "document", "finding"},
	"prem":              {"artifact", "digest", "document", "finding", "hosts", "lint", "registry", "schema"},
	"config":            {"digest", "document", "finding", "provenance", "registry"},
	"hosts":             {"digest", "finding"},
	"provenance":        {"digest", "finding", "hosts"},
	"lint":              {"artifact", "digest", "document", "finding", "hosts", "registry"},
	"fetch":             {"finding", "hosts"},
	"format":            {"digest", "finding"},
	"baseline":          {"artifact", "digest", "document", "finding", "provenance", "verify"},
	"minisign":          {},
	"get":               {"digest", "fetch", "finding", "minisign"},
	"image":             {"digest", "fetch", "finding"},
	"image/imagetest":   {},
	"verify":            {"artifact", "digest", "fetch", "finding", "format", "hosts", "image", "minisign", "provenance"},
	"report":            {"artifact", "baseline", "digest", "document", "finding", "provenance", "verify"},
	"plan":              {"artifact", "digest", "document", "finding", "hosts", "report", "verify"},
	"publish":           {"artifact", "baseline", "digest", "finding", "github", "hosts", "image", "report", "verify"},
	"sum":               {"artifact", "digest", "document", "finding", "hosts", "image", "inspect", "publish", "registry", "source", "verify"},
	"github":            {"finding"},
	"git":               {"finding"},
	"source":            {"config", "document", "finding", "git", "github", "provenance", "registry"},
	"inspect":           {"artifact", "config", "digest", "document", "finding", "lint", "prem", "provenance", "registry", "schema", "source", "verify"},
	"github/githubtest": {},
	"report/reporttest": {"report"},
	"cli":               {"artifact", "baseline", "config", "digest", "document", "fetch", "finding", "get", "github", "hosts", "image", "inspect", "minisign", "plan", "prem", "provenance", "publish", "registry", "report", "source", "sum", "verify"},

	"prem/premtest":             {"document"},
	"provenance/provenancetest": {},
}

const module = "github.com/premAI-io/verify-manifests"

// imports lists what each of our packages imports, tests apart, by room.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	list := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, module, module+"/pkg/...")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		found[room(fields[0])] = fields[1:]
	}
	return found
}

func TestImportsFollowTheTable(t *testing.T) {
	for from, list := range imports(t) {
		allowed, known := arrows[from]
		if !known {
			t.Errorf("package %s is in no row of the table", from)
		}
		for _, imported := range list {
			if strings.HasPrefix(imported, module) && !slices.Contains(allowed, room(imported)) {
				t.Errorf("%s imports %s, which the table does not allow", from, room(imported))
			}
		}
	}
}

func room(importPath string) string {
	return strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(importPath, module), "/"), "pkg/")
}

// Invariant 3: no byte of an artifact reaches the disk but by get, and none is executed.
func TestWhatSeesBodiesCanNotWriteOrExecuteThem(t *testing.T) {
	found := imports(t)
	for _, sees := range []string{"fetch", "digest", "format", "image", "minisign"} {
		for _, imported := range found[sees] {
			if imported == "os" || strings.HasPrefix(imported, "os/") {
				t.Errorf("%s sees bodies and imports %s", sees, imported)
			}
		}
	}
	for room, imported := range found {
		if room != "cli" && slices.Contains(imported, module+"/pkg/get") {
			t.Errorf("%s imports get, which writes bodies to the disk: only the command of that name does so", room)
		}
		if room != "git" && slices.Contains(imported, "os/exec") {
			t.Errorf("%s can execute programs: only git's own package starts one", room)
		}
	}
}
