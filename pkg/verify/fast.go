package verify

import (
	"context"
	"net/http"
	"slices"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
)

// Hosts asks hosts about files that are not read. The zero Hosts makes no request.
type Hosts struct {
	// Peek is fetch.Client.Peek.
	Peek func(ctx context.Context, url string, further func(fetch.Head) bool) (fetch.Head, error)
	// Asset returns what GitHub publishes about a release asset; a zero Digest is nothing.
	Asset func(ctx context.Context, asset hosts.Ref) hosts.Published
	// AskOfAll calls Asset for files without a checksum too, so that a checksum to declare can be compared with the host's.
	AskOfAll bool
	// MaxSize is the largest file that is read, in bytes; a larger one is Refused, on disk too. 0 is no limit for files on disk.
	MaxSize int64
}

// ask observes a file without reading it. It returns nil if the file has to be read, and the announced size in bytes, 0
// for none. A host that can't be asked may still serve the file.
func (v *Verifier) ask(ctx context.Context, d Download) (f *file, announced int64) {
	if asset, ok := v.asset(d); ok { // GitHub's answer to a token may be private
		if f = v.vouched(d, v.Hosts.Asset(ctx, asset)); f == nil {
			return nil, 0
		}
	}
	if v.Hosts.Peek == nil || f == nil && !hosts.Publishes(d.URL) && !d.isKnown() {
		return nil, 0
	}
	head, err := v.Hosts.Peek(ctx, d.URL, nil)
	if err != nil || head.Status >= http.StatusBadRequest { // the download reports a refusal
		return nil, 0
	}
	if f == nil {
		f = v.vouched(d, hosts.PublishedBy(d.URL, head.First))
	}
	if f == nil {
		f = d.unchanged(head)
	}
	if f != nil && v.needsSHA256(d) && f.digests[digest.SHA256].IsZero() {
		f = nil
	}
	return f, max(head.Size, 0)
}

// asset returns the release asset that a download is, where GitHub can be asked about it.
func (v *Verifier) asset(d Download) (asset hosts.Ref, ok bool) {
	asset, ok = hosts.AssetOf(d.URL, v.Policy.Server)
	return asset, ok && v.Hosts.Asset != nil
}

// vouched returns the digests that the host publishes, if they cover everything that is needed. If they differ
// from what is declared or was observed before, the file is read.
func (v *Verifier) vouched(d Download, p hosts.Published) *file {
	if p.Digest.IsZero() || p.Size <= 0 || p.Size > v.Hosts.MaxSize {
		return nil
	}
	f := &file{source: FromHost, size: p.Size, published: p, digests: map[digest.Algorithm]digest.Digest{p.Digest.Algorithm: p.Digest}}
	isKnownBad := func(a artifact.Artifact) bool { // a scan that read these bytes has reported them
		return a.Checksum == nil && d.baseline.Bad == p.Digest
	}
	if !d.isRight(f) || slices.ContainsFunc(d.decided(), isKnownBad) {
		return nil
	}
	return f
}

// isKnown reports whether an earlier scan found every declared digest in a download whose validator is known.
func (d Download) isKnown() bool {
	return IsStrongETag(d.baseline.ETag) && !slices.ContainsFunc(d.decided(), func(a artifact.Artifact) bool {
		return a.Checksum == nil || d.baseline.Under(algorithm(a)) != a.Checksum.Value
	})
}

// unchanged returns the observation of an earlier download that the server's answer confirms: the same strong
// validator and the same size, at the URL itself.
func (d Download) unchanged(head fetch.Head) *file {
	answered := head.Status == http.StatusOK || head.Status == http.StatusPartialContent
	if !answered || !d.isKnown() || head.ETag != d.baseline.ETag || head.Size != d.baseline.Size {
		return nil
	}
	f := &file{source: FromCache, size: head.Size, digests: map[digest.Algorithm]digest.Digest{}}
	for _, a := range d.decided() {
		f.digests[algorithm(a)] = a.Checksum.Value // the baseline has it
	}
	return f
}

// published returns what the host publishes about a file that was read. GitHub's API is asked only if that may explain a mismatch,
// or show whether a file without an announced length is complete.
func (v *Verifier) published(ctx context.Context, d Download, f *file) hosts.Published {
	asset, ok := v.asset(d)
	isOpen := func(a artifact.Artifact) bool {
		return a.Checksum != nil && !f.has(a.Checksum.Value) || a.Checksum == nil && v.Hosts.AskOfAll
	}
	if ok && (v.Fast || f.head.Size < 0 || slices.ContainsFunc(d.decided(), isOpen)) {
		return v.Hosts.Asset(ctx, asset)
	}
	return hosts.PublishedBy(d.URL, f.head.First)
}
