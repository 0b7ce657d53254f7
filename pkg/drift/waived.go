package drift

import (
	"slices"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/state"
)

// explaining are the rules by which findings say what is wrong, by its kind.
var explaining = map[state.Kind][]string{
	state.Changed: {
		finding.ArtifactMismatch, finding.ArtifactChanged, finding.ArtifactSize, finding.SignatureInvalid, finding.ArtifactEmpty,
		finding.ArtifactHTMLPage, finding.ArtifactLFSPointer, finding.ArtifactWrongFormat, finding.ArtifactWrongPlatform,
	},
	state.Gone:        {finding.ArtifactUnavailable, finding.ArtifactRefused},
	state.Unreachable: {finding.ArtifactUnreachable},
}

// isWaived reports whether the registry's maintainers know of all that says that something of a kind is wrong with an artifact.
func (s said) isWaived(a report.Artifact, kind state.Kind) bool {
	why := slices.DeleteFunc(slices.Clone(s(a)), func(f finding.Finding) bool { return !slices.Contains(explaining[kind], f.Rule) })
	return len(why) > 0 && !slices.ContainsFunc(why, func(f finding.Finding) bool { return f.Waived.IsZero() })
}

// isExcused reports whether what is wrong with an artifact is waived. Where nobody could look this time, what would be said of the
// bytes that were there last tells.
func (m *Memory) isExcused(a report.Artifact, kind state.Kind, f state.File, said said) bool {
	if kindOf(a, said) == kind {
		return said.isWaived(a, kind)
	}
	rule := explaining[kind][0]
	if kind == state.Changed && a.Declared.IsZero() {
		rule = finding.ArtifactChanged
	}
	likely, _ := m.judge(a.Finding(rule, "", ""), a.URL, f.Problem.Digest)
	return !likely.Waived.IsZero()
}

// judge weighs a finding as the registry's configuration has it.
func (m *Memory) judge(f finding.Finding, url string, observed digest.Digest) (finding.Finding, bool) {
	if m.Judge == nil {
		return f, true
	}
	return m.Judge(f, url, observed)
}
