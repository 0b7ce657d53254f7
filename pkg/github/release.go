package github

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Asset is one file of a release.
type Asset struct {
	Digest string // "sha256:...", as GitHub computed it at upload; "" for older files
	Size   int64  // in bytes
}

// release caches the assets of a release.
type release struct {
	sync.Mutex
	asked  bool
	assets map[string]Asset
	err    error
}

// AssetDigests returns the files of a release of any repository, by name. The caller must not change
// the map. Each release is requested once, and a failure is cached too. A release that does not exist,
// or that the token can't access, is an ErrNotFound.
func (c *Client) AssetDigests(ctx context.Context, owner, repo, tag string) (map[string]Asset, error) {
	known, _ := c.releases.LoadOrStore([3]string{owner, repo, tag}, new(release))
	r := known.(*release)
	r.Lock()
	defer r.Unlock()
	if !r.asked {
		r.assets, r.err = c.assets(ctx, owner, repo, tag)
		r.asked = ctx.Err() == nil // another caller may retry after this one's cancellation
	}
	return r.assets, r.err
}

// assets reads a release (https://docs.github.com/rest/releases/releases#get-a-release-by-tag-name). go-github lacks the digests.
func (c *Client) assets(ctx context.Context, owner, repo, tag string) (map[string]Asset, error) {
	name := owner + "/" + repo
	if !isRepository(name) || tag == "" || strings.Contains(tag, "..") {
		return nil, fmt.Errorf("invalid release %s of the repository %s", finding.Quote(tag), finding.Quote(name))
	}
	type answer struct {
		Assets []struct {
			Name string
			Asset
		}
	}
	hasAssets := func(a answer) bool { return a.Assets != nil }
	found, err := ask(ctx, c, request{
		doing: fmt.Sprintf("reading the release %s of %s", finding.Quote(tag), finding.Quote(name)), needs: "contents: read",
		path: "repos/" + name + "/releases/tags/" + url.PathEscape(tag),
	}, hasAssets)
	assets := map[string]Asset{}
	for _, a := range found.Assets {
		assets[a.Name] = a.Asset
	}
	return assets, err
}
