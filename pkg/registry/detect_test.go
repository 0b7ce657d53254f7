package registry_test

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
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

func TestDetectNamesThePresetWithMostMatchesFirst(t *testing.T) {
	const hash = "67948dd9afd6afe5043b0029d5aa7cf0f8b2824baf16f4f097d40d830edb686d"
	bucket := `{"version": "1", "url": "https://example.com/1/a.zip", "hash": "` + hash + `"}`
	source := `{"url": "https://example.com/a.tar.gz", "integrity": "sha256-Z5SN2a/Wr+UEOwApDVqnz3+LKCS68W9PCX1A2DDtto0="}`
	text := map[string]string{"bucket/a.json": bucket, "modules/a/1/source.json": source, "modules/a/2/source.json": source}
	found := registry.Detect(slices.Sorted(maps.Keys(text)), func(name string, _ int) ([]byte, error) { return []byte(text[name]), nil })
	if len(found) != 2 || found[0].Preset != "bcr" || found[0].Manifests != 2 || found[1].Preset != "scoop" {
		t.Errorf("found %v", found)
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
