package registry_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/registry"
)

func (all tree) detect() []registry.Detected {
	return registry.Detect(slices.Sorted(maps.Keys(all)), func(paths []string, _ int) map[string][]byte {
		read := map[string][]byte{}
		for _, name := range paths {
			read[name] = []byte(all[name])
		}
		return read
	})
}

func TestDetectFindsThePresetOfItsTestManifests(t *testing.T) {
	for preset := range readListing(t, fixtures+"/expected.jsonl") {
		if found := treeBelow(t, filepath.Join(fixtures, preset)).detect(); len(found) == 0 || found[0].Preset != preset || found[0].Example == "" {
			t.Errorf("%s: found %v", preset, found)
		}
	}
}

func TestDetectNamesThePresetWithMostMatchesFirst(t *testing.T) {
	const hash = "67948dd9afd6afe5043b0029d5aa7cf0f8b2824baf16f4f097d40d830edb686d"
	bucket := `{"version": "1", "url": "https://example.com/1/a.zip", "hash": "` + hash + `"}`
	source := `{"url": "https://example.com/a.tar.gz", "integrity": "sha256-Z5SN2a/Wr+UEOwApDVqnz3+LKCS68W9PCX1A2DDtto0="}`
	text := tree{"bucket/a.json": bucket, "modules/a/1/source.json": source, "modules/a/2/source.json": source}
	text["package-lock.json"] = `{"packages": {"node_modules/a": {"resolved": "https://example.com/a.tgz"}}}`
	for i := range 100 {
		text[fmt.Sprintf("bucket/%d.json", i)] = bucket
		text[fmt.Sprintf("modules/x%d/1/source.json", i)] = "{}"
	}
	found := text.detect()
	if len(found) < 2 || found[0].Preset != "scoop" || found[0].Manifests != 101 || !slices.ContainsFunc(found, func(d registry.Detected) bool { return d.Preset == "npm" }) {
		t.Errorf("found %v", found)
	}
}

// TestDetectTriesTheFileThatCounts holds that the one file with models of LocalAI's gallery is tried, among a hundred base
// configurations without any.
func TestDetectTriesTheFileThatCounts(t *testing.T) {
	text := tree{"gallery/index.yaml": "- files: [{uri: 'hf://a/b/c'}]"}
	for i := range 100 {
		text[fmt.Sprintf("gallery/%02d.yaml", i)] = "name: base"
	}
	found := text.detect()
	if len(found) != 1 || found[0].Preset != "localai" || found[0].Example != "gallery/index.yaml" {
		t.Errorf("found %v", found)
	}
}

func TestDetectTriesABoundedNumberOfFiles(t *testing.T) {
	names := []string{"package-lock.json"}
	for i := range 10_000 {
		names = append(names, fmt.Sprintf("bucket/%d.json", i))
	}
	tried := 0
	found := registry.Detect(names, func(paths []string, _ int) map[string][]byte { tried += len(paths); return nil })
	if len(found) != 0 || tried > 21 {
		t.Errorf("%d files tried, found %v", tried, found)
	}
	registry.Detect([]string{"README.md"}, func([]string, int) map[string][]byte { t.Error("a file of no preset is read"); return nil })
}
