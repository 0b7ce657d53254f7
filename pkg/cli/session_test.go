package cli_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/premAI-io/verify-manifests/pkg/cli"
)

const sessionFiles = "testdata/session"

// TestTheRecordedSessionsAreTrue types the commands that our pages show, one after the other, in a repository
// with the files of testdata/session and an internet of our own. With -update it records what they print.
func TestTheRecordedSessionsAreTrue(t *testing.T) {
	for _, page := range []string{"../../README.md", "../../docs/terminal.md"} {
		t.Run(filepath.Base(page), func(t *testing.T) { typeAgain(t, page) })
	}
}

// typeAgain types what one page shows.
func typeAgain(t *testing.T, page string) {
	t.Helper()
	page, err := filepath.Abs(page)
	if err != nil {
		t.Fatal(err)
	}
	text := readText(t, page)
	s := newSession(t)
	var got strings.Builder
	isTyped := false // between a command and the next, or the end of the block
	for line := range strings.Lines(text) {
		command, isCommand := strings.CutPrefix(line, "$ ")
		isTyped = isCommand || isTyped && line != "```\n"
		switch {
		case isCommand:
			got.WriteString(line + s.run(strings.Fields(command)))
		case !isTyped:
			got.WriteString(line)
		}
	}
	if *update {
		if err := os.WriteFile(page, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(text, got.String()); diff != "" {
		t.Error(diff)
	}
}

// session is a developer's shell.
type session struct {
	t   *testing.T
	hub *hub
}

// newSession enters a clone whose branch adds the services of testdata/session to a registry.
func newSession(t *testing.T) *session {
	t.Helper()
	s := &session{t: t, hub: newHub(t)}
	s.hub.files = map[string]string{
		"github.com/acme/gorilla/releases/download/v1.2.0/gorilla-aarch64-apple-darwin": realistic("x-aarch64-apple-darwin"),
		"github.com/acme/llama/releases/download/v2.0.0/llama-aarch64-apple-darwin":     realistic("x-aarch64-apple-darwin") + "llama",
		"drive.example.com/baboon-aarch64-apple-darwin":                                 "<!DOCTYPE html><title>Sign in to Example Drive</title>\n",
		"huggingface.co/acme/llama/resolve/main/llama.Q5_0.gguf":                        realistic("x.gguf"),
	}
	dir := t.TempDir()
	git(t, dir, "init", "-q", "-b", "main")
	git(t, dir, "commit", "-q", "--allow-empty", "-m", "x")
	git(t, dir, "update-ref", "refs/remotes/origin/main", "HEAD")
	if err := os.CopyFS(dir, os.DirFS(sessionFiles)); err != nil {
		t.Fatal(err)
	}
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-q", "-m", "Add services")
	lay(t, dir, fileTree{ // what the App has downloaded
		"models/gorilla/gorilla-aarch64-apple-darwin": realistic("x-aarch64-apple-darwin"),
		"models/llama/llama.Q5_0.gguf":                realistic("x.gguf")[:10],
		"models/llama/llama.Q4_0.gguf":                realistic("x.gguf"),
	})
	t.Chdir(dir)
	return s
}

// run returns what a command prints. Commands other than verify-manifests and git are errors in the page.
func (s *session) run(command []string) string {
	s.t.Helper()
	switch command[0] {
	case "git":
		out, err := exec.Command("git", command[1:]...).CombinedOutput()
		if err != nil {
			s.t.Fatalf("git %q: %v\n%s", command[1:], err, out)
		}
		return string(out)
	case "verify-manifests":
		var out bytes.Buffer
		cli.Main(s.t.Context(), cli.Env{
			Args: command[1:], Stdout: &out, Stderr: &out, RootCAs: s.hub.roots, Resolver: noDNS, Sleep: noSleep,
			Environ: []string{"HTTPS_PROXY=" + s.hub.proxy, "PATH=" + os.Getenv("PATH"), "GIT_CONFIG_GLOBAL=" + os.DevNull},
		})
		return strings.TrimLeft(out.String(), "\n")
	}
	s.t.Fatalf("the command %q can't be recorded", command)
	return ""
}
