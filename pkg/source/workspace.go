package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/git"
	"github.com/premAI-io/verify-manifests/pkg/github"
)

// Workspace is a folder of manifests on disk: a Tree. os.Root keeps symbolic links from leading outside it.
type Workspace struct {
	root *os.Root
	Name string // the prefix of paths in reports
	Dir  string // the folder's name on disk
	// checkout limits the files to those that git does not ignore; nil for all files.
	checkout *git.Checkout
}

// OpenWorkspace opens the folder dir. Reports show its files by name and path. The error is a usage error.
func OpenWorkspace(dir, name string) (*Workspace, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("the folder %s can't be read: %w", finding.Quote(dir), err)
	}
	return &Workspace{root: root, Name: name, Dir: dir}, nil
}

// Close closes the folder.
func (w *Workspace) Close() { _ = w.root.Close() }

// List implements Tree. Git's own files are left out.
func (w *Workspace) List(ctx context.Context) ([]github.File, error) {
	files, err := w.listAll()
	if err != nil || w.checkout == nil {
		return files, err
	}
	names, _ := w.checkout.Ignored(ctx) // an error leaves too many files rather than too few
	isIgnored := map[string]bool{}
	for _, name := range names {
		isIgnored[name] = true
	}
	return slices.DeleteFunc(files, func(f github.File) bool { return isIgnored[f.Path] }), nil
}

func (w *Workspace) listAll() (files []github.File, err error) {
	err = fs.WalkDir(w.root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return fmt.Errorf("the folder %s can't be read: %w", finding.Quote(name), err)
		case entry.IsDir() && entry.Name() == ".git":
			return fs.SkipDir
		case !entry.IsDir():
			files = append(files, github.File{Path: name})
		}
		return nil
	})
	return files, err
}

// Find implements Tree.
func (w *Workspace) Find(_ context.Context, name string) (github.File, bool, error) {
	info, err := w.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return github.File{}, false, nil
	}
	if err != nil {
		return github.File{}, false, fmt.Errorf("the file %s can't be read: %w", finding.Quote(name), finding.WithoutPath(err))
	}
	return github.File{Path: name, Symlink: info.Mode()&os.ModeSymlink != 0}, true, nil
}

// Read reads one file below the folder. A failure is the source's Problem, not an error.
func (w *Workspace) Read(ctx context.Context, f github.File, maxSize int) (Source, error) {
	s := Source{Path: path.Join(w.Name, f.Path), InTree: f.Path, Disk: filepath.Join(w.Dir, filepath.FromSlash(f.Path))}
	if w.checkout != nil {
		is, _, _ := w.Find(ctx, f.Path) // a list does not mark links; an error here recurs below
		s.Problem = problemOf(is)
	}
	if s.Problem != "" {
		return s, nil
	}
	var err error
	if s.Text, err = w.readRegular(f.Path, maxSize); err != nil {
		s.Problem = "The manifest can't be read: " + finding.Quote(finding.WithoutPath(err).Error())
	}
	return s, nil
}

// readFlags open a file for reading; a named pipe does not block.
const readFlags = os.O_RDONLY | syscall.O_NONBLOCK

// OpenRegular opens a regular file by its path on disk. Opening anything else is an error, and never blocks.
func OpenRegular(name string) (*os.File, error) {
	return regular(os.OpenFile(filepath.Clean(name), readFlags, 0))
}

// regular returns an open file if it is regular.
func regular(file *os.File, err error) (*os.File, error) {
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a regular file")
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}

// readRegular reads at most maxSize+1 bytes, so that the caller can detect a larger file.
func (w *Workspace) readRegular(name string, maxSize int) ([]byte, error) {
	file, err := regular(w.root.OpenFile(name, readFlags, 0))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, int64(maxSize)+1))
}

// openGit returns the folder as a git checkout, nil if it is not the top of one or git can't read it.
func (w *Workspace) openGit(ctx context.Context, environ []string) *git.Checkout {
	if !w.IsRepository() {
		return nil
	}
	c, err := git.Open(ctx, w.Dir, environ)
	if err != nil || c.Prefix != "" {
		return nil
	}
	return c
}

// IsRepository reports whether the folder is a git checkout.
func (w *Workspace) IsRepository() bool {
	_, err := w.root.Lstat(".git")
	return err == nil
}
