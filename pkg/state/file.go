package state

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/provenance"
	"github.com/premAI-io/verify-manifests/pkg/verify"
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

// document is the JSON form.
type document struct {
	Version int   `json:"version"`
	Files   files `json:"files"`
	Scans   scans `json:"scans,omitempty"`

	Attestations map[string][]provenance.Facts `json:"attestations,omitempty"` // since version 2
	Builders     map[string]Builder            `json:"builders,omitempty"`     // since version 2
}

// files are read one by one, so that the first that is none of ours ends it, however many there are.
type files map[string]File

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (s *files) UnmarshalJSONFrom(from *jsontext.Decoder) error {
	if kind := from.PeekKind(); kind != '{' {
		return errors.New("files is no object")
	}
	if _, err := from.ReadToken(); err != nil {
		return err
	}
	*s = files{}
	for from.PeekKind() == '"' {
		var url string
		var f File
		if err := errors.Join(json.UnmarshalDecode(from, &url), json.UnmarshalDecode(from, &f)); err != nil {
			return err
		}
		if err := f.check(url); err != nil {
			return fmt.Errorf("the entry %s: %w", finding.QuoteURL(url), err)
		}
		(*s)[url] = f
	}
	_, err := from.ReadToken()
	return err
}

// Write writes the state as JSON, indented and sorted by URL: the same state gives the same bytes. One that
// Read would refuse is an error.
func (s *State) Write(w io.Writer) error {
	data, err := s.marshal(jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	if len(data) >= maxSize {
		return fmt.Errorf("the state has %d bytes, and more than %d MiB are not read", len(data), maxSize>>20)
	}
	_, err = w.Write(append(data, '\n'))
	return err
}

func (s *State) marshal(options ...json.Options) ([]byte, error) {
	for url, f := range s.Files {
		if err := f.check(url); err != nil {
			return nil, fmt.Errorf("writing the state: the entry %s: %w", finding.QuoteURL(url), err)
		}
	}
	for i := range s.Scans {
		if err := scans(s.Scans[:i+1]).check(); err != nil {
			return nil, fmt.Errorf("writing the state: %w", err)
		}
	}
	data, err := json.Marshal(document{s.version(), s.Files, s.Scans, s.Attestations, s.Builders}, append(options, json.Deterministic(true))...)
	if err != nil {
		return nil, fmt.Errorf("writing the state: %w", err)
	}
	return data, nil
}

// Read reads a state. It trusts nothing in it: its size is bounded, its form is read strictly, and what this
// program does not write is an error.
func Read(from io.Reader) (*State, error) {
	data, err := io.ReadAll(io.LimitReader(from, maxSize+1))
	if err != nil {
		return nil, fmt.Errorf("reading the state: %w", err)
	}
	if len(data) > maxSize {
		return nil, fmt.Errorf("it has more than %d MiB", maxSize>>20)
	}
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("it is no JSON object with a version: %s", finding.Quote(err.Error()))
	}
	if head.Version != Version && head.Version != versionWithout {
		return nil, fmt.Errorf("it is of version %d, and this program reads versions %d and %d", head.Version, versionWithout, Version)
	}
	var d document
	if err := json.Unmarshal(data, &d, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("it is no state of version %d: %s", head.Version, finding.Quote(err.Error()))
	}
	s := &State{Files: d.Files, Scans: d.Scans, Attestations: d.Attestations, Builders: d.Builders}
	if head.Version == versionWithout && s.version() != versionWithout {
		return nil, fmt.Errorf("it is no state of version %d: it has attestations", head.Version)
	}
	return s, s.checkAttested()
}

// scans are read one by one, so that the first that is none of ours ends it, however many there are.
type scans []Scan

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (s *scans) UnmarshalJSONFrom(from *jsontext.Decoder) error {
	if kind := from.PeekKind(); kind != '[' {
		return errors.New("scans is no list")
	}
	if _, err := from.ReadToken(); err != nil {
		return err
	}
	for from.PeekKind() == '{' {
		var scan Scan
		if err := json.UnmarshalDecode(from, &scan); err != nil {
			return err
		}
		*s = append(*s, scan)
		if err := s.check(); err != nil {
			return err
		}
	}
	_, err := from.ReadToken()
	return err
}

// check reports the first thing about the last of them, or their number, that is none of ours.
func (s scans) check() error {
	n := len(s)
	if n == 0 {
		return nil
	}
	last := s[n-1]
	counts := []int{last.Verified, last.Mismatch, last.Unverified, last.Unavailable - last.Gone, last.Gone, last.Unreachable, last.Refused, last.Invalid}
	switch {
	case n > maxScans:
		return fmt.Errorf("there are more than %d scans", maxScans)
	case last.Date.IsZero() || !sensible(last.Date) || n > 1 && last.Date.Before(s[n-2].Date):
		return fmt.Errorf("the date of scan %d is out of order", n)
	case slices.Min(counts) < 0 || slices.Max(counts) > maxCount:
		return fmt.Errorf("a number of scan %d is out of bounds", n)
	}
	return nil
}

var commitShape = regexp.MustCompile(`^([0-9a-f]{40})?$`)

// check reports the first thing that no state of ours holds.
func (f File) check(url string) error {
	switch {
	case url == "" || len(url) > maxURL:
		return errors.New("it is no URL")
	case f.IsZero():
		return errors.New("nothing is said of it")
	case f.Size < 0 || f.Failures < 0 || f.Failures > maxFailures:
		return errors.New("a number is out of bounds")
	case f.Digest.IsZero() != f.Seen.IsZero() || f.Digest.IsZero() && f.ETag != "" || f.ETag == "" && len(f.Verified) > 0:
		return errors.New("what is said of the baseline is not whole")
	case f.ETag != "" && !verify.IsStrongETag(f.ETag):
		return errors.New("the etag is no strong one")
	case !commitShape.MatchString(f.Commit):
		return errors.New("the commit is none")
	case (f.Failures > 0) == f.FailingSince.IsZero():
		return errors.New("failures and failing_since go together")
	case !sensible(f.Seen) || !sensible(f.FailingSince) || !sensible(f.Problem.Since):
		return errors.New("a time is out of bounds")
	}
	return f.Problem.check()
}

func (p Problem) check() error {
	if p.IsZero() || (p.Kind == Changed || p.Kind == Gone) && !p.Since.IsZero() {
		return nil
	}
	return fmt.Errorf("a problem is %s or %s since a time", Changed, Gone)
}

func sensible(t time.Time) bool {
	return t.IsZero() || t.Location() == time.UTC && t.Year() >= 1 && t.Year() <= maxYear
}
