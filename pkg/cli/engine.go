package cli

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/net/http/httpproxy"
	"golang.org/x/sync/errgroup"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
	"github.com/premAI-io/verify-manifests/pkg/image"
	"github.com/premAI-io/verify-manifests/pkg/lint"
	"github.com/premAI-io/verify-manifests/pkg/registry"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// selection is the manifests that a run judges.
type selection struct {
	scope   string // "changed" or "all"
	sources []source
	notes   []string // what a reader of the report has to know about the selection
	around  surroundings
	setup   *setup
	isWhole bool   // it is the whole registry, and not a part that somebody named
	local   string // the folder of files to compare instead of downloading; "" for none
}

// defaultServer is the GitHub server of runs outside Actions.
const defaultServer = "https://github.com"

func (p *program) server() string {
	if s := p.Getenv("GITHUB_SERVER_URL"); s != "" {
		return strings.TrimSuffix(s, "/")
	}
	return defaultServer
}

// trustedURLs returns the globs of the URLs that the registry's owner controls.
func (p *program) trustedURLs(c *Config) []string {
	owner, _, found := strings.Cut(p.Getenv("GITHUB_REPOSITORY"), "/")
	if len(c.TrustedURLs) > 0 || !found {
		return c.TrustedURLs
	}
	return ownURLs(p.server(), owner)
}

// ownURLs are the globs of the URLs that an owner controls on a server.
func ownURLs(server, owner string) []string { return hosts.ReleasesOf(server, owner) }

// policy returns what the Config says of files without a checksum.
func (p *program) policy(c *Config) verify.Policy {
	policy := verify.Policy{TrustedURLs: p.trustedURLs(c), PublicKeys: c.PublicKeys, Server: p.server()}
	var level finding.Severity
	if level.UnmarshalText([]byte(c.MissingChecksum)) == nil {
		policy.MissingChecksum = &level
	}
	return policy
}

// huggingFace is the only host that HF_TOKEN goes to.
const huggingFace = "huggingface.co"

func (p *program) fetcher(c *Config) (*fetch.Client, error) {
	tokens := map[string]string{}
	if token := p.Getenv("HF_TOKEN"); token != "" {
		tokens[huggingFace] = token
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

// deadline returns a context that ends with the run's time.
func deadline(ctx context.Context, c *Config) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("the time for the whole run (input timeout, %s) is over", c.Timeout))
}

// proxy reads the operator's proxies from the variables that curl and Go's net/http know.
func (p *program) proxy() httpproxy.Config {
	either := func(name string) string { return cmp.Or(p.Getenv(name), p.Getenv(strings.ToLower(name))) }
	return httpproxy.Config{HTTPSProxy: either("HTTPS_PROXY"), HTTPProxy: either("HTTP_PROXY"), NoProxy: either("NO_PROXY")}
}

func userAgent() string {
	return "verify-manifests/" + Version() + " (+https://github.com/premAI-io/verify-manifests)"
}

// verify reads the selected manifests, finds out about what they name, compares it with what earlier scans
// saw, and reports. When ctx ends, the report is of what is known, and not complete.
func (p *program) verify(ctx context.Context, c *Config, run report.Run, s selection, m *memory) (*report.Report, error) {
	began := p.now()
	verifier, err := p.verifier(c)
	if err != nil {
		return nil, err
	}
	verifier.Baseline = m.State
	in, read, before := p.read(c, run, s)
	if s.local != "" {
		err = p.compareLocal(ctx, s, verifier, read.manifests, &in)
	} else {
		downloads := verify.Plan(read.artifacts)
		if c.Shard != nil {
			downloads = verify.Shard(downloads, c.Shard.Index, c.Shard.Count)
		}
		stop := p.watch(verifier.Progress)
		in.Results, in.Bytes = verifier.Run(ctx, downloads)
		stop()
		explainReuse(in.Results, before)
	}
	if err != nil {
		return nil, err
	}
	in.Complete = ctx.Err() == nil
	judge := s.setup.file.Judge(p.now())
	in.Judge = judge.Judge
	in.Waivers = func() []finding.Finding {
		isWhole := s.scope == scopeAll && s.isWhole && in.Complete && c.Shard == nil
		return judge.Waivers(isWhole && c.Mode != modeOffline && s.local == "") // which find less
	}
	r := report.Build(in)
	r.Took = p.now().Sub(began)
	if s.local == "" {
		m.Learn(r, in.Results)
	}
	return r, nil
}

// read reads the selected manifests, and applies the rules that need no download.
func (p *program) read(c *Config, run report.Run, s selection) (in report.Input, all readAll, before map[string]*registry.Manifest) {
	in = report.Input{
		Version: Version(), Commit: Commit(), Run: run, Shard: c.Shard, Scope: s.scope, Mode: c.Mode, Notes: slices.Concat(s.notes, s.setup.notes), Manifests: len(s.sources),
		Findings: s.setup.findings(c),
	}
	before = map[string]*registry.Manifest{}
	for path, text := range s.around.before {
		before[path], _ = s.setup.parse(text)
	}
	for _, r := range p.parseAll(s, before) {
		in.Findings = append(in.Findings, r.findings...)
		all.artifacts = append(all.artifacts, r.artifacts...)
		all.repositories = append(all.repositories, r.repositories...)
		if r.manifest != nil {
			all.manifests = append(all.manifests, r.manifest)
		}
	}
	in.Findings = append(in.Findings, p.lintAll(s, all)...)
	return in, all, before
}

// readAll is what all sources gave: every artifact, and the manifests that are kept.
type readAll struct {
	manifests    []*registry.Manifest
	artifacts    []artifact.Artifact
	repositories []lint.Repository
}

// reading is what one source gave. The manifest itself is kept only where other manifests are compared with it: of a large
// registry the trees would take all memory.
type reading struct {
	manifest     *registry.Manifest
	artifacts    []artifact.Artifact
	repositories []lint.Repository
	findings     []finding.Finding
}

// parseAll reads sources side by side.
func (p *program) parseAll(s selection, before map[string]*registry.Manifest) []reading {
	readings := make([]reading, len(s.sources))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, from := range s.sources {
		group.Go(func() error {
			m, findings := s.setup.parse(from)
			readings[i].findings = findings
			if m == nil {
				return nil
			}
			readings[i].findings = append(findings, p.lint(s.setup, m, before[m.Path])...)
			readings[i].repositories = lint.Repositories(m.Artifacts, p.server())
			readings[i].artifacts = m.Artifacts
			if s.setup.comparesAll(from.at()) || s.local != "" {
				readings[i].manifest = m
			}
			return nil
		})
	}
	_ = group.Wait() // no goroutine returns an error: an error is a finding
	return readings
}

func (p *program) verifier(c *Config) (*verify.Verifier, error) {
	client, err := p.fetcher(c)
	if err != nil {
		return nil, err
	}
	api, err := github.New(github.Config{APIURL: p.Getenv("GITHUB_API_URL"), Token: c.GitHubToken, UserAgent: userAgent(), Sleep: p.Sleep})
	if err != nil {
		return nil, err
	}
	return &verify.Verifier{
		Fetcher: client, Images: image.New(client), Policy: p.policy(c), Concurrency: c.Concurrency, Progress: &verify.Progress{}, Patience: c.StallTimeout,
		Fast: c.Mode == modeFast, Offline: c.Mode == modeOffline, Hosts: verify.Hosts{Peek: client.Peek, Asset: published(api), MaxSize: c.MaxFileSize},
	}, nil
}

// published returns a function that tells what GitHub publishes of a release asset. Where GitHub does not
// tell, that is nothing, and the file is read.
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
