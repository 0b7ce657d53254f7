package lint

import (
	"fmt"
	"slices"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Changes returns the findings of a change that a reviewer has to look at: protection that it removes, and files that it moves to
// another owner. server is the GitHub server's URL.
func (c Comparison) Changes(server string) []finding.Finding {
	var findings, moved []finding.Finding
	seen := map[string]bool{}
	for _, change := range c.Touched {
		if change.Was == nil {
			continue
		}
		was, is := *change.Was, change.Is
		for _, compare := range []func(was, is artifact.Artifact) *finding.Finding{droppedChecksum, changedChecksum, droppedSignature} {
			if f := compare(was, is); f != nil {
				f.Document = is.Document
				findings = append(findings, *f)
			}
		}
		if f := changedOwner(was, is, server); f != nil && !c.urls[urlKey(is)] && !seen[f.Message] {
			seen[f.Message] = true
			f.Document = is.Document
			moved = append(moved, *f)
		}
	}
	findings = append(findings, finding.Bounded(moved)...)
	slices.SortFunc(findings, finding.Finding.Compare)
	return findings
}

func droppedChecksum(was, is artifact.Artifact) *finding.Finding {
	if was.Checksum == nil || is.Checksum != nil {
		return nil
	}
	f := finding.New(finding.ChecksumDropped, is.Manifest, is.Pointer, is.Position,
		fmt.Sprintf("The checksum %s was removed", finding.Quote(was.Checksum.Value.String())), "")
	return &f
}

func changedChecksum(was, is artifact.Artifact) *finding.Finding {
	if was.Checksum == nil || is.Checksum == nil || was.Checksum.Value == is.Checksum.Value || urlKey(was) != urlKey(is) {
		return nil
	}
	message := fmt.Sprintf("The checksum has changed and the URL has not: it was %s", finding.Quote(was.Checksum.Value.String()))
	if was.Checksum.Value.Algorithm != is.Checksum.Value.Algorithm {
		message += ". The two are of different algorithms and can't be compared"
	}
	f := finding.New(finding.ChecksumChanged, is.Manifest, is.Checksum.Pointer, is.Checksum.Position, message, "")
	return &f
}

func droppedSignature(was, is artifact.Artifact) *finding.Finding {
	if was.Signature == nil || is.Signature != nil {
		return nil
	}
	f := finding.New(finding.SignatureMissing, is.Manifest, is.Pointer, is.Position, "The signature was removed", "")
	return &f
}
