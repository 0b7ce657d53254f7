package source

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/git"
	"github.com/premAI-io/verify-manifests/pkg/github"
)

// Folders selects the manifests below the folders that arguments name, and the files that they name, whatever they are called. The
// registry around the first argument gives the settings.
type Folders struct {
	Args    []string // none: the current folder
	Environ []string // for git: "NAME=value"
}

// Select implements Origin.
func (f Folders) Select(ctx context.Context, in Inputs) (Selection, error) {
	s := Selection{Scope: ScopeAll}
	args := f.Args
	if len(args) == 0 {
		args = []string{"."}
	}
	hint := ""
	for i, arg := range args {
		p, err := OpenPlace(ctx, arg, f.Environ)
		if err != nil {
			return s, UsageError{err}
		}
		err = p.selectInto(ctx, in, &s)
		if i == 0 && err == nil && len(s.Manifests) == 0 {
			hint = p.hint(ctx, s.Settings)
		}
		p.Close()
		if err != nil {
			return s, err
		}
	}
	seen := map[string]bool{} // since several arguments may name one
	isAgain := func(each Source) bool {
		name, err := filepath.Abs(each.Disk)
		again := err == nil && seen[name]
		seen[name] = true
		return again
	}
	s.Manifests = slices.DeleteFunc(s.Manifests, isAgain)
	s.Others = slices.DeleteFunc(s.Others, isAgain)
	if len(s.Manifests) == 0 {
		if hint == "" && s.Globs == nil && s.File == nil {
			hint = "; describe the registry in " + ConfigFile + ": https://github.com/premAI-io/verify-manifests/blob/main/docs/registries.md"
		}
		return s, usage("no manifest matches %s below %s%s", s.Set, finding.Quote(strings.Join(args, " ")), hint)
	}
	return s, nil
}

// Place is what an argument names, and the registry around it: a Tree.
type Place struct {
	Workspace               // the registry's root
	Within    string        // slash-separated, from there: the folder that is judged, with a slash at its end, or the file; "" is everything
	folder    string        // on disk: the folder that is judged, or holds the file
	isFile    bool          // the argument names a file
	checkout  *git.Checkout // whose top the registry's root is; nil where there is none
}

// OpenPlace finds the registry that an argument belongs to: its root is the nearest folder at or above it that holds .github or
// .git, else the folder itself.
func OpenPlace(ctx context.Context, arg string, environ []string) (*Place, error) {
	dir, name, err := splitPath(arg)
	if err != nil {
		return nil, err
	}
	p := &Place{folder: cmp.Or(dir, "."), isFile: name != ""}
	folder, err := filepath.Abs(p.folder)
	if err != nil {
		return nil, err
	}
	top := rootAround(folder)
	below, err := filepath.Rel(top, folder)
	if err != nil {
		return nil, err
	}
	if below = filepath.ToSlash(below); below == "." {
		below = ""
	}
	if p.Within = path.Join(below, name); !p.isFile && below != "" {
		p.Within += "/"
	}
	if p.Workspace, err = openShown(top); err != nil {
		return nil, err
	}
	if c, err := git.Open(ctx, p.Dir, environ); p.IsRepository() && err == nil && c.Prefix == "" {
		p.checkout = c
	}
	return p, nil
}

// rootAround returns the nearest folder at or above an absolute one that holds .github or .git, else that one.
func rootAround(folder string) string {
	for at := folder; ; at = filepath.Dir(at) {
		if isRoot(at) {
			return at
		}
		if at == filepath.Dir(at) {
			return folder
		}
	}
}

func isRoot(dir string) bool {
	return slices.ContainsFunc([]string{".github", ".git"}, func(name string) bool {
		_, err := os.Lstat(filepath.Join(dir, name))
		return err == nil
	})
}

// openShown opens a folder whose files reports call by the way there from the current folder; within the folder that is
// nothing: paths are as CI shows them.
func openShown(dir string) (Workspace, error) {
	here, err := os.Getwd()
	if err != nil {
		return Workspace{}, err
	}
	if rel, err := filepath.Rel(dir, here); err == nil && filepath.IsLocal(rel) {
		return OpenWorkspace(dir, "")
	}
	rel, err := filepath.Rel(here, dir)
	if err != nil {
		return Workspace{}, err
	}
	return OpenWorkspace(dir, filepath.ToSlash(rel))
}

