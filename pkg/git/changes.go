package git

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Commit resolves a reference (gitrevisions(7)) to a commit ID.
func (c *Checkout) Commit(ctx context.Context, ref string) (string, error) {
	id, err := c.line(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", ref+"^{commit}")
	if isRefusal(err) {
		return "", fmt.Errorf("unknown commit %s: name a branch, a tag or a fetched commit, such as `origin/main`", finding.Quote(ref))
	}
	return id, err
}

func isRefusal(err error) bool { return errors.As(err, new(*Error)) }

// MergeBase returns the ID of the best common ancestor of two commits.
func (c *Checkout) MergeBase(ctx context.Context, a, b string) (string, error) {
	id, err := c.line(ctx, "merge-base", "--end-of-options", a, b)
	if isRefusal(err) {
		return "", errors.New("no common ancestor: in a shallow clone, fetch the history with `git fetch --unshallow`")
	}
	return id, err
}

// RemoteURL returns the URL of the remote of a reference's branch, "" if unknown.
func (c *Checkout) RemoteURL(ctx context.Context, ref string) string {
	for _, candidate := range []string{ref, ref + "@{upstream}"} {
		full, _ := c.line(ctx, "rev-parse", "--verify", "--quiet", "--symbolic-full-name", "--end-of-options", candidate)
		if branch, isRemote := strings.CutPrefix(full, "refs/remotes/"); isRemote {
			remote, _, _ := strings.Cut(branch, "/")
			return c.url(ctx, remote)
		}
	}
	return ""
}

// Origin returns the URL of the remote named origin, "" without one.
func (c *Checkout) Origin(ctx context.Context) string { return c.url(ctx, "origin") }

func (c *Checkout) url(ctx context.Context, remote string) string {
	url, _ := c.line(ctx, "remote", "get-url", "--", remote)
	return url
}

// Change is a file that differs from a commit.
type Change struct {
	Path     string // slash-separated, from the top
	Previous string // the path before a rename, "" without one
	Removed  bool   // the file does not exist any more
}

// Changes returns the files of the working tree that differ from a commit, sorted by path: committed since, uncommitted,
// and new files that git does not ignore.
func (c *Checkout) Changes(ctx context.Context, commit string) ([]Change, error) {
	dir, err := os.MkdirTemp("", "verify-manifests-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	own, err := c.copyIndex(ctx, filepath.Join(dir, "index"))
	if err == nil {
		err = own.addUntracked(ctx, commit)
	}
	if err != nil {
		return nil, err
	}
	fields, err := own.names(ctx, "diff", "--name-status", "-z", "--find-renames", "--no-relative",
		"--no-ext-diff", "--no-textconv", "--ignore-submodules=dirty", "--end-of-options", commit, "--")
	if err != nil {
		return nil, err
	}
	changes, err := readStatus(fields)
	slices.SortStableFunc(changes, func(a, b Change) int { return cmp.Compare(a.Path, b.Path) })
	return slices.CompactFunc(changes, func(a, b Change) bool { return a.Path == b.Path }), err
}

// copyIndex returns the checkout with a copy of its index, since `git diff` refreshes and writes it in spite of GIT_OPTIONAL_LOCKS. A
// repository without added files has no index.
func (c *Checkout) copyIndex(ctx context.Context, to string) (*Checkout, error) {
	from, err := c.line(ctx, "rev-parse", "--path-format=absolute", "--git-path", "index")
	if err != nil {
		return nil, err
	}
	index, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, index, 0o600)
	}
	if info, statErr := os.Stat(from); err == nil && statErr == nil { // git rereads files that are as new as its index
		err = os.Chtimes(to, time.Time{}, info.ModTime())
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return &Checkout{Root: c.Root, environ: append(slices.Clone(c.environ), "GIT_INDEX_FILE="+to)}, nil
}

// addUntracked adds the names of new files that git does not ignore to the index, so that git compares them and detects renames. It adds
// no content: any object, such as a commit, serves as a placeholder.
func (c *Checkout) addUntracked(ctx context.Context, object string) error {
	names, err := c.names(ctx, "ls-files", "-z", "--others", "--exclude-standard")
	if err != nil {
		return err
	}
	var entries strings.Builder
	for _, name := range names {
		if !strings.HasSuffix(name, "/") { // another repository
			fmt.Fprintf(&entries, "100644 %s\t%s\x00", object, name)
		}
	}
	_, err = c.run(ctx, entries.String(), "update-index", "-z", "--index-info")
	return err
}

// readStatus reads the fields of `git diff --name-status -z`: a status and a path, and after a rename or a copy
// another path.
func readStatus(fields []string) ([]Change, error) {
	var changes []Change
	for len(fields) > 0 {
		n := 2
		if strings.HasPrefix(fields[0], "R") || strings.HasPrefix(fields[0], "C") {
			n = 3
		}
		if len(fields) < n {
			return nil, errors.New("unexpected output of git diff")
		}
		change := Change{Path: fields[n-1], Removed: fields[0] == "D"}
		if strings.HasPrefix(fields[0], "R") {
			change.Previous = fields[1]
		}
		changes = append(changes, change)
		fields = fields[n:]
	}
	return changes, nil
}

// Files returns the sorted paths of the tracked files and of the new files that git does not ignore.
func (c *Checkout) Files(ctx context.Context) ([]string, error) {
	files, err := c.names(ctx, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	if err != nil {
		return nil, err
	}
	deleted, err := c.names(ctx, "ls-files", "-z", "--deleted")
	isDeleted := map[string]bool{}
	for _, path := range deleted {
		isDeleted[path] = true
	}
	files = slices.DeleteFunc(files, func(path string) bool { return isDeleted[path] })
	slices.Sort(files)
	return slices.Compact(files), err
}

// Entry is a file at a commit.
type Entry struct {
	Path      string
	Object    string // its ID
	Symlink   bool
	Submodule bool
}

// Tree returns the files at a commit.
func (c *Checkout) Tree(ctx context.Context, commit string) ([]Entry, error) {
	lines, err := c.names(ctx, "ls-tree", "-r", "-z", "--full-tree", "--end-of-options", commit)
	var entries []Entry
	for _, line := range lines {
		meta, path, found := strings.Cut(line, "\t")
		words := strings.Fields(meta) // mode (gitformat-index(5)), type, object
		if !found || len(words) != 3 {
			return nil, errors.New("unexpected output of git ls-tree")
		}
		entries = append(entries, Entry{Path: path, Object: words[2], Symlink: words[0] == "120000", Submodule: words[0] == "160000"})
	}
	return entries, err
}

// Blob returns the content of an Entry's object.
func (c *Checkout) Blob(ctx context.Context, object string) ([]byte, error) {
	return c.run(ctx, "", "cat-file", "blob", object)
}

// Ignored returns the paths of the files in the working tree that git ignores, sorted.
func (c *Checkout) Ignored(ctx context.Context) ([]string, error) {
	return c.names(ctx, "ls-files", "-z", "--others", "--ignored", "--exclude-standard")
}
