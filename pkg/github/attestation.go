package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/klauspost/compress/snappy"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Bounds of attestations.
const (
	MaxBundle       = 16 << 20 // bytes of one bundle, unpacked
	maxAttestations = 1000     // of one file
)

// bundleHost is GitHub's storage of bundles; hosts below bundleDomain are also allowed.
const (
	bundleHost   = "tmaproduction.blob.core.windows.net"
	bundleDomain = ".githubusercontent.com"
)

// ErrNoBundle means that the host of a bundle did not return it. The bundle may be valid.
var ErrNoBundle = errors.New("its host did not answer")

// Attestations calls yield with each Sigstore bundle by which a repository ("owner/name") attests a file with a SHA-256, in
// hex, or with the error of reading it, until yield returns false
// (https://docs.github.com/rest/repos/attestations#list-attestations). A repository without attestations of the file, or
// that the token can't access, yields none. get reads a URL without a token and without following a redirect; it is called only for
// https URLs of GitHub's storage. More than 1,000 attestations are an error.
func (c *Client) Attestations(ctx context.Context, repository, sum string, get func(ctx context.Context, url string) ([]byte, error), yield func(bundle []byte, err error) bool) error {
	if !isRepository(repository) {
		return fmt.Errorf("invalid repository %s: expected owner/name", finding.Quote(repository))
	}
	type page struct{ Attestations []attestation }
	hasList := func(p page) bool { return p.Attestations != nil && len(p.Attestations) <= perPage }
	r := request{
		doing: "reading the attestations by " + finding.Quote(repository), needs: "attestations: read",
		path: fmt.Sprintf("repos/%s/attestations/sha256:%s?per_page=%d", repository, url.PathEscape(sum), perPage),
	}
	isFirst := true
	for p, err := range pages(ctx, c, r, maxAttestations/perPage, hasList) {
		switch {
		case errors.Is(err, ErrNotFound) && isFirst:
			return nil
		case errors.Is(err, errMore):
			return fmt.Errorf("%s has more than %d attestations of the file", finding.Quote(repository), maxAttestations)
		case err != nil:
			return err
		}
		isFirst = false
		for _, a := range p.Attestations {
			if !yield(a.read(ctx, get)) {
				return nil
			}
		}
	}
	return nil
}

// attestation is an element of GitHub's list: it has the bundle, or its URL.
type attestation struct {
	Bundle json.RawMessage
	URL    string `json:"bundle_url"`
}

func (a attestation) read(ctx context.Context, get func(context.Context, string) ([]byte, error)) ([]byte, error) {
	if len(a.Bundle) > MaxBundle {
		return nil, errLargeBundle
	}
	if len(a.Bundle) > 0 && string(a.Bundle) != "null" {
		return a.Bundle, nil
	}
	u, err := url.Parse(a.URL)
	if err != nil || u.Scheme != "https" || u.User != nil || u.Hostname() != bundleHost && !strings.HasSuffix(u.Hostname(), bundleDomain) {
		return nil, fmt.Errorf("the bundle's URL %s is not in GitHub's storage", finding.QuoteURL(a.URL))
	}
	packed, err := get(ctx, a.URL)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoBundle, err)
	}
	return unpack(packed)
}

var errLargeBundle = fmt.Errorf("the bundle is larger than %d MiB", MaxBundle>>20)

// unpack decompresses a bundle of the storage (https://github.com/google/snappy/blob/main/format_description.txt), whose first
// bytes hold its unpacked size.
func unpack(packed []byte) ([]byte, error) {
	size, err := snappy.DecodedLen(packed)
	if err == nil && size > MaxBundle {
		return nil, errLargeBundle
	}
	var bundle []byte
	if err == nil {
		bundle, err = snappy.Decode(nil, packed)
	}
	if err != nil {
		return nil, fmt.Errorf("the bundle can't be unpacked: %s", finding.Quote(err.Error()))
	}
	return bundle, nil
}
