package cli

import (
	"cmp"
	"context"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/git"
	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/source"
)

// place is what an argument names, and the registry around it.
type place struct {
	source.Workspace        // the registry's root
	within           string // slash-separated, from there: the folder that is judged, with a slash at its end, or the file; "" is everything
	folder           string // on disk: the folder that is judged, or holds the file
	isFile           bool
	checkout         *git.Checkout // whose top the registry's root is; nil where there is none
}

// registryOf finds the registry that an argument belongs to: its root is the nearest folder at or above it that holds .github or
// .git, else the folder itself.
func (p *program) registryOf(arg string) (*place, error) {
	dir, name, err := splitPath(arg)
	if err != nil {
		return nil, err
	}
	found := &place{folder: cmp.Or(dir, "."), isFile: name != ""}
	top, err := filepath.Abs(found.folder)
	if err != nil {
		return nil, err
	}
	below := ""
	for at, rest := top, ""; ; {
		if isRoot(at) {
			top, below = at, rest
			break
		}
		parent := filepath.Dir(at)
		if parent == at {
			break
		}
		at, rest = parent, path.Join(filepath.Base(at), rest)
	}
	if found.within = path.Join(below, filepath.ToSlash(name)); !found.isFile && below != "" {
		found.within += "/"
	}
	shown, err := shownAs(top)
	if err != nil {
		return nil, err
	}
	found.Workspace, err = source.OpenWorkspace(top, shown)
	return found, err
}

func isRoot(dir string) bool {
	return slices.ContainsFunc([]string{".github", ".git"}, func(name string) bool {
		_, err := os.Lstat(filepath.Join(dir, name))
		return err == nil
	})
}

// shownAs is what stands before the paths of a registry in a report: the way there from this folder. Within the registry that is
// nothing: paths are as CI says them.
func shownAs(root string) (string, error) {
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	if rel, err := filepath.Rel(root, here); err == nil && filepath.IsLocal(rel) {
		return "", nil
	}
	rel, err := filepath.Rel(here, root)
	return filepath.ToSlash(rel), err
}

// alone is the folder that is judged as a registry of its own, for one that is no part of what is above it.
func (l *place) alone() (*place, error) {
	top, err := filepath.Abs(l.folder)
	if err != nil {
		return nil, err
	}
	shown, err := shownAs(top)
	if err != nil {
		return nil, err
	}
	w, err := source.OpenWorkspace(top, shown)
	return &place{Workspace: w, folder: l.folder}, err
}

// open finds the checkout.
func (l *place) open(ctx context.Context, environ []string) {
	if !l.IsRepository() {
		return
	}
	if c, err := git.Open(ctx, l.Dir, environ); err == nil && c.Prefix == "" {
		l.checkout = c
	}
}

// List names every file that can get into a commit: in a checkout, those that git does not ignore.
func (l *place) List(ctx context.Context) ([]github.File, error) {
	files, err := l.Workspace.List(ctx)
	if err != nil || l.checkout == nil {
		return files, err
	}
	names, err := l.checkout.Ignored(ctx)
	if err != nil {
		return files, nil // better too many than too few
	}
	ignored := map[string]bool{}
	for _, name := range names {
		ignored[name] = true
	}
	return slices.DeleteFunc(files, func(f github.File) bool { return ignored[f.Path] }), nil
}

// Read follows no link in a checkout: of what is pushed, GitHub has no more than the link.
func (l *place) Read(ctx context.Context, f github.File, maxSize int) (source.Source, error) {
	if l.checkout == nil {
		return l.Workspace.Read(ctx, f, maxSize)
	}
	return l.ReadUnfollowed(ctx, f, maxSize)
}

// named returns the manifests that the argument names: those that git ignores only where there are no others.
func (l *place) named(ctx context.Context, s *setup, files []github.File) ([]github.File, error) {
	isNamed := func(f github.File) bool {
		return l.isFile && f.Path == l.within || !l.isFile && strings.HasPrefix(f.Path, l.within) && s.selects(f.Path)
	}
	isOther := func(f github.File) bool { return !isNamed(f) }
	if named := slices.DeleteFunc(slices.Clone(files), isOther); len(named) > 0 || l.checkout == nil {
		return named, nil
	}
	all, err := l.Workspace.List(ctx)
	return slices.DeleteFunc(all, isOther), err
}

// selectBelow selects the manifests at a place, and what they are compared with.
func (p *program) selectBelow(ctx context.Context, c *Config, l *place, s *selection) error {
	l.open(ctx, p.Environ)
	setup, err := p.setUp(ctx, c, l)
	if err != nil {
		return usageError{err}
	}
	s.setup = cmp.Or(s.setup, setup)
	files, err := l.List(ctx)
	if err != nil {
		return err
	}
	named, err := l.named(ctx, s.setup, files)
	if err != nil {
		return err
	}
	if len(named) == 0 && l.within != "" && !l.isFile {
		inner, err := l.alone()
		if err != nil {
			return err
		}
		defer inner.Close()
		return p.selectBelow(ctx, c, inner, s)
	}
	sources, err := s.setup.readAll(ctx, l, named)
	if err != nil {
		return err
	}
	s.sources = append(s.sources, sources...)
	s.isWhole = l.within == ""
	p.trustOrigin(ctx, c, l)
	return l.readAround(ctx, s, files, named)
}

// readAround adds to a selection what the named manifests are compared with: the rest of the registry's files.
func (l *place) readAround(ctx context.Context, s *selection, files, named []github.File) error {
	for _, f := range files {
		s.around.paths = append(s.around.paths, path.Join(l.Name, f.Path))
	}
	if s.isWhole {
		return nil
	}
	more, err := s.setup.readAll(ctx, l, s.setup.others(files, named))
	s.around.others = append(s.around.others, more...)
	return err
}

// trustOrigin takes the registry's owner from where the checkout came from, since no event tells it here.
func (p *program) trustOrigin(ctx context.Context, c *Config, l *place) {
	if l.checkout != nil && len(p.trustedURLs(c)) == 0 {
		p.trustOwner(c, l.checkout.Origin(ctx))
	}
}
