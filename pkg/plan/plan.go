// Package plan divides the files of a large registry among runners. One run reads the registry and writes a Plan; each shard reads its
// files from it, and the merge checks the shards against it. A Plan is untrusted: it proves nothing about the registry.
package plan

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize/english"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// Version is the version of a Plan's JSON form.
const Version = 1

// Plan is the part of a registry that shards and their merge need.
type Plan struct {
	Version int         `json:"version"`
	Tool    report.Tool `json:"tool"`
	Run     report.Run  `json:"run"`
	Scope   string      `json:"scope"`
	Mode    string      `json:"mode"`
	Shards  int         `json:"shards"`

	Inputs     map[string]string `json:"inputs"`               // the texts of the inputs that select files or set policy, by name
	Config     string            `json:"config,omitzero"`      // the text of the configuration file; "" for none
	ConfigFile string            `json:"config_file,omitzero"` // the path of that file

	TrustedRoot []byte                   `json:"trusted_root,omitempty"` // text of the file of that input
	Beside      map[string]verify.Beside `json:"beside,omitempty"`       // files that artifacts attest beside manifests, by path

	TrustedURLs     []string `json:"trusted_urls,omitempty"` // globs, the defaults filled in
	MissingChecksum string   `json:"missing_checksum"`

	Manifests int               `json:"manifests"`          // how many were read
	Unchanged int               `json:"unchanged,omitzero"` // artifacts that the change does not touch
	Notes     []string          `json:"notes,omitempty"`
	Findings  []finding.Finding `json:"findings"` // of reading and lint, with default severities
	Files     []File            `json:"files"`    // sorted by URL
}

// File is one URL, and the shard that reads it.
type File struct {
	URL       string              `json:"url"`           // in canonical form
	Size      *int64              `json:"size,omitzero"` // bytes; nil if unknown
	Published digest.Digest       `json:"published,omitzero"`
	Shard     int                 `json:"shard"` // from 1
	Artifacts []artifact.Artifact `json:"artifacts"`
}

// New divides downloads among up to MaxShards runners so that each takes about the requested time, and returns the longest time. Loads
// are the estimates of the downloads.
func New(downloads []verify.Download, loads []verify.Load, each time.Duration) (p *Plan, longest time.Duration) {
	weights := make([]int64, len(downloads))
	var all float64
	for i := range downloads {
		weights[i] = loads[i].Weight
		all += float64(weights[i])
	}
	runners := 1 + int(min(all/(verify.HourlyBytes*each.Hours()), verify.MaxShards))
	p = &Plan{Version: Version, Shards: min(runners, max(len(downloads), 1), verify.MaxShards)}
	parts := verify.Balance(verify.ShardKeys(downloads), weights, p.Shards)
	took := make([]int64, p.Shards+1)
	for i, d := range downloads {
		took[parts[i]] += weights[i]
		f := File{URL: d.Key(), Published: loads[i].Published.Digest, Shard: parts[i], Artifacts: d.Artifacts}
		if size := loads[i].Size; size >= 0 {
			f.Size = &size
		}
		if size := loads[i].Published.Size; !f.Published.IsZero() {
			f.Size = &size
		}
		p.Files = append(p.Files, f)
	}
	hours := float64(slices.Max(took)) / verify.HourlyBytes
	return p, time.Duration(hours * float64(time.Hour))
}

// Downloads returns the files of one shard, as a run without a plan has them.
func (p *Plan) Downloads(shard int) []verify.Download {
	var part []verify.Download
	for i, d := range p.downloads() {
		if p.Files[i].Size != nil {
			d.Size = *p.Files[i].Size
		}
		if p.Files[i].Shard == shard {
			part = append(part, d)
		}
	}
	return part
}

// downloads returns all downloads, in the order of Files.
func (p *Plan) downloads() []verify.Download {
	var all []artifact.Artifact
	for _, f := range p.Files {
		all = append(all, f.Artifacts...)
	}
	return verify.Plan(all)
}

