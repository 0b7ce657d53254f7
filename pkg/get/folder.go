package get

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// FileError is an error of the disk: it is full, a permission is missing, or a folder or a link has the file's name.
type FileError struct {
	Op   string // as in "the file `x` can't be <op>"
	Name string // below the folder
	Err  error
}

func (e *FileError) Error() string {
	return fmt.Sprintf("the file %s can't be %s: %s", finding.Quote(e.Name), e.Op, finding.WithoutPath(e.Err))
}

func (e *FileError) Unwrap() error { return e.Err }

func failed(op, name string, err error) error {
	if err == nil {
		return nil
	}
	return &FileError{op, name, err}
}

// Folder is a folder in which files are kept. Nothing outside it is read or written, whatever a name says, and no symbolic link in
// it is followed.
type Folder struct {
	root  *os.Root
	above []string // the folder and those above it that Open made, the deepest first

	mu      sync.Mutex
	made    []string        // folders below that were made
	cleaned map[string]bool // folders below whose old parts were removed
}

// Open opens a folder, and makes it if it is missing.
func Open(dir string) (*Folder, error) {
	var above []string
	for at := filepath.Clean(dir); ; at = filepath.Dir(at) {
		if _, err := os.Lstat(at); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		above = append(above, at)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("can't create the folder %s: %w", finding.Quote(dir), finding.WithoutPath(err))
	}
	f, err := openFolder(dir)
	if err == nil {
		f.above = above
	}
	return f, err
}

func openFolder(dir string) (*Folder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("can't open the folder %s: %w", finding.Quote(dir), finding.WithoutPath(err))
	}
	return &Folder{root: root, cleaned: map[string]bool{}}, nil
}

// Close closes the folder, and removes those that it made and that are still empty.
func (f *Folder) Close() {
	for _, name := range slices.Backward(f.made) {
		if info, err := f.root.Lstat(name); err == nil && info.IsDir() {
			_ = f.root.Remove(name) // fails unless it is empty
		}
	}
	_ = f.root.Close()
	for _, dir := range f.above {
		if info, err := os.Lstat(dir); err == nil && info.IsDir() {
			_ = os.Remove(dir)
		}
	}
}

// Root is the folder, for reading.
func (f *Folder) Root() *os.Root { return f.root }

// enter makes the folders of a name, and returns the last one, without old parts, and the name in it.
func (f *Folder) enter(name string) (in *os.Root, base string, err error) {
	dir, base := path.Split(filepath.ToSlash(name))
	at := "."
	f.mu.Lock()
	defer f.mu.Unlock()
	for segment := range strings.FieldsFuncSeq(dir, func(r rune) bool { return r == '/' }) {
		at = path.Join(at, segment)
		if err := f.root.Mkdir(at, 0o755); err == nil {
			f.made = append(f.made, at)
		} else if !errors.Is(err, fs.ErrExist) {
			return nil, "", err
		}
		if info, err := f.root.Lstat(at); err != nil || !info.IsDir() {
			return nil, "", errors.Join(err, fmt.Errorf("%s is not a folder", finding.Quote(at)))
		}
	}
	if in, err = f.root.OpenRoot(at); err == nil && !f.cleaned[at] {
		f.cleaned[at] = true
		clean(in)
	}
	return in, base, err
}

// free returns nil if a file can be put under a name: a regular file is there, or nothing.
func free(root *os.Root, name string) error {
	info, err := root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode()&fs.ModeSymlink != 0:
		return errors.New("it is a symbolic link: remove it")
	case info.IsDir():
		return errors.New("it is a folder")
	case !info.Mode().IsRegular():
		return errors.New("it is not a regular file")
	}
	return nil
}

// open opens an existing regular file.
func open(root *os.Root, name string, flag int) (*os.File, error) {
	if err := free(root, name); err != nil {
		return nil, err
	}
	file, err := root.OpenFile(name, flag, 0)
	if err != nil {
		return nil, err
	}
	if err := isNamed(root, name, file); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

var errReplaced = errors.New("another program replaced it")

// isNamed returns nil if a name is that of an open file.
func isNamed(root *os.Root, name string, file *os.File) error {
	named, err := root.Lstat(name)
	if err != nil {
		return err
	}
	opened, err := file.Stat()
	if err == nil && !os.SameFile(named, opened) {
		err = errReplaced
	}
	return err
}

// SetMode sets the permissions of an existing file.
func (f *Folder) SetMode(name string, mode fs.FileMode) error {
	file, err := open(f.root, name, os.O_RDONLY)
	if err != nil {
		return failed("read", name, err)
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && info.Mode().Perm() == mode.Perm() {
		return nil
	}
	return failed("given its permissions", name, file.Chmod(mode.Perm()))
}

// Copy copies a file under another name, whole and with the wanted digest, or not at all.
func (f *Folder) Copy(from, to string, want digest.Digest, mode fs.FileMode) error {
	source, err := open(f.root, from, os.O_RDONLY)
	if err != nil {
		return failed("read", from, err)
	}
	defer source.Close()
	part, err := f.Part(to, "copy of "+from)
	if err != nil {
		return err
	}
	defer part.Close()
	hasher := digest.NewHasher(want.Algorithm)
	if err = part.restart(note{}); err == nil {
		_, err = io.Copy(io.MultiWriter(part.file, hasher), source)
	}
	if err == nil && hasher.Digest(want.Algorithm) != want {
		err = fmt.Errorf("%s changed", finding.Quote(from))
	}
	if part.complete = err == nil; part.complete {
		err = part.Keep(mode, digest.Digest{})
	}
	if err != nil {
		return errors.Join(failed("written", to, err), part.Discard())
	}
	return nil
}

// maxPartAge is how long a part is kept that no download continues.
const maxPartAge = 7 * 24 * time.Hour

// maxListed bounds the names of one folder among which old parts are looked for.
const maxListed = 10_000

var partName = regexp.MustCompile(`^(\.get-[0-9a-f]{32}-[0-9a-f]{8})(\.part|\.json)$`)

// clean removes old parts from a folder, and old sidecars without a part.
func clean(root *os.Root) {
	dir, err := root.Open(".")
	if err != nil {
		return
	}
	defer dir.Close()
	entries, _ := dir.ReadDir(maxListed)
	for _, entry := range entries {
		name := partName.FindStringSubmatch(entry.Name())
		if name == nil {
			continue
		}
		info, err := entry.Info()
		if err != nil || !info.Mode().IsRegular() || time.Since(info.ModTime()) <= maxPartAge {
			continue
		}
		if _, err := root.Lstat(name[1] + partSuffix); name[2] == noteSuffix && err == nil {
			continue // it goes with its part
		}
		if part, err := lockPart(root, name[1]+partSuffix); err == nil {
			_ = errors.Join(root.Remove(name[1]+noteSuffix), root.Remove(name[1]+partSuffix))
			part.Close()
		}
	}
}
