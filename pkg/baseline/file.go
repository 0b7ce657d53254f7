package baseline

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/provenance"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// The versions of the file's form. A state without attestations is written as the first, which older programs read.
const (
	versionPlain    = 1
	versionAttested = 2
)

// Bounds of what a state may hold.
const (
	maxSize     = 128 << 20 // bytes of the file: some 250,000 URLs
	maxURL      = 16 << 10  // bytes
	maxFailures = 1_000_000
	maxYear     = 9999 // RFC 3339 has four digits
	maxScans    = 90
	maxCount    = 1_000_000_000 // files of one scan
)

// Read reads a state as hostile: its size is bounded, its form is read strictly, and what Write does not write is an error.
func Read(from io.Reader) (*State, error) {
	s := new(State)
	if err := document.ReadVersioned(from, "state", maxSize, s, versionPlain, versionAttested); err != nil {
		return nil, err
	}
	return s, s.check()
}

// Write writes the state as JSON, indented and sorted by URL: the same state gives the same bytes. One that
// Read would refuse is an error.
func (s *State) Write(w io.Writer) error {
	written := *s
	written.Version = versionPlain
	if len(s.Attestations)+len(s.Builders) > 0 {
		written.Version = versionAttested
	}
	err := written.check()
	for _, f := range s.Files {
		err = cmp.Or(err, f.check())
	}
	if err != nil {
		return fmt.Errorf("writing the state: %w", err)
	}
	return document.WriteVersioned(w, "state", maxSize, written, jsontext.WithIndent("  "))
}

// UnmarshalJSONFrom reads an entry and checks it, so that the first invalid one ends the reading of a file of millions.
func (f *File) UnmarshalJSONFrom(from *jsontext.Decoder) error {
	type plain File
	return cmp.Or(json.UnmarshalDecode(from, (*plain)(f)), f.check())
}

// check reports the first thing but for an invalid File that Write does not write.
func (s *State) check() error {
	for url := range s.Files {
		if !isKey(url) {
			return fmt.Errorf("invalid URL %s", finding.QuoteURL(url))
		}
	}
	if len(s.Scans) > maxScans {
		return fmt.Errorf("more than %d scans", maxScans)
	}
	for i, scan := range s.Scans {
		if !scan.isValid() || i > 0 && scan.Date.Before(s.Scans[i-1].Date) {
			return fmt.Errorf("invalid scan %d: its date is out of order, or a number out of bounds", i+1)
		}
	}
	for key, builds := range s.Attestations {
		if !areBuilds(key, builds) {
			return fmt.Errorf("invalid attestations of %s", finding.QuoteURL(key))
		}
	}
	for key, by := range s.Builders {
		if !by.isValid(key) {
			return fmt.Errorf("invalid builder of %s", finding.QuoteURL(key))
		}
	}
	return nil
}

func isKey(s string) bool { return s != "" && len(s) <= maxURL }

func (s Scan) isValid() bool {
	counts := []int{s.Verified, s.Mismatch, s.Unverified, s.Unavailable - s.Gone, s.Gone, s.Unreachable, s.Refused, s.Invalid}
	return !s.Date.IsZero() && isPlausible(s.Date) && slices.Min(counts) >= 0 && slices.Max(counts) <= maxCount
}

func areBuilds(key string, builds []provenance.Facts) bool {
	repository, sum, _ := strings.Cut(key, "@")
	d, err := digest.Parse(sum)
	isInvalid := func(f provenance.Facts) bool { return f.Release || !f.IsValid() }
	return err == nil && d.Algorithm == digest.SHA256 && d.String() == sum && repository != "" && isKey(key) &&
		len(builds) > 0 && len(builds) <= verify.MaxBuilds && !slices.ContainsFunc(builds, isInvalid)
}

func (b Builder) isValid(key string) bool {
	return isKey(key) && provenance.Facts{Repository: b.Repository, Signer: b.Signer}.IsValid()
}

var commitShape = regexp.MustCompile(`^([0-9a-f]{40})?$`)

// check reports the first thing that Write does not write.
func (f File) check() error {
	p := f.Problem
	hasDigest, isVerified, isFailing := !f.Digest.IsZero(), f.ETag != "", f.Failures > 0
	switch {
	case f.IsZero():
		return errors.New("empty entry")
	case min(f.Size, int64(f.Failures)) < 0 || f.Failures > maxFailures || !isPlausible(f.Seen) || !isPlausible(f.FailingSince) || !isPlausible(p.Since):
		return errors.New("a number or a time is out of bounds")
	case hasDigest == f.Seen.IsZero() || isVerified && !hasDigest || !isVerified && len(f.Verified) > 0 || isFailing == f.FailingSince.IsZero():
		return errors.New("an entry is incomplete: digest and seen, etag and verified, and failures and failing_since belong together")
	case isVerified && !verify.IsStrongETag(f.ETag) || !commitShape.MatchString(f.Commit):
		return errors.New("invalid etag or commit")
	case !p.IsZero() && (p.Kind != Changed && p.Kind != Gone || p.Since.IsZero()):
		return errors.New("invalid problem: expected the kind changed or gone, and since when")
	}
	return nil
}

func isPlausible(t time.Time) bool {
	return t.IsZero() || t.Location() == time.UTC && t.Year() >= 1 && t.Year() <= maxYear
}
