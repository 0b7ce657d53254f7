package baseline

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize/english"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// Policy applies severities and waivers to a finding about an artifact with the given URL and observed digest. It returns false for
// a finding that is not reported. A nil Policy changes nothing.
type Policy func(f finding.Finding, url string, observed digest.Digest) (finding.Finding, bool)

// ApplyAll applies the policy to the findings about one artifact, and returns those that are reported.
func (p Policy) ApplyAll(findings []finding.Finding, url string, observed digest.Digest) (reported []finding.Finding) {
	if p == nil {
		return findings
	}
	for _, f := range findings {
		if f, isReported := p(f, url, observed); isReported {
			reported = append(reported, f)
		}
	}
	return reported
}

// applyTo returns a result with the findings that are reported.
func (p Policy) applyTo(r verify.Result) verify.Result {
	r.Findings = p.ApplyAll(r.Findings, finding.WithoutUser(r.Artifact.URL), r.Digest)
	return r
}

// Comparison is a scan compared with earlier ones.
type Comparison struct {
	Results      []verify.Result // those of the scan, with changes, Since and Before
	Notes        []string        // for the report
	Before, Next *State
}

// Compare compares the results of a scan with the baseline, which it leaves as it is. An incomplete scan changes nothing about the
// URLs that it did not reach.
func (s *State) Compare(results []verify.Result, isComplete bool, policy Policy, now time.Time) Comparison {
	now = now.UTC().Truncate(time.Second)
	c := Comparison{Results: slices.Clone(results), Before: s, Next: s.clone()}
	for i, r := range c.Results {
		c.Results[i].Findings = slices.Clone(r.Findings)
	}
	uncompared := 0
	for url, group := range byURL(c.Results) {
		was := s.File(url).Digest
		kind, seen := observed(group, policy)
		if kind == Good && !was.IsZero() && !slices.ContainsFunc(group, isVerified) {
			switch sum := under(group, was.Algorithm); sum {
			case was:
			case digest.Digest{}: // unknown whether these are its bytes
				kind = ""
				uncompared++
			default:
				kind = Changed
				for _, r := range group {
					r.Findings = append(r.Findings, verify.Changed(r.Artifact, s.Baseline(url), sum, ""))
				}
			}
		}
		if kind != "" && (kind != Unreachable || isComplete) && isKey(url) {
			c.Next.Files[url] = c.Next.Files[url].after(kind, seen, now)
		}
		s.date(group, c.Next.File(url), policy)
	}
	maps.DeleteFunc(c.Next.Files, func(_ string, f File) bool { return f.IsZero() })
	c.Next.attest(c.Results)
	if uncompared > 0 {
		c.Notes = append(c.Notes, fmt.Sprintf("%s can't be compared with the baseline, which has digests of another algorithm: give shards the `state-file` of their merge",
			english.Plural(uncompared, "file", "")))
	}
	return c
}

// byURL groups results by verify.Key. They are changed through the pointers.
func byURL(results []verify.Result) map[string][]*verify.Result {
	groups := map[string][]*verify.Result{}
	for i := range results {
		key := verify.Key(results[i].Artifact.URL)
		groups[key] = append(groups[key], &results[i])
	}
	return groups
}

// worstFirst orders what is seen of one URL.
var worstFirst = []Kind{Changed, Gone, Unreachable, Good, ""}

// observed is what a scan saw of one URL, given its results: the worst counts, and of several that with a SHA-256.
func observed(group []*verify.Result, policy Policy) (Kind, verify.Result) {
	rank := func(r *verify.Result) int {
		rank := 2 * slices.Index(worstFirst, kindOf(policy.applyTo(*r)))
		if r.Digest.Algorithm != digest.SHA256 {
			rank++
		}
		return rank
	}
	worst := slices.MinFunc(group, func(a, b *verify.Result) int { return cmp.Compare(rank(a), rank(b)) })
	seen := *worst
	seen.Others = nil
	for _, r := range group {
		if isVerified(r) && !slices.Contains(seen.Others, r.Digest) {
			seen.Others = append(seen.Others, r.Digest)
		}
		seen.ETag, seen.Commit = cmp.Or(r.ETag, seen.ETag), cmp.Or(r.Commit, seen.Commit)
	}
	return worstFirst[rank(worst)/2], seen
}

