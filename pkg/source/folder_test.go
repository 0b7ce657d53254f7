package source_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/source"
)

func TestAPathWithALineBreakForgesNoLine(t *testing.T) {
	_, err := source.Folders{Args: []string{"x\n::error::y"}}.Select(t.Context(), source.Inputs{})
	if err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %q, want an error of one line", err)
	}
}

// TestAnyArgumentOfTheWholeRegistryMakesTheSelectionWhole names the registry and a folder of it, in both orders.
func TestAnyArgumentOfTheWholeRegistryMakesTheSelectionWhole(t *testing.T) {
	w := folder(t, map[string]string{".github/x": "", "a/manifest.json": "{}", "b/manifest.json": "{}"})
	for _, args := range [][]string{{"", "/a"}, {"/a", ""}} {
		s, err := source.Folders{Args: []string{w.Dir + args[0], w.Dir + args[1]}}.Select(t.Context(), source.Inputs{ConfigFile: ".github/verify-manifests.yaml"})
		if err != nil || !s.IsWhole || len(s.Manifests) != 2 {
			t.Errorf("%v: whole %v, %d manifests, error %v", args, s.IsWhole, len(s.Manifests), err)
		}
	}
}

// TestFilesBesideAManifestAreBounded has more files beside a manifest that attests some than are read, and one that is too large: manifests
// are read first.
func TestFilesBesideAManifestAreBounded(t *testing.T) {
	const most = 5_000
	files := map[string]string{"modules/x/1/attestations.json": "{}", "modules/x/1/a": strings.Repeat("x", 1<<20), "modules/x/1/b": strings.Repeat("x", 1<<20+1)}
	for i := range most {
		files[fmt.Sprintf("modules/x/1/c%d", i)] = ""
	}
	dir := folder(t, files).Dir
	s, err := source.Folders{Args: []string{dir}}.Select(t.Context(), source.Inputs{ConfigFile: source.ConfigFile, Preset: "bcr"})
	if err != nil || len(s.Manifests) != 1 || len(s.Beside) != most-1 || s.Beside[0].At() != "modules/x/1/a" {
		t.Errorf("%d manifests, %d files beside, error %v", len(s.Manifests), len(s.Beside), err)
	}
	write(t, dir, map[string]string{"modules/x/1/source.json": "{}", ".github/x": ""})
	s, err = source.Folders{Args: []string{dir + "/modules/x/1/attestations.json"}}.Select(t.Context(), source.Inputs{ConfigFile: source.ConfigFile, Preset: "bcr"})
	if err != nil || len(s.Beside) == 0 || s.Beside[0].At() != "modules/x/1/source.json" {
		t.Errorf("%d files beside, the manifest not first, error %v", len(s.Beside), err)
	}
}
