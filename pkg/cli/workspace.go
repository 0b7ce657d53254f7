package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github"
)

// workspace is a folder of manifests on disk. Nothing outside it is ever opened, whatever symbolic links
// say: os.Root sees to that.
type workspace struct {
	root *os.Root
	name string // what reports put before a path, "" for nothing
	dir  string // the folder's name on disk
}

func openWorkspace(dir, name string) (workspace, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return workspace{}, fmt.Errorf("the folder %s can't be read: %w", finding.Quote(dir), err)
	}
	return workspace{root: root, name: name, dir: dir}, nil
}

// list names every file below the folder, git's own files apart. Symbolic links are listed, not followed.
func (w workspace) list(context.Context) ([]github.File, error) {
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

// find implements tree.
func (w workspace) find(_ context.Context, name string) (github.File, bool, error) {
	info, err := w.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return github.File{}, false, nil
	}
	if err != nil {
		return github.File{}, false, fmt.Errorf("the file %s can't be read: %w", finding.Quote(name), err)
	}
	return github.File{Path: name, Symlink: info.Mode()&os.ModeSymlink != 0}, true, nil
}

// read opens one file below the folder. Why it can't is the source's problem, not an error.
func (w workspace) read(_ context.Context, f github.File, maxSize int) (source, error) {
	s := source{path: path.Join(w.name, f.Path), inTree: f.Path, disk: filepath.Join(w.dir, filepath.FromSlash(f.Path))}
	text, err := w.readRegular(f.Path, maxSize)
	if err != nil {
		s.problem = "The manifest can't be read: " + finding.Quote(cause(err))
	}
	s.text = text
	return s, nil
}

// readUnfollowed is read, and follows no link.
func (w workspace) readUnfollowed(ctx context.Context, f github.File, maxSize int) (source, error) {
	info, err := w.root.Lstat(f.Path)
	f.Symlink = err == nil && info.Mode()&os.ModeSymlink != 0
	if s, is := irregular(f); is {
		s.path, s.inTree, s.disk = path.Join(w.name, f.Path), f.Path, filepath.Join(w.dir, filepath.FromSlash(f.Path))
		return s, nil
	}
	return w.read(ctx, f, maxSize)
}

// readRegular reads at most one byte more than a file may have, so that its reader can tell.
func (w workspace) readRegular(name string, maxSize int) ([]byte, error) {
	info, err := w.root.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // opening a named pipe would block
		return nil, errors.New("it is not a regular file")
	}
	file, err := w.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, int64(maxSize)+1))
}

// cause is an error's text without the path that the finding names already.
func cause(err error) string {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err.Error()
	}
	return err.Error()
}

// isRepository reports whether the folder is a git checkout.
func (w workspace) isRepository() bool {
	_, err := w.root.Lstat(".git")
	return err == nil
}
