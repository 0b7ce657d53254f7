package cli

import (
	"cmp"
	"context"
	"strings"

	"golang.org/x/net/http/httpproxy"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
	"github.com/premAI-io/verify-manifests/pkg/image"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// server is the GitHub server's URL.
func (p *program) server() string {
	return cmp.Or(strings.TrimSuffix(p.Getenv("GITHUB_SERVER_URL"), "/"), "https://github.com")
}

// verifier verifies by rules over the network that the inputs allow.
func (p *program) verifier(c *Config, by rules) (*verify.Verifier, error) {
	tokens := map[string]string{}
	if token := p.Getenv("HF_TOKEN"); token != "" {
		tokens[hosts.HuggingFace] = token
	}
	client, err := fetch.New(fetch.Config{
		AllowNetworks: c.AllowNetworks, MaxSize: c.MaxFileSize, StallTimeout: c.StallTimeout, Connections: c.Connections,
		Tokens: tokens, UserAgent: userAgent(), Proxy: p.proxy(), RootCAs: p.RootCAs, Resolver: p.Resolver, Sleep: p.Sleep,
	})
	if err != nil {
		return nil, err
	}
	api, err := p.publicAPI(c)
	if err != nil {
		return nil, err
	}
	policy := verify.Policy{TrustedURLs: by.trustedURLs, PublicKeys: c.PublicKeys, Server: p.server()}
	var level finding.Severity
	if level.UnmarshalText([]byte(by.missingChecksum)) == nil {
		policy.MissingChecksum = &level
	}
	return &verify.Verifier{
		Fetcher: client, Images: image.New(client), Policy: policy, Concurrency: c.Concurrency, Progress: &verify.Progress{}, Patience: c.StallTimeout,
		Fast: c.Mode == modeFast, Offline: c.Mode == modeOffline, Hosts: verify.Hosts{Peek: client.Peek, Asset: published(api), MaxSize: c.MaxFileSize},
	}, nil
}

// publicAPI is GitHub's API for the releases and attestations of any repository.
func (p *program) publicAPI(c *Config) (*github.Client, error) {
	return github.New(github.Config{APIURL: p.Getenv("GITHUB_API_URL"), Token: c.GitHubToken, UserAgent: userAgent(), Sleep: p.Sleep})
}

// published returns a function that asks GitHub for the digest and size of a release asset. Without a digest, the file is read.
func published(api *github.Client) func(context.Context, hosts.Ref) hosts.Published {
	return func(ctx context.Context, ref hosts.Ref) hosts.Published {
		assets, err := api.AssetDigests(ctx, ref.Owner, ref.Repo, ref.Revision)
		if err != nil {
			return hosts.Published{Size: -1}
		}
		asset := assets[ref.Path]
		d, _ := digest.Parse(asset.Digest) // the zero Digest if GitHub has none
		return hosts.Published{Digest: d, Size: asset.Size}
	}
}

// proxy reads the proxies from the variables that curl and net/http read.
func (p *program) proxy() httpproxy.Config {
	either := func(name string) string { return cmp.Or(p.Getenv(name), p.Getenv(strings.ToLower(name))) }
	return httpproxy.Config{HTTPSProxy: either("HTTPS_PROXY"), HTTPProxy: either("HTTP_PROXY"), NoProxy: either("NO_PROXY")}
}

func userAgent() string {
	return "verify-manifests/" + Version() + " (+https://github.com/premAI-io/verify-manifests)"
}
