package cli_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/cli"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github/githubtest"
	"github.com/premAI-io/verify-manifests/pkg/report"
)

// fileTree is the text of a registry's files by their paths: "" is a file that is not there, and what begins with linkTo a symbolic link.
type fileTree map[string]string

const linkTo = "-> "

// manifestOf is the text of a service with one binary.
func manifestOf(id string, port int, owner, more string) string {
	return fmt.Sprintf(`{"id": %q, "name": %q, "serviceType": "binary", "version": "1.1", "modelInfo": {}, "interfaces": ["chat"],
	"defaultPort": %d, "defaultExternalPort": %d,
	"binaries": {"aarch64-apple-darwin": {"url": "https://github.com/%s/%s/releases/download/v1.0.0/x-aarch64-apple-darwin"%s}},
	"serveCommand": "x-aarch64-apple-darwin --port=%d"}`, id, id, port, port, owner, id, more, port)
}

const otherDigest = `, "checksum": "sha256:0000000000000000000000000000000000000000000000000000000000000000"`

// before is the registry that is changed.
var before = fileTree{
	"README.md":               "a registry",
	"chat-a/manifest.json":    manifestOf("a", 8101, "premAI-io", ""),
	"chat-b/manifest.json":    manifestOf("b", 8102, "acme", otherDigest),
	"chat-b/README.md":        "b",
	"chat-gone/manifest.json": manifestOf("gone", 8103, "acme", ""),
}

// changes are what a pull request may do to the registry: the files that it changes, and rules that it breaks.
var changes = map[string]struct {
	files fileTree
	rules []string
}{
	"nothing":            {},
	"another file":       {files: fileTree{"README.md": "other"}},
	"a trusted file":     {files: fileTree{"chat-a/manifest.json": manifestOf("a", 8107, "premAI-io", "")}},
	"a dropped checksum": {files: fileTree{"chat-b/manifest.json": manifestOf("b", 8102, "acme", "")}, rules: []string{finding.ChecksumDropped, finding.ArtifactMissingChecksum}},
	"a mismatch":         {files: fileTree{"chat-a/manifest.json": manifestOf("a", 8101, "acme", otherDigest)}, rules: []string{finding.ArtifactMismatch}},
	"a clash":            {files: fileTree{"chat-c/manifest.json": manifestOf("a", 8104, "acme", "")}, rules: []string{"manifest/duplicate-id"}},
	"a deleted manifest": {files: fileTree{"chat-gone/manifest.json": "", "chat-gone/x": "x"}},
	"a renamed manifest": {files: fileTree{"chat-b/manifest.json": "", "chat-z/manifest.json": manifestOf("b", 8102, "acme", "")}, rules: []string{finding.ChecksumDropped}},
	"a broken manifest":  {files: fileTree{"chat-a/manifest.json": "{\n  \"id\": \"a\",\n"}, rules: []string{finding.JSONTruncated}},
	"a symbolic link":    {files: fileTree{"chat-l/manifest.json": linkTo + "../chat-b/manifest.json"}, rules: []string{finding.ManifestUnreadable}},
	"several manifests":  {files: fileTree{"chat-a/manifest.json": manifestOf("a", 8102, "acme", ""), "chat-n/manifest.json": manifestOf("n", 8102, "acme", "")}},
	"an unknown kind":    {files: fileTree{"new/manifest.json": manifestOf("new", 8109, "acme", "")}},
}

