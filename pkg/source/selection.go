package source

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github"
)

// The scopes of a run: all files of the changed manifests, the entries that a change touches, or the whole registry.
const (
	ScopeChanged = "changed"
	ScopeEntries = "entries"
	ScopeAll     = "all"
)

// Selection is the manifests that a run verifies, and their comparison set.
type Selection struct {
	*Settings
	Scope         string            // ScopeChanged or ScopeAll
	Manifests     []Source          // to verify
	Base          map[string]Source // the manifests at the base of a change, by their current path
	Removed       []Source          // base versions of removed manifests that attest files beside them
	Others        []Source          // manifests only to compare with
	Beside        []Source          // files beside manifests that may attest them
	Touched       []string          // changed files that a manifest beside them may attest
	Paths         []string          // every file of the registry; nil if unknown
	LookAlikes    []string          // changed files that would be manifests if case were ignored
	Notes         []string          // for the reader of the report
	Calls         int               // API calls for the texts of manifests
	IsWhole       bool              // the whole registry is verified
	ConfigChanged string            // the path of a configuration file that the change adds or modifies
	Remote        string            // the URL of the git remote that names the registry's owner; "" if unknown
}

// Origin is where a run's manifests come from.
type Origin interface {
	Select(ctx context.Context, in Inputs) (Selection, error)
}

// all selects every manifest of a tree.
func all(ctx context.Context, settings *Settings, t Tree, notes ...string) (Selection, error) {
	s := Selection{Settings: settings, Scope: ScopeAll, IsWhole: true, Notes: notes}
	files, err := t.List(ctx)
	if err != nil {
		return s, err
	}
	manifests := s.selected(files)
	if len(manifests) == 0 {
		return s, usage("no file of the registry matches %s: see the inputs manifests, registry and config%s", s.Set, s.presetHint(ctx, t, files))
	}
	return s, s.read(ctx, t, "", manifests, files)
}

// read reads manifests of a tree, and the files in the folders of touched paths and of manifests that attest files. Reports put name
// before a path.
func (s *Selection) read(ctx context.Context, t Tree, name string, manifests, files []github.File, touched ...string) error {
	sources, err := ReadAll(ctx, t, manifests, s.MaxSize())
	if err != nil {
		return err
	}
	s.Manifests = append(s.Manifests, sources...)
	for _, f := range files {
		s.Paths = append(s.Paths, path.Join(name, f.Path))
	}
	beside, err := s.readBeside(ctx, t, manifests, files, touched)
	if err != nil {
		s.Notes = append(s.Notes, "The attestations beside the manifests were not verified: "+finding.Clean(err.Error()))
	}
	s.Beside = append(s.Beside, beside...)
	return nil
}

// Bounds of the files that manifests attest.
const (
	maxBeside     = 5_000
	maxBesideSize = 1 << 20 // bytes
)

// readBeside reads the files beside manifests and touched paths: manifests first. It skips unreadable files, which are reported where
// they are needed.
func (s *Selection) readBeside(ctx context.Context, t Tree, manifests, files []github.File, touched []string) ([]Source, error) {
	folders, selected := map[string]bool{}, byPath(manifests)
	for _, name := range touched {
		folders[path.Dir(name)] = true
	}
	for _, f := range manifests {
		if s.Of(f.Path).AttestsBeside() {
			folders[path.Dir(f.Path)] = true
		}
	}
	beside := slices.DeleteFunc(slices.Clone(files), func(f github.File) bool {
		_, isSelected := selected[f.Path]
		return isSelected || !folders[path.Dir(f.Path)]
	})
	if len(beside) == 0 {
		return nil, nil
	}
	others := slices.DeleteFunc(slices.Clone(beside), func(f github.File) bool { return s.Selects(f.Path) })
	beside = append(s.selected(beside), others...)
	sources, err := ReadAll(ctx, t, beside[:min(len(beside), maxBeside)], maxBesideSize)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(sources, func(s Source) bool { return s.Problem != "" || len(s.Text) > maxBesideSize }), nil
}

// readOthers reads up to most other manifests that rules compare with the selected ones.
func (s *Selection) readOthers(ctx context.Context, t Tree, files, selected []github.File, most int) error {
	isSelected := byPath(selected)
	others := slices.DeleteFunc(s.selected(files), func(f github.File) bool {
		_, is := isSelected[f.Path]
		return is || !s.Compares(f.Path)
	})
	if len(others) > most {
		return fmt.Errorf("it has %d more manifests, and at most %d are compared", len(others), most)
	}
	sources, err := ReadAll(ctx, t, others, s.MaxSize())
	s.Others = append(s.Others, sources...)
	return err
}