// kindOf says how a scan found an artifact's URL.
func kindOf(r verify.Result) Kind {
	switch {
	case r.Status == verify.Mismatch, r.Status == verify.Invalid, r.Status == verify.Unverified && has(r, finding.ArtifactChanged, finding.ArtifactSize, finding.SignatureInvalid):
		return Changed
	case r.Status == verify.Verified, r.Status == verify.Unverified && !r.Digest.IsZero():
		return Good
	case r.Status == verify.Unavailable, r.Status == verify.Refused && has(r, finding.ArtifactRefused):
		return Gone
	case r.Status == verify.Unreachable:
		return Unreachable
	}
	return "" // offline, or refused for another reason
}

func has(r verify.Result, rules ...string) bool {
	return slices.ContainsFunc(r.Findings, func(f finding.Finding) bool { return slices.Contains(rules, f.Rule) })
}

func isVerified(r *verify.Result) bool { return r.Status == verify.Verified }

// under returns the digest of a URL's bytes under an algorithm, zero where no result knows it.
func under(group []*verify.Result, algorithm digest.Algorithm) (sum digest.Digest) {
	for _, r := range group {
		sum = cmp.Or(sum, r.Under(algorithm))
	}
	return sum
}

// after is what is known of a URL after another scan. The baseline is replaced by good bytes only: those of a declared checksum, or
// the first ever seen. What changed stays a problem until it is good again. What a download proved of bytes outlives a scan without
// one as long as they are the same. Of what was seen, Others are the declared digests.
func (f File) after(kind Kind, seen verify.Result, now time.Time) File {
	if kind == Unreachable {
		f.Failures, f.FailingSince = min(f.Failures+1, maxFailures), cmp.Or(f.FailingSince, now)
		return f
	}
	f.Failures, f.FailingSince = 0, time.Time{}
	if kind != Good {
		if f.Problem.Kind != kind {
			f.Problem.Since = now
		}
		f.Problem.Kind, f.Problem.Digest = kind, seen.Digest
		return f
	}
	f.Problem = Problem{}
	if seen.Digest.IsZero() {
		return f
	}
	isOther := seen.Digest != f.Digest
	if isOther {
		f.ETag, f.Verified = "", nil
	}
	if seen.Source == verify.FromDownload && verify.IsStrongETag(seen.ETag) {
		f.ETag, f.Verified = seen.ETag, seen.Others
	}
	if isOther || seen.Commit != "" {
		f.Commit = seen.Commit
	}
	f.Digest, f.Size, f.Seen = seen.Digest, max(seen.Size, 0), now
	return f
}

// date adds to results since when something is wrong, where earlier scans can tell, and which bytes were there before.
func (s *State) date(group []*verify.Result, f File, policy Policy) {
	for _, r := range group {
		if s != nil {
			r.Since = f.Since()
		}
		if f.Digest.Algorithm == r.Digest.Algorithm && f.Digest != r.Digest && has(policy.applyTo(*r), finding.ArtifactChanged) {
			r.Before = f.Digest
		}
	}
}

// builderKeys are the names of an artifact in State.Builders: its URL, and its place.
func builderKeys(a artifact.Artifact) [2]string {
	document := strings.TrimPrefix(strconv.Itoa(a.Document), "0")
	return [2]string{verify.Key(a.URL), a.Manifest + "#" + document + a.Pointer}
}

// attest records who built the files of results. A file that is not attested any more keeps its builder.
func (s *State) attest(results []verify.Result) {
	for _, r := range results {
		if a := r.Attested; a != nil {
			builds := a.Builds[:min(len(a.Builds), verify.MaxBuilds)]
			if key := attestationKey(a.Repository, r.Under(digest.SHA256).Sum); areBuilds(key, builds) {
				s.Attestations[key] = builds
			}
		}
		if r.Provenance == nil {
			continue
		}
		by := Builder{r.Provenance.Repository, r.Provenance.Signer, r.Attested == nil}
		for _, key := range builderKeys(r.Artifact) {
			if by.isValid(key) {
				s.Builders[key] = by
			}
		}
	}
}
