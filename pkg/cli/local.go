package cli

import (
	"context"
	"fmt"
	"os"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/manifest"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// verifyLocal compares files that are on disk already, and contacts nobody.
func (p *program) verifyLocal(ctx context.Context, c *Config, run report.Run, s selection, v *verify.Verifier, manifests []*manifest.Manifest, findings []finding.Finding) (*report.Report, error) {
	root, err := os.OpenRoot(s.local)
	if err != nil {
		return nil, usageError{fmt.Errorf("flag --local is %s, which can't be read: %w", finding.Quote(s.local), err)}
	}
	defer root.Close()
	return report.Build(report.Input{
		Version: Version(), Run: run, Scope: s.scope, Mode: c.Mode, Notes: s.notes, Manifests: len(s.sources),
		Findings: findings, Results: v.RunLocal(ctx, root, localFiles(manifests)), Complete: ctx.Err() == nil,
	}), nil
}

// localFiles tells where the App keeps each file: <id>/<file>. An id or a name that leads out of the folder
// is refused where it is opened.
func localFiles(manifests []*manifest.Manifest) []verify.LocalFile {
	var files []verify.LocalFile
	for _, m := range manifests {
		for _, a := range m.Artifacts {
			files = append(files, verify.LocalFile{Artifact: a, Path: m.Root.Get("id").String() + "/" + a.Name})
		}
	}
	return files
}
