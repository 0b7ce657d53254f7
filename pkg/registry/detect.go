package registry

import (
	"cmp"
	"fmt"
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
func Detect(files []string, read func(paths []string, maxSize int) map[string][]byte) []Detected {
	all := make([]Detected, 0, len(Presets()))
	tried := map[string][]string{} // by preset
	var wanted []string
	for _, name := range Presets() {
		r, err := Preset(name)
		if err != nil {
			continue
		}
		selected := slices.DeleteFunc(slices.Clone(files), func(path string) bool { return !r.Selects(path) })
		if len(selected) == 0 {
			continue
		}
		for _, glob := range r.Manifests { // a glob may be of the one file that counts
			ofGlob := slices.DeleteFunc(slices.Clone(selected), func(path string) bool { return !Selects([]string{glob}, path) })
			step := (len(ofGlob) + detectFiles - 1) / detectFiles // spread evenly
			for i := 0; i < len(ofGlob); i += step {
				tried[name] = append(tried[name], ofGlob[i])
			}
		}
		tried[name] = slices.Compact(slices.Sorted(slices.Values(tried[name])))
		wanted = append(wanted, tried[name]...)
		all = append(all, Detected{registry: r, Preset: name, Manifests: len(selected)})
	}
	if wanted = slices.Compact(slices.Sorted(slices.Values(wanted))); len(wanted) == 0 {
		return nil
	}
	texts := read(wanted, detectSize)
	for i := range all {
		all[i].try(tried[all[i].Preset], texts)
	}
	all = slices.DeleteFunc(all, func(d Detected) bool { return d.Example == "" })
	slices.SortStableFunc(all, func(a, b Detected) int { return cmp.Compare(b.estimate, a.estimate) })
	return all
}

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
	d.estimate = d.Manifests * matches / len(paths)
}
