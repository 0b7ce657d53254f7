package source_test

import (
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
