package registry

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Detected is a preset that finds artifacts in a folder.
type Detected struct {
	Preset    string
	Manifests int    // files that its globs select
	Example   string // a file in which it finds an artifact

	registry *Registry
	estimate int // of the manifests with an artifact
}

// String describes the match in a sentence.
func (d Detected) String() string {
	return fmt.Sprintf("the preset %s finds %s, such as %s", finding.Quote(d.Preset), counted(d.Manifests, "manifest", "manifests"), finding.Quote(d.Example))
}

// The bounds of a detection.
const (
	detectFiles = 20      // files tried for one glob of a preset
	detectSize  = 8 << 20 // bytes of a file that is tried
)

// Detect tries every preset's globs and entries on files, and returns the presets that find an artifact, the one that likely finds
// the most manifests first. read returns the texts of files by path, without those that can't be read or are larger than maxSize.
func Detect(files []string, read func(paths []string, maxSize int) map[string][]byte) (found []Detected) {
	selected := func(paths, globs []string) []string {
		return slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return !Selects(globs, path) })
	}
	tried := map[string][]string{} // by preset
	for _, name := range Presets() {
		r, _ := Preset(name) // exists
		manifests := selected(files, r.Manifests)
		for _, glob := range r.Manifests { // a glob may be of the one file that counts
			ofGlob := selected(manifests, []string{glob})
			step := (len(ofGlob) + detectFiles - 1) / detectFiles // spread evenly
			for i := 0; i < len(ofGlob); i += step {
				tried[name] = append(tried[name], ofGlob[i])
			}
		}
		tried[name] = sortedOnce(tried[name])
		found = append(found, Detected{registry: r, Preset: name, Manifests: len(manifests)})
	}
	wanted := sortedOnce(slices.Concat(slices.Collect(maps.Values(tried))...))
	if len(wanted) == 0 {
		return nil
	}
	texts := read(wanted, detectSize)
	for i := range found {
		found[i].try(tried[found[i].Preset], texts)
	}
	found = slices.DeleteFunc(found, func(d Detected) bool { return d.Example == "" })
	slices.SortStableFunc(found, func(a, b Detected) int { return cmp.Compare(b.estimate, a.estimate) })
	return found
}

func sortedOnce(paths []string) []string { return slices.Compact(slices.Sorted(slices.Values(paths))) }

// try finds artifacts in files, and estimates from them in how many manifests there are some.
func (d *Detected) try(paths []string, texts map[string][]byte) {
	matches := 0
	for _, path := range paths {
		text, isRead := texts[path]
		if !isRead {
			continue
		}
		if m, _ := d.registry.Read(path, text, d.registry); m != nil && len(m.Artifacts) > 0 {
			matches++
			d.Example = cmp.Or(d.Example, path)
		}
	}
	d.estimate = d.Manifests * matches / max(len(paths), 1)
}
