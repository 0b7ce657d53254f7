package get

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// FileError is what the disk refused: a full one, a missing permission, a folder or a link where a file should be.
type FileError struct {
	Op   string // as in "The file `x` can't be <op>"
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
	root    *os.Root
	cleaned sync.Map // the folders below whose old parts were removed, by path
}

// Open opens a folder, which is made where it is missing.
func Open(dir string) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("the folder %s can't be made: %w", finding.Quote(dir), finding.WithoutPath(err))
	}
	return openFolder(dir)
}

func openFolder(dir string) (*Folder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("the folder %s can't be opened: %w", finding.Quote(dir), finding.WithoutPath(err))
	}
	return &Folder{root: root}, nil
}

// Close closes the folder.
func (f *Folder) Close() { _ = f.root.Close() }

// Root is the folder, for reading.
func (f *Folder) Root() *os.Root { return f.root }

// maxNameBytes is how long one name may be on all common file systems.
const maxNameBytes = 255

// reserved are the names of devices on Windows, with any ending
// (https://learn.microsoft.com/windows/win32/fileio/naming-a-file).
var reserved = strings.Fields("con prn aux nul conin$ conout$ com0 com1 com2 com3 com4 com5 com6 com7 com8 com9 com¹ com² com³ " +
	"lpt0 lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 lpt7 lpt8 lpt9 lpt¹ lpt² lpt³")

// CheckName returns why a slash-separated name is no path to a file below a folder on every system, nil where it is one.
func CheckName(name string) error {
	switch {
	case name == "":
		return errors.New("the name is empty")
	case path.IsAbs(name):
		return fmt.Errorf("the name %s is an absolute path", finding.Quote(name))
	case !utf8.ValidString(name):
		return fmt.Errorf("the name %s is not valid UTF-8", finding.Quote(name))
	}
	for segment := range strings.SplitSeq(name, "/") {
		if why := checkSegment(segment); why != "" {
			return fmt.Errorf("the name %s %s", finding.Quote(name), why)
		}
	}
	return nil
}

func checkSegment(segment string) string {
	device, _, _ := strings.Cut(segment, ".")
	switch {
	case segment == "..":
		return "leads out of the folder"
	case segment == "", segment == ".":
		return "has an empty part, or `.`"
	case len(segment) > maxNameBytes:
		return fmt.Sprintf("has a part of more than %d bytes", maxNameBytes)
	case strings.ContainsAny(segment, `\:*?"<>|`), strings.ContainsFunc(segment, unicode.IsControl):
		return "has a character that file names can't have on every system"
	case strings.HasSuffix(segment, "."), strings.HasSuffix(segment, " "):
		return "has a part that ends in a dot or a space, which Windows drops"
	case slices.Contains(reserved, strings.ToLower(strings.TrimRight(device, " "))):
		return "is reserved by Windows"
	case strings.HasPrefix(segment, partPrefix):
		return "is that of an unfinished download"
	}
	return ""
}

// enter makes the folders of a name and returns the last, without old parts, and the name in it.
func (f *Folder) enter(name string) (*Folder, string, error) {
	dir, base := path.Split(filepath.ToSlash(name))
	made := ""
	for segment := range strings.SplitSeq(strings.Trim(dir, "/"), "/") {
		if segment == "" {
			continue
		}
		made = path.Join(made, segment)
		if err := f.root.Mkdir(made, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, "", failed("written", name, err)
		}
		if info, err := f.root.Lstat(made); err != nil || !info.IsDir() {
			return nil, "", failed("written", name, errors.Join(err, fmt.Errorf("%s is not a folder", finding.Quote(made))))
		}
	}
	root, err := f.root.OpenRoot(path.Join(".", made))
	if err != nil {
		return nil, "", failed("written", name, err)
	}
	in := &Folder{root: root}
	if _, done := f.cleaned.LoadOrStore(made, true); !done {
		in.clean(time.Now())
	}
	return in, base, nil
}

var (
	errLink    = errors.New("it is a symbolic link: remove it")
	errFolder  = errors.New("it is a folder")
	errSpecial = errors.New("it is not a regular file")
)

// regular returns what is at a name, if it is a regular file.
func (f *Folder) regular(name string) (fs.FileInfo, error) {
	info, err := f.root.Lstat(name)
	switch {
	case err != nil:
		return nil, err
	case info.Mode()&fs.ModeSymlink != 0:
		return nil, errLink
	case info.IsDir():
		return nil, errFolder
	case !info.Mode().IsRegular():
		return nil, errSpecial
	}
	return info, nil
}

// open opens a regular file that is there.
func (f *Folder) open(name string) (*os.File, error) {
	return f.openAs(name, os.O_RDONLY)
}

func (f *Folder) openAs(name string, flag int) (*os.File, error) {
	info, err := f.regular(name)
	if err != nil {
		return nil, failed("read", name, err)
	}
	file, err := f.root.OpenFile(name, flag, 0)
	if err != nil {
		return nil, failed("read", name, err)
	}
	if opened, err := file.Stat(); err != nil || !os.SameFile(info, opened) {
		file.Close()
		return nil, failed("read", name, errors.Join(err, errors.New("it was replaced while it was opened")))
	}
	return file, nil
}

// SetMode sets the permissions of a file that is there.
func (f *Folder) SetMode(name string, mode fs.FileMode) error {
	file, err := f.open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && info.Mode().Perm() == mode.Perm() {
		return nil
	}
	return failed("made executable or readable", name, file.Chmod(mode.Perm()))
}

// Copy puts the file that is at one name under another, whole or not at all. sink sees its bytes, and ok says then whether they
// are the right ones.
func (f *Folder) Copy(from, to string, mode fs.FileMode, sink io.Writer, ok func() bool) error {
	source, err := f.open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	part, err := f.Part(to, "copy of "+from)
	if err != nil {
		return err
	}
	defer part.Close()
	if err := part.restart(nil); err != nil {
		return err
	}
	if _, err = io.Copy(io.MultiWriter(part.file, sink), source); err != nil {
		return errors.Join(failed("written", to, err), part.Discard())
	}
	if !ok() {
		return errors.Join(failed("copied", to, fmt.Errorf("%s changed", finding.Quote(from))), part.Discard())
	}
	part.complete = true
	return part.Keep(mode)
}

// maxPartAge is how long the part of a download stays that nobody continues.
const maxPartAge = 7 * 24 * time.Hour

// clean removes old parts from the folder, up to as many as one listing returns.
func (f *Folder) clean(now time.Time) {
	const maxListed = 10_000
	dir, err := f.root.Open(".")
	if err != nil {
		return
	}
	defer dir.Close()
	entries, _ := dir.ReadDir(maxListed)
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), partPrefix) || !entry.Type().IsRegular() {
			continue
		}
		if info, err := entry.Info(); err == nil && now.Sub(info.ModTime()) > maxPartAge {
			_ = f.root.Remove(entry.Name())
		}
	}
}
