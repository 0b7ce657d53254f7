package source

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github"
)

// Folders selects the manifests below the folders that arguments name, and any file that they name. The settings come from the registry
// around the first argument.
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
		p, err := OpenArgument(ctx, arg, f.Environ)
		if err != nil {
			return s, UsageError{err}
		}
		files, err := p.List(ctx)
		if err == nil {
			err = s.add(ctx, in, p, files)
		}
		if err == nil && i == 0 && len(s.Manifests) == 0 {
			hint = s.presetHint(ctx, p, files)
		}
		p.Close()
		if err != nil {
			return s, err
		}
	}
	seen := map[string]bool{} // several arguments may name one file
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

// add adds the manifests that an argument names, and their comparison set. A folder in which the surrounding registry selects nothing is
// treated as a registry of its own.
func (s *Selection) add(ctx context.Context, in Inputs, p *Argument, files []github.File) error {
	settings, err := in.Load(ctx, p)
	if err != nil {
		return UsageError{err}
	}
	s.Settings = cmp.Or(s.Settings, settings)
	named := p.named(s.Settings, files)
	if len(named) == 0 && p.checkout != nil { // git may ignore all of them
		all, err := p.listAll()
		if err != nil {
			return err
		}
		named = p.named(s.Settings, all)
	}
	if len(named) == 0 && strings.HasSuffix(p.Within, "/") {
		folder, err := openShown(filepath.Join(p.Dir, filepath.FromSlash(p.Within)))
		if err != nil {
			return err
		}
		defer folder.Close()
		if files, err = folder.List(ctx); err != nil {
			return err
		}
		return s.add(ctx, in, &Argument{Workspace: folder}, files)
	}
	if err := s.read(ctx, p, p.Name, named, files); err != nil {
		return err
	}
	isRegistry := p.Name == "" || isRoot(p.Dir) // not a folder of an unmarked registry
	s.IsWhole = s.IsWhole || p.Within == "" && isRegistry
	if p.checkout != nil && s.Remote == "" {
		s.Remote = p.checkout.Origin(ctx)
	}
	if p.Within == "" {
		return nil
	}
	return s.readOthers(ctx, p, files, named, math.MaxInt)
}

// Argument is an argument and the registry around it: a Tree.
type Argument struct {
	*Workspace        // the registry's root
	Within     string // slash-separated, from the root: the folder to verify, with a slash at its end, or the file; "" for everything
}

// OpenArgument finds the registry that an argument belongs to: its root is the nearest folder at or above it that contains .github or
// .git, else the folder itself.
func OpenArgument(ctx context.Context, arg string, environ []string) (*Argument, error) {
	dir, name, err := splitPath(arg)
	if err != nil {
		return nil, err
	}
	folder, err := filepath.Abs(cmp.Or(dir, "."))
	if err != nil {
		return nil, err
	}
	top := rootAround(folder)
	below, err := filepath.Rel(top, folder)
	if err != nil {
		return nil, err
	}
	within := path.Join(filepath.ToSlash(below), name)
	switch {
	case within == ".":
		within = ""
	case name == "":
		within += "/"
	}
	w, err := openShown(top)
	if err != nil {
		return nil, err
	}
	w.checkout = w.openGit(ctx, environ)
	return &Argument{w, within}, nil
}

// rootAround returns the nearest folder at or above dir that contains .github or .git, else dir. The path is absolute.
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

// openShown opens a folder. Reports show its files relative to the current folder or, inside that folder, relative to its root, as CI
// does.
func openShown(dir string) (*Workspace, error) {
	here, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	if rel, err := filepath.Rel(dir, here); err == nil && filepath.IsLocal(rel) {
		return OpenWorkspace(dir, "")
	}
	rel, err := filepath.Rel(here, dir)
	if err != nil {
		return nil, err
	}
	return OpenWorkspace(dir, filepath.ToSlash(rel))
}

// named returns the files that the argument names.
func (p *Argument) named(s *Settings, files []github.File) []github.File {
	return slices.DeleteFunc(slices.Clone(files), func(f github.File) bool { return !includes([]string{p.Within}, f.Path, s.Selects) })
}

// splitPath returns the folder that an argument names and, where it names a file, the file's name in its folder.
func splitPath(arg string) (dir, name string, err error) {
	arg = filepath.Clean(arg) // the path that is read is also shown and written
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
