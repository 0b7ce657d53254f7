package get

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// lock locks an open file until it is closed. It does not wait. The locked byte is one that no file has.
func lock(file *os.File) error {
	at := windows.Overlapped{OffsetHigh: 1 << 30}
	err := windows.LockFileEx(windows.Handle(file.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return ErrBusy
	}
	return err
}

// isOurs reports whether nobody else can write a file; the permissions of the folder say so on Windows.
func isOurs(fs.FileInfo) bool { return true }

// rename puts the part under the file's name. Windows renames no open file.
func (p *Part) rename() error {
	if err := p.file.Close(); err != nil {
		return err
	}
	return p.folder.root.Rename(p.key+partSuffix, p.name)
}

// syncFolder does nothing: Windows has no such call.
func syncFolder(*os.Root) error { return nil }
