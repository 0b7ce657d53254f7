//go:build unix

package verify_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// TestANamedPipeOnDiskDoesNotBlock hangs where the file is opened in blocking mode. What is checked before the open may have been
// swapped when it is opened.
func TestANamedPipeOnDiskDoesNotBlock(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	v := &verify.Verifier{Concurrency: 1}
	results := v.RunLocal(t.Context(), root, []verify.LocalFile{{Artifact: binary("https://example.com/x", sum(machOArm)), Path: "pipe"}})
	if got := outcome(only(t, results)); got != "refused error:artifact/refused" {
		t.Error(got)
	}
}
