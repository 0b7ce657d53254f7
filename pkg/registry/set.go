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

// Selects reports whether a path is that of a manifest.
func (s Set) Selects(path string) bool {
	if s.Globs != nil {
		return Selects(s.Globs, path)
	}
	return slices.ContainsFunc(s.Registries, func(r *Registry) bool { return r.Selects(path) })
}

// ResemblesSelected reports whether a path is not that of a manifest, but would be if case were ignored.
func (s Set) ResemblesSelected(path string) bool {
	if s.Selects(path) {
		return false
	}
	globs := [][]string{s.Globs}
	if s.Globs == nil {
		globs = nil
		for _, r := range s.Registries {
			globs = append(globs, r.Manifests)
		}
	}
	return slices.ContainsFunc(globs, func(some []string) bool {
		folded := slices.Clone(some)
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
	globs := s.Globs
	if globs == nil {
		for _, r := range s.Registries {
			globs = append(globs, r.Manifests...)
		}
	}
	return finding.Quote(strings.Join(globs, " "))
}
