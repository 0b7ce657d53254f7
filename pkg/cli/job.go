package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/baseline"
	"github.com/premAI-io/verify-manifests/pkg/config"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
	"github.com/premAI-io/verify-manifests/pkg/inspect"
	"github.com/premAI-io/verify-manifests/pkg/provenance"
	"github.com/premAI-io/verify-manifests/pkg/publish"
	"github.com/premAI-io/verify-manifests/pkg/registry"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/source"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// job is what a run verifies, and by which rules.
type job struct {
	in        report.Input // without the results of downloads
	downloads []verify.Download
	rules     rules
	before    *baseline.State          // nil for none
	beside    map[string]verify.Beside // files that bundles attest beside manifests, by path
	roots     *provenance.Roots
	began     time.Time

	// Of the registry; nil for a job from a plan.
	settings   *source.Settings
	registries *inspect.Registries
	manifests  []*registry.Manifest // those kept in memory

	// asset returns the digests that GitHub published of release assets when the plan was made; nil without a plan.
	asset func(context.Context, hosts.Ref) hosts.Published
}

// job returns the job of a run: from its plan, else from the manifests that the origin selects. With isLocal, it keeps those in memory to
// compare local files with them.
func (p *program) job(ctx context.Context, c *Config, run report.Run, from source.Origin, isLocal bool) (j *job, err error) {
	began := p.now()
	before, notes := loadState(ctx, c, from)
	if c.isPlanned() {
		j, err = p.planned(c, run)
	} else {
		j, err = p.prepare(ctx, c, from, inspect.Options{Server: p.server(), Scope: c.Scope, KeepManifests: isLocal})
	}
	if err != nil {
		return nil, err
	}
	j.began, j.before = began, before
	j.in.Tool, j.in.Run, j.in.Shard, j.in.Mode = tool(), run, c.Shard, c.Mode
	j.in.Notes = append(notes, j.in.Notes...)
	return j, nil
}

// prepare selects and inspects manifests.
func (p *program) prepare(ctx context.Context, c *Config, from source.Origin, o inspect.Options) (*job, error) {
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
		in: report.Input{Windows: s.IsForWindows, Report: report.Report{
			Scope: scope, Summary: report.Summary{Manifests: len(s.Manifests) + found.Attesting, Unchanged: found.Unchanged},
			Notes: slices.Concat(s.Notes, s.Settings.Notes, found.Notes), Findings: found.Findings,
			APICalls: s.Calls, IsWhole: s.Scope == source.ScopeAll && s.IsWhole && c.Shard == nil,
		}},
		downloads: verify.Plan(found.Artifacts), rules: p.rulesOf(c, s.File, s.Remote),
		beside: found.Beside, roots: roots, settings: s.Settings, registries: registries, manifests: found.Manifests,
	}, nil
}

// verify verifies the files of a job: below a folder on disk, or by downloading them. When ctx ends, the results are incomplete.
func (p *program) verify(ctx context.Context, c *Config, j *job, local *os.Root) (in report.Input, err error) {
	verifier, err := p.verifier(c, j.rules)
	if err != nil {
		return in, err
	}
	if j.asset != nil {
		verifier.Hosts.Asset = j.asset
	}
	verifier.Baseline = j.before.Baseline
	attester, err := p.attester(c, j, verifier)
	if err != nil {
		return in, err
	}
	verifier.NeedsSHA256 = attester.NeedsSHA256
	in = j.in
	stop := p.watch(verifier.Progress)
	switch {
	case local != nil:
		attester.Offline = true
		files := j.localFiles(local)
		in.Results = verifier.RunLocal(ctx, local, files)
		in.Findings = slices.Concat(in.Findings, j.leftOver(local, files))
		in.Notes = slices.Concat(in.Notes, j.leftOut(attester))
		in.IsWhole = false
	case c.Shard != nil && !c.isPlanned():
		in.Results, in.Summary.Bytes = verifier.Run(ctx, verify.Shard(j.downloads, c.Shard.Index, c.Shard.Count))
	default:
		in.Results, in.Summary.Bytes = verifier.Run(ctx, j.downloads)
	}
	stop()
	attester.Run(ctx, in.Results)
	in.Complete, in.Took = ctx.Err() == nil, p.now().Sub(j.began)
	return in, nil
}

