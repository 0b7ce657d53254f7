package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/premAI-io/verify-manifests/pkg/cli"
)

// hook is one that .pre-commit-hooks.yaml defines (https://pre-commit.com/#new-hooks).
type hook struct{ ID, Entry, Files string }

func preCommitHooks(t *testing.T) []hook {
	t.Helper()
	text, err := os.ReadFile(".pre-commit-hooks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var hooks []hook
	if err := yaml.Unmarshal(text, &hooks); err != nil || len(hooks) != 2 {
		t.Fatalf("%d hooks: %v", len(hooks), err)
	}
	return hooks
}

func TestThePreCommitHookTakesManifestsOnly(t *testing.T) {
	for _, hook := range preCommitHooks(t) {
		takesManifestsOnly(t, regexp.MustCompile(hook.Files))
	}
}

func takesManifestsOnly(t *testing.T, files *regexp.Regexp) {
	for name, isManifest := range map[string]bool{
		"chat-x/manifest.json": true, "manifest.json": true, "a/b/manifest.json": true,
		"manifests.json": false, "chat-x/web-manifest.json": false, "chat-x/manifest.json.bak": false, "chat-x/README.md": false,
	} {
		if files.MatchString(name) != isManifest {
			t.Errorf("%s: want %t", name, isManifest)
		}
	}
}

func TestThePreCommitHookFailsWhereOneOfItsFilesDoes(t *testing.T) {
	entry := strings.Fields(preCommitHooks(t)[0].Entry) // a commit is no moment to download
	if !slices.Contains(entry, "offline") {
		t.Errorf("the first hook is %q", entry)
	}
	t.Chdir(t.TempDir())
	const good, bad = "chat-good/manifest.json", "chat-bad/manifest.json"
	for name, text := range map[string]string{
		good: `{"id": "good", "interfaces": ["chat"], "modelInfo": {}, "comingSoon": true, "binaries": {}, "version": "1.1"}`,
		bad:  `{"id": "bad", "interfaces": ["chat"]}`,
	} {
		if err := os.Mkdir(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for want, names := range map[int][]string{cli.ExitOK: {good}, cli.ExitFindings: {good, bad}} {
		var out bytes.Buffer
		code := cli.Main(t.Context(), cli.Env{Args: append(entry[1:], names...), Stdout: &out, Stderr: &out})
		if code != want || strings.Contains(out.String(), bad) != (want == cli.ExitFindings) {
			t.Errorf("%s: exit code %d, want %d:\n%s", names, code, want, &out)
		}
	}
}
