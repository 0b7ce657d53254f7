// Package baseline stores what scans observed at each URL, and compares a scan with earlier ones. docs/state.md describes the file.
// It proves nothing: anyone who can write it can claim anything.
package baseline

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/provenance"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// State is what earlier scans observed. A nil State is empty.
type State struct {
	Version int `json:"version"`
	// Files holds what is known of each URL, by verify.Key.
	Files map[string]File `json:"files"`
	// Scans are the last scans of the whole registry, the oldest first.
	Scans []Scan `json:"scans,omitempty"`
	// Attestations holds the builds of files that repositories attest. Each scan applies the policy again.
	Attestations map[string][]provenance.Facts `json:"attestations,omitempty"`
	// Builders holds who built files when a scan last found them attested, by verify.Key and by place in a manifest.
	Builders map[string]Builder `json:"builders,omitempty"`
}

// Scan counts the files of a scan of the whole registry by status.
type Scan struct {
	Date        time.Time `json:"date"`
	Verified    int       `json:"verified,omitzero"`
	Mismatch    int       `json:"mismatch,omitzero"`
	Unverified  int       `json:"unverified,omitzero"`
	Unavailable int       `json:"unavailable,omitzero"`
	Gone        int       `json:"gone,omitzero"` // of the unavailable
	Unreachable int       `json:"unreachable,omitzero"`
	Refused     int       `json:"refused,omitzero"`
	Invalid     int       `json:"invalid,omitzero"`
}

// Builder is who built a file.
type Builder struct {
	Repository string `json:"repository"`
	Signer     string `json:"signer"`
	Declared   bool   `json:"declared,omitempty"` // by a bundle that the registry names, rather than one of GitHub's
}

// File is what earlier scans saw of one URL.
type File struct {
	// Digest is that of the baseline: the bytes that later scans are compared with. Zero is none.
	Digest digest.Digest `json:"digest,omitzero"`
	Size   int64         `json:"size,omitzero"`   // bytes of the baseline
	Seen   time.Time     `json:"seen,omitzero"`   // when a scan last saw the baseline
	Commit string        `json:"commit,omitzero"` // that the URL's revision stood for then; "" when unknown
	// ETag is the strong validator under which the baseline was downloaded, and Verified the declared
	// digests that it had then.
	ETag     string          `json:"etag,omitzero"`
	Verified []digest.Digest `json:"verified,omitempty"`

	Problem Problem `json:"problem,omitzero"` // what was wrong when the URL last gave an answer
	// Failures counts the scans in a row, up to the last, that could not reach the URL, since FailingSince.
	Failures     int       `json:"failures,omitzero"`
	FailingSince time.Time `json:"failing_since,omitzero"`
}

// Kind is how a scan found a URL; "" where it did not look.
type Kind string

// The kinds.
const (
	Good        Kind = "good"
	Changed     Kind = "changed"     // it serves other bytes
	Gone        Kind = "gone"        // it serves nothing any more
	Unreachable Kind = "unreachable" // no answer
)

// Problem is a change or a loss, since a scan first saw it. The zero Problem is none.
type Problem struct {
	Kind   Kind          `json:"kind"` // Changed or Gone
	Since  time.Time     `json:"since"`
	Digest digest.Digest `json:"digest,omitzero"` // of the bytes that are there now
}

// IsZero reports whether nothing is wrong.
func (p Problem) IsZero() bool { return p == Problem{} }

// IsZero reports whether the File is empty.
func (f File) IsZero() bool {
	return f.Digest.IsZero() && f.Problem.IsZero() && f.Failures == 0
}

// maxUnreported is how many scans in a row may fail before a URL counts as unreachable.
const maxUnreported = 2

// Standing is the problem to report in an issue, "" for none. A problem persists while the URL can't be reached.
func (f File) Standing() Kind {
	if f.Problem.IsZero() && f.Failures > maxUnreported {
		return Unreachable
	}
	return f.Problem.Kind
}

// Since returns since when something is wrong, zero where nothing is.
func (f File) Since() time.Time { return cmp.Or(f.Problem.Since, f.FailingSince) }

// Expected returns the digest that an artifact should have: the declared one, else the baseline's. Zero is none.
func (f File) Expected(a artifact.Artifact) digest.Digest {
	if a.Checksum != nil {
		return a.Checksum.Value
	}
	return f.Digest
}

// File returns what is known of a URL, the zero File where that is nothing.
func (s *State) File(url string) File {
	if s == nil {
		return File{}
	}
	return s.Files[url]
}

// Baseline returns what is known of a URL as a Verifier takes it.
func (s *State) Baseline(url string) verify.Baseline {
	f := s.File(url)
	return verify.Baseline{
		Observation: verify.Observation{Digest: f.Digest, Others: f.Verified, Size: f.Size, ETag: f.ETag, Commit: f.Commit},
		Seen:        f.Seen, Bad: f.Problem.Digest,
	}
}

// attestationKey names a file that a repository attests.
func attestationKey(repository, sum string) string {
	return strings.ToLower(repository) + "@sha256:" + sum
}

// Attested returns the builds that earlier scans found of a file, by its SHA-256 in hex.
func (s *State) Attested(repository, sum string) []provenance.Facts {
	if s == nil {
		return nil
	}
	return s.Attestations[attestationKey(repository, sum)]
}

// Builder returns who built an artifact's file when a scan last found it attested, by its URL, else by its place, and whether it was by a
// bundle that the registry names.
func (s *State) Builder(a artifact.Artifact) (by provenance.Facts, isDeclared, found bool) {
	if s == nil {
		return by, false, false
	}
	for _, key := range builderKeys(a) {
		if b, found := s.Builders[key]; found {
			return provenance.Facts{Repository: b.Repository, Signer: b.Signer}, b.Declared, true
		}
	}
	return by, false, false
}

// clone returns a copy that can be changed.
func (s *State) clone() *State {
	c := &State{Files: map[string]File{}, Attestations: map[string][]provenance.Facts{}, Builders: map[string]Builder{}}
	if s != nil {
		c.Scans = s.Scans
		maps.Copy(c.Files, s.Files)
		maps.Copy(c.Attestations, s.Attestations)
		maps.Copy(c.Builders, s.Builders)
	}
	return c
}

// Record adds a scan of the whole registry, and drops those that maxScans leaves no room for. An earlier one with a later date comes
// from a wrong clock, and is dropped too.
func (s *State) Record(scan Scan) {
	scan.Date = scan.Date.UTC().Truncate(time.Second)
	earlier := slices.DeleteFunc(slices.Clone(s.Scans), func(each Scan) bool { return each.Date.After(scan.Date) })
	s.Scans = append(earlier[max(0, len(earlier)+1-maxScans):], scan)
}

// Prune drops what the registry does not name any more, given the results of a complete scan of all of it.
func (s *State) Prune(results []verify.Result) {
	named, sums := map[string]bool{}, map[string]bool{}
	for _, r := range results {
		for _, key := range builderKeys(r.Artifact) {
			named[key] = true
		}
		sums[r.Under(digest.SHA256).Sum] = true
		if r.Artifact.Checksum != nil {
			sums[r.Artifact.Checksum.Value.Sum] = true
		}
	}
	maps.DeleteFunc(s.Files, func(url string, _ File) bool { return !named[url] })
	maps.DeleteFunc(s.Builders, func(key string, _ Builder) bool { return !named[key] })
	maps.DeleteFunc(s.Attestations, func(key string, _ []provenance.Facts) bool {
		_, sum, _ := strings.Cut(key, "@sha256:")
		return !sums[sum]
	})
}
