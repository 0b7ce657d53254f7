package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
)

const someCommit = "0123456789abcdef0123456789abcdef01234567"

func TestTheVersionNamesWhereTheProgramIsFrom(t *testing.T) {
	repository := []debug.BuildSetting{{Key: "vcs", Value: "git"}, {Key: "vcs.revision", Value: someCommit}}
	for name, c := range map[string]struct {
		flags   origin
		info    *debug.BuildInfo
		archive string
		want    origin
	}{
		"a release, from its tag":     {info: &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, Settings: repository}, want: origin{"v1.2.3", someCommit}},
		"go install of a module":      {info: &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}}, archive: "$Format:%H$\n", want: origin{"v1.2.3", ""}},
		"a commit after a release":    {info: &debug.BuildInfo{Main: debug.Module{Version: "v1.2.4-0.20260101000000-0123456789ab+dirty"}, Settings: repository}, want: origin{"v1.2.4-0.20260101000000-0123456789ab+dirty", someCommit}},
		"an archive of a tag":         {info: &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, archive: someCommit + " v1.2.3\n", want: origin{"v1.2.3", someCommit}},
		"an archive after a tag":      {archive: someCommit + " v1.2.3-4-g0123456\n", want: origin{"v1.2.3-4-g0123456", someCommit}},
		"an archive before any tag":   {archive: someCommit + " \n", want: origin{"devel+0123456789ab", someCommit}},
		"a Dockerfile in a checkout":  {flags: origin{"", someCommit}, archive: "$Format:%H$\n", want: origin{"devel+0123456789ab", someCommit}},
		"a Dockerfile with a version": {flags: origin{"v1.2.3", ""}, archive: "$Format:%H$\n", want: origin{"v1.2.3", ""}},
		"a build without information": {archive: "$Format:%H$\n", want: origin{"devel", ""}},
		"an invalid commit":           {flags: origin{"", "x"}, want: origin{"devel+x", "x"}},
	} {
		if got := c.flags.completed(c.info, c.archive); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestAnArchiveOfTheRepositoryNamesItsCommit has the git of this machine make one, with our .gitattributes and archive.txt.
func TestAnArchiveOfTheRepositoryNamesItsCommit(t *testing.T) {
	dir := t.TempDir()
	for from, to := range map[string]string{"archive.txt": "pkg/cli/archive.txt", "../../.gitattributes": ".gitattributes"} {
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		to = filepath.Join(dir, to)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	git := func(args ...string) string {
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"}, args...)...)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("git %s: %v", args, err)
		}
		return string(out)
	}
	git("init", "-q")
	git("add", ".")
	git("commit", "-qm", "a")
	commit := strings.TrimSpace(git("rev-parse", "HEAD"))
	untagged := origin{"devel+" + commit[:12], commit}
	git("archive", "-o", "a.tar", "HEAD")
	if got := (origin{}).completed(nil, inArchive(t, dir)); got != untagged {
		t.Errorf("before the tag: %v, want %v", got, untagged)
	}
	git("tag", "v1.2.3")
	git("archive", "-o", "a.tar", "HEAD")
	if got, want := (origin{}).completed(nil, inArchive(t, dir)), (origin{"v1.2.3", commit}); got != want {
		t.Errorf("at the tag: %v, want %v", got, want)
	}
}

func inArchive(t *testing.T, dir string) string {
	t.Helper()
	out, err := exec.Command("tar", "-xOf", filepath.Join(dir, "a.tar"), "pkg/cli/archive.txt").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
