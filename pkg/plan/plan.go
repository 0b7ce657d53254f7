// Package plan divides the files of a large registry among runners. One run reads the registry and writes a Plan; each shard reads its
// files from it, and the merge checks the shards against it. A Plan is read as hostile: it proves nothing about the registry.
package plan

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// Version is the version of a Plan's JSON form.
const Version = 1

// Plan is what shards and their merge need of a registry.
type Plan struct {
	Version int         `json:"version"`
	Tool    report.Tool `json:"tool"`
	Run     report.Run  `json:"run"`
	Scope   string      `json:"scope"`
	Mode    string      `json:"mode"`
	Shards  int         `json:"shards"`

	// Inputs are the texts of those inputs that decide what is judged and how, by name. Registry is the digest of them, of TrustedRoot and
	// of Config, the text of the configuration file ("" for none).
	Inputs     map[string]string `json:"inputs"`
	Config     string            `json:"config,omitzero"`      // the text of the configuration file
	ConfigFile string            `json:"config_file,omitzero"` // the path of that file

	TrustedRoot []byte                   `json:"trusted_root,omitempty"` // text of the file of that input
	Beside      map[string]verify.Beside `json:"beside,omitempty"`       // files that artifacts attest beside manifests, by path

	TrustedURLs     []string `json:"trusted_urls,omitempty"` // globs, the defaults filled in
	MissingChecksum string   `json:"missing_checksum"`

	Manifests int               `json:"manifests"`          // how many were read
	Unchanged int               `json:"unchanged,omitzero"` // artifacts that the change does not touch
	Notes     []string          `json:"notes,omitempty"`
	Findings  []finding.Finding `json:"findings"` // of reading and lint, before the configuration weighs them
	Files     []File            `json:"files"`    // sorted by URL
}

// File is one URL, and the shard that reads it.
type File struct {
	URL       string              `json:"url"`           // in canonical form
	Size      *int64              `json:"size,omitzero"` // bytes; nil where nobody says
	Published digest.Digest       `json:"published,omitzero"`
	Shard     int                 `json:"shard"` // from 1
	Artifacts []artifact.Artifact `json:"artifacts"`
}

// target is what a download is of: one text may be a file's URL and an image's reference.
type target struct {
	url     string
	isImage bool
}

func (f File) target() target {
	return target{f.URL, len(f.Artifacts) > 0 && f.Artifacts[0].Role == artifact.Image}
}

// Hours is the number of runners and the time that they take.
type Hours struct {
	Shards int
	Each   time.Duration // of the one that takes longest
}

// New divides downloads among so many runners that each takes about the asked time, MaxShards at most. Loads are those of the
// downloads.
func New(downloads []verify.Download, loads []verify.Load, each time.Duration) (*Plan, Hours) {
	weights := make([]int64, len(downloads))
	var all float64
	for i := range downloads {
		weights[i] = loads[i].Weight
		all += float64(weights[i])
	}
	p := &Plan{Version: Version, Shards: count(all, each, len(downloads))}
	parts := verify.Balance(verify.ShardKeys(downloads), weights, p.Shards)
	took := make([]int64, p.Shards+1)
	for i, d := range downloads {
		took[parts[i]] += weights[i]
		p.Files = append(p.Files, newFile(d, loads[i], parts[i]))
	}
	hours := float64(slices.Max(took)) / verify.HourlyBytes
	return p, Hours{p.Shards, time.Duration(hours * float64(time.Hour))}
}

// count returns the number of runners that each take about the asked time.
func count(bytes float64, each time.Duration, files int) int {
	n := bytes / (verify.HourlyBytes * each.Hours())
	most := min(max(files, 1), verify.MaxShards)
	return min(int(min(n, verify.MaxShards))+1, most)
}

func newFile(d verify.Download, l verify.Load, shard int) File {
	f := File{URL: d.Key(), Published: l.Published.Digest, Shard: shard, Artifacts: d.Artifacts}
	if l.Size >= 0 {
		f.Size = &l.Size
	}
	if size := l.Published.Size; !f.Published.IsZero() {
		f.Size = &size
	}
	return f
}

// Downloads returns the files of one shard, as a run that has read the registry has them.
func (p *Plan) Downloads(shard int) []verify.Download {
	var all []artifact.Artifact
	known := map[target]File{}
	for _, f := range p.Files {
		known[f.target()] = f
		all = append(all, f.Artifacts...)
	}
	var part []verify.Download
	for _, d := range verify.Plan(all) {
		f := known[target{d.Key(), d.Artifacts[0].Role == artifact.Image}]
		if f.Shard != shard {
			continue
		}
		if f.Size != nil {
			d.Size = *f.Size
		}
		part = append(part, d)
	}
	return part
}

// Asset returns what GitHub's API said of a server's release assets when the plan was made. Of others nothing is known.
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
	line := []byte(`{"include":[`)
	for i := range p.Shards {
		if i > 0 {
			line = append(line, ',')
		}
		line = fmt.Appendf(line, `{"shard":"%d/%d"}`, i+1, p.Shards)
	}
	return string(append(line, "]}"...))
}
