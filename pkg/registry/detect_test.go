package registry_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/registry"
)

// filesBelow names the files of a folder, and reads them.
func filesBelow(t *testing.T, dir string) (names []string, read func(string, int) ([]byte, error)) {
	t.Helper()
	tree := os.DirFS(dir)
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names, func(name string, _ int) ([]byte, error) { return fs.ReadFile(tree, name) }
}

func TestDetectFindsThePresetOfItsTestManifests(t *testing.T) {
	const dir = "testdata/presets"
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		names, read := filesBelow(t, filepath.Join(dir, e.Name()))
		if found := registry.Detect(names, read); len(found) == 0 || found[0].Preset != e.Name() || found[0].Example == "" {
			t.Errorf("%s: found %v", e.Name(), found)
		}
	}
}

func TestDetectTriesABoundedNumberOfFiles(t *testing.T) {
	names := make([]string, 10_000)
	for i := range names {
		names[i] = "bucket/x.json"
	}
	reads := 0
	found := registry.Detect(names, func(string, int) ([]byte, error) { reads++; return nil, errors.New("unreadable") })
	if len(found) != 0 || reads > 100*len(registry.Presets()) {
		t.Errorf("%d reads, found %v", reads, found)
	}
}
