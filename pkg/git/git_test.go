package git_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/premAI-io/verify-manifests/pkg/git"
)

// repository makes an empty repository on the branch main and returns its folder.
func repository(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	command(t, dir, "init", "-q", "-b", "main")
	return dir
}

// environ is that of a user whose name git knows.
func environ() []string {
	return append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_COUNT=2",
		"GIT_CONFIG_KEY_0=user.name", "GIT_CONFIG_VALUE_0=dev", "GIT_CONFIG_KEY_1=user.email", "GIT_CONFIG_VALUE_1=dev@example.com")
}

func command(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
	cmd.Env = environ()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	name = filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func commit(t *testing.T, dir string) string {
	t.Helper()
	command(t, dir, "add", "-A")
	command(t, dir, "commit", "-q", "-m", "commit")
	return command(t, dir, "rev-parse", "HEAD")
}

func open(t *testing.T, dir string) *git.Checkout {
	t.Helper()
	c, err := git.Open(t.Context(), dir, environ())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const long = "a text that is long enough\nto be found again\nunder another name\n"

func TestChangesAreWhatWouldBePushed(t *testing.T) {
	dir := repository(t)
	for _, name := range []string{"same", "edited", "committed", "staged", "deleted", "gone"} {
		write(t, dir, name, name)
	}
	write(t, dir, "old/name", long)
	write(t, dir, ".gitignore", "ignored\n")
	base := commit(t, dir)
	command(t, dir, "mv", "old/name", "renamed")
	command(t, dir, "rm", "-q", "deleted")
	write(t, dir, "committed", "other")
	write(t, dir, "back again", "")
	commit(t, dir)
	for _, name := range []string{"edited", "staged", "ignored", "new/line\nbreak", "ünïcode \"quoted\"", "-option"} {
		write(t, dir, name, "other")
	}
	command(t, dir, "add", "staged")
	if err := errors.Join(os.Remove(filepath.Join(dir, "gone")), os.Remove(filepath.Join(dir, "back again"))); err != nil {
		t.Fatal(err)
	}
	got, err := open(t, dir).Changes(t.Context(), base)
	want := []git.Change{
		{Path: "-option"}, {Path: "committed"}, {Path: "deleted", Removed: true}, {Path: "edited"}, {Path: "gone", Removed: true}, {Path: "new/line\nbreak"},
		{Path: "renamed", Previous: "old/name"}, {Path: "staged"}, {Path: "ünïcode \"quoted\""},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	files, err := open(t, dir).Files(t.Context())
	wantFiles := []string{"-option", ".gitignore", "committed", "edited", "new/line\nbreak", "renamed", "same", "staged", "ünïcode \"quoted\""}
	if diff := cmp.Diff(wantFiles, files); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestWhatCountsAsAChange(t *testing.T) {
	date := func(t *testing.T, name string) {
		at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range map[string]struct {
		change func(t *testing.T, dir string) // of a repository with the file a
		want   []git.Change
	}{
		"nothing": {func(*testing.T, string) {}, nil},
		"a file that was moved before git was told": {func(t *testing.T, dir string) {
			if err := os.Rename(filepath.Join(dir, "a"), filepath.Join(dir, "new")); err != nil {
				t.Fatal(err)
			}
		}, []git.Change{{Path: "new", Previous: "a"}}},
		"not another repository in the folder": {func(t *testing.T, dir string) {
			command(t, dir, "init", "-q", "inner")
			write(t, dir, "inner/manifest.json", "{}")
		}, nil},
		"a conflict, once": {func(t *testing.T, dir string) {
			command(t, dir, "switch", "-q", "-c", "side")
			write(t, dir, "a", "two\n")
			commit(t, dir)
			command(t, dir, "switch", "-q", "main")
			write(t, dir, "a", "three\n")
			commit(t, dir)
			merge := exec.Command("git", "-C", dir, "merge", "-q", "side")
			merge.Env = environ()
			if err := merge.Run(); err == nil {
				t.Fatal("the merge has no conflict")
			}
		}, []git.Change{{Path: "a"}}},
		// Git reads a file whose size and time are those of the index, if the index is no newer: the change may have followed within
		// the same second.
		"a change at the time of the index": {func(t *testing.T, dir string) {
			command(t, dir, "config", "core.trustctime", "false")
			date(t, filepath.Join(dir, "a"))
			command(t, dir, "update-index", "--refresh")
			date(t, filepath.Join(dir, ".git/index"))
			write(t, dir, "a", strings.ToUpper(long))
			date(t, filepath.Join(dir, "a"))
		}, []git.Change{{Path: "a"}}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := repository(t)
			write(t, dir, "a", long)
			base := commit(t, dir)
			test.change(t, dir)
			got, err := open(t, dir).Changes(t.Context(), base)
			if diff := cmp.Diff(test.want, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
				t.Error(diff, err)
			}
		})
	}
}

func TestTreeAndBlobAreThoseOfTheCommit(t *testing.T) {
	dir := repository(t)
	write(t, dir, "dir/a b", "then")
	if err := os.Symlink("a b", filepath.Join(dir, "dir", "link")); err != nil {
		t.Skip(err)
	}
	base := commit(t, dir)
	write(t, dir, "dir/a b", "now")
	c := open(t, filepath.Join(dir, "dir"))
	if c.Root != dir || c.Prefix != "dir/" {
		t.Errorf("top %q, prefix %q", c.Root, c.Prefix)
	}
	entries, err := c.Tree(t.Context(), base)
	if err != nil || len(entries) != 2 || entries[0].Path != "dir/a b" || entries[0].Symlink || !entries[1].Symlink {
		t.Fatalf("%+v, %v", entries, err)
	}
	if text, err := c.Blob(t.Context(), entries[0].Object); string(text) != "then" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := c.Blob(t.Context(), strings.Repeat("1", 40)); err == nil {
		t.Error("a blob that is not there is read")
	}
}

func TestMergeBaseIsWhereTheBranchesPart(t *testing.T) {
	dir := repository(t)
	write(t, dir, "a", "")
	base := commit(t, dir)
	command(t, dir, "branch", "side")
	write(t, dir, "a", "more")
	head := commit(t, dir)
	command(t, dir, "switch", "-q", "side")
	write(t, dir, "b", "")
	side := commit(t, dir)
	command(t, dir, "switch", "-q", "--orphan", "alone")
	command(t, dir, "commit", "-q", "--allow-empty", "-m", "alone")
	c := open(t, dir)
	if got, err := c.MergeBase(t.Context(), head, side); got != base || err != nil {
		t.Errorf("%s, %v; want %s", got, err, base)
	}
	if _, err := c.MergeBase(t.Context(), head, command(t, dir, "rev-parse", "HEAD")); err == nil || !strings.Contains(err.Error(), "no common ancestor") {
		t.Errorf("histories that never met: %v", err)
	}
}

func TestReferencesAreNoOptions(t *testing.T) {
	dir := repository(t)
	write(t, dir, "a", "")
	id := commit(t, dir)
	c := open(t, dir)
	for _, ref := range []string{"main", "HEAD", id, id[:8], "refs/heads/main", "main~0"} {
		if got, err := c.Commit(t.Context(), ref); got != id || err != nil {
			t.Errorf("%s: %s, %v", ref, got, err)
		}
	}
	for _, ref := range []string{"", "none", "origin/main", "--all", "--output=x", "-h", "main:a", "a\nb", strings.Repeat("x", 5000)} {
		if got, err := c.Commit(t.Context(), ref); err == nil || !strings.Contains(err.Error(), "unknown commit") {
			t.Errorf("%q: %s, %v", ref, got, err)
		}
	}
}

func TestRemoteURLIsWhereTheBranchComesFrom(t *testing.T) {
	origin, dir := repository(t), ""
	write(t, origin, "a", "")
	commit(t, origin)
	dir = filepath.Join(t.TempDir(), "clone")
	command(t, origin, "clone", "-q", origin, dir)
	c := open(t, dir)
	for ref, want := range map[string]string{"origin/main": origin, "main": origin, "HEAD": origin, "none": "", "--all": ""} {
		if got := c.RemoteURL(t.Context(), ref); got != want {
			t.Errorf("%s: %q, want %q", ref, got, want)
		}
	}
	command(t, dir, "branch", "-q", "--unset-upstream")
	if got := c.RemoteURL(t.Context(), "main"); got != "" {
		t.Errorf("a branch without upstream comes from %q", got)
	}
}

func TestNothingOfTheRepositoryIsRunOrTouched(t *testing.T) {
	dir := repository(t)
	write(t, dir, "a", long)
	write(t, dir, ".gitattributes", "* diff=evil filter=evil\na filter=e=vil\n")
	base := commit(t, dir)
	trap := filepath.Join(t.TempDir(), "trap")
	write(t, trap, "run", "#!/bin/sh\n>>'"+trap+"/sprung'\n")
	for _, hook := range []string{"post-index-change", "fsmonitor-watchman", "reference-transaction"} {
		write(t, dir, ".git/hooks/"+hook, "#!/bin/sh\n>>'"+trap+"/sprung'\n")
		if err := os.Chmod(filepath.Join(dir, ".git/hooks", hook), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(trap, "run"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"core.fsmonitor", "diff.external", "diff.evil.textconv", "diff.evil.command", "core.pager", "core.sshCommand", "filter.evil.clean", "filter.evil.process", "filter.e=vil.clean", "filter.e=vil.process"} {
		command(t, dir, "config", key, filepath.Join(trap, "run"))
	}
	command(t, dir, "config", "filter.evil.required", "true")
	command(t, dir, "config", "protocol.ext.allow", "always")
	if err := os.Chtimes(filepath.Join(dir, "a"), time.Unix(0, 0), time.Unix(0, 0)); err != nil { // which git would write down
		t.Fatal(err)
	}
	write(t, dir, "b", long)
	if err := os.Remove(filepath.Join(trap, "sprung")); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	before := contents(t, filepath.Join(dir, ".git"))
	ask(t, open(t, dir), base)
	if _, err := os.Stat(filepath.Join(trap, "sprung")); err == nil {
		t.Error("a program that the repository names was run")
	}
	if diff := cmp.Diff(before, contents(t, filepath.Join(dir, ".git"))); diff != "" {
		t.Errorf("the repository was touched:\n%s", diff)
	}
}

// ask asks everything that can be asked.
func ask(t *testing.T, c *git.Checkout, base string) {
	t.Helper()
	head, err := c.Commit(t.Context(), "HEAD")
	_, err2 := c.MergeBase(t.Context(), head, base)
	changes, err3 := c.Changes(t.Context(), base)
	_, err4 := c.Ignored(t.Context())
	entries, err5 := c.Tree(t.Context(), base)
	_, err6 := c.Blob(t.Context(), entries[0].Object)
	c.RemoteURL(t.Context(), "main")
	if err := errors.Join(err, err2, err3, err4, err5, err6); err != nil {
		t.Error(err)
	}
	if !slices.Equal(changes, []git.Change{{Path: "b"}}) {
		t.Error(changes)
	}
}

// contents returns the text of every file below a folder.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		files[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestTheFolderDecidesAndNotTheEnvironment(t *testing.T) {
	dir := repository(t)
	write(t, dir, "a", "")
	id := commit(t, dir)
	hook := append(environ(), "GIT_DIR="+filepath.Join(t.TempDir(), "none"), "GIT_WORK_TREE=/", "GIT_INDEX_FILE=none", "GIT_EXTERNAL_DIFF=false")
	c, err := git.Open(t.Context(), dir, hook)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.Changes(t.Context(), id); len(got) > 0 || err != nil {
		t.Errorf("%v, %v", got, err)
	}
}

func TestWhatIsNoCheckoutIsSaid(t *testing.T) {
	bare := repository(t)
	command(t, bare, "init", "-q", "--bare", "bare.git")
	for dir, want := range map[string]string{
		t.TempDir(): "not a git repository", filepath.Join(bare, "bare.git"): "work tree", filepath.Join(bare, "none"): "cannot change to",
	} {
		if _, err := git.Open(t.Context(), dir, environ()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want it to say %q", dir, err, want)
		}
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := git.Open(t.Context(), bare, environ()); err == nil || !strings.Contains(err.Error(), "git is not installed") {
		t.Errorf("without git: %v", err)
	}
}

// pretend makes a script take git's place.
func pretend(t *testing.T, script string) {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "git", "#!/bin/sh\n"+script)
	if err := os.Chmod(filepath.Join(dir, "git"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

func TestAHangingCommandEndsWithTheRun(t *testing.T) {
	dir := repository(t)
	c := open(t, dir)
	pretend(t, "exec sleep 600")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("told to end"))
	if _, err := c.Ignored(ctx); err == nil || err.Error() != "told to end" {
		t.Error(err)
	}
}

func TestWhatGitMayAnswerInstead(t *testing.T) {
	for _, test := range []struct {
		script, want string
		ask          func(*git.Checkout) error
	}{
		{"exec yes", "printed more than", ignored},
		{`printf 'R100\000only one path\000'`, "", func(c *git.Checkout) error { _, err := c.Changes(t.Context(), "HEAD"); return err }},
		{`printf 'no entry\000'`, "unexpected output of git ls-tree", func(c *git.Checkout) error { _, err := c.Tree(t.Context(), "HEAD"); return err }},
		{"echo 'fatal: ::error::x' >&2; exit 128", "git ls-files failed: `fatal:", ignored},
		{"exit 3", "git ls-files failed: exit status 3", ignored},
	} {
		c := open(t, repository(t))
		t.Run(test.script, func(t *testing.T) {
			pretend(t, test.script)
			if err := test.ask(c); err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func ignored(c *git.Checkout) error {
	_, err := c.Ignored(context.Background())
	return err
}
