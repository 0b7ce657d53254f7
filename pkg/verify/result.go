// Package verify decides what every artifact ends as: one download per URL, one Result per artifact.
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

// Status is what an artifact ended as. The zero value is Unreachable: whatever was never finished failed.
type Status uint8

// The statuses.
const (
	Unreachable Status = iota // nothing is known about the file
	Verified                  // the complete body has the declared digest
	Mismatch                  // the complete body has another digest
	Unverified                // no checksum declared; the body was read
	Unavailable               // a final refusal by the server
	Refused                   // our own policy stopped it
	Invalid                   // not the thing it should be, and no declared digest says otherwise
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

// Source says where the bytes of a Result came from.
type Source string

// The sources. The empty Source means that no bytes were seen.
const (
	FromDownload Source = "download" // every byte was read from the URL
	FromHost     Source = "host"     // the digest that the host publishes
	FromCache    Source = "cache"    // an earlier scan, confirmed by the server's validator
	FromLocal    Source = "local"    // a file on disk
)

// Result is what one artifact ended as. Its Digest is under the declared algorithm, else SHA-256.
type Result struct {
	Artifact artifact.Artifact
	Status   Status
	Observation
	Format     string // what the first bytes are, "" when not known
	Source     Source
	Gone       bool              // an Unavailable one: the server answered 404 or 410
	Text       []byte            // of an artifact that attests another file, where it was read
	Provenance *provenance.Facts // who built the file, where it is attested as it has to be
	Note       string            // why an Unverified artifact needs no checksum; "" when it does
	Findings   []finding.Finding

	// What earlier scans tell, which a comparison with the baseline fills in.
	Since  time.Time     // when a scan first saw the problem; zero where that is not known
	Before digest.Digest // of the baseline, where the bytes have changed since
}
