package registry_test

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/registry"
)

// listed is an artifact as a listing has it, one a line.
type listed struct {
	Registry     string `json:"registry"`
	Manifest     string `json:"manifest"`
	Document     int    `json:"document"`
	Entry        string `json:"entry"`
	Pointer      string `json:"pointer"`
	URL          string `json:"url"`
	DeclaredURL  string `json:"declared_url"`
	Line         int    `json:"line"`
	Column       int    `json:"column"`
	Checksum     string `json:"checksum"`
	ChecksumLine int    `json:"checksum_line"`
	Mirror       int    `json:"mirror"`
	Platform     string `json:"platform"`
	Size         int64  `json:"size"`
}

func readListing(t *testing.T, file string) map[string][]listed {
	t.Helper()
	text, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		t.Skip("the samples are not beside the project")
	}
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]listed{}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		var l listed
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		if l.Checksum == "" || strings.HasPrefix(l.Checksum, "invalid:") {
			l.Checksum, l.ChecksumLine = strings.SplitN(l.Checksum+":", ":", 2)[0], 0
		}
		all[l.Registry] = append(all[l.Registry], l)
	}
	return all
}

// found is an artifact as the engine finds it, in the form of a listing.
func found(name string, a artifact.Artifact) listed {
	l := listed{
		Registry: name, Manifest: a.Manifest, Document: a.Document, Entry: a.Pointer, Pointer: a.Slot.URL, URL: a.URL, DeclaredURL: a.Declared,
		Line: a.Position.Line, Column: a.Position.Column, Mirror: a.Mirror, Platform: a.Platform,
	}
	if c := a.Checksum; c != nil {
		l.Checksum, l.ChecksumLine = c.Value.String(), c.Position.Line
		if c.Value.IsZero() {
			l.Checksum, l.ChecksumLine = "invalid", 0
		}
	}
	if a.Size != nil {
		l.Size = a.Size.Value
	}
	return l
}

// tree is the texts of files, by slash-separated path.
type tree map[string]string

func treeBelow(t *testing.T, dir string) tree {
	t.Helper()
	files, root := tree{}, os.DirFS(dir)
	err := fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(root, path)
		files[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// describe reads every manifest of a tree that a preset selects.
func describe(t *testing.T, name string, files tree) (all []listed) {
	t.Helper()
	r := registryOf(t, name)
	for path, text := range files {
		if !r.Selects(path) {
			continue
		}
		m, findings := r.Read(path, []byte(text), r)
		if m == nil {
			t.Fatalf("%s: %v", path, findings)
		}
		for _, a := range m.Artifacts {
			all = append(all, found(name, a))
		}
	}
	return all
}

const (
	samples  = "../../../shared/samples"
	fixtures = "testdata/presets"
)

// sortListing sorts by manifest, line and column.
func sortListing(all []listed) {
	slices.SortStableFunc(all, func(a, b listed) int {
		return cmp.Or(strings.Compare(a.Manifest, b.Manifest), a.Line-b.Line, a.Column-b.Column, strings.Compare(a.Entry, b.Entry))
	})
}

func TestPresetsFindWhatSeparateProgramsFind(t *testing.T) {
	for _, listing := range []string{samples + "/expected.jsonl", samples + "/expected-formats.jsonl", fixtures + "/expected.jsonl"} {
		t.Run(strings.TrimPrefix(listing, "../../../"), func(t *testing.T) {
			for name, want := range readListing(t, listing) {
				got := describe(t, name, treeBelow(t, filepath.Join(filepath.Dir(listing), name)))
				sortListing(want)
				sortListing(got)
				for i := range want { // the pointer is the entry's where it has one URL
					if i < len(got) && got[i].Entry == want[i].Pointer {
						got[i].Entry = want[i].Entry
					}
				}
				if diff := gocmp.Diff(want, got); diff != "" {
					t.Errorf("%s (- listed, + found):\n%s", name, diff)
				}
			}
		})
	}
}

func TestPresetsOfIndexesAreJudgedByEntry(t *testing.T) {
	var manifests []string
	for _, name := range registry.Presets() {
		if !registryOf(t, name).ByEntry {
			manifests = append(manifests, name)
		}
	}
	if want := []string{"bcr", "krew", "prem", "scoop", "winget"}; !slices.Equal(manifests, want) {
		t.Errorf("judged by the whole manifest: %v, want %v", manifests, want)
	}
}
