package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"golang.org/x/sync/errgroup"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/manifest"
)

// source is a manifest's text, or why there is none.
type source struct {
	path    string // slash-separated, as reports show it
	text    []byte
	problem string // why the text could not be read; "" when it was
}

// parse reads the source strictly; a source without text gives a finding that says why.
func (s source) parse() (*manifest.Manifest, []finding.Finding) {
	if s.problem != "" {
		return nil, []finding.Finding{finding.New(finding.ManifestUnreadable, s.path, "", finding.Position{Line: 1, Column: 1}, s.problem, "")}
	}
	return manifest.Parse(s.path, s.text)
}

// selects reports whether globs, some of which exclude, select a path.
func selects(globs []string, name string) bool {
	included := false
	for _, glob := range globs {
		pattern, excludes := strings.CutPrefix(glob, "!")
		matched := doublestar.MatchUnvalidated(strings.TrimPrefix(pattern, "./"), name)
		if matched && excludes {
			return false
		}
		included = included || matched
	}
	return included
}

// tree is a registry at one moment: a folder on disk, or a commit in GitHub's API.
type tree interface {
	// list names every file.
	list(ctx context.Context) ([]github.File, error)
	// read gives a file's text, or says in the source why there is none.
	read(ctx context.Context, f github.File) (source, error)
}

// readsAtATime bounds the files that are read side by side.
const readsAtATime = 8

// selected returns those of the files that the globs select.
func selected(files []github.File, globs []string) []github.File {
	return slices.DeleteFunc(slices.Clone(files), func(f github.File) bool { return !selects(globs, f.Path) })
}

// readAll reads files side by side, and returns them in their order.
func readAll(ctx context.Context, t tree, files []github.File) ([]source, error) {
	sources := make([]source, len(files))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readsAtATime)
	for i, f := range files {
		group.Go(func() (err error) {
			sources[i], err = t.read(ctx, f)
			return err
		})
	}
	return sources, group.Wait()
}
