package registry

import (
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Set is the registries of one repository, at least one.
type Set struct {
	Registries []*Registry
	Globs      []string // that select manifests instead of the registries' own; nil for none
}

// selections are the lists of globs of which each selects manifests.
func (s Set) selections() [][]string {
	if s.Globs != nil {
		return [][]string{s.Globs}
	}
	var all [][]string
	for _, r := range s.Registries {
		all = append(all, r.Manifests)
	}
	return all
}

// Selects reports whether a path is that of a manifest.
func (s Set) Selects(path string) bool {
	return slices.ContainsFunc(s.selections(), func(globs []string) bool { return Selects(globs, path) })
}

// ResemblesSelected reports whether a path is not that of a manifest, but would be if case were ignored.
func (s Set) ResemblesSelected(path string) bool {
	return !s.Selects(path) && slices.ContainsFunc(s.selections(), func(globs []string) bool {
		folded := slices.Clone(globs)
		for i, glob := range folded {
			folded[i] = fold(glob)
		}
		return Selects(folded, fold(path))
	})
}

// Of returns the registry that a manifest belongs to: the first whose globs select its path, else the first.
func (s Set) Of(path string) *Registry {
	i := slices.IndexFunc(s.Registries, func(r *Registry) bool { return r.Selects(path) })
	return s.Registries[max(i, 0)]
}

// MaxSize is the largest manifest that any of the registries allows, in bytes.
func (s Set) MaxSize() (n int) {
	for _, r := range s.Registries {
		n = max(n, r.MaxSize)
	}
	return n
}

// String returns the globs by which manifests are found, quoted for a message.
func (s Set) String() string {
	return finding.Quote(strings.Join(slices.Concat(s.selections()...), " "))
}
