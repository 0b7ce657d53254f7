package verify

import (
	"time"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
)

// Observation is what one request of a URL showed about its bytes. A Result carries it, a shard's report hands it to the
// merge, and the baseline keeps it.
type Observation struct {
	Digest   digest.Digest   `json:"digest,omitzero"`   // zero when no complete body was seen
	Others   []digest.Digest `json:"digests,omitempty"` // of the same bytes, under other algorithms than Digest's; sorted
	Size     int64           `json:"size,omitzero"`     // bytes; negative when no complete body was seen
	ETag     string          `json:"etag,omitempty"`    // the URL's strong validator under which the bytes were downloaded; "" for none
	Commit   string          `json:"commit,omitempty"`  // 40 hex digits: the commit that the URL's revision stood for; "" when unknown
	Attested *Attested       `json:"attested,omitzero"` // what a repository attests of the bytes; nil when that is nothing, or not known
}

// Under returns the digest of the bytes under an algorithm, zero where it is not known.
func (o Observation) Under(algorithm digest.Algorithm) digest.Digest {
	for _, d := range append([]digest.Digest{o.Digest}, o.Others...) {
		if d.Algorithm == algorithm {
			return d
		}
	}
	return digest.Digest{}
}

// Baseline is what earlier scans saw at one URL. The zero Baseline is of a URL that no scan saw.
type Baseline struct {
	Observation
	Seen time.Time     // when a scan last saw these bytes
	Bad  digest.Digest // the bytes that a later scan found in their place
}

// IsStrongETag reports whether an Observation may have this validator.
func IsStrongETag(etag string) bool { return fetch.IsStrongETag(etag) }

// unseen is the observation of a file that was not read.
var unseen = Observation{Size: -1}
