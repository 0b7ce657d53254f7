package cli

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"

	"github.com/premAI-io/verify-manifests/pkg/baseline"
	"github.com/premAI-io/verify-manifests/pkg/config"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
	"github.com/premAI-io/verify-manifests/pkg/image"
	"github.com/premAI-io/verify-manifests/pkg/inspect"
	"github.com/premAI-io/verify-manifests/pkg/provenance"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/source"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// job is what a run verifies, and by which rules.
type job struct {
	in         report.Input // without what downloads find
	downloads  []verify.Download
	rules      rules
	settings   *source.Settings // nil where a plan gives the job
	inspection inspect.Inspection
	beside     map[string]verify.Beside // files that bundles attest beside manifests, by path
	roots      *provenance.Roots
	registries *inspect.Registries
	began      time.Time

	// asset returns what GitHub published of release assets when the plan was made; nil without a plan.
	asset func(context.Context, hosts.Ref) hosts.Published
}

// rules are the configuration file's, overridden by the inputs.
type rules struct {
	file            *config.File // nil where there is none
	judge           *config.Judge
	trustedURLs     []string // globs
	missingChecksum string   // a severity, or "off"
}

// rulesOf merges the inputs with the configuration file, which they override. By default the releases of the registry's owner are
// trusted: that of the repository that runs the Action, else of the git remote.
func (p *program) rulesOf(c *Config, file *config.File, remote string) rules {
	if c.given["missing-checksum"] {
		file = file.WithoutSeverity(finding.ArtifactMissingChecksum, finding.ImageUnpinned)
	}
	r := rules{file: file, judge: file.Judge(p.now()), trustedURLs: c.TrustedURLs, missingChecksum: c.MissingChecksum}
	if file != nil && !c.given["trusted-urls"] && file.TrustedURLs != nil {
		r.trustedURLs = file.TrustedURLs
	}
	if file != nil && !c.given["missing-checksum"] && file.MissingChecksum != "" {
		r.missingChecksum = file.MissingChecksum
	}
	if len(r.trustedURLs) > 0 {
		return r
	}
	owner, _, found := strings.Cut(p.Getenv("GITHUB_REPOSITORY"), "/")
	if server, err := url.Parse(p.server()); !found && err == nil {
		owner = ownerOf(remote, server.Host)
	}
	if owner != "" {
		r.trustedURLs = hosts.ReleasesOf(p.server(), owner)
	}
	return r
}

// ownerOf returns the owner in a remote's URL on a host, "" for any other: https://host/owner/repo, ssh://git@host/owner/repo,
// or git@host:owner/repo (https://git-scm.com/docs/git-clone#_git_urls).
func ownerOf(remote, host string) string {
	_, address, hasScheme := strings.Cut(remote, "://")
	if !hasScheme {
		address = strings.Replace(remote, ":", "/", 1)
	}
	if _, after, hasUser := strings.Cut(address, "@"); hasUser {
		address = after
	}
	parts := strings.Split(address, "/")
	if len(parts) != 3 || !strings.EqualFold(parts[0], host) {
		return ""
	}
	return parts[1]
}

// job returns the job of a run: from its plan, else from the manifests that the origin selects.
func (p *program) job(ctx context.Context, c *Config, run report.Run, from source.Origin, o inspect.Options) (*job, error) {
	if c.isPlanned() {
		return p.planned(c, run)
	}
	return p.prepare(ctx, c, run, from, o)
}

// prepare selects and inspects manifests.
func (p *program) prepare(ctx context.Context, c *Config, run report.Run, from source.Origin, o inspect.Options) (*job, error) {
	began := p.now()
	s, err := from.Select(ctx, c.selecting())
	if err != nil {
		return nil, err
	}
	roots, err := rootsOf(s.Roots)
	if err != nil {
		return nil, err
	}
	registries, err := inspect.Bind(s.Settings)
	if err != nil {
		return nil, err
	}
	found := registries.Inspect(s, o)
	scope := s.Scope
	if found.IsByEntry || o.Scope == source.ScopeEntries && s.Scope == source.ScopeChanged {
		scope = source.ScopeEntries
	}
	return &job{
		in: report.Input{
			Version: Version(), Commit: Commit(), Run: run, Shard: c.Shard, Scope: scope, Mode: c.Mode, Manifests: len(s.Manifests) + found.Attesting, Unchanged: found.Unchanged,
			Notes: slices.Concat(s.Notes, s.Settings.Notes, found.Notes), Findings: found.Findings,
			APICalls: s.Calls, Windows: s.IsForWindows,
			IsWhole: s.Scope == source.ScopeAll && s.IsWhole && c.Shard == nil,
		},
		downloads: verify.Plan(found.Artifacts), rules: p.rulesOf(c, s.File, s.Remote),
		beside: found.Beside, settings: s.Settings, roots: roots, inspection: found, registries: registries, began: began,
	}, nil
}

