package cli_test

import (
	"bytes"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/premAI-io/verify-manifests/pkg/cli"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/prem/premtest"
	"github.com/premAI-io/verify-manifests/pkg/report"
)

// premGoldens hold manifests that break each of the App's rules, and most of the general ones.
const premGoldens = "../prem/testdata/lint/*.txtar"

// TestCheckSaysWhatTheActionSays proposes the manifests of each golden, and holds what the Action says of them against what
// `check` says of the same in a checkout; of every eighth golden also of the first manifest alone.
func TestCheckSaysWhatTheActionSays(t *testing.T) {
	goldens, err := filepath.Glob(premGoldens)
	if err != nil || len(goldens) == 0 {
		t.Fatal("no golden files", err)
	}
	reported := map[string]bool{}
	for i, name := range append(goldens, "testdata/same/other-registries.txtar") {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			tree := treeOf(archive)
			dir := checkout(t, tree)
			bad := slices.DeleteFunc(slices.Sorted(maps.Keys(tree)), func(name string) bool { return !strings.Contains(name, "bad") || !isManifest(name) })
			want := proposedManifests(t, tree, bad)
			sameReport(t, want, checkFrom(t, dir, bad...))
			for _, f := range want.Findings {
				reported[f.Rule] = true
			}
			if i%8 == 0 {
				want := proposedManifests(t, tree, bad[:1])
				sameReport(t, want, checkFrom(t, dir, bad[0]))
				sameReport(t, want, checkFrom(t, filepath.Join(dir, path.Dir(bad[0])), path.Base(bad[0])))
			}
		})
	}
	for _, r := range finding.Rules() {
		if family, _, _ := strings.Cut(r.ID, "/"); (family == "manifest" || family == "url") && !reported[r.ID] && !slices.Contains(notOfOneTree, r.ID) {
			t.Errorf("%s is reported for no golden", r.ID)
		}
	}
}

// notOfOneTree are rules that a golden can't break: those that only a change can tell, and what is no text at all.
var notOfOneTree = []string{finding.URLOwnerChanged, finding.ManifestUnreadable, finding.URLConflict}

func treeOf(archive *txtar.Archive) fileTree {
	tree := fileTree{}
	for _, file := range premtest.Files(archive) {
		tree[file.Name] = string(file.Data) + "\n" // since no text is no file
	}
	return tree
}

func isManifest(name string) bool {
	return path.Ext(name) == ".json" || path.Ext(name) == ".yaml"
}

// checkout lays a registry's files in a checkout of premAI-io's.
func checkout(t *testing.T, tree fileTree) (dir string) {
	t.Helper()
	dir = t.TempDir()
	git(t, dir, "init", "-q", "-b", "main")
	git(t, dir, "remote", "add", "origin", "https://github.com/premAI-io/prem-registry.git")
	lay(t, dir, tree)
	return dir
}

// proposedManifests is what the Action says of a pull request that adds some of a registry's manifests.
func proposedManifests(t *testing.T, tree fileTree, manifests []string) report.Report {
	t.Helper()
	base, added := maps.Clone(tree), fileTree{}
	for _, name := range manifests {
		delete(base, name)
		added[name] = tree[name]
	}
	r := pullRequest(t, proposedTo(t, base, added), "INPUT_MODE=offline")
	for _, name := range manifests {
		if !slices.ContainsFunc(r.Findings, func(f finding.Finding) bool { return f.Manifest == name }) {
			t.Errorf("%s: the Action says nothing", name)
		}
	}
	return r
}

// sameReport holds what a command says against what the Action does.
func sameReport(t *testing.T, action, command report.Report) {
	t.Helper()
	if diff := cmp.Diff(action.Findings, command.Findings); diff != "" {
		t.Errorf("the Action (-) and the command (+) differ in findings:\n%s", diff)
	}
	if diff := cmp.Diff(action.Artifacts, command.Artifacts); diff != "" {
		t.Errorf("the Action (-) and the command (+) differ in artifacts:\n%s", diff)
	}
}

// checkFrom runs `check` in a folder, and contacts nobody.
func checkFrom(t *testing.T, folder string, args ...string) report.Report {
	t.Helper()
	t.Chdir(folder)
	file := filepath.Join(t.TempDir(), "report.json")
	var out bytes.Buffer
	cli.Main(t.Context(), cli.Env{
		Args: append([]string{"check", "--mode=offline", "--report-file=" + file}, args...), Stdout: &out, Stderr: &out, Environ: os.Environ(),
	})
	return writtenReport(t, file, &out)
}

// TestCheckComparesWithWhatGitKnows: what git ignores, such as a copy that a build made, is in no pull request.
func TestCheckComparesWithWhatGitKnows(t *testing.T) {
	tree := maps.Clone(before)
	tree[".gitignore"] = "/dist/\nlogo.svg\n"
	tree["chat-a/logo.svg"] = "<svg/>"
	tree["dist/chat-a/manifest.json"] = tree["chat-a/manifest.json"]
	dir := checkout(t, tree)
	rules := func(r report.Report) (ids []string) {
		for _, f := range r.Findings {
			ids = append(ids, f.Manifest+" "+f.Rule)
		}
		return ids
	}
	want := []string{"chat-a/manifest.json " + "manifest/no-readme", "chat-a/manifest.json " + "manifest/no-logo"}
	if diff := cmp.Diff(want, rules(checkFrom(t, dir, "chat-a"))); diff != "" {
		t.Errorf("of a service:\n%s", diff)
	}
	if got := rules(checkFrom(t, dir, ".")); slices.Contains(got, "dist/chat-a/manifest.json "+"manifest/duplicate-id") {
		t.Errorf("of the registry: %q", got)
	}
	if got := rules(checkFrom(t, dir, "dist")); !slices.Contains(got, "dist/chat-a/manifest.json "+"manifest/duplicate-id") {
		t.Errorf("of a folder that git ignores, and that was asked for: %q", got)
	}
}
