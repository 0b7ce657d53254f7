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

// Hosts is how hosts are asked about files that are not read. The zero Hosts asks nobody.
type Hosts struct {
	// Peek has the promises of fetch.Client.Peek.
	Peek func(ctx context.Context, url string, further func(fetch.Head) bool) (fetch.Head, error)
	// Asset returns what GitHub publishes about a release asset; a zero Digest is nothing.
	Asset func(ctx context.Context, asset hosts.Ref) hosts.Published
	// AskOfAll has Asset asked of every file that is read without a checksum: whoever is to declare one has to know.
	AskOfAll bool
	// MaxSize is the largest file that is read, in bytes; a larger one is Refused, on disk too. 0 is no limit for files on disk.
	MaxSize int64
}

// ask returns what is known of a file without reading it, nil where that is not enough and the file has to be read; and
// how many bytes the answer announced, 0 where none did. A host that can't be asked may still serve the file.
func (v *Verifier) ask(ctx context.Context, d Download) (known *evidence, announced int64) {
	baseline := v.baseline(d)
	var vouched *evidence // by GitHub, which tells the token's owner what nobody else may see
	if asset, ok := v.asset(d); ok {
		if vouched = v.vouched(d, v.Hosts.Asset(ctx, asset), baseline); vouched == nil {
			return nil, 0
		}
	}
	if v.Hosts.Peek == nil || vouched == nil && !hosts.Publishes(d.URL) && !d.isKnown(baseline) {
		return nil, 0
	}
	head, err := v.Hosts.Peek(ctx, d.URL, nil)
	if err != nil || head.Status >= http.StatusBadRequest { // a refusal is the download's to judge
		return nil, 0
	}
	if vouched == nil {
		vouched = v.vouched(d, hosts.PublishedBy(d.URL, head.First), baseline)
	}
	if vouched == nil {
		vouched = d.unchanged(head, baseline)
	}
	if vouched != nil && v.needsSHA256(d) && vouched.digests[digest.SHA256].IsZero() {
		vouched = nil
	}
	return vouched, max(head.Size, 0)
}

// asset returns the release asset that a download is, where GitHub can be asked about it.
func (v *Verifier) asset(d Download) (asset hosts.Ref, ok bool) {
	asset, ok = hosts.AssetOf(d.URL, v.Policy.Server)
	return asset, ok && v.Hosts.Asset != nil
}

// vouched returns the host's word for a file where it has one for everything that has to be known. Where it
// differs from what is declared or was there before, reading the file decides.
func (v *Verifier) vouched(d Download, p hosts.Published, baseline Baseline) *evidence {
	if p.Digest.IsZero() || p.Size <= 0 || p.Size > v.Hosts.MaxSize {
		return nil
	}
	for _, a := range d.readable() {
		want := expected(a, baseline)
		isKnownBad := a.Checksum == nil && baseline.Bad == p.Digest // a scan that read these bytes has said why
		if isKnownBad || !want.IsZero() && want != p.Digest {
			return nil
		}
	}
	return &evidence{source: FromHost, size: p.Size, published: p, digests: map[digest.Algorithm]digest.Digest{p.Digest.Algorithm: p.Digest}}
}

// expected returns the digest that an artifact's bytes should have: the declared one, else that of the baseline.
func expected(a artifact.Artifact, baseline Baseline) digest.Digest {
	if a.Checksum != nil {
		return a.Checksum.Value
	}
	return baseline.Digest
}

// isKnown reports whether an earlier scan found every declared digest in a download whose validator is known.
func (d Download) isKnown(baseline Baseline) bool {
	return IsStrongETag(baseline.ETag) && !slices.ContainsFunc(d.readable(), func(a artifact.Artifact) bool {
		return a.Checksum == nil || !baseline.has(a.Checksum.Value)
	})
}

// unchanged returns the word of an earlier download that the server's answer confirms: the same strong
// validator and the same size, at the URL itself.
func (d Download) unchanged(head fetch.Head, baseline Baseline) *evidence {
	answered := head.Status == http.StatusOK || head.Status == http.StatusPartialContent
	if !answered || !d.isKnown(baseline) || head.ETag != baseline.ETag || head.Size != baseline.Size {
		return nil
	}
	known := &evidence{source: FromCache, size: head.Size, digests: map[digest.Algorithm]digest.Digest{}}
	for _, a := range d.readable() {
		known.digests[algorithm(a)] = a.Checksum.Value // the baseline has it
	}
	return known
}

// published returns what the host says of a file that was read. GitHub's API is asked only where that may tell more than the
// file: why it is not the declared one, and whether one is whole whose answer did not say how long it is.
func (v *Verifier) published(ctx context.Context, d Download, known *evidence) hosts.Published {
	asset, ok := v.asset(d)
	isOpen := func(a artifact.Artifact) bool {
		return a.Checksum != nil && a.Checksum.Value != known.digests[algorithm(a)] || a.Checksum == nil && v.Hosts.AskOfAll
	}
	if ok && (v.Fast || known.head.Size < 0 || slices.ContainsFunc(d.readable(), isOpen)) {
		return v.Hosts.Asset(ctx, asset)
	}
	return hosts.PublishedBy(d.URL, known.head.First)
}
