package publish

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// filePermissions let later steps, which may run as another user, read the files.
const filePermissions = 0o644

// maxPipeWait bounds the wait for the reader of a pipe.
const maxPipeWait = 30 * time.Second

// WriteFile writes the file that an input names, as ReplaceFile does. An empty name writes nothing.
func WriteFile(input, name string, write func(io.Writer) error) error {
	if name == "" {
		return nil
	}
	var content bytes.Buffer
	err := write(&content)
	if err == nil {
		err = ReplaceFile(name, content.Bytes(), filePermissions)
	}
	if err != nil {
		return fmt.Errorf("%s %s can't be written: %w", input, finding.Quote(name), err)
	}
	return nil
}

// ReplaceFile writes a file atomically: it renames a temporary file beside it. For a link it replaces the target. It writes into a device
// or a pipe.
func ReplaceFile(name string, content []byte, permissions os.FileMode) error {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() || isOpenFile(name) {
		return writeInto(name, content)
	}
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target
	}
	temporary, err := os.CreateTemp(filepath.Dir(name), ".verify-manifests-*")
	if err != nil {
		return err
	}
	_, err = temporary.Write(content)
	err = errors.Join(err, temporary.Chmod(permissions), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), name)
	}
	if err != nil {
		os.Remove(temporary.Name())
	}
	return err
}

// isOpenFile reports whether a name is an open file of a process, which is never replaced.
func isOpenFile(name string) bool {
	isBelow := func(dir string) bool { return strings.HasPrefix(filepath.Clean(name), dir) }
	return slices.ContainsFunc([]string{"/dev/std", "/dev/fd/", "/proc/"}, isBelow)
}

func writeInto(name string, content []byte) error {
	// Use the process's own descriptor: a reopened file has its own offset, and a socket can't be opened.
	if own := map[string]*os.File{"/dev/stdout": os.Stdout, "/dev/stderr": os.Stderr}[filepath.Clean(name)]; own != nil {
		_, err := own.Write(content)
		return err
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|syscall.O_NONBLOCK, 0) // a pipe without a reader is an error at once
	if err != nil {
		return err
	}
	_ = file.SetWriteDeadline(time.Now().Add(maxPipeWait)) // fails for files that never block
	_, err = file.Write(content)
	return errors.Join(err, file.Close())
}