// List names every file that can get into a commit: in a checkout, those that git does not ignore.
func (p *Place) List(ctx context.Context) ([]github.File, error) {
	files, err := p.Workspace.List(ctx)
	if err != nil || p.checkout == nil {
		return files, err
	}
	names, err := p.checkout.Ignored(ctx)
	if err != nil {
		return files, nil // better too many than too few
	}
	ignored := map[string]bool{}
	for _, name := range names {
		ignored[name] = true
	}
	return slices.DeleteFunc(files, func(f github.File) bool { return ignored[f.Path] }), nil
}

// Read follows no link in a checkout: GitHub has no more than the link of what is pushed.
func (p *Place) Read(ctx context.Context, f github.File, maxSize int) (Source, error) {
	if p.checkout == nil {
		return p.Workspace.Read(ctx, f, maxSize)
	}
	return p.ReadUnfollowed(ctx, f, maxSize)
}

// selectInto adds to a selection the manifests at a place, and what they are compared with. A folder in which the registry around
// it selects nothing is judged as a registry of its own.
func (p *Place) selectInto(ctx context.Context, in Inputs, s *Selection) error {
	settings, err := in.Load(ctx, p)
	if err != nil {
		return UsageError{err}
	}
	s.Settings = cmp.Or(s.Settings, settings)
	files, err := p.List(ctx)
	if err != nil {
		return err
	}
	named, err := p.named(ctx, s.Settings, files)
	if err != nil {
		return err
	}
	if len(named) == 0 && p.Within != "" && !p.isFile {
		folder, err := filepath.Abs(p.folder)
		if err != nil {
			return err
		}
		alone := &Place{folder: p.folder}
		if alone.Workspace, err = openShown(folder); err != nil {
			return err
		}
		defer alone.Close()
		return alone.selectInto(ctx, in, s)
	}
	sources, err := ReadAll(ctx, p, named, s.MaxSize())
	if err != nil {
		return err
	}
	s.Manifests = append(s.Manifests, sources...)
	beside, _ := readBeside(ctx, p, s.Settings, named, nil, files)
	s.Beside = append(s.Beside, beside...)
	isRegistry := p.Name == "" || isRoot(p.Dir) // and not a folder of one that nothing marks
	s.IsWhole = s.IsWhole || p.Within == "" && isRegistry
	if p.checkout != nil && s.Remote == "" {
		s.Remote = p.checkout.Origin(ctx)
	}
	return p.readAround(ctx, s, files, named)
}

// named returns the manifests that the argument names: those that git ignores only where there are no others.
func (p *Place) named(ctx context.Context, s *Settings, files []github.File) ([]github.File, error) {
	isOther := func(f github.File) bool {
		if p.isFile {
			return f.Path != p.Within
		}
		return !strings.HasPrefix(f.Path, p.Within) || !s.Selects(f.Path)
	}
	if named := slices.DeleteFunc(slices.Clone(files), isOther); len(named) > 0 || p.checkout == nil {
		return named, nil
	}
	all, err := p.Workspace.List(ctx)
	return slices.DeleteFunc(all, isOther), err
}

// readAround adds to a selection what the named manifests are compared with: the rest of the registry's files.
func (p *Place) readAround(ctx context.Context, s *Selection, files, named []github.File) error {
	for _, f := range files {
		s.Paths = append(s.Paths, path.Join(p.Name, f.Path))
	}
	if p.Within == "" {
		return nil
	}
	judged := map[string]bool{}
	for _, f := range named {
		judged[f.Path] = true
	}
	others, err := ReadAll(ctx, p, s.others(files, judged), s.MaxSize())
	s.Others = append(s.Others, others...)
	return err
}

// hint names the preset that finds manifests at a place.
func (p *Place) hint(ctx context.Context, s *Settings) string {
	files, err := p.List(ctx)
	if err != nil {
		return ""
	}
	return s.presetHint(ctx, p, files)
}

// splitPath returns the folder that an argument names and, where it names a file, the file's name in its folder.
func splitPath(arg string) (dir, name string, err error) {
	arg = filepath.Clean(arg) // so that the path that is shown, and written to, is the one that is read
	info, err := os.Stat(arg)
	if err != nil {
		return "", "", fmt.Errorf("%s can't be read: %w", finding.Quote(arg), finding.WithoutPath(err))
	}
	if info.IsDir() {
		return arg, "", nil
	}
	dir, name = filepath.Split(arg)
	return dir, name, nil
}
