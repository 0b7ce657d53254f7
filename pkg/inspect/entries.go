package inspect

import (
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/config"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/lint"
	"github.com/premAI-io/verify-manifests/pkg/registry"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// readEntries keeps of a changed manifest what the change touches. Findings of reading head, of which base had some too, are left out
// where they are about untouched artifacts; what can't be lowered stays.
func (r *Registries) readEntries(base, head *registry.Manifest, ofHead, ofBase []finding.Finding, c lint.Comparison, server string) reading {
	touched := *head
	touched.Artifacts = nil
	for _, change := range c.Touched {
		touched.Artifacts = append(touched.Artifacts, change.Is)
	}
	findings := withoutUntouched(ofHead, ofBase, c)
	isUnused := func(f finding.Finding) bool { return f.Rule == finding.RegistryUnusedDigest }
	if slices.ContainsFunc(findings, isUnused) {
		findings = slices.Concat(slices.DeleteFunc(findings, isUnused), head.Registry.UnusedSince(base, head))
	}
	return reading{
		artifacts: slices.Concat(touched.Artifacts, rivals(c)), unchanged: len(c.Untouched), isByEntry: true,
		findings: slices.Concat(findings, lint.Manifest(&touched, server), c.Changes(server)),
	}
}

// rivals returns the untouched artifacts that share a URL with a touched one: what they cause together is told at the touched one.
func rivals(c lint.Comparison) (shared []artifact.Artifact) {
	urls := map[string]bool{}
	for _, change := range c.Touched {
		urls[verify.Key(change.Is.URL)] = true
	}
	for _, a := range c.Untouched {
		if urls[verify.Key(a.URL)] {
			a.Untouched = true
			shared = append(shared, a)
		}
	}
	return shared
}

// withoutUntouched returns the findings that are about touched artifacts or the whole manifest, that can't be lowered, or that are
// about no artifact and new.
func withoutUntouched(ofHead, ofBase []finding.Finding, c lint.Comparison) (kept []finding.Finding) {
	isTouched := map[place]bool{}
	for _, a := range c.Untouched {
		mark(isTouched, a, false)
	}
	for _, change := range c.Touched {
		mark(isTouched, change.Is, true)
	}
	before := map[[2]string]int{}
	for _, f := range ofBase {
		before[[2]string{f.Rule, f.Message}]++
	}
	for _, f := range ofHead {
		key := [2]string{f.Rule, f.Message}
		touched, isOfArtifact := nearest(isTouched, f)
		switch {
		case config.IsFixed(f.Rule) || f.Pointer == "" || f.Rule == finding.RegistryUnusedDigest || isOfArtifact && touched:
			kept = append(kept, f)
		case !isOfArtifact && before[key] == 0:
			kept = append(kept, f)
		case !isOfArtifact:
			before[key]--
		}
	}
	return kept
}

// place is a value in a manifest.
type place struct {
	document int
	pointer  string
}

// mark notes the places of all that a manifest says of an artifact.
func mark(isTouched map[place]bool, a artifact.Artifact, touched bool) {
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
		if pointer != "" {
			isTouched[place{a.Document, pointer}] = touched
		}
	}
}

// nearest reports whether the value at or nearest above a finding's place is a touched artifact's, and whether it is any's.
func nearest(isTouched map[place]bool, f finding.Finding) (touched, found bool) {
	for pointer := f.Pointer; pointer != ""; pointer = pointer[:strings.LastIndexByte(pointer, '/')] {
		if touched, found := isTouched[place{f.Document, pointer}]; found {
			return touched, true
		}
	}
	return false, false
}
