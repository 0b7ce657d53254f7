package registry

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/dustin/go-humanize/english"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Detected is a preset that finds artifacts in a folder.
type Detected struct {
	Preset    string
	Manifests int    // files that its globs select
	Example   string // a file in which it finds an artifact
	matches   int    // tried files in which it finds an artifact
}

// String describes the match in a sentence.
func (d Detected) String() string {
	return fmt.Sprintf("the preset %s finds %s, such as %s", finding.Quote(d.Preset), english.Plural(d.Manifests, "manifest", ""), finding.Quote(d.Example))
}

// The bounds of a detection.
const (
	detectFiles = 100     // files tried for one preset
	detectSize  = 8 << 20 // bytes of a file that is tried
)

// Detect tries every preset's globs and entries on files, and returns the presets that find an artifact, the most matches first.
// read returns at most maxSize+1 bytes of a file; a file that can't be read counts as no match.
func Detect(files []string, read func(path string, maxSize int) ([]byte, error)) []Detected {
	var all []Detected
	for _, name := range Presets() {
		r, err := Preset(name)
		if err != nil {
			continue
		}
		if d := r.detect(files, read); d.matches > 0 {
			all = append(all, d)
		}
	}
	slices.SortStableFunc(all, func(a, b Detected) int { return cmp.Compare(b.matches, a.matches) })
	return all
}

// detect tries files spread evenly over those that the globs select.
func (r *Registry) detect(files []string, read func(string, int) ([]byte, error)) Detected {
	selected := slices.DeleteFunc(slices.Clone(files), func(path string) bool { return !r.Selects(path) })
	d := Detected{Preset: r.Name, Manifests: len(selected)}
	step := max(1, (len(selected)+detectFiles-1)/detectFiles)
	for i := 0; i < len(selected); i += step {
		text, err := read(selected[i], min(r.MaxSize, detectSize))
		if err != nil {
			continue
		}
		if m, _ := r.Read(selected[i], text, r); m != nil && len(m.Artifacts) > 0 {
			d.matches++
			d.Example = cmp.Or(d.Example, selected[i])
		}
	}
	return d
}
