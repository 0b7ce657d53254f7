//go:build unix

package get_test

import (
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/get"
)

func TestWhatIsInTheWayStays(t *testing.T) {
	content := random(1 << 20)
	outside := filepath.Join(t.TempDir(), "outside")
	for name, c := range map[string]struct {
		plant func(dir, part string) error
		says  string
	}{
		"a link at the name":       {func(dir, _ string) error { return os.Symlink(outside, filepath.Join(dir, "s", "f")) }, "symbolic link"},
		"a dangling link":          {func(dir, _ string) error { return os.Symlink("nowhere", filepath.Join(dir, "s", "f")) }, "symbolic link"},
		"a folder at the name":     {func(dir, _ string) error { return os.Mkdir(filepath.Join(dir, "s", "f"), 0o755) }, "a folder"},
		"a pipe at the name":       {func(dir, _ string) error { return syscall.Mkfifo(filepath.Join(dir, "s", "f"), 0o644) }, "not a regular file"},
		"a link at the part":       {func(_, part string) error { return os.Symlink(outside, part) }, "symbolic link"},
		"a hard link at the part":  {func(_, part string) error { return os.Link(outside, part) }, "a second name"},
		"a part that others write": {func(_, part string) error { return errors.Join(os.WriteFile(part, nil, 0o600), os.Chmod(part, 0o666)) }, "other permissions"},
		"a pipe at the part":       {func(_, part string) error { return syscall.Mkfifo(part, 0o600) }, "not a regular file"},
		"a link at the folder": {func(dir, _ string) error {
			return errors.Join(os.Remove(filepath.Join(dir, "s")), os.Symlink(filepath.Dir(outside), filepath.Join(dir, "s")))
		}, "not a folder"},
		"a link at the folder, here": {func(dir, _ string) error {
			return errors.Join(os.Remove(filepath.Join(dir, "s")), os.Mkdir(filepath.Join(dir, "t"), 0o755), os.Symlink("t", filepath.Join(dir, "s")))
		}, "not a folder"},
		"a file at the folder": {func(dir, _ string) error {
			return errors.Join(os.Remove(filepath.Join(dir, "s")), os.WriteFile(filepath.Join(dir, "s"), nil, 0o600))
		}, "not a folder"},
	} {
		t.Run(name, func(t *testing.T) {
			write(t, outside, "outside")
			dir := t.TempDir()
			folder, err := get.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer folder.Close()
			planned, err := folder.Part("s/f", "key")
			if err != nil {
				t.Fatal(err)
			}
			name := part(t, filepath.Join(dir, "s"), ".part")
			planned.Close()
			holds(t, dir)
			if err := c.plant(dir, name); err != nil {
				t.Fatal(err)
			}
			_, err = folder.Part("s/f", "key")
			if disk := new(get.FileError); !errors.As(err, &disk) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v", err)
			}
			isFile(t, outside, []byte("outside"), 0o600)
			if entries, _ := os.ReadDir(filepath.Dir(outside)); len(entries) != 1 {
				t.Errorf("outside are %v", entries)
			}
		})
	}
	o := serve(t, content)
	dir := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "f")); err != nil {
		t.Fatal(err)
	}
	if err := get.File(t.Context(), o.client(t), o.want(content), filepath.Join(dir, "f"), 0o644); err == nil || len(o.asked()) > 0 {
		t.Errorf("got %v", err)
	}
	if err := get.Check(filepath.Join(dir, "f"), o.want([]byte("outside"))); err == nil {
		t.Error("Check follows a link")
	}
}

func TestAFullDisk(t *testing.T) {
	content := random(4 << 20)
	o := serve(t, content)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "f"), "old")
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit) }()
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1 << 20, Max: limit.Max}); err != nil {
		t.Fatal(err)
	}
	err := get.File(t.Context(), o.client(t), o.want(content), filepath.Join(dir, "f"), 0o644)
	if disk := new(get.FileError); !errors.As(err, &disk) || !errors.Is(err, syscall.EFBIG) || !strings.Contains(err.Error(), "The download stopped: the file `f` can't be written") {
		t.Errorf("got %v", err)
	}
	isFile(t, filepath.Join(dir, "f"), []byte("old"), 0o600)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	o.asked()
	if err := get.File(t.Context(), o.client(t), o.want(content), filepath.Join(dir, "f"), 0o644); err != nil {
		t.Error(err)
	}
	isFile(t, filepath.Join(dir, "f"), content, 0o644)
	if asked := o.asked(); len(asked) != 1 || asked[0] == "" {
		t.Errorf("asked for %q", asked)
	}
}

func TestAFolderThatCanNotBeWritten(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root writes everywhere")
	}
	o := serve(t, random(1000))
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"f", "a/f"} {
		err := get.File(t.Context(), o.client(t), o.want(random(1000)), filepath.Join(dir, path), 0o644)
		if !errors.Is(err, os.ErrPermission) || len(o.asked()) > 0 {
			t.Errorf("%s: %v", path, err)
		}
	}
}
