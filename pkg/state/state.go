// Package state remembers what earlier scans saw of each URL: the bytes that were there, and since when
// something is wrong. docs/state.md describes the file. It proves nothing: whoever can write it can claim
// anything, so what reads it decides what a claim is worth.
package state

import (
	"slices"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/provenance"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// Version is the version of the file's form. One without attestations is written as versionWithout, which older programs read.
const (
	Version        = 2
	versionWithout = 1
)

// State is what earlier scans saw. The zero State, and a nil one, know nothing.
type State struct {
	// Files holds what is known of each URL, by its canonical form.
	Files map[string]File
	// Scans are the last scans of the whole registry, the oldest first.
	Scans []Scan
	// Attestations holds the builds of files that repositories attest. Each scan judges them anew.
	Attestations map[string][]provenance.Facts
	// Builders holds who built files when a scan last found them attested, by canonical URL and by place in a manifest.
	Builders map[string]Builder
}

// Scan is how many files a scan of the whole registry found, by what they ended as.
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

// Scanned adds a scan, and forgets what maxScans has no room for. What claims to be later is a mistake of a clock, and goes.
func (s *State) Scanned(scan Scan) {
	scan.Date = scan.Date.UTC().Truncate(time.Second)
	earlier := slices.DeleteFunc(slices.Clone(s.Scans), func(each Scan) bool { return each.Date.After(scan.Date) })
	s.Scans = append(earlier[max(0, len(earlier)+1-maxScans):], scan)
}

// File is what earlier scans saw of one URL.
type File struct {
	// Digest is that of the baseline: the bytes that later scans are compared with. Zero is none.
	Digest digest.Digest `json:"digest,omitzero"`
	Size   int64         `json:"size,omitzero"`   // bytes of the baseline
	Seen   time.Time     `json:"seen,omitzero"`   // when a scan last saw the baseline
	Commit string        `json:"commit,omitzero"` // that the URL's revision stood for then; "" where the host does not say
	// ETag is the strong validator under which the baseline was downloaded, and Verified the declared
	// digests that it had then.
	ETag     string          `json:"etag,omitzero"`
	Verified []digest.Digest `json:"verified,omitempty"`

	Problem Problem `json:"problem,omitzero"` // what was wrong when the URL last gave an answer
	// Failures counts the scans in a row, up to the last, that could not reach the URL, since FailingSince.
	Failures     int       `json:"failures,omitzero"`
	FailingSince time.Time `json:"failing_since,omitzero"`
}

// Kind is how a scan found a URL.
type Kind string

// The kinds. Only the middle two are problems.
const (
	Good        Kind = "good"        // it serves what it should, as far as anybody can tell
	Changed     Kind = "changed"     // it serves other bytes
	Gone        Kind = "gone"        // it serves nothing any more
	Unreachable Kind = "unreachable" // nothing is known
)

// Problem is something wrong, since a scan first saw it. The zero Problem is none.
type Problem struct {
	Kind   Kind          `json:"kind"`
	Since  time.Time     `json:"since"`
	Digest digest.Digest `json:"digest,omitzero"` // of the bytes that are there now
}

// IsZero reports whether nothing is wrong.
func (p Problem) IsZero() bool { return p == Problem{} }

// IsZero reports whether nothing is known.
func (f File) IsZero() bool {
	return f.Digest.IsZero() && f.Problem.IsZero() && f.Failures == 0
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

// Sighting is what one scan saw of one URL.
type Sighting struct {
	Kind   Kind
	Digest digest.Digest // of the bytes; zero where none were seen
	Size   int64         // bytes
	Commit string        // that the URL's revision stands for; "" where that is not known
	// Downloaded says that every byte was read here, under the validator ETag where that is strong, and
	// that the bytes had the declared digests in Verified.
	Downloaded bool
	ETag       string
	Verified   []digest.Digest
}

// Record keeps what a scan saw of a URL. The baseline is replaced by good bytes only: those of a declared
// checksum, or the first ever seen. What changed stays a problem until it is good again.
func (s *State) Record(url string, seen Sighting, now time.Time) {
	if url == "" || len(url) > maxURL {
		return
	}
	if s.Files == nil {
		s.Files = map[string]File{}
	}
	f := s.Files[url]
	now = now.UTC().Truncate(time.Second)
	if seen.Kind == Unreachable {
		f = f.failed(now)
	} else {
		f.Failures, f.FailingSince = 0, time.Time{}
		f = f.answered(seen, now)
	}
	if f.IsZero() {
		delete(s.Files, url)
		return
	}
	s.Files[url] = f
}

func (f File) failed(now time.Time) File {
	f.Failures = min(f.Failures+1, maxFailures)
	if f.FailingSince.IsZero() {
		f.FailingSince = now
	}
	return f
}

func (f File) answered(seen Sighting, now time.Time) File {
	if seen.Kind == Good {
		f.Problem = Problem{}
		return f.sighted(seen, now)
	}
	since := f.Problem.Since
	if f.Problem.Kind != seen.Kind {
		since = now
	}
	f.Problem = Problem{Kind: seen.Kind, Since: since, Digest: seen.Digest}
	return f
}

// sighted makes the bytes that a scan saw the baseline. What a download proved of them outlives a scan
// without one as long as they are the same.
func (f File) sighted(seen Sighting, now time.Time) File {
	if seen.Digest.IsZero() {
		return f
	}
	if seen.Downloaded || seen.Digest != f.Digest {
		f.ETag, f.Verified = "", nil
	}
	if seen.Downloaded && verify.IsStrongETag(seen.ETag) {
		f.ETag, f.Verified = seen.ETag, seen.Verified
	}
	if seen.Digest != f.Digest || seen.Commit != "" {
		f.Commit = seen.Commit
	}
	f.Digest, f.Size, f.Seen = seen.Digest, seen.Size, now
	return f
}

// Keep forgets every URL that the registry does not name any more.
func (s *State) Keep(isNamed func(url string) bool) {
	for url := range s.Files {
		if !isNamed(url) {
			delete(s.Files, url)
		}
	}
}
