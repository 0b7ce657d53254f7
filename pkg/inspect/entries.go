package inspect

import (
	"fmt"
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/config"
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/lint"
	"github.com/premAI-io/verify-manifests/pkg/registry"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// keepTouched reduces a changed manifest to the entries that the change touches, without findings that base had too.
func (found *reading) keepTouched(base, head *registry.Manifest, ofBase []finding.Finding, c lint.Comparison, server string) {
	touched := *head
	touched.Artifacts = nil
	for _, change := range c.Touched {
		touched.Artifacts = append(touched.Artifacts, change.Is)
	}
	findings := newFindings(base, head, found.findings, ofBase, c)
	isUnused := func(f finding.Finding) bool { return f.Rule == finding.RegistryUnusedDigest }
	if slices.ContainsFunc(findings, isUnused) {
		findings = slices.Concat(slices.DeleteFunc(findings, isUnused), head.Registry.UnusedSince(base, head))
	}
	found.artifacts, found.untouched = touched.Artifacts, c.Untouched
	found.findings = slices.Concat(findings, lint.Manifest(&touched, server), c.Changes(server))
}

// addSharing adds the untouched artifacts of all manifests that share a URL with a touched one, so that conflicts between them, such as
// two digests for one URL, are reported at the touched one.
func addSharing(artifacts []artifact.Artifact, readings []reading) []artifact.Artifact {
	urls := map[string]bool{}
	for _, a := range artifacts {
		urls[verify.Key(a.URL)] = true
	}
	for _, each := range readings {
		for _, a := range each.untouched {
			if urls[verify.Key(a.URL)] {
				a.Untouched = true
				artifacts = append(artifacts, a)
			}
		}
	}
	return artifacts
}

// newFindings returns the findings of head that base did not have, and those that are about a touched artifact or the whole manifest,
// can't be lowered, or count others. Two findings are equal if their rules, messages and subjects are. Artifacts are compared by their
// declarations, other values by their content.
func newFindings(base, head *registry.Manifest, ofHead, ofBase []finding.Finding, c lint.Comparison) (kept []finding.Finding) {
	isTouched := map[finding.Location]bool{}
	for _, change := range c.Touched {
		isTouched[change.Is.Location()] = true
	}
	left := map[string]int{}
	inBase := byLocation(base)
	for _, f := range ofBase {
		about, _ := subject(base, inBase, f)
		left[about]++
	}
	inHead := byLocation(head)
	for _, f := range ofHead {
		about, of := subject(head, inHead, f)
		if config.IsFixed(f.Rule) || f.IsCount() || f.Pointer == "" || slices.Contains(ofManifest, f.Rule) || of != nil && isTouched[of.Location()] || left[about] == 0 {
			kept = append(kept, f)
		} else {
			left[about]--
		}
	}
	return kept
}

// ofManifest are the rules whose findings summarise a manifest.
var ofManifest = []string{finding.RegistryUnusedDigest, finding.RegistryNoAddress, finding.RegistryOtherScheme, finding.RegistryNoArtifact, finding.RegistryTooMany}

// subject returns a key of a finding and its subject, and the finding's artifact, nil for none.
func subject(m *registry.Manifest, artifacts map[finding.Location]*artifact.Artifact, f finding.Finding) (about string, of *artifact.Artifact) {
	for pointer := f.Pointer; pointer != ""; pointer = pointer[:strings.LastIndexByte(pointer, '/')] {
		if a := artifacts[finding.Location{Document: f.Document, Pointer: pointer}]; a != nil {
			return fmt.Sprintf("%q %q %s%q", f.Rule, f.Message, lint.DeclaredBy(*a), content(m, f)), a
		}
	}
	return fmt.Sprintf("%q %q %q", f.Rule, f.Message, content(m, f)), nil
}

// content is the text of the value that a finding is about.
func content(m *registry.Manifest, f finding.Finding) string {
	if f.Document >= len(m.Documents) {
		return ""
	}
	var b strings.Builder
	describe(&b, m.Documents[f.Document].Root.At(f.Pointer))
	return b.String()
}

func describe(b *strings.Builder, v *document.Value) {
	fmt.Fprintf(b, "%s %q %q{", v.Kind(), v.Name(), v.Literal())
	for _, child := range v.Children() {
		describe(b, child)
	}
	b.WriteByte('}')
}

// byLocation returns a manifest's artifacts by the locations of their values.
func byLocation(m *registry.Manifest) map[finding.Location]*artifact.Artifact {
	found := map[finding.Location]*artifact.Artifact{}
	for i := range m.Artifacts {
		a := &m.Artifacts[i]
		pointers := []string{a.Pointer, a.Slot.URL, a.Slot.Checksum, a.Slot.Size}
		if a.Checksum != nil {
			pointers = append(pointers, a.Checksum.Pointer)
		}
		if a.Size != nil {
			pointers = append(pointers, a.Size.Pointer)
		}
		if a.Signature != nil {
			pointers = append(pointers, a.Signature.Pointer)
		}
		for _, pointer := range pointers {
			if at := (finding.Location{Document: a.Document, Pointer: pointer}); pointer != "" && found[at] == nil {
				found[at] = a
			}
		}
	}
	return found
}
