package lint

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
	"github.com/premAI-io/verify-manifests/pkg/registry"
)

// Changes compares a manifest with what it was before (base, which may be nil): the findings are the lines of head
// that a reviewer must look at, since they take protection away or bring files of somebody else. server is the GitHub server's
// URL.
func Changes(base, head *registry.Manifest, server string) []finding.Finding {
	if base == nil || head == nil {
		return nil
	}
	before := newHistory(base)
	var findings, moved []finding.Finding
	told := map[string]bool{}
	for _, a := range head.Artifacts {
		was, found := before.of(a)
		if !found {
			continue
		}
		for _, change := range []func(was, is artifact.Artifact) *finding.Finding{droppedChecksum, changedChecksum, droppedSignature} {
			if f := change(was, a); f != nil {
				f.Document = a.Document
				findings = append(findings, *f)
			}
		}
		if f := changedOwner(was, a, server); f != nil && !before.knows(a) && !told[f.Message] {
			told[f.Message] = true
			f.Document = a.Document
			moved = append(moved, *f)
		}
	}
	findings = append(findings, finding.Bounded(moved)...)
	slices.SortFunc(findings, finding.Finding.Compare)
	return findings
}

// history finds what an artifact was: by its role and platform or path where it has a role, or by its document and pointer, else by
// its URL, so that moving a file to another key hides nothing.
type history map[string]artifact.Artifact

func newHistory(base *registry.Manifest) history {
	h := history{}
	for _, a := range base.Artifacts {
		for _, key := range []string{targetKey(a), urlKey(a)} {
			if other, known := h[key]; !known || other.Checksum == nil {
				h[key] = a
			}
		}
	}
	return h
}

func (h history) of(a artifact.Artifact) (was artifact.Artifact, found bool) {
	if was, found = h[targetKey(a)]; found {
		return was, true
	}
	was, found = h[urlKey(a)]
	return was, found
}

// knows reports whether an artifact's URL was there, be it in another place.
func (h history) knows(a artifact.Artifact) bool {
	_, found := h[urlKey(a)]
	return found
}

func targetKey(a artifact.Artifact) string {
	if a.Role == artifact.Binary || a.Role == artifact.Weight {
		return string(a.Role) + " " + cmp.Or(a.Platform, a.Name)
	}
	return fmt.Sprintf("%d %s", a.Document, a.Pointer)
}

func urlKey(a artifact.Artifact) string {
	key, err := hosts.Canonical(a.URL)
	if err != nil {
		return a.URL
	}
	return key
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
