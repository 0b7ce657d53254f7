package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Bounds of writing into what is no regular file.
const (
	maxLinks      = 40 // as Linux has it
	pipeWait      = 2 * time.Second
	pipePause     = 20 * time.Millisecond
	pipeWriteTime = 30 * time.Second
)

// writeFile writes what an input names, as replaceFile does. An empty name writes nothing.
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

// filePermissions let later steps, which may run as another user, read what the Action wrote.
const filePermissions = 0o644

// replaceFile writes a file whole or not at all: next to its place first. A link is followed, and what it leads to replaced.
// What is there and is no regular file, such as a device or a named pipe, is written into, and so is an open file of this process.
func replaceFile(name string, content []byte, permissions os.FileMode) error {
	target, err := followLinks(name)
	if err != nil {
		return err
	}
	info, err := os.Stat(target)
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return err
	case isOpenFile(target) && standard(info) != nil:
		_, err = standard(info).Write(content)
		return err
	case isOpenFile(target) || !info.Mode().IsRegular():
		return writeInto(target, content)
	}
	return exchangeFile(target, content, permissions)
}

// standard returns the standard output or error where a file is that, nil for any other: what is written there goes behind
// what was written before, and a socket can't be opened by its name.
func standard(info os.FileInfo) *os.File {
	for _, file := range []*os.File{os.Stdout, os.Stderr} {
		if own, err := file.Stat(); err == nil && os.SameFile(info, own) {
			return file
		}
	}
	return nil
}

func exchangeFile(name string, content []byte, permissions os.FileMode) error {
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

// followLinks returns where the links at a name lead, which need not be there; at an open file of a process it stops.
func followLinks(name string) (string, error) {
	name = filepath.Clean(name)
	for range maxLinks {
		dir, err := filepath.EvalSymlinks(filepath.Dir(name))
		if err != nil {
			return "", err
		}
		name = filepath.Join(dir, filepath.Base(name))
		link, err := os.Readlink(name)
		if err != nil || isOpenFile(name) { // it is no link, or not there
			return name, nil
		}
		if !filepath.IsAbs(link) {
			link = filepath.Join(dir, link)
		}
		name = link
	}
	return "", errors.New("its links lead in a circle")
}

// openFile is how Linux and macOS name the open files of a process: /dev/stdout leads to one.
var openFile = regexp.MustCompile(`^(/proc/[^/]+(/task/[^/]+)?/fd|/dev/fd)/[0-9]+$`)

func isOpenFile(name string) bool { return openFile.MatchString(filepath.Clean(name)) }

// writeInto writes into what is there, behind what it holds. A named pipe is given some time to be read from.
func writeInto(name string, content []byte) error {
	file, err := openPipe(name)
	if err != nil {
		return err
	}
	_ = file.SetWriteDeadline(time.Now().Add(pipeWriteTime)) // an error says that it never blocks for long
	_, err = file.Write(content)
	return errors.Join(err, file.Close())
}

func openPipe(name string) (*os.File, error) {
	for began := time.Now(); ; time.Sleep(pipePause) {
		file, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|syscall.O_NONBLOCK, 0)
		if !errors.Is(err, syscall.ENXIO) {
			return file, err
		}
		if time.Since(began) > pipeWait {
			return nil, errors.New("nobody reads from it")
		}
	}
}
