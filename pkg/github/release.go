package github

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"

	gh "github.com/google/go-github/v57/github"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Asset is what GitHub says of one file of a release.
type Asset struct {
	Digest string // "sha256:...", as GitHub computed it when the file came; "" for older files
	Size   int64  // in bytes
}

// releases remembers what was asked about each release.
type releases struct {
	mu    sync.Mutex
	known map[releaseName]*release
}

type releaseName struct{ owner, repo, tag string }

type release struct {
	mu     sync.Mutex
	asked  bool
	assets map[string]Asset
	err    error
}

// AssetDigests returns the files of a release of any repository, by name, which the caller must not
// change. Each release is asked for once, however many of its files are of interest; its failure is
// remembered too. A release that isn't there, or that the token may not see, is an ErrNotFound.
func (c *Client) AssetDigests(ctx context.Context, owner, repo, tag string) (map[string]Asset, error) {
	r := c.releases.get(releaseName{owner, repo, tag})
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.asked {
		r.assets, r.err = c.assets(ctx, owner, repo, tag)
		r.asked = ctx.Err() == nil // one caller's end is not another's
	}
	return r.assets, r.err
}

func (r *releases) get(name releaseName) *release {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil {
		r.known = map[releaseName]*release{}
	}
	if r.known[name] == nil {
		r.known[name] = new(release)
	}
	return r.known[name]
}

// assets reads a release (https://docs.github.com/rest/releases/releases#get-a-release-by-tag-name), whose
// digests go-github doesn't know yet.
func (c *Client) assets(ctx context.Context, owner, repo, tag string) (map[string]Asset, error) {
	name := owner + "/" + repo
	t := task{doing: fmt.Sprintf("reading the release %s of %s", finding.Quote(tag), finding.Quote(name)), needs: "contents: read"}
	if m := ownerAndName.FindStringSubmatch(name); m == nil || isDots(owner) || isDots(repo) || tag == "" || strings.Contains(tag, "..") {
		return nil, fmt.Errorf("%s in %s can be no release of GitHub's", finding.Quote(tag), finding.Quote(name))
	}
	var found struct {
		Assets []struct {
			Name, Digest string
			Size         int64
		}
	}
	err := c.call(ctx, t, func() (*gh.Response, error) {
		req, err := c.api.NewRequest("GET", "repos/"+name+"/releases/tags/"+url.PathEscape(tag), nil)
		if err != nil {
			return nil, err
		}
		resp, err := c.api.Do(ctx, req, &found)
		if err == nil && found.Assets == nil {
			err = errNoAnswer
		}
		return resp, err
	})
	if err != nil {
		return nil, err
	}
	assets := make(map[string]Asset, len(found.Assets))
	for _, a := range found.Assets {
		assets[a.Name] = Asset{Digest: a.Digest, Size: a.Size}
	}
	return assets, nil
}
