package cli

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/manifest"
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

// verifyLocal compares files that are on disk already, and contacts nobody.
func (p *program) verifyLocal(ctx context.Context, c *Config, run report.Run, s selection, v *verify.Verifier, manifests []*manifest.Manifest, findings []finding.Finding) (*report.Report, error) {
	root, err := openLocal(s.local)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	stop := p.watch(v.Progress)
	files := localFiles(manifests)
	results := v.RunLocal(ctx, root, files)
	stop()
	return report.Build(report.Input{
		Version: Version(), Run: run, Scope: s.scope, Mode: c.Mode, Notes: s.notes, Manifests: len(s.sources),
		Findings: append(findings, leftOver(root, manifests, files)...), Results: results, Complete: ctx.Err() == nil,
	}), nil
}

func openLocal(dir string) (*os.Root, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, usageError{fmt.Errorf("flag --local is %s, which can't be read: %w", finding.Quote(dir), err)}
	}
	return root, nil
}

func localFiles(manifests []*manifest.Manifest) []verify.LocalFile {
	var files []verify.LocalFile
	for _, m := range manifests {
		for _, a := range m.Artifacts {
			files = append(files, localFile(m, a))
		}
	}
	return files
}

// localFile tells where the App keeps a file: <id>/<file>. An id or a name that leads out of the folder
// is refused where it is opened.
func localFile(m *manifest.Manifest, a artifact.Artifact) verify.LocalFile {
	return verify.LocalFile{Artifact: a, Path: serviceFolder(m) + "/" + a.Name}
}

func serviceFolder(m *manifest.Manifest) string { return m.Root.Get("id").String() }

// leftOver reports the files in the services' folders that no manifest names.
func leftOver(root *os.Root, manifests []*manifest.Manifest, files []verify.LocalFile) []finding.Finding {
	named := map[string]bool{}
	for _, f := range files {
		named[path.Clean(f.Path)] = true
	}
	var findings []finding.Finding
	for _, m := range manifests {
		others := otherFiles(root, serviceFolder(m), named)
		id := m.Root.Get("id")
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