// compare compares what a run found with the baseline, builds the report, and records the scan of a whole registry.
func (p *program) compare(in report.Input, by rules, before *baseline.State) (*report.Report, baseline.Comparison) {
	c := before.Compare(in.Results, in.Complete, by.policy.Apply, p.now())
	in.Results, in.Notes = c.Results, slices.Concat(in.Notes, c.Notes)
	r := build(in, by)
	if r.IsWhole {
		c.Next.Record(r.Summary.Scan(p.now()))
	}
	return r, c
}

// build builds a report with the configuration's severities and waivers.
func build(in report.Input, by rules) *report.Report {
	in.Policy = by.policy.Apply
	in.Waivers = func() []finding.Finding {
		return by.policy.Waivers(in.IsWhole && in.Complete && in.Mode != modeOffline) // offline finds less
	}
	return report.Build(in)
}

// deadline returns a context that ends after the timeout of the run.
func deadline(ctx context.Context, c *Config) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("the timeout of the run (input timeout, %s) expired", c.Timeout))
}

// rules are the configuration file's, overridden by the inputs.
type rules struct {
	file            *config.File // nil without one
	policy          *config.Policy
	trustedURLs     []string // globs
	missingChecksum string   // a severity, or "off"
}

// rulesOf merges the inputs with the configuration file, which they override. By default it trusts the releases of the registry's owner:
// the owner of the repository that runs the Action, else of the git remote.
func (p *program) rulesOf(c *Config, file *config.File, remote string) rules {
	if c.given["missing-checksum"] {
		file = file.WithoutSeverity(finding.ArtifactMissingChecksum, finding.ImageUnpinned)
	}
	r := rules{file: file, policy: file.Policy(p.now()), trustedURLs: c.TrustedURLs, missingChecksum: c.MissingChecksum}
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

// remoteURL matches https://host/owner/repo, ssh://git@host/owner/repo and git@host:owner/repo
// (https://git-scm.com/docs/git-clone#_git_urls).
var remoteURL = regexp.MustCompile(`^(?:[a-z+]+://)?(?:[^/@]*@)?([^/]+?)[/:]([^/]+)/[^/]+$`)

// ownerOf returns the owner in a remote's URL on a host, "" for any other.
func ownerOf(remote, host string) string {
	if m := remoteURL.FindStringSubmatch(remote); m != nil && strings.EqualFold(m[1], host) {
		return m[2]
	}
	return ""
}

// loadState reads the state file, nil for none. A missing or invalid file gives a note, not an error: it will be replaced. A file from a
// pull request is not read, since anyone can have written it.
func loadState(ctx context.Context, c *Config, from source.Origin) (s *baseline.State, notes []string) {
	if c.StateFile == "" {
		return nil, nil
	}
	quoted := finding.Quote(c.StateFile)
	if e, isEvent := from.(*source.Event); isEvent && e.Brings(ctx, c.StateFile) {
		return nil, []string{fmt.Sprintf("The state file %s was not read, since the pull request contains it", quoted)}
	}
	file, err := source.OpenRegular(c.StateFile)
	if err == nil {
		defer file.Close()
		s, err = baseline.Read(file)
	}
	switch {
	case err == nil:
		return s, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, []string{fmt.Sprintf("The state file %s does not exist yet: there are no earlier scans to compare with", quoted)}
	}
	return nil, []string{fmt.Sprintf("The state file %s can't be used and will be replaced: there are no earlier scans to compare with (%s)",
		quoted, finding.Clean(finding.WithoutPath(err).Error()))}
}

// saveState writes the state file after a scan. Shards leave it to the merge.
func saveState(c *Config, next *baseline.State) error {
	if c.Shard != nil {
		return nil
	}
	return publish.WriteFile("state-file", c.StateFile, next.Write)
}
