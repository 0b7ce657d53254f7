package lint

import (
	"fmt"
	"slices"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Changes returns the lines of a change that a reviewer must look at, since they take protection away or bring files of
// somebody else. server is the GitHub server's URL.
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
		fmt.Sprintf("The checksum %s that stood here is gone", finding.Quote(was.Checksum.Value.String())), "")
	return &f
}

func changedChecksum(was, is artifact.Artifact) *finding.Finding {
	if was.Checksum == nil || is.Checksum == nil || was.Checksum.Value == is.Checksum.Value || urlKey(was) != urlKey(is) {
		return nil
	}
	message := fmt.Sprintf("The checksum is another one, and the URL is the same: %s was declared before", finding.Quote(was.Checksum.Value.String()))
	if was.Checksum.Value.Algorithm != is.Checksum.Value.Algorithm {
		message += ". The two can't be compared, being made by different algorithms"
	}
	f := finding.New(finding.ChecksumChanged, is.Manifest, is.Checksum.Pointer, is.Checksum.Position, message, "")
	return &f
}

func droppedSignature(was, is artifact.Artifact) *finding.Finding {
	if was.Signature == nil || is.Signature != nil {
		return nil
	}
	f := finding.New(finding.SignatureMissing, is.Manifest, is.Pointer, is.Position, "The signature that stood here is gone", "")
	return &f
}
