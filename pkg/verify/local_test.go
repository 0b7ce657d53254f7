package verify_test

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// rootOf opens a folder.
func rootOf(t *testing.T, dir string) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
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
	return rootOf(t, dir)
}

// local compares one file on disk with what is declared.
func local(t *testing.T, ctx context.Context, root *os.Root, path string, limit int64, a artifact.Artifact) verify.Result {
	t.Helper()
	v := &verify.Verifier{Concurrency: 1, Hosts: verify.Hosts{MaxSize: limit}}
	return only(t, v.RunLocal(ctx, root, []verify.LocalFile{{Artifact: a, Path: path}}))
}

func TestLocalFilesAreComparedAsDownloadsAre(t *testing.T) {
	root := folder(t, map[string]string{"right": machOArm, "wrong": "\x00other", "page": page})
	outside := filepath.Join(t.TempDir(), "outside")
	if err := errors.Join(os.WriteFile(outside, []byte(machOArm), 0o600), os.Symlink(outside, filepath.Join(root.Name(), "link")), root.Mkdir("folder", 0o700),
		root.Symlink("right", "inside"), root.Symlink(".", "way")); err != nil {
		t.Fatal(err)
	}
	declared := binary("https://example.com/x", sum(machOArm))
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
		if r := local(t, t.Context(), root, path, 0, declared); outcome(r) != want || r.Source != verify.FromLocal {
			t.Errorf("%s: %s from %s, want %s", path, outcome(r), r.Source, want)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if r := local(t, ended, root, "right", 0, declared); r.Status != verify.Unreachable {
		t.Errorf("after the end: %s", outcome(r))
	}
	if r := local(t, t.Context(), root, "right", 0, binary("https://example.com/x", "md5:x")); r.Status != verify.Refused {
		t.Errorf("an invalid checksum: %s", outcome(r))
	}
}

func TestAFileOnDiskThatIsTooLargeIsRefused(t *testing.T) {
	root := folder(t, map[string]string{"f": gguf})
	for limit, want := range map[int64]string{ggufLen - 1: "refused error:artifact/refused", ggufLen: "verified"} {
		if got := outcome(local(t, t.Context(), root, "f", limit, weight("https://example.com/x", "m.gguf", sum(gguf)))); got != want {
			t.Errorf("limit %d: %s, want %s", limit, got, want)
		}
	}
}

func TestAnIncompleteFileIsNoMismatch(t *testing.T) {
	root := folder(t, map[string]string{"part": machOArm[:20], "whole": machOArm, "other": strings.Repeat("\x00", len(machOArm)), "long": machOArm + "x", "page": "<!doctype html><title>x</title>"})
	for path, want := range map[string]struct {
		size          int
		outcome, says string
	}{
		"page":  {64, "mismatch error:artifact/html-page error:artifact/mismatch error:artifact/size", "`page` is an HTML page"},
		"part":  {64, "unreachable error:artifact/size", "`part` has 20 of the 64 declared bytes: its download is incomplete"},
		"whole": {65, "verified error:artifact/size", ""}, // the digest decides
		"other": {64, "mismatch error:artifact/mismatch", "It has the declared size, so programs consider it complete"},
		"long":  {64, "mismatch error:artifact/mismatch error:artifact/size", "`long` is a Mach-O arm64 executable of 65 bytes"},
	} {
		r := local(t, t.Context(), root, path, 0, sized(binary("https://example.com/x", sum(machOArm)), int64(want.size)))
		if outcome(r) != want.outcome || !strings.Contains(r.Findings[0].Message, want.says) || strings.Contains(r.Findings[0].Message+r.Findings[0].Fix, "URL") {
			t.Errorf("%s: %s, want %+v: %v", path, outcome(r), want, r.Findings)
		}
	}
}

func TestTwoFilesOnDisk(t *testing.T) {
	const one, two = "https://example.com/1", "https://example.com/2"
	for name, c := range map[string]struct {
		files               map[string]string
		armURL, armSum, arm string // of two binaries: URL, checksum and path
		x86URL, x86Sum, x86 string
		wantArm, wantX86    string
		says                string
	}{
		"two digests of one URL": {map[string]string{"a": machOArm, "b": machOArm}, one, machOArm, "a", one, "another", "b",
			"refused error:artifact/digest-conflict", "refused error:artifact/digest-conflict", "Two digests"},
		"one name, whatever the platforms": {map[string]string{"server": machOArm}, one, machOArm, "server", two, machOX86, "server",
			"verified", "unavailable error:artifact/unavailable", "two files can't have one path"},
		"one name, and neither": {map[string]string{"server": "\x00another"}, one, machOArm, "server", two, machOX86, "server",
			"mismatch error:artifact/mismatch", "mismatch error:artifact/mismatch", ""},
		"swapped": {map[string]string{"a": "\x00b", "b": "\x00a"}, one, "\x00a", "a", two, "\x00b", "b",
			"mismatch error:artifact/mismatch", "mismatch error:artifact/mismatch", "the two may be swapped"},
	} {
		arm, x86 := binary(c.armURL, sum(c.armSum)), binary(c.x86URL, sum(c.x86Sum))
		x86.Platform, x86.Pointer = "x86_64-apple-darwin", "/binaries/x86_64-apple-darwin"
		v := &verify.Verifier{Concurrency: 2, Progress: &verify.Progress{}}
		results := v.RunLocal(t.Context(), folder(t, c.files), []verify.LocalFile{{Artifact: x86, Path: c.x86}, {Artifact: arm, Path: c.arm}})
		if got := []string{outcome(results[0]), outcome(results[1])}; !slices.Equal(got, []string{c.wantArm, c.wantX86}) || !strings.Contains(results[1].Findings[0].Message, c.says) {
			t.Errorf("%s: %q: %v", name, got, results[1].Findings)
		}
		if done, all := v.Progress.Files(); done != all {
			t.Errorf("%s: %d of %d files are done", name, done, all)
		}
	}
}

func TestTheSHA256OfALocalFileIsKnownWhereItIsNeeded(t *testing.T) {
	s512 := sha512.Sum512([]byte(gguf))
	v := &verify.Verifier{Concurrency: 1, NeedsSHA256: func(artifact.Artifact) bool { return true }}
	a := weight("https://example.com/x", "m.gguf", "sha512:"+hex.EncodeToString(s512[:]))
	r := only(t, v.RunLocal(t.Context(), folder(t, map[string]string{"m": gguf}), []verify.LocalFile{{Artifact: a, Path: "m"}}))
	if r.Status != verify.Verified || r.Under(digest.SHA256).String() != sum(gguf) {
		t.Errorf("%s: %+v", outcome(r), r.Observation)
	}
}

func TestAFileThatGrowsIsNoMismatch(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("there is no /proc")
	}
	// The files of /proc have the size 0, and content.
	r := local(t, t.Context(), rootOf(t, "/proc/self"), "status", 0, binary("https://example.com/x", sum("")))
	if r.Status != verify.Unreachable || !strings.Contains(r.Findings[0].Message, "changed while it was read") {
		t.Errorf("%s: %v", outcome(r), r.Findings)
	}
}
