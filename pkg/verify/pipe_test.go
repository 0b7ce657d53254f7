//go:build unix

package verify_test

import (
	"path/filepath"
	"syscall"
	"testing"
)

// TestANamedPipeOnDiskDoesNotBlock hangs where the file is opened in blocking mode. What is checked before the open may have been
// swapped when it is opened.
func TestANamedPipeOnDiskDoesNotBlock(t *testing.T) {
	root := folder(t, nil)
	if err := syscall.Mkfifo(filepath.Join(root.Name(), "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := outcome(local(t, t.Context(), root, "pipe", 0, binary("https://example.com/x", sum(machOArm)))); got != "refused error:artifact/refused" {
		t.Error(got)
	}
}
