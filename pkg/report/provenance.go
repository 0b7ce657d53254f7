package report

import (
	"fmt"
	"path"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// Provenance is who built a file that is attested as it has to be. All texts are from a certificate.
type Provenance struct {
	Repository string `json:"repository"`       // that was built, as "acme/tool"
	Commit     string `json:"commit,omitempty"` // of the repository
	Ref        string `json:"ref,omitempty"`    // "refs/tags/v1.2.0"
	Signer     string `json:"signer,omitempty"` // "acme/tool/.github/workflows/release.yml@refs/tags/v1.2.0"
	Run        string `json:"run,omitempty"`    // the URL of the workflow run
}

func newProvenance(r verify.Result) *Provenance {
	f := r.Provenance
	if f == nil {
		return nil
	}
	return &Provenance{Repository: f.Repository, Commit: f.Commit, Ref: f.Ref, Signer: f.Signer, Run: f.Run}
}

// builtBy names the builder of the file, "" where none is attested: "built by acme/tool's release.yml at v1.2.0". The text is from outside.
func (a Artifact) builtBy() string {
	p := a.Provenance
	if p == nil {
		return ""
	}
	workflow, _, _ := strings.Cut(p.Signer, "@refs/")
	if at := strings.LastIndex(workflow, "@"); at >= 0 && workflow == p.Signer { // pinned by commit
		workflow = workflow[:at]
	}
	words := p.Repository + "'s " + path.Base(workflow)
	if !strings.HasPrefix(strings.ToLower(workflow), strings.ToLower(p.Repository)+"/") {
		owner, file, _ := strings.Cut(workflow, "/.github/workflows/")
		words = fmt.Sprintf("%s's %s for %s", owner, file, p.Repository)
	}
	ref := strings.TrimPrefix(strings.TrimPrefix(p.Ref, "refs/tags/"), "refs/heads/")
	return finding.Clean(finding.Shorten("built by "+words+" at "+ref, valueLimit))
}