// change is the difference between two commits of a registry.
type change struct {
	*Settings
	base, head Tree
	changed    []github.File // at head
	gone       []string      // paths that do not exist at head
	within     []string      // the files and folders that the change is limited to; "" for everything
}

// manifests returns the changed files that are manifests or named.
func (c change) manifests() []github.File {
	return slices.DeleteFunc(slices.Clone(c.changed), func(f github.File) bool { return !includes(c.within, f.Path, c.Selects) })
}

// includes reports whether a file is named, or selected and below a named folder.
func includes(within []string, path string, selects func(string) bool) bool {
	return slices.ContainsFunc(within, func(each string) bool {
		if each == "" || strings.HasSuffix(each, "/") {
			return strings.HasPrefix(path, each) && selects(path)
		}
		return path == each
	})
}

// maxOthers bounds the manifests that are read only to compare a change with them.
const maxOthers = 500

// selection reads the changed manifests and their comparison set. A comparison that can't be made is skipped with a note; the change
// itself is verified anyway.
func (c change) selection(ctx context.Context) (Selection, error) {
	s := Selection{Settings: c.Settings, Scope: ScopeChanged}
	for _, f := range c.changed {
		if includes(c.within, f.Path, func(string) bool { return true }) && c.mayAttest(path.Dir(f.Path)) {
			s.Touched = append(s.Touched, f.Path)
		}
		if includes(c.within, f.Path, c.ResemblesSelected) && !includes(c.within, f.Path, c.Selects) {
			s.LookAlikes = append(s.LookAlikes, f.Path)
		}
	}
	manifests, removed := c.manifests(), c.removed()
	if len(manifests)+len(removed)+len(s.Touched) == 0 {
		s.Notes = c.presetNotes(ctx)
		return s, nil
	}
	files, listErr := c.head.List(ctx)
	inTree := byPath(files)
	for i, f := range manifests { // a list of changes lacks file types and sizes
		is := inTree[f.Path]
		manifests[i].Symlink, manifests[i].Submodule, manifests[i].Size = is.Symlink, is.Submodule, is.Size
	}
	if err := s.read(ctx, c.head, "", manifests, files, slices.Concat(removed, s.Touched)...); err != nil {
		return s, err
	}
	if len(manifests)+len(removed) == 0 && listErr == nil {
		return s, nil
	}
	if err := cmp.Or(listErr, s.readOthers(ctx, c.head, files, manifests, maxOthers)); err != nil {
		s.Notes = append(s.Notes, "The changed manifests were not compared with the rest of the registry: "+finding.Clean(err.Error()))
	}
	var err error
	if s.Base, s.Removed, err = c.readBase(ctx, manifests, removed); err != nil {
		s.Notes = append(s.Notes, "The changed manifests were not compared with their previous versions: "+finding.Clean(err.Error()))
	}
	return s, nil
}

// removed returns the paths of removed manifests that attest files beside them.
func (c change) removed() []string {
	return slices.DeleteFunc(slices.Clone(c.gone), func(path string) bool {
		return !includes(c.within, path, c.Selects) || !c.Selects(path) || !c.Of(path).AttestsBeside()
	})
}

// readBase reads the base versions of the changed manifests, by their current path, and of the removed ones. A renamed file was a
// manifest only if the same registry selects its old path.
func (c change) readBase(ctx context.Context, manifests []github.File, removed []string) (base map[string]Source, gone []Source, err error) {
	files, err := c.base.List(ctx)
	if err != nil {
		return nil, nil, err
	}
	before := byPath(files)
	var old []github.File
	var now []string
	for _, f := range manifests {
		name := cmp.Or(f.Previous, f.Path)
		if f.Status == "copied" {
			name = f.Path
		}
		was, found := before[name]
		isManifest := name == f.Path || c.Selects(name) && c.Of(name) == c.Of(f.Path)
		if found && isManifest {
			old, now = append(old, was), append(now, f.Path)
		}
	}
	for _, path := range removed {
		if was, found := before[path]; found {
			old = append(old, was)
		}
	}
	sources, err := ReadAll(ctx, c.base, old, c.MaxSize())
	if err != nil {
		return nil, nil, err
	}
	base = map[string]Source{}
	for i, path := range now {
		base[path] = sources[i]
	}
	return base, sources[len(now):], nil
}
