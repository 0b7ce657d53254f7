package cli_test

import (
	"bufio"
	"bytes"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// arrows reads the table of docs/architecture.md: which of our packages each package may import; "all" is any.
func arrows(t *testing.T) map[string][]string {
	t.Helper()
	table := map[string][]string{"": {"cli"}}
	row := regexp.MustCompile("(?m)^\\| `pkg/([a-z/]+)` \\| .* \\| (.*?) ?\\|$")
	for _, match := range row.FindAllStringSubmatch(readText(t, "../../docs/architecture.md"), -1) {
		table[match[1]] = strings.Split(match[2], ", ")
	}
	return table
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
	table := arrows(t)
	for from, list := range imports(t) {
		allowed, known := table[from]
		if !known {
			t.Errorf("package %s is in no row of the table", from)
		}
		for _, imported := range list {
			if strings.HasPrefix(imported, module) && allowed[0] != "all" && !slices.Contains(allowed, room(imported)) {
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
