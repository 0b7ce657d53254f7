package report

import (
	"fmt"
	"path"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// builtBy names the builder of the file, "" where none is attested: "built by acme/tool's release.yml at v1.2.0". The text is from outside.
func (a Artifact) builtBy() string {
	p := a.Provenance
	if p == nil {
		return ""
	}
	workflow := p.Workflow()
	words := p.Repository + "'s " + path.Base(workflow)
	if !strings.HasPrefix(strings.ToLower(workflow), strings.ToLower(p.Repository)+"/") {
		owner, file, _ := strings.Cut(workflow, "/.github/workflows/")
		words = fmt.Sprintf("%s's %s for %s", owner, file, p.Repository)
	}
	ref := strings.TrimPrefix(strings.TrimPrefix(p.Ref, "refs/tags/"), "refs/heads/")
	return finding.Clean(finding.Shorten("built by "+words+" at "+ref, valueLimit))
}
