package source_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/github/githubtest"
	"github.com/premAI-io/verify-manifests/pkg/source"
)

// folder is a workspace that holds texts, and links by the name of what they lead to behind "-> ".
func folder(t *testing.T, files map[string]string) *source.Workspace {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, files)
	w, err := source.OpenWorkspace(dir, "shown")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		name = filepath.Join(dir, name)
		err := os.MkdirAll(filepath.Dir(name), 0o700)
		if to, isLink := strings.CutPrefix(text, "-> "); isLink && err == nil {
			err = os.Symlink(to, name)
		} else if err == nil {
			err = os.WriteFile(name, []byte(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestWorkspaceIsNeverLeft(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := folder(t, map[string]string{"a/m.json": "text", "in.json": "-> a/m.json", "out.json": "-> " + outside, "gone.json": "-> nowhere", ".git/config": "git's"})
	files, err := w.List(t.Context())
	if err != nil || len(files) != 4 {
		t.Fatalf("%v, error %v", files, err)
	}
	sources, err := source.ReadAll(t.Context(), w, files, 3)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range map[string]string{"a/m.json": "text", "in.json": "text", "out.json": "", "gone.json": ""} {
		for _, s := range sources {
			if s.At() != i {
				continue
			}
			if string(s.Text) != want || (s.Problem == "") != (want != "") || s.Path != "shown/"+i {
				t.Errorf("%s: %q, problem %q, shown as %q", i, s.Text, s.Problem, s.Path)
			}
		}
	}
}

// TestCommitBelievesACheckoutOnlyWhatGitSaysOfIt reads a commit beside a checkout of which one file is another; then GitHub does not
// give a text.
func TestCommitBelievesACheckoutOnlyWhatGitSaysOfIt(t *testing.T) {
	api := githubtest.New()
	defer api.Close()
	sha := strings.Repeat("a", 40)
	texts := map[string]string{"same.json": "same", "other.json": "reviewed", "more.json": "more"}
	for name, text := range texts {
		api.AddToTree(sha, name, text)
	}
	client, err := github.New(github.Config{APIURL: api.URL, Repository: "o/r"})
	if err != nil {
		t.Fatal(err)
	}
	w := folder(t, map[string]string{"same.json": "same", "other.json": "forged"})
	c := (&source.API{Client: client, Disk: w}).Commit(sha)
	files, err := c.List(t.Context())
	if err != nil || len(files) != len(texts) {
		t.Fatalf("%v, error %v", files, err)
	}
	calls := len(api.Requests())
	sources, err := source.ReadAll(t.Context(), c, files, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sources {
		if string(s.Text) != texts[s.Path] {
			t.Errorf("%s: %q", s.Path, s.Text)
		}
	}
	if n := len(api.Requests()) - calls; n > 2 {
		t.Errorf("two texts took %d calls", n)
	}
	api.Fail("GET /repos/{owner}/{repo}/git/blobs/{sha}", githubtest.Fault{Status: 404}, githubtest.Fault{Status: 404})
	if sources, err := source.ReadAll(t.Context(), c, files, 100); err == nil || !strings.Contains(err.Error(), "` can't be read") {
		t.Errorf("got %+v, error %v", sources, err)
	}
}

// TestGlobsOfTheInputReplaceTheRegistrysOwn has a change of a file that only a manifest of the registry's own globs could attest.
func TestGlobsOfTheInputReplaceTheRegistrysOwn(t *testing.T) {
	api := githubtest.New()
	defer api.Close()
	api.AddChange(7, "modified", "modules/x/1/MODULE.bazel", "text")
	api.AddToTree("head", "modules/x/1/MODULE.bazel", "text")
	client, err := github.New(github.Config{APIURL: api.URL, Repository: "o/r"})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		globs []string
		want  int
	}{{nil, 1}, {[]string{"modules/*/*/*.json"}, 1}, {[]string{"other/attestations.json"}, 0}} {
		e := source.Event{Event: github.Event{PullRequest: 7, BaseSHA: "base", HeadSHA: "head"}, API: client, Commit: "head", Scope: source.ScopeChanged}
		in := source.Inputs{ConfigFile: source.ConfigFile, Preset: "bcr", Globs: test.globs}
		if s, err := e.Select(t.Context(), in); err != nil || len(s.Touched) != test.want {
			t.Errorf("%q: %q, error %v", test.globs, s.Touched, err)
		}
	}
}
