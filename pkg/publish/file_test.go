//go:build linux || darwin

package publish_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/publish"
)

func write(t *testing.T, name, content string) error {
	t.Helper()
	return publish.WriteFile("report-file", name, func(w io.Writer) error { _, err := io.WriteString(w, content); return err })
}

// entries are what a folder holds, and what each is.
func entries(t *testing.T, dir string) string {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, e := range all {
		words = append(words, e.Name()+" "+e.Type().String()[:1])
	}
	return strings.Join(words, ", ")
}

func TestLinkIsFollowedAndItsTargetReplaced(t *testing.T) {
	dir := t.TempDir()
	real := filepath.Join(dir, "real")
	if err := errors.Join(os.Mkdir(real, 0o755), os.WriteFile(filepath.Join(real, "report.json"), []byte("old"), 0o644),
		os.Symlink("real", filepath.Join(dir, "linked")), os.Symlink("linked/report.json", filepath.Join(dir, "link")),
		os.Symlink("nowhere", filepath.Join(dir, "dangling")), os.Link(filepath.Join(real, "report.json"), filepath.Join(dir, "kept"))); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"link", "dangling"} {
		if err := write(t, filepath.Join(dir, name), "new"); err != nil {
			t.Error(err)
		}
		if got, err := os.ReadFile(filepath.Join(dir, name)); string(got) != "new" || err != nil {
			t.Errorf("%s holds %q, %v", name, got, err)
		}
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "kept")); string(got) != "old" {
		t.Errorf("the file that had the name before now holds %q", got)
	}
	if got, want := entries(t, dir)+"; "+entries(t, real), "dangling -, kept -, link L, linked L, real d; report.json -"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// device returns a device of Linux's memory devices (https://docs.kernel.org/admin-guide/devices.html): to root, a copy, since a
// program that is wrong would replace everybody's.
func device(t *testing.T, name string, minor int) string {
	t.Helper()
	if os.Geteuid() != 0 {
		return filepath.Join("/dev", name)
	}
	copied := filepath.Join(t.TempDir(), name)
	if err := syscall.Mknod(copied, syscall.S_IFCHR|0o666, 1<<8|minor); err != nil {
		t.Skipf("no device can be made here: %v", err)
	}
	return copied
}

func TestDevicesAreWrittenInto(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the devices are Linux's")
	}
	null, full := device(t, "null", 3), device(t, "full", 7)
	if err := write(t, null, "report"); err != nil {
		t.Error(err)
	}
	if err := write(t, full, "report"); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("the full device: %v", err)
	}
	for _, name := range []string{null, full} {
		if info, err := os.Stat(name); err != nil || info.Mode()&os.ModeDevice == 0 {
			t.Errorf("%s is a device no more", name)
		}
	}
	if err := write(t, t.TempDir(), "report"); err == nil {
		t.Error("a folder is written to")
	}
}

func TestNamedPipeIsWrittenInto(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := write(t, pipe, "report"); err == nil {
		t.Errorf("without a reader: %v", err)
	}
	report := strings.Repeat("report\n", 100_000)
	read := make(chan string)
	go func() {
		content, err := os.ReadFile(pipe)
		read <- fmt.Sprint(len(content), err)
	}()
	var err error
	for range 1000 {
		if err = write(t, pipe, report); !errors.Is(err, syscall.ENXIO) { // the reader has opened it
			break
		}
		time.Sleep(time.Millisecond)
	}
	if err != nil {
		t.Error(err)
	}
	if got, want := <-read, fmt.Sprint(len(report), nil); got != want {
		t.Errorf("read %s, want %s", got, want)
	}
	if info, err := os.Lstat(pipe); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		t.Errorf("the pipe is %v, %v", info.Mode(), err)
	}
}

func TestStandardOutputIsWrittenInto(t *testing.T) {
	if os.Getenv("WRITE_TO") != "" {
		fmt.Print("before\n")
		if err := write(t, os.Getenv("WRITE_TO"), "report\n"); err != nil {
			fmt.Print(err)
		}
		fmt.Print("after\n")
		os.Exit(0)
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var piped strings.Builder
	for _, to := range []io.Writer{file, &piped} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestStandardOutputIsWrittenInto$")
		cmd.Env, cmd.Stdout = append(os.Environ(), "WRITE_TO=/dev/stdout"), to
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
	}
	content, _ := os.ReadFile(file.Name())
	if want := "before\nreport\nafter\n"; string(content) != want || piped.String() != want {
		t.Errorf("a file holds %q, a pipe got %q", content, piped.String())
	}
}
