package lint

import (
	"fmt"
	"slices"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Changes returns findings for the reviewer of a change: removed protection, and files that moved to another owner. server is the GitHub
// server's URL.
func (c Comparison) Changes(server string) []finding.Finding {
	var findings, moved []finding.Finding
	seen := map[string]bool{}
	for _, change := range c.Touched {
		is := change.Is
		if is.Was == nil {
			continue
		}
		was := *is.Was
		findings = append(findings, lostProtection(was, is)...)
		if f := changedOwner(was, is, server); f != nil && !c.urls[urlKey(is)] && !seen[f.Message] {
			seen[f.Message] = true
			moved = append(moved, *f)
		}
	}
	findings = append(findings, finding.Bounded(moved)...)
	slices.SortFunc(findings, finding.Finding.Compare)
	return findings
}

// lostProtection reports a checksum that a change removes, or replaces for the same URL, and a signature that it removes.
func lostProtection(was, is artifact.Artifact) (findings []finding.Finding) {
	if was.Checksum != nil {
		before := finding.Quote(was.Spelling.Write(was.Checksum.Value))
		switch {
		case is.Checksum == nil:
			findings = append(findings, is.Finding(finding.ChecksumDropped, fmt.Sprintf("The checksum %s was removed", before), ""))
		case was.Checksum.Value != is.Checksum.Value && urlKey(was) == urlKey(is):
			message := "The checksum has changed and the URL has not: it was " + before
			if was.Checksum.Value.Algorithm != is.Checksum.Value.Algorithm {
				message += ". The algorithms differ, so the two can't be compared"
			}
			f := is.Finding(finding.ChecksumChanged, message, "")
			f.Pointer, f.Position = is.Checksum.Pointer, is.Checksum.Position
			findings = append(findings, f)
		}
	}
	if was.Signature != nil && is.Signature == nil {
		findings = append(findings, is.Finding(finding.SignatureMissing, "The signature was removed", ""))
	}
	return findings
}