// Asset returns the digests and sizes that GitHub published of a server's release assets when the plan was made.
func (p *Plan) Asset(server string) func(context.Context, hosts.Ref) hosts.Published {
	assets := map[hosts.Ref]hosts.Published{}
	for _, f := range p.Files {
		if asset, ok := hosts.AssetOf(f.URL, server); ok && !f.Published.IsZero() && f.Size != nil {
			assets[asset] = hosts.Published{Digest: f.Published, Size: *f.Size}
		}
	}
	return func(_ context.Context, asset hosts.Ref) hosts.Published {
		if published, found := assets[asset]; found {
			return published
		}
		return hosts.Published{Size: -1}
	}
}

// Matrix is a job matrix of GitHub Actions with one job for each shard, as one line of JSON.
func (p *Plan) Matrix() string {
	var jobs []string
	for i := range p.Shards {
		jobs = append(jobs, fmt.Sprintf(`{"shard":"%d/%d"}`, i+1, p.Shards))
	}
	return `{"include":[` + strings.Join(jobs, ",") + "]}"
}

// Fits reports why a run can't use the plan: another commit, version or configuration. Inputs are as in Plan.
func (p *Plan) Fits(version string, run report.Run, shard report.Shard, inputs map[string]string) error {
	for _, each := range []struct {
		what          string
		planned, here any
	}{
		{"version of the program", p.Tool.Version, version},
		{"repository", p.Run.Repository, run.Repository},
		{"commit", p.Run.HeadSHA, run.HeadSHA},
		{"event", p.Run.Event, run.Event},
		{"pull request", p.Run.PullRequest, run.PullRequest},
		{"number of shards", p.Shards, shard.Count},
		{"number of inputs", len(p.Inputs), len(inputs)},
	} {
		if each.planned != each.here {
			return fmt.Errorf("the %s is %s in the plan and %s here: make a new plan", each.what, finding.Quote(fmt.Sprint(each.planned)), finding.Quote(fmt.Sprint(each.here)))
		}
	}
	for name, here := range inputs {
		if p.Inputs[name] != here {
			return fmt.Errorf("the input %s is %s in the plan and %s here: use one value for the plan and its shards", name, finding.Quote(p.Inputs[name]), finding.Quote(here))
		}
	}
	return nil
}

// maxNamed bounds the files in one message.
const maxNamed = 5

// Covers reports a shard report that was made with another plan, or with other files than the plan assigns to its shard. Planned is the
// digest of the plan.
func (p *Plan) Covers(shards []report.Named, planned digest.Digest) error {
	for _, shard := range shards {
		if err := p.covers(shard.Report, planned); err != nil {
			return fmt.Errorf("%s %w", finding.Quote(shard.Name), err)
		}
	}
	return nil
}

func (p *Plan) covers(r *report.Report, planned digest.Digest) error {
	if r.Plan != planned {
		return fmt.Errorf("was made with another plan: %s instead of %s", finding.Quote(r.Plan.String()), finding.Quote(planned.String()))
	}
	missing := map[finding.Location]string{}
	for _, f := range p.Files {
		for _, a := range f.Artifacts {
			if f.Shard == r.Shard.Index && !a.Untouched {
				missing[a.Location()] = finding.WithoutUser(a.URL)
			}
		}
	}
	for _, a := range r.Artifacts {
		if missing[a.Location()] != a.URL {
			return fmt.Errorf("has %s at %s, which the plan does not assign to its shard", finding.QuoteURL(a.URL), a.Location())
		}
		delete(missing, a.Location())
	}
	if len(missing) == 0 {
		return nil
	}
	var names []string
	for at, url := range missing {
		names = append(names, finding.QuoteURL(url)+" of "+at.String())
	}
	slices.Sort(names)
	if len(names) > maxNamed {
		names = append(names[:maxNamed], fmt.Sprintf("and %d more", len(names)-maxNamed))
	}
	return fmt.Errorf("omits %s that the plan assigns to shard %d: %s", english.Plural(len(missing), "file", ""), r.Shard.Index, strings.Join(names, ", "))
}
