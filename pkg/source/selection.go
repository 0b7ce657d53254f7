package source

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"

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
func all(ctx context.Context, s *Settings, t Tree, notes ...string) (Selection, error) {
	files, err := t.List(ctx)
	if err != nil {
		return Selection{}, err
	}
	manifests := s.selected(files)
	if len(manifests) == 0 {
		return Selection{}, usage("no file of the registry matches %s: see the inputs manifests, registry and config%s", s.Set, s.presetHint(ctx, t, files))
	}
	sources, err := ReadAll(ctx, t, manifests, s.MaxSize())
	found := Selection{Settings: s, Scope: ScopeAll, IsWhole: true, Manifests: sources, Notes: notes, Paths: paths(files)}
	if err == nil {
		found.Beside, _ = readBeside(ctx, t, s, manifests, nil, files)
	}
	return found, err
}

// change is some files that differ between two moments of a registry.
type change struct {
	*Settings
	base, head Tree
	files      []github.File // the changed manifests, as head has them
	changed    []github.File // every changed file
	within     []string      // the files and folders that it is limited to; nil for everything
	removed    []string      // paths of manifests that attest files beside them, and that head has not
}

// selection reads the changed manifests, together with what the rules compare them with. What can't be read of the latter is left
// out, and a note says so: the change itself is verified all the same.
func (c change) selection(ctx context.Context) (Selection, error) {
	s := Selection{Settings: c.Settings, Scope: ScopeChanged, Touched: c.touched()}
	if len(c.files)+len(c.removed)+len(s.Touched) == 0 {
		s.Notes = c.presetNotes(ctx)
		return s, nil
	}
	files, listErr := c.head.List(ctx)
	if hasMoved(c.files, files) {
		c.files, s.Scope = c.selected(files), ScopeAll
		s.Notes = append(s.Notes, "Every manifest was verified, not just the changed ones: the list of changes is already that of a newer commit")
	}
	var err error
	if s.Manifests, err = ReadAll(ctx, c.head, known(c.files, files), c.MaxSize()); err != nil {
		return s, err
	}
	s.Paths = paths(files)
	if s.Beside, err = readBeside(ctx, c.head, c.Settings, c.files, slices.Concat(c.removed, s.Touched), files); err != nil {
		s.Notes = append(s.Notes, "The attestations beside the changed files were not verified: "+finding.Clean(err.Error()))
	}
	if len(c.files)+len(c.removed) == 0 && listErr == nil {
		return s, nil
	}
	if err := cmp.Or(listErr, c.readOthers(ctx, files, &s)); err != nil {
		s.Notes = append(s.Notes, "The changed manifests were not compared with the rest of the registry: "+finding.Clean(err.Error()))
	}
	if s.Base, s.Removed, err = c.readBase(ctx); err != nil {
		s.Notes = append(s.Notes, "The changed manifests were not compared with what they were before: "+finding.Clean(err.Error()))
	}
	return s, nil
}

// touched returns the paths of the changed files in folders where manifests may attest files beside them.
func (c change) touched() (touched []string) {
	for _, f := range c.changed {
		isWithin := c.within == nil || includes(c.within, f.Path, func(string) bool { return true })
		if isWithin && c.mayAttest(path.Dir(f.Path)) {
			touched = append(touched, f.Path)
		}
	}
	return touched
}

// lookAlikes returns the paths that differ from a manifest's only in case.
func (s *Settings) lookAlikes(paths []string) []string {
	return slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return !s.ResemblesSelected(path) })
}

// maxOthers bounds the manifests that are read only to be compared with.
const maxOthers = 500

func (c change) readOthers(ctx context.Context, files []github.File, s *Selection) (err error) {
	judged := map[string]bool{}
	for _, f := range c.files {
		judged[f.Path] = true
	}
	others := c.others(files, judged)
	if len(others) > maxOthers {
		return fmt.Errorf("it has %d more manifests, and at most %d are compared", len(others), maxOthers)
	}
	s.Others, err = ReadAll(ctx, c.head, others, c.MaxSize())
	return err
}

// readBase reads what the changed manifests were before, by the path they have now, and what the removed ones were. A renamed file
// was a manifest only where the same registry selects its old path.
func (c change) readBase(ctx context.Context) (base map[string]Source, removed []Source, err error) {
	files, err := c.base.List(ctx)
	if err != nil {
		return nil, nil, err
	}
	before := byPath(files)
	var old []github.File
	var now []string
	for _, f := range c.files {
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
	for _, path := range c.removed {
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

// hasMoved reports whether changed files are not those of a tree: GitHub lists those of a pull request as it is now.
func hasMoved(changed, tree []github.File) bool {
	inTree := byPath(tree)
	return slices.ContainsFunc(changed, func(f github.File) bool {
		at := inTree[f.Path].BlobSHA // "" in a folder on disk
		return at != "" && at != f.BlobSHA
	})
}

// known adds to changed files what only the tree tells of them: which are regular files, and how large.
func known(changed, tree []github.File) []github.File {
	changed, inTree := slices.Clone(changed), byPath(tree)
	for i, f := range changed {
		changed[i].Symlink, changed[i].Submodule, changed[i].Size = inTree[f.Path].Symlink, inTree[f.Path].Submodule, inTree[f.Path].Size
	}
	return changed
}

func byPath(files []github.File) map[string]github.File {
	index := map[string]github.File{}
	for _, f := range files {
		index[f.Path] = f
	}
	return index
}

func paths(files []github.File) []string {
	var paths []string
	for _, f := range files {
		paths = append(paths, f.Path)
	}
	return paths
}

// Bounds of the files that are read because a manifest attests them.
const (
	maxBeside     = 5_000
	maxBesideSize = 1 << 20 // bytes
)

// readBeside reads the files in the folders of manifests that attest files beside them, and of other paths: manifests first. What
// can't be read is left out: that it is not known is told where it is needed.
func readBeside(ctx context.Context, t Tree, s *Settings, manifests []github.File, others []string, files []github.File) ([]Source, error) {
	folders, judged := map[string]bool{}, map[string]bool{}
	for _, name := range others {
		folders[path.Dir(name)] = true
	}
	for _, f := range manifests {
		judged[f.Path] = true
		if s.Of(f.Path).AttestsBeside() {
			folders[path.Dir(f.Path)] = true
		}
	}
	var selected, beside []github.File
	for _, f := range files {
		switch {
		case !folders[path.Dir(f.Path)] || judged[f.Path]:
		case s.Selects(f.Path):
			selected = append(selected, f)
		default:
			beside = append(beside, f)
		}
	}
	if beside = append(selected, beside...); len(beside) == 0 {
		return nil, nil
	}
	sources, err := ReadAll(ctx, t, beside[:min(len(beside), maxBeside)], maxBesideSize)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(sources, func(s Source) bool { return s.Problem != "" || len(s.Text) > maxBesideSize }), nil
}
