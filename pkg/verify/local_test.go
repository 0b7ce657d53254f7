package verify_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/verify"
)

func TestLocalFilesAreComparedAsDownloadsAre(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"right": machOArm, "wrong": "\x00other", "page": page} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	outside := filepath.Join(t.TempDir(), "outside")
	if err := errors.Join(os.WriteFile(outside, []byte(machOArm), 0o600), os.Symlink(outside, filepath.Join(dir, "link")), os.Mkdir(filepath.Join(dir, "folder"), 0o700)); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	v := &verify.Verifier{Concurrency: 2}
	for path, want := range map[string]string{
		"right":      "verified",
		"wrong":      "mismatch error:artifact/mismatch",
		"page":       "mismatch error:artifact/html-page error:artifact/mismatch",
		"missing":    "unavailable error:artifact/unavailable",
		"link":       "refused error:artifact/refused",
		"folder":     "refused error:artifact/refused",
		"../outside": "refused error:artifact/refused",
		outside:      "refused error:artifact/refused",
	} {
		results := v.RunLocal(t.Context(), root, []verify.LocalFile{{Artifact: binary("https://example.com/x", sum(machOArm)), Path: path}})
		if len(results) != 1 || outcome(results[0]) != want || results[0].Source != verify.FromLocal {
			t.Errorf("%s: %s from %s, want %s", path, outcome(results[0]), results[0].Source, want)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if r := v.RunLocal(ended, root, []verify.LocalFile{{Artifact: binary("https://example.com/x", sum(machOArm)), Path: "right"}}); r[0].Status != verify.Unreachable {
		t.Errorf("after the end: %s", outcome(r[0]))
	}
	if r := v.RunLocal(t.Context(), root, []verify.LocalFile{{Artifact: binary("https://example.com/x", "md5:x"), Path: "right"}}); r[0].Status != verify.Refused {
		t.Errorf("an unreadable checksum: %s", outcome(r[0]))
	}
}
