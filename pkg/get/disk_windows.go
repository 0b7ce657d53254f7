package get

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// lock locks an open file until it is closed. It does not wait. The locked byte lies beyond the end of any file, and does not keep
// the file from being renamed: os.Root opens files with FILE_SHARE_DELETE.
func lock(file *os.File) error {
	at := windows.Overlapped{OffsetHigh: 1 << 30}
	err := windows.LockFileEx(windows.Handle(file.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return ErrBusy
	}
	return err
}

// isOurs always reports true: on Windows the folder's permissions decide who can write its files.
func isOurs(fs.FileInfo) bool { return true }

// syncFolder does nothing: Windows has no such call.
func syncFolder(*os.Root) error { return nil }