func TestCheckBaseFindsWhatTheActionFinds(t *testing.T) {
	base := t.TempDir()
	git(t, base, "init", "-q", "-b", "main")
	git(t, base, "remote", "add", "origin", "git@github.com:premAI-io/prem-registry.git")
	lay(t, base, before)
	git(t, base, "add", "-A")
	git(t, base, "commit", "-q", "-m", "base")
	git(t, base, "update-ref", "refs/remotes/origin/main", "HEAD")
	for name, c := range changes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := pullRequest(t, proposedTo(t, before, c.files))
			for _, rule := range c.rules {
				if !slices.ContainsFunc(want.Findings, func(f finding.Finding) bool { return f.Rule == rule }) {
					t.Errorf("the change does not break %s: %v", rule, want.Findings)
				}
			}
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(base)); err != nil {
				t.Fatal(err)
			}
			lay(t, dir, c.files)
			for _, command := range [][]string{{"add", "-A"}, {"reset", "-q"}, {"commit", "-q", "--allow-empty", "-a", "-m", "change"}} {
				if command[0] == "commit" {
					git(t, dir, "add", "-A")
				}
				git(t, dir, command...)
				got := checkBase(t, dir)
				sameReport(t, want, got)
				if got.Scope != "changed" || got.Summary != want.Summary || !slices.Equal(got.Notes, want.Notes) {
					t.Errorf("after git %s: %s, %+v, %q; want %+v, %q", command[0], got.Scope, got.Summary, got.Notes, want.Summary, want.Notes)
				}
			}
		})
	}
}

// proposedTo is GitHub's API of pull request 7, which changes files of a registry. A manifest that is added where one is removed is renamed.
func proposedTo(t *testing.T, base, files fileTree) *githubtest.Server {
	t.Helper()
	api := githubtest.New()
	t.Cleanup(api.Close)
	after := maps.Clone(base)
	maps.Copy(after, files)
	addTree(api, beforeSHA, base)
	addTree(api, headSHA, after)
	api.PullRequests[7] = nil
	removed := ""
	for path, text := range files {
		if text == "" {
			removed = path
		}
	}
	for path, text := range files {
		target, _ := strings.CutPrefix(text, linkTo)
		switch {
		case text != "" && base[path] != "":
			api.AddChange(7, "modified", path, target)
		case text != "" && removed != "" && strings.HasSuffix(path, "/manifest.json"):
			api.AddChange(7, "renamed", path, target)
			api.PullRequests[7][len(api.PullRequests[7])-1].Previous = removed
			removed = ""
		case text != "":
			api.AddChange(7, "added", path, target)
		}
	}
	if removed != "" {
		api.AddChange(7, "removed", removed, "")
	}
	return api
}

func addTree(api *githubtest.Server, commit string, files fileTree) {
	for path, text := range files {
		target, isLink := strings.CutPrefix(text, linkTo)
		if text == "" {
			continue
		}
		api.AddToTree(commit, path, target)
		if tree := api.Trees[commit]; isLink {
			tree.Files[len(tree.Files)-1].Mode = "120000"
		}
	}
}

// checkBase returns what `check --base` reports in a checkout.
func checkBase(t *testing.T, dir string) report.Report {
	t.Helper()
	proxy, roots := internet(t, "github.com")
	api := githubtest.New() // without releases
	defer api.Close()
	file := filepath.Join(t.TempDir(), "report.json")
	var out bytes.Buffer
	cli.Main(t.Context(), cli.Env{
		Args: []string{"check", "--base", "origin/main", "--report-file", file, dir}, Stdout: &out, Stderr: &out, RootCAs: roots,
		Environ: append(os.Environ(), "HTTPS_PROXY="+proxy, "GITHUB_API_URL="+api.URL),
	})
	return writtenReport(t, file, &out)
}

// git runs git in a folder, and skips the test on a machine without it.
func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=dev", "-c", "user.email=dev@example.com"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// lay writes files below a folder.
func lay(t *testing.T, dir string, files fileTree) {
	t.Helper()
	for path, text := range files {
		name := filepath.Join(dir, filepath.FromSlash(path))
		os.Remove(name)
		if text == "" {
			continue
		}
		err := os.MkdirAll(filepath.Dir(name), 0o700)
		if target, isLink := strings.CutPrefix(text, linkTo); isLink {
			err = os.Symlink(target, name)
		} else if err == nil {
			err = os.WriteFile(name, []byte(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
