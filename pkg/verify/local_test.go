package verify_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
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
	if err := errors.Join(os.WriteFile(outside, []byte(machOArm), 0o600), os.Symlink(outside, filepath.Join(dir, "link")), os.Mkdir(filepath.Join(dir, "folder"), 0o700),
		os.Symlink("right", filepath.Join(dir, "inside")), os.Symlink(".", filepath.Join(dir, "way"))); err != nil {
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
		"inside":     "refused error:artifact/refused",
		"way/right":  "refused error:artifact/refused",
		"right/x":    "refused error:artifact/refused",
		"":           "refused error:artifact/refused",
		".":          "refused error:artifact/refused",
		"folder":     "refused error:artifact/refused",
		"../outside": "refused error:artifact/refused",
		outside:      "refused error:artifact/refused",
	} {
		results := v.RunLocal(t.Context(), root, []verify.LocalFile{{Artifact: binary("https://example.com/x", sum(machOArm)), Path: path}})
		if r := only(t, results); outcome(r) != want || r.Source != verify.FromLocal {
			t.Errorf("%s: %s from %s, want %s", path, outcome(r), r.Source, want)
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

// folder makes a folder of files.
func folder(t *testing.T, files map[string]string) *os.Root {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

func TestAFileOnDiskThatIsTooLargeIsRefused(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if err := root.WriteFile("f", []byte(gguf), 0o600); err != nil {
		t.Fatal(err)
	}
	for limit, want := range map[int64]string{ggufLen - 1: "refused error:artifact/refused", ggufLen: "verified"} {
		v := &verify.Verifier{Concurrency: 1, Hosts: verify.Hosts{MaxSize: limit}}
		results := v.RunLocal(t.Context(), root, []verify.LocalFile{{Artifact: weight("https://example.com/x", "m.gguf", sum(gguf)), Path: "f"}})
		if got := outcome(only(t, results)); got != want {
			t.Errorf("limit %d: %s, want %s", limit, got, want)
		}
	}
}

func TestAPartOfAFileIsNoMismatch(t *testing.T) {
	root := folder(t, map[string]string{"part": machOArm[:20], "whole": machOArm, "other": strings.Repeat("\x00", len(machOArm)), "long": machOArm + "x", "page": "<!doctype html><title>x</title>"})
	declared := binary("https://example.com/x", sum(machOArm))
	declared.Size = &artifact.Field[int64]{Value: int64(len(machOArm)), Pointer: declared.Pointer + "/size"}
	v := &verify.Verifier{Concurrency: 1}
	for path, want := range map[string]struct{ outcome, says string }{
		"page":  {"mismatch error:artifact/html-page error:artifact/mismatch error:artifact/size", "`page` is an HTML page"},
		"part":  {"unreachable error:artifact/size", "`part` has 20 of the 64 bytes that are declared: its download has not ended"},
		"whole": {"verified", ""},
		"other": {"mismatch error:artifact/mismatch", "It has the declared size, so programs take it for complete"},
		"long":  {"mismatch error:artifact/mismatch error:artifact/size", "`long` is a Mach-O arm64 executable of 65 bytes"},
	} {
		r := only(t, v.RunLocal(t.Context(), root, []verify.LocalFile{{Artifact: declared, Path: path}}))
		if outcome(r) != want.outcome || r.Source != verify.FromLocal {
			t.Errorf("%s: %s, want %s", path, outcome(r), want.outcome)
		}
		if len(r.Findings) > 0 && (!strings.Contains(r.Findings[0].Message, want.says) || strings.Contains(r.Findings[0].Message+r.Findings[0].Fix, "URL")) {
			t.Errorf("%s: %s %s", path, r.Findings[0].Message, r.Findings[0].Fix)
		}
	}
}

func TestTheDigestDecidesWhateverSizeIsDeclared(t *testing.T) {
	root := folder(t, map[string]string{"short": machOArm})
	declared := binary("https://example.com/x", sum(machOArm))
	declared.Size = &artifact.Field[int64]{Value: int64(len(machOArm)) + 1, Pointer: declared.Pointer + "/size"}
	v := &verify.Verifier{Concurrency: 1}
	r := only(t, v.RunLocal(t.Context(), root, []verify.LocalFile{{Artifact: declared, Path: "short"}}))
	if want := "verified error:artifact/size"; outcome(r) != want {
		t.Errorf("%s, want %s", outcome(r), want)
	}
}

func TestTwoDigestsOfOneURLAreRefusedOnDiskToo(t *testing.T) {
	root := folder(t, map[string]string{"a": machOArm, "b": machOArm})
	a, b := binary("https://example.com/x", sum(machOArm)), binary("https://example.com/x", sum("another"))
	b.Pointer = "/binaries/x86_64-apple-darwin"
	v := &verify.Verifier{Concurrency: 1}
	for _, r := range v.RunLocal(t.Context(), root, []verify.LocalFile{{Artifact: a, Path: "a"}, {Artifact: b, Path: "b"}}) {
		if want := "refused error:artifact/digest-conflict"; outcome(r) != want {
			t.Errorf("%s, want %s", outcome(r), want)
		}
	}
}

func TestOneNameIsOneFileWhateverThePlatforms(t *testing.T) {
	root := folder(t, map[string]string{"server": machOArm})
	arm, intel := binary("https://example.com/arm/server", sum(machOArm)), binary("https://example.com/intel/server", sum(machOX86))
	intel.Platform, intel.Pointer = "x86_64-apple-darwin", "/binaries/x86_64-apple-darwin"
	v := &verify.Verifier{Concurrency: 1}
	for range 10 { // whatever the order of a map
		var got []string
		for _, r := range v.RunLocal(t.Context(), root, []verify.LocalFile{{Artifact: intel, Path: "server"}, {Artifact: arm, Path: "server"}}) {
			got = append(got, r.Artifact.Platform+" "+outcome(r))
		}
		want := []string{"aarch64-apple-darwin verified", "x86_64-apple-darwin unavailable error:artifact/unavailable"}
		if !slices.Equal(got, want) {
			t.Fatalf("%q, want %q", got, want)
		}
	}
	root = folder(t, map[string]string{"server": "\x00another"})
	for _, r := range v.RunLocal(t.Context(), root, []verify.LocalFile{{Artifact: intel, Path: "server"}, {Artifact: arm, Path: "server"}}) {
		if r.Status != verify.Mismatch {
			t.Errorf("%s: %s, want a mismatch of both", r.Artifact.Platform, outcome(r))
		}
	}
}

func TestSwappedFilesOnDiskAreNamed(t *testing.T) {
	root := folder(t, map[string]string{"a": "\x00b", "b": "\x00a"})
	a, b := binary("https://example.com/a", sum("\x00a")), binary("https://example.com/b", sum("\x00b"))
	b.Pointer = "/binaries/x86_64-apple-darwin"
	v := &verify.Verifier{Concurrency: 2, Progress: &verify.Progress{}}
	for _, r := range v.RunLocal(t.Context(), root, []verify.LocalFile{{Artifact: a, Path: "a"}, {Artifact: b, Path: "b"}}) {
		if len(r.Findings) != 1 || !strings.Contains(r.Findings[0].Message, "the two may be swapped") {
			t.Errorf("%s: %v", outcome(r), r.Findings)
		}
	}
	if done, all := v.Progress.Files(); done != 2 || all != 2 {
		t.Errorf("%d of %d files are done", done, all)
	}
}

func TestAFileThatGrowsIsNoMismatch(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("there is no /proc")
	}
	root, err := os.OpenRoot("/proc/self") // whose files have the size 0, and content
	if err != nil {
		t.Skip(err)
	}
	defer root.Close()
	v := &verify.Verifier{Concurrency: 1}
	r := only(t, v.RunLocal(t.Context(), root, []verify.LocalFile{{Artifact: binary("https://example.com/x", sum("")), Path: "status"}}))
	if r.Status != verify.Unreachable || !strings.Contains(r.Findings[0].Message, "changed while it was read") {
		t.Errorf("%s: %v", outcome(r), r.Findings)
	}
}