// verify downloads and verifies the files of a job. When ctx ends, the results are incomplete.
func (p *program) verify(ctx context.Context, c *Config, j *job, before *baseline.State) (in report.Input, err error) {
	verifier, err := p.verifier(c, j.rules)
	if err != nil {
		return in, err
	}
	if j.asset != nil {
		verifier.Hosts.Asset = j.asset
	}
	verifier.Baseline = before.Baseline
	downloads := j.downloads
	if c.Shard != nil && !c.isPlanned() {
		downloads = verify.Shard(downloads, c.Shard.Index, c.Shard.Count)
	}
	attester, err := p.attester(c, j, verifier, before)
	if err != nil {
		return in, err
	}
	verifier.NeedsSHA256 = attester.NeedsSHA256
	in = j.in
	stop := p.watch(verifier.Progress)
	in.Results, in.Bytes = verifier.Run(ctx, downloads)
	stop()
	attester.Run(ctx, in.Results)
	in.Complete, in.Took = ctx.Err() == nil, p.now().Sub(j.began)
	return in, nil
}

// compare compares what a run found with the baseline, and builds the report.
func (p *program) compare(in report.Input, by rules, before *baseline.State) (*report.Report, baseline.Comparison) {
	c := before.Compare(in.Results, in.Complete, by.judge.Judge, p.now())
	in.Results, in.Notes = c.Results, slices.Concat(in.Notes, c.Notes)
	return build(in, by), c
}

// build builds a report with the configuration's severities and waivers.
func build(in report.Input, by rules) *report.Report {
	in.Judge = by.judge.Judge
	in.Waivers = func() []finding.Finding {
		return by.judge.Waivers(in.IsWhole && in.Complete && in.Mode != modeOffline) // offline finds less
	}
	return report.Build(in)
}

// defaultServer is the GitHub server of runs outside Actions.
const defaultServer = "https://github.com"

func (p *program) server() string {
	if s := p.Getenv("GITHUB_SERVER_URL"); s != "" {
		return strings.TrimSuffix(s, "/")
	}
	return defaultServer
}

func (p *program) verifier(c *Config, by rules) (*verify.Verifier, error) {
	client, err := p.fetcher(c)
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

// published returns a function that asks GitHub for the digest and size of a release asset. Where GitHub has none, the file is read.
func published(api *github.Client) func(context.Context, hosts.Ref) hosts.Published {
	return func(ctx context.Context, ref hosts.Ref) hosts.Published {
		assets, err := api.AssetDigests(ctx, ref.Owner, ref.Repo, ref.Revision)
		if err != nil {
			return hosts.Published{Size: -1}
		}
		asset := assets[ref.Path]
		d, _ := digest.Parse(asset.Digest) // the zero Digest where GitHub has none
		return hosts.Published{Digest: d, Size: asset.Size}
	}
}

func (p *program) fetcher(c *Config) (*fetch.Client, error) {
	tokens := map[string]string{}
	if token := p.Getenv("HF_TOKEN"); token != "" {
		tokens[hosts.HuggingFace] = token
	}
	return fetch.New(fetch.Config{
		AllowNetworks: c.AllowNetworks,
		MaxSize:       c.MaxFileSize,
		StallTimeout:  c.StallTimeout,
		Connections:   c.Connections,
		Tokens:        tokens,
		UserAgent:     userAgent(),
		Proxy:         p.proxy(),
		RootCAs:       p.RootCAs,
		Resolver:      p.Resolver,
		Sleep:         p.Sleep,
	})
}

// deadline returns a context that ends after the timeout of the run.
func deadline(ctx context.Context, c *Config) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("the timeout of the run (input timeout, %s) expired", c.Timeout))
}

// proxy reads the proxies from the variables that curl and net/http read.
func (p *program) proxy() httpproxy.Config {
	either := func(name string) string { return cmp.Or(p.Getenv(name), p.Getenv(strings.ToLower(name))) }
	return httpproxy.Config{HTTPSProxy: either("HTTPS_PROXY"), HTTPProxy: either("HTTP_PROXY"), NoProxy: either("NO_PROXY")}
}

func userAgent() string {
	return "verify-manifests/" + Version() + " (+https://github.com/premAI-io/verify-manifests)"
}
