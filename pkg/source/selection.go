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

// The scopes of a run: every file of the changed manifests, the entries that a change touches, or the whole registry.
const (
	ScopeChanged = "changed"
	ScopeEntries = "entries"
	ScopeAll     = "all"
)

// Selection is the manifests that a run judges, and what they are compared with.
type Selection struct {
	*Settings
	Scope         string            // ScopeChanged or ScopeAll
	Manifests     []Source          // to judge
	Base          map[string]Source // what they were at the base of a change, by the path they have now
	Removed       []Source          // what manifests that attest files beside them were at the base, of those that the change removes
	Others        []Source          // manifests that are not judged, but compared with those that are
	Beside        []Source          // files beside manifests that attest such, which are not judged
	Touched       []string          // paths of the files that a change touches where manifests may attest them
	Paths         []string          // every file of the registry; nil where not known
	LookAlikes    []string          // changed files that are no manifests, and would be if case were ignored
	Notes         []string          // for the reader of the report
	Calls         int               // of GitHub's API, for the texts of manifests
	IsWhole       bool              // the whole registry is judged
	ConfigChanged string            // the path of a configuration file that the change has, and that is not the one in use
	Remote        string            // the URL of the git remote that names the registry's owner; "" where none does
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

// read reads manifests of a tree, and the files in the folders of those that attest files, and of touched paths. name is what reports
// put before a path.
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

// Bounds of the files that are read because a manifest attests them.
const (
	maxBeside     = 5_000
	maxBesideSize = 1 << 20 // bytes
)

// readBeside reads the files beside manifests and touched paths: manifests first. What can't be read is left out: that it is not known
// is told where it is needed.
func (s *Selection) readBeside(ctx context.Context, t Tree, manifests, files []github.File, touched []string) ([]Source, error) {
	folders, isJudged := map[string]bool{}, byPath(manifests)
	for _, name := range touched {
		folders[path.Dir(name)] = true
	}
	for _, f := range manifests {
		if s.Of(f.Path).AttestsBeside() {
			folders[path.Dir(f.Path)] = true
		}
	}
	beside := slices.DeleteFunc(slices.Clone(files), func(f github.File) bool {
		_, judged := isJudged[f.Path]
		return judged || !folders[path.Dir(f.Path)]
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

// readOthers reads, of the other manifests, those that rules compare with the judged ones, up to a number.
func (s *Selection) readOthers(ctx context.Context, t Tree, files, judged []github.File, most int) error {
	isJudged := byPath(judged)
	others := slices.DeleteFunc(s.selected(files), func(f github.File) bool {
		_, is := isJudged[f.Path]
		return is || !s.Compares(f.Path)
	})
	if len(others) > most {
		return fmt.Errorf("it has %d more manifests, and at most %d are compared", len(others), most)
	}
	sources, err := ReadAll(ctx, t, others, s.MaxSize())
	s.Others = append(s.Others, sources...)
	return err
}

// change is what differs between two moments of a registry.
type change struct {
	*Settings
	base, head Tree
	changed    []github.File // as head has them
	gone       []string      // paths that head has not
	within     []string      // the files and folders that it is limited to; "" is everything
}

// manifests returns the changed files that are manifests or named.
func (c change) manifests() []github.File {
	return slices.DeleteFunc(slices.Clone(c.changed), func(f github.File) bool { return !includes(c.within, f.Path, c.Selects) })
}

// includes reports whether a file is named, or is below a named folder and selected.
func includes(within []string, path string, selects func(string) bool) bool {
	return slices.ContainsFunc(within, func(each string) bool {
		if each == "" || strings.HasSuffix(each, "/") {
			return strings.HasPrefix(path, each) && selects(path)
		}
		return path == each
	})
}

// maxOthers bounds the manifests that are read only to be compared with those of a change.
const maxOthers = 500

// selection reads the changed manifests, together with what the rules compare them with. What can't be read of the latter is left
// out, and a note says so: the change itself is verified all the same.
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
	for i, f := range manifests { // a list of changes does not tell which are regular files, and how large
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

// removed returns the paths of manifests that attest files beside them, and that head has not.
func (c change) removed() []string {
	return slices.DeleteFunc(slices.Clone(c.gone), func(path string) bool {
		return !includes(c.within, path, c.Selects) || !c.Selects(path) || !c.Of(path).AttestsBeside()
	})
}

// readBase reads what the changed manifests were before, by the path they have now, and what the removed ones were. A renamed file
// was a manifest only where the same registry selects its old path.
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
