package drift

import (
	"cmp"
	"slices"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/state"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// said tells the findings of a report about an artifact.
type said func(report.Artifact) []finding.Finding

// first returns the first finding about an artifact by one of the rules, the zero Finding where there is none.
func (s said) first(a report.Artifact, rules ...string) finding.Finding {
	findings := s(a)
	for _, rule := range rules {
		if i := slices.IndexFunc(findings, func(f finding.Finding) bool { return f.Rule == rule }); i >= 0 {
			return findings[i]
		}
	}
	return finding.Finding{}
}

// isOther reports whether something else than a checksum tells that a file is not the declared one.
func (s said) isOther(a report.Artifact) bool {
	return s.first(a, finding.ArtifactChanged, finding.ArtifactSize, finding.SignatureInvalid).Rule != ""
}

// kindOf says how a scan found an artifact's URL; "" where it did not look.
func kindOf(a report.Artifact, said said) state.Kind {
	switch a.Status {
	case verify.Verified:
		return state.Good
	case verify.Mismatch, verify.Invalid:
		return state.Changed
	case verify.Unverified:
		switch {
		case said.isOther(a):
			return state.Changed
		case a.Observed.IsZero(): // offline
			return ""
		}
		return state.Good
	case verify.Unavailable:
		return state.Gone
	case verify.Refused:
		if said.first(a, finding.ArtifactRefused).Rule != "" {
			return state.Gone
		}
		return ""
	}
	return state.Unreachable
}

// worstFirst is the order in which what is said of one URL counts.
var worstFirst = []state.Kind{state.Changed, state.Gone, state.Unreachable, state.Good, ""}

// sighting is what a scan saw of one URL, whose artifacts these are; its kind is "" where nobody looked.
func sighting(artifacts []report.Artifact, said said) state.Sighting {
	rank := func(a report.Artifact) int { return slices.Index(worstFirst, kindOf(a, said)) }
	worst := slices.MinFunc(artifacts, func(a, b report.Artifact) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), preferSHA256(a, b))
	})
	seen := state.Sighting{Kind: kindOf(worst, said), Digest: worst.Observed, Downloaded: worst.Source == verify.FromDownload}
	if worst.Size != nil {
		seen.Size = *worst.Size
	}
	for _, a := range artifacts {
		if a.Status == verify.Verified && seen.Downloaded && !slices.Contains(seen.Verified, a.Declared) {
			seen.Verified = append(seen.Verified, a.Declared)
		}
		if a.Evidence != nil {
			seen.ETag, seen.Commit = a.Evidence.ETag, a.Evidence.Commit
		}
	}
	return seen
}

// isDeclared reports whether the bytes at a URL have a digest that one of its artifacts declares.
func isDeclared(artifacts []report.Artifact) bool {
	return slices.ContainsFunc(artifacts, func(a report.Artifact) bool { return a.Status == verify.Verified })
}

// under returns the digest of a URL's bytes under an algorithm, zero where no artifact knows it.
func under(artifacts []report.Artifact, algorithm digest.Algorithm) digest.Digest {
	for _, a := range artifacts {
		known := []digest.Digest{a.Observed}
		if a.Evidence != nil {
			known = append(known, a.Evidence.Others...)
		}
		if i := slices.IndexFunc(known, func(d digest.Digest) bool { return d.Algorithm == algorithm }); i >= 0 {
			return known[i]
		}
	}
	return digest.Digest{}
}

func preferSHA256(a, b report.Artifact) int {
	isOther := func(a report.Artifact) int {
		if a.Observed.Algorithm == digest.SHA256 {
			return 0
		}
		return 1
	}
	return cmp.Compare(isOther(a), isOther(b))
}
