package cli

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/dustin/go-humanize/english"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

const (
	// maxLeftOver bounds the left-over files that are reported for one service.
	maxLeftOver = 20
	// maxOtherFiles bounds the left-over files that are counted.
	maxOtherFiles = 10_000
	// finderFile is created by macOS in every folder that Finder opens.
	finderFile = ".DS_Store"
)

// openLocal opens the folder of the flag --local, nil for "".
func openLocal(dir string) (*os.Root, error) {
	if dir == "" {
		return nil, nil
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, usageError{Err: fmt.Errorf("flag --local is %s, which can't be read: %w", finding.Quote(dir), err)}
	}
	return root, nil
}

// localFiles maps the files of a job to paths below a folder.
func (j *job) localFiles(root *os.Root) (files []verify.LocalFile) {
	for _, m := range j.manifests {
		for _, a := range m.Artifacts {
			if a.Role != artifact.Image {
				files = append(files, j.registries.LocalFile(root, m, a))
			}
		}
	}
	return files
}

// leftOut returns notes on what --local can't verify.
func (j *job) leftOut(attester *verify.Attester) (notes []string) {
	images, builds := 0, 0
	for _, m := range j.manifests {
		for _, a := range m.Artifacts {
			if a.Role == artifact.Image {
				images++
			}
			if attester.NeedsNetwork(a) {
				builds++
			}
		}
	}
	if images > 0 {
		notes = append(notes, fmt.Sprintf("--local contacts no host: %s not verified", english.Plural(images, "container image was", "container images were")))
	}
	if builds > 0 {
		notes = append(notes, fmt.Sprintf("--local contacts no host: the provenance of %s was not verified", english.Plural(builds, "file", "")))
	}
	return notes
}

// leftOver reports files in the services' folders that no manifest names.
func (j *job) leftOver(root *os.Root, files []verify.LocalFile) (findings []finding.Finding) {
	named := map[string]bool{}
	for _, f := range files {
		named[path.Clean(f.Path)] = true
	}
	for _, m := range j.manifests {
		folder, found := j.registries.Folder(m)
		if !found {
			continue
		}
		others := otherFiles(root, folder, named)
		id := m.Documents[0].Root.Get("id")
		for i, name := range others[:min(len(others), maxLeftOver+1)] {
			message := "No manifest names the file " + finding.Quote(name)
			if i == maxLeftOver {
				message = fmt.Sprintf("No manifest names %d more files in the folder", len(others)-i)
			}
			findings = append(findings, finding.New(finding.ArtifactLeftOver, m.Path, id.Pointer(), id.Position(), message, ""))
		}
	}
	return findings
}

// otherFiles lists the unnamed files below a service's folder, up to maxOtherFiles. Symbolic links are listed, not followed. Errors are
// ignored here: they are reported for the files that the folder should contain.
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
