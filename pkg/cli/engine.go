package cli

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"
	"golang.org/x/sync/errgroup"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/config"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
	"github.com/premAI-io/verify-manifests/pkg/image"
	"github.com/premAI-io/verify-manifests/pkg/plan"
	"github.com/premAI-io/verify-manifests/pkg/registry"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/source"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// selection is the manifests that a run judges.
type selection struct {
	scope   string // "changed" or "all"
	sources []source.Source
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
	return p.fetcherWith(c, tokens)
}

// fetcherWith returns a client that carries tokens to their hosts.
func (p *program) fetcherWith(c *Config, tokens map[string]string) (*fetch.Client, error) {
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

// job is what a run has to verify, once its manifests were read.
type job struct {
	in        report.Input
	downloads []verify.Download
	replaced  map[plan.Place]string // the URL that a change took from an artifact, and whose checksum it left
	file      *config.File          // nil where there is none
	isWhole   bool                  // it is the whole registry, and nothing that was downloaded before
	began     time.Time

	// asset is what GitHub's API said of release assets when a plan was made; nil where it is asked.
	asset func(context.Context, hosts.Ref) hosts.Published
}

// verify reads the selected manifests, finds out about what they name, compares it with what earlier scans
// saw, and reports. When ctx ends, the report is of what is known, and not complete.
func (p *program) verify(ctx context.Context, c *Config, run report.Run, s selection, m *memory) (*report.Report, error) {
	began := p.now()
	in, read, before := p.read(c, run, s)
	if s.local != "" {
		verifier, err := p.verifier(c)
		if err == nil {
			verifier.Baseline = m.Baseline
			err = p.compareLocal(ctx, s, verifier, read.manifests, &in)
		}
		if err != nil {
			return nil, err
		}
		return p.report(ctx, job{in: in, file: s.setup.file, began: began}), nil
	}
	j := p.newJob(in, read, before, s)
	j.began = began
	if c.Shard != nil {
		j.downloads = verify.Shard(j.downloads, c.Shard.Index, c.Shard.Count)
	}
	return p.perform(ctx, c, j, m)
}

func (p *program) newJob(in report.Input, read readAll, before map[string]*registry.Manifest, s selection) job {
	return job{in: in, downloads: verify.Plan(read.artifacts), replaced: replaced(read.artifacts, before), file: s.setup.file, isWhole: s.isWhole}
}

// perform finds out about the downloads of a job, compares them with what earlier scans saw, and reports.
func (p *program) perform(ctx context.Context, c *Config, j job, m *memory) (*report.Report, error) {
	verifier, err := p.verifier(c)
	if err != nil {
		return nil, err
	}
	if j.asset != nil {
		verifier.Hosts.Asset = j.asset
	}
	verifier.Baseline = m.Baseline
	stop := p.watch(verifier.Progress)
	j.in.Results, j.in.Bytes = verifier.Run(ctx, j.downloads)
	stop()
	explainReuse(j.in.Results, j.replaced)
	r := p.report(ctx, j)
	m.Judge = j.file.Judge(p.now()).Judge
	m.Learn(r)
	return r, nil
}

// report says what came of a job, as the configuration weighs it.
func (p *program) report(ctx context.Context, j job) *report.Report {
	j.in.Complete = ctx.Err() == nil
	judge := j.file.Judge(p.now())
	j.in.Judge = judge.Judge
	j.in.Waivers = func() []finding.Finding {
		isWhole := j.in.Scope == scopeAll && j.isWhole && j.in.Complete && j.in.Shard == nil
		return judge.Waivers(isWhole && j.in.Mode != modeOffline) // which finds less
	}
	r := report.Build(j.in)
	r.Took = p.now().Sub(j.began)
	return r
}

// read reads the selected manifests, and applies the rules that need no download.
func (p *program) read(c *Config, run report.Run, s selection) (in report.Input, all readAll, before map[string]*registry.Manifest) {
	in = report.Input{
		Version: Version(), Commit: Commit(), Run: run, Shard: c.Shard, Scope: s.scope, Mode: c.Mode, Notes: slices.Concat(s.notes, s.setup.notes), Manifests: len(s.sources),
		Findings: s.setup.findings(c), Windows: s.setup.isForWindows,
	}
	before = map[string]*registry.Manifest{}
	for path, text := range s.around.before {
		before[path], _ = s.setup.parse(text)
	}
	for _, r := range p.parseAll(s, before) {
		in.Findings = append(in.Findings, r.findings...)
		all.artifacts = append(all.artifacts, r.artifacts...)
		if r.manifest != nil {
			all.manifests = append(all.manifests, r.manifest)
		}
	}
	in.Findings = append(in.Findings, p.lintAll(s, all)...)
	return in, all, before
}

// readAll is what all sources gave: every artifact, and the manifests that are kept.
type readAll struct {
	manifests []*registry.Manifest
	artifacts []artifact.Artifact
}

// reading is what one source gave. The manifest itself is kept only where other manifests are compared with it: of a large
// registry the trees would take all memory.
type reading struct {
	manifest  *registry.Manifest
	artifacts []artifact.Artifact
	findings  []finding.Finding
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
			readings[i].artifacts = m.Artifacts
			if s.setup.comparesAll(from.At()) || s.local != "" {
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
