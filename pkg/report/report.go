// Package report holds what a run found, and renders it for people and programs.
// Everything that a report quotes is hostile: each renderer treats it as data.
package report

import (
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/manifest"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// Version is the version of the JSON form of a Report.
const Version = 1

// Report is everything that a run has to say, sorted. The same input gives the same Report.
type Report struct {
	Version   int               `json:"version"`
	Tool      Tool              `json:"tool"`
	Run       Run               `json:"run"`
	Shard     *Shard            `json:"shard,omitempty"`
	Scope     string            `json:"scope"` // "changed" or "all"
	Mode      string            `json:"mode"`  // "full" or "fast"
	Complete  bool              `json:"complete"`
	Summary   Summary           `json:"summary"`
	Artifacts []Artifact        `json:"artifacts"`
	Findings  []finding.Finding `json:"findings"`
}

// Tool is the program that made a report.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Run is the event that a report answers. On the command line all but Event ("local") is empty.
type Run struct {
	Event       string `json:"event"`
	Repository  string `json:"repository,omitempty"` // "owner/name"
	PullRequest int    `json:"pull_request,omitempty"`
	HeadSHA     string `json:"head_sha,omitempty"`
	RunID       int64  `json:"run_id,omitempty"`
	RunAttempt  int    `json:"run_attempt,omitempty"`
	// ServerURL is where links lead ("https://github.com"); it is not part of the JSON form.
	ServerURL string `json:"-"`
}

// Shard is a runner's part of the artifacts: Index of Count, from 1.
type Shard struct {
	Index int `json:"index"`
	Count int `json:"count"`
}

// Summary counts what a report holds. Bytes are those downloaded.
type Summary struct {
	Manifests   int   `json:"manifests"`
	Artifacts   int   `json:"artifacts"`
	Verified    int   `json:"verified"`
	Mismatch    int   `json:"mismatch"`
	Unverified  int   `json:"unverified"`
	Unavailable int   `json:"unavailable"`
	Unreachable int   `json:"unreachable"`
	Refused     int   `json:"refused"`
	Invalid     int   `json:"invalid"`
	Errors      int   `json:"errors"`
	Warnings    int   `json:"warnings"`
	Notices     int   `json:"notices"`
	Bytes       int64 `json:"bytes"`
}

// Artifact is a verify.Result in the report's form.
type Artifact struct {
	Manifest string        `json:"manifest"`
	Pointer  string        `json:"pointer"`
	Role     manifest.Role `json:"role"`
	Platform string        `json:"platform,omitempty"`
	URL      string        `json:"url"`
	Status   verify.Status `json:"status"`
	Declared digest.Digest `json:"declared,omitzero"`
	Observed digest.Digest `json:"observed,omitzero"`
	Size     *int64        `json:"size,omitempty"` // bytes of the complete body
	Format   string        `json:"format,omitempty"`
	Source   verify.Source `json:"source,omitempty"`
	finding.Position
}
