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
	"syscall"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github"
)

// Workspace is a folder of manifests on disk. Nothing outside it is ever opened, whatever symbolic links
// say: os.Root sees to that.
type Workspace struct {
	root *os.Root
	Name string // what reports put before a path, "" for nothing
	Dir  string // the folder's name on disk
}

// OpenWorkspace opens the folder dir, whose files reports call by name and their path. The error is the user's.
func OpenWorkspace(dir, name string) (Workspace, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Workspace{}, fmt.Errorf("the folder %s can't be read: %w", finding.Quote(dir), err)
	}
	return Workspace{root: root, Name: name, Dir: dir}, nil
}

// Close lets go of the folder.
func (w Workspace) Close() { _ = w.root.Close() }

// List names every file below the folder, git's own files apart. Symbolic links are listed, not followed.
func (w Workspace) List(context.Context) ([]github.File, error) {
	var files []github.File
	err := fs.WalkDir(w.root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
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
func (w Workspace) Find(_ context.Context, name string) (github.File, bool, error) {
	info, err := w.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return github.File{}, false, nil
	}
	if err != nil {
		return github.File{}, false, fmt.Errorf("the file %s can't be read: %w", finding.Quote(name), finding.WithoutPath(err))
	}
	return github.File{Path: name, Symlink: info.Mode()&os.ModeSymlink != 0}, true, nil
}

// Read opens one file below the folder. Why it can't is the source's problem, not an error.
func (w Workspace) Read(_ context.Context, f github.File, maxSize int) (Source, error) {
	s := Source{Path: path.Join(w.Name, f.Path), InTree: f.Path, Disk: filepath.Join(w.Dir, filepath.FromSlash(f.Path))}
	text, err := w.readRegular(f.Path, maxSize)
	if err != nil {
		s.Problem = "The manifest can't be read: " + finding.Quote(finding.WithoutPath(err).Error())
	}
	s.Text = text
	return s, nil
}

// ReadUnfollowed is Read, and follows no link.
func (w Workspace) ReadUnfollowed(ctx context.Context, f github.File, maxSize int) (Source, error) {
	info, err := w.root.Lstat(f.Path)
	f.Symlink = err == nil && info.Mode()&os.ModeSymlink != 0
	if s, is := Irregular(f); is {
		s.Path, s.InTree, s.Disk = path.Join(w.Name, f.Path), f.Path, filepath.Join(w.Dir, filepath.FromSlash(f.Path))
		return s, nil
	}
	return w.Read(ctx, f, maxSize)
}

// readFlags open a file for reading; a named pipe does not block.
const readFlags = os.O_RDONLY | syscall.O_NONBLOCK

// OpenRegular opens a regular file by its path on disk. Opening anything else is an error, and never blocks.
func OpenRegular(name string) (*os.File, error) {
	return regular(os.OpenFile(filepath.Clean(name), readFlags, 0))
}

// regular returns an open file if it is a regular one.
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

// readRegular reads at most one byte more than a file may have, so that its reader can tell.
func (w Workspace) readRegular(name string, maxSize int) ([]byte, error) {
	file, err := regular(w.root.OpenFile(name, readFlags, 0))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, int64(maxSize)+1))
}

// IsRepository reports whether the folder is a git checkout.
func (w Workspace) IsRepository() bool {
	_, err := w.root.Lstat(".git")
	return err == nil
}
