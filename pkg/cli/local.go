package cli

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/baseline"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/inspect"
	"github.com/premAI-io/verify-manifests/pkg/registry"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

const (
	// maxLeftOver bounds the files of one service that are named as left over.
	maxLeftOver = 20
	// maxOtherFiles bounds those that are counted.
	maxOtherFiles = 10_000
	// finderFile is what macOS leaves in every folder that it shows.
	finderFile = ".DS_Store"
)

// compareLocal compares files that are on disk already, and contacts nobody.
func (c *check) compareLocal(ctx context.Context, j *job, before *baseline.State) (*report.Report, error) {
	v, err := c.verifier(c.config, j.rules)
	if err != nil {
		return nil, err
	}
	v.Baseline = before.Baseline
	root, err := openLocal(c.local)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	in, manifests := j.in, j.inspection.Manifests
	in.IsWhole = false
	attester, err := c.attester(c.config, j, v, before)
	if err != nil {
		return nil, err
	}
	attester.Offline, v.NeedsSHA256 = true, attester.NeedsSHA256
	files := localFiles(root, j.registries, manifests)
	stop := c.watch(v.Progress)
	in.Results = v.RunLocal(ctx, root, files)
	stop()
	attester.Run(ctx, in.Results)
	in.Findings = slices.Concat(in.Findings, leftOver(root, j.registries, manifests, files))
	in.Notes = slices.Clone(in.Notes)
	if n := count(manifests, func(a artifact.Artifact) bool { return a.Role == artifact.Image }); n > 0 {
		in.Notes = append(in.Notes, fmt.Sprintf("With --local nobody is asked about container images: %d %s left out", n, english.PluralWord(n, "is", "are")))
	}
	if n := count(manifests, attester.NeedsNetwork); n > 0 {
		in.Notes = append(in.Notes, fmt.Sprintf("With --local nobody is asked who built the files: the provenance of %s was not verified", english.Plural(n, "file", "")))
	}
	in.Complete, in.Took = ctx.Err() == nil, c.now().Sub(j.began)
	return build(in, j.rules), nil
}

func count(manifests []*registry.Manifest, is func(artifact.Artifact) bool) (n int) {
	for _, m := range manifests {
		for _, a := range m.Artifacts {
			if is(a) {
				n++
			}
		}
	}
	return n
}

func openLocal(dir string) (*os.Root, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, usageError{Err: fmt.Errorf("flag --local is %s, which can't be read: %w", finding.Quote(dir), err)}
	}
	return root, nil
}

func localFiles(root *os.Root, r *inspect.Registries, manifests []*registry.Manifest) []verify.LocalFile {
	var files []verify.LocalFile
	for _, m := range manifests {
		for _, a := range m.Artifacts {
			if a.Role != artifact.Image {
				files = append(files, r.LocalFile(root, m, a))
			}
		}
	}
	return files
}

// leftOver reports the files in the services' folders that no manifest names.
func leftOver(root *os.Root, r *inspect.Registries, manifests []*registry.Manifest, files []verify.LocalFile) []finding.Finding {
	named := map[string]bool{}
	for _, f := range files {
		named[path.Clean(f.Path)] = true
	}
	var findings []finding.Finding
	for _, m := range manifests {
		folder, found := r.Folder(m)
		if !found {
			continue
		}
		others := otherFiles(root, folder, named)
		id := m.Documents[0].Root.Get("id")
		for i, name := range others {
			message := "No manifest names the file " + finding.Quote(name)
			if i == maxLeftOver {
				message = fmt.Sprintf("No manifest names %d more files in the folder", len(others)-i)
			}
			findings = append(findings, finding.New(finding.ArtifactLeftOver, m.Path, id.Pointer(), id.Position(), message, ""))
			if i == maxLeftOver {
				break
			}
		}
	}
	return findings
}

// otherFiles lists what is below a service's folder and is not named, up to maxOtherFiles. Symbolic links are listed, not followed.
// Why a folder can't be listed is said of the files that it should hold.
func otherFiles(root *os.Root, folder string, named map[string]bool) []string {
	info, err := root.Lstat(folder)
	if err != nil || !info.IsDir() || strings.Contains(folder, "/") || folder == "." {
		return nil
	}
	var others []string
	_ = fs.WalkDir(root.FS(), folder, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case len(others) == maxOtherFiles:
			return fs.SkipAll
		case err == nil && !entry.IsDir() && !named[name] && entry.Name() != finderFile:
			others = append(others, name)
		}
		return nil
	})
	return others
}
