package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// writeFile writes a file whole or not at all: next to its place first, so that a symbolic link at its
// name is replaced and not followed. An empty name writes nothing.
func writeFile(input, name string, write func(io.Writer) error) error {
	if name == "" {
		return nil
	}
	var content bytes.Buffer
	err := write(&content)
	if err == nil {
		err = replaceFile(name, content.Bytes(), filePermissions)
	}
	if err != nil {
		return fmt.Errorf("%s %s can't be written: %w", input, finding.Quote(name), err)
	}
	return nil
}

// openRegular opens a regular file: opening a named pipe would block, whatever signal comes.
func openRegular(name string) (*os.File, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	return os.Open(name)
}

// filePermissions let later steps, which may run as another user, read what the Action wrote.
const filePermissions = 0o644

func replaceFile(name string, content []byte, permissions os.FileMode) error {
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
