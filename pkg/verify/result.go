// Package verify downloads each URL once and decides the Result of every artifact.
package verify

import (
	"fmt"
	"slices"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/provenance"
)

// Status is the outcome of an artifact. The zero value is Unreachable, for unfinished ones.
type Status uint8

// The statuses.
const (
	Unreachable Status = iota // the file is unknown
	Verified                  // the complete body has the declared digest
	Mismatch                  // the complete body has another digest
	Unverified                // no checksum declared; the body was read
	Unavailable               // a final refusal by the server
	Refused                   // the policy forbids it
	Invalid                   // wrong content, and no declared digest confirms it
)

// Statuses is every status, in the order in which people want to read them: failures first.
var Statuses = []Status{Mismatch, Invalid, Refused, Unavailable, Unreachable, Unverified, Verified}

var statusNames = [...]string{
	Unreachable: "unreachable", Verified: "verified", Mismatch: "mismatch", Unverified: "unverified",
	Unavailable: "unavailable", Refused: "refused", Invalid: "invalid",
}

// String returns the name that reports use.
func (s Status) String() string { return statusNames[s] }

// Failed reports whether the status is neither Verified nor Unverified.
func (s Status) Failed() bool { return s != Verified && s != Unverified }

// MarshalText gives the name.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a name; any other text is an error.
func (s *Status) UnmarshalText(text []byte) error {
	i := slices.Index(statusNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("unknown status %s of an artifact", finding.Quote(string(text)))
	}
	*s = Status(i)
	return nil
}

// Source is where the bytes of a Result came from.
type Source string

// The sources. The empty Source means that nothing was read.
const (
	FromDownload Source = "download" // every byte was read from the URL
	FromHost     Source = "host"     // the digest that the host publishes
	FromCache    Source = "cache"    // an earlier scan, confirmed by the server's validator
	FromLocal    Source = "local"    // a file on disk
)

// Result is the outcome of one artifact. Its Digest is under the declared algorithm, else SHA-256.
type Result struct {
	Artifact artifact.Artifact
	Status   Status
	Observation
	Format     string // what the first bytes are, "" when not known
	Source     Source
	Gone       bool              // an Unavailable one: the server answered 404 or 410
	Text       []byte            // of an artifact that attests another file, where it was read
	Provenance *provenance.Facts // who built the file, if the attestation is accepted
	Note       string            // why an Unverified artifact needs no checksum; "" when it does
	Findings   []finding.Finding

	// From earlier scans, set by the comparison with the baseline:
	Since  time.Time     // when a scan first saw the problem; zero if unknown
	Before digest.Digest // of the baseline, where the bytes have changed since
}
