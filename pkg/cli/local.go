package cli

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/dustin/go-humanize/english"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
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
func (p *program) compareLocal(ctx context.Context, s selection, v *verify.Verifier, manifests []*registry.Manifest, in *report.Input) error {
	root, err := openLocal(s.local)
	if err != nil {
		return err
	}
	defer root.Close()
	defer p.watch(v.Progress)()
	files := s.setup.localFiles(manifests)
	in.Results = v.RunLocal(ctx, root, files)
	in.Findings = append(in.Findings, s.setup.leftOver(root, manifests, files)...)
	if n := countImages(manifests); n > 0 {
		in.Notes = append(in.Notes, fmt.Sprintf("With --local nobody is asked about container images: %d %s left out", n, english.PluralWord(n, "is", "are")))
	}
	return nil
}

func countImages(manifests []*registry.Manifest) (n int) {
	for _, m := range manifests {
		for _, a := range m.Artifacts {
			if a.Role == artifact.Image {
				n++
			}
		}
	}
	return n
}

func openLocal(dir string) (*os.Root, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, usageError{fmt.Errorf("flag --local is %s, which can't be read: %w", finding.Quote(dir), err)}
	}
	return root, nil
}

func (s *setup) localFiles(manifests []*registry.Manifest) []verify.LocalFile {
	var files []verify.LocalFile
	for _, m := range manifests {
		for _, a := range m.Artifacts {
			if a.Role != artifact.Image {
				files = append(files, s.localFile(m, a))
			}
		}
	}
	return files
}

// localFile tells where a file is kept: in the folder that the registry's own package knows, such as <id>/<file>, else under its
// name alone. A path that leads out of the folder is refused where it is opened.
func (s *setup) localFile(m *registry.Manifest, a artifact.Artifact) verify.LocalFile {
	if k, able := s.describing(m).(keeper); able {
		return verify.LocalFile{Artifact: a, Path: k.Folder(m) + "/" + a.Name}
	}
	return verify.LocalFile{Artifact: a, Path: a.Name}
}

// leftOver reports the files in the services' folders that no manifest names.
func (s *setup) leftOver(root *os.Root, manifests []*registry.Manifest, files []verify.LocalFile) []finding.Finding {
	named := map[string]bool{}
	for _, f := range files {
		named[path.Clean(f.Path)] = true
	}
	var findings []finding.Finding
	for _, m := range manifests {
		k, able := s.describing(m).(keeper)
		if !able {
			continue
		}
		others := otherFiles(root, k.Folder(m), named)
		id := m.Documents[0].Root.Get("id")
		for i, name := range others {
			message := finding.Quote(name) + " is no file of this service"
			if i == maxLeftOver {
				message = fmt.Sprintf("%d more files in the folder are none of this service", len(others)-i)
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
