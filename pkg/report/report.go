// Package report holds what a run found, and renders it for people and programs.
// Everything that a report quotes is hostile: each renderer treats it as data.
package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/baseline"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// Version is the version of the JSON form of a Report.
const Version = 1

// Report is all results and findings of a run, sorted. The same input gives the same Report.
type Report struct {
	Version   int               `json:"version"`
	Tool      Tool              `json:"tool"`
	Run       Run               `json:"run"`
	Shard     *Shard            `json:"shard,omitzero"`
	Plan      digest.Digest     `json:"plan,omitzero"` // of the plan's file that a shard took
	Scope     string            `json:"scope"`         // "changed", "entries" or "all"
	Mode      string            `json:"mode"`          // "full", "fast" or "offline"
	Complete  bool              `json:"complete"`      // false when the run was cut short
	Summary   Summary           `json:"summary"`
	Artifacts []Artifact        `json:"artifacts"`
	Findings  []finding.Finding `json:"findings"`
	Notes     []string          `json:"notes,omitempty"` // remarks about the run, a sentence each

	Took      time.Duration `json:"-"` // zero where it is not known
	APICalls  int           `json:"-"` // calls of GitHub's API for the texts of manifests
	IsWhole   bool          `json:"-"` // every manifest of the registry was read, and this is no shard
	IsClaimed bool          `json:"-"` // a pull request's own workflow made the report
}

// Tool is the program that made a report.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"` // that it was built from, where the build knew it
}

// Run is the event that a report answers. On the command line all but Event ("local") is empty.
type Run struct {
	Event       string `json:"event"`
	Repository  string `json:"repository,omitempty"` // "owner/name"
	PullRequest int    `json:"pull_request,omitzero"`
	HeadSHA     string `json:"head_sha,omitempty"`
	RunID       int64  `json:"run_id,omitzero,string"`
	RunAttempt  int    `json:"run_attempt,omitzero"`

	ServerURL string `json:"-"` // where links lead ("https://github.com"); without it nothing is linked to the repository
	BaseRef   string `json:"-"` // the branch that a pull request is for, where that is known
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
	Unchanged   int   `json:"unchanged"` // artifacts that a change does not touch: neither contacted nor listed
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
	Gone        int   `json:"gone,omitzero"`   // of the unavailable: the server answered 404 or 410
	Attested    int   `json:"attested"`        // with a Provenance
	Waived      int   `json:"waived,omitzero"` // findings that count nowhere else
	Bytes       int64 `json:"bytes"`
}

// Failed is the number of artifacts that are neither verified nor unverified.
func (s Summary) Failed() int { return s.Artifacts - s.Verified - s.Unverified }

// Input is the result of a run.
type Input struct {
	Report  // without Artifacts, and with the findings about manifests; of its Summary, Manifests, Unchanged and Bytes
	Results []verify.Result
	// Windows reports whether a manifest is of a registry for Windows, whose readers have Get-FileHash and not shasum; nil is never.
	Windows func(manifest string) bool
	Policy  baseline.Policy          // nil leaves the findings as they are
	Waivers func() []finding.Finding // about waivers, after Policy was applied to all findings

	isPolicyApplied bool // the findings have their severities and waivers
}

// Build makes the report of a run. An artifact that failed without an error finding gets one.
func Build(in Input) *Report {
	r := in.Report
	r.Version, r.Tool.Name = Version, toolName
	r.Findings, r.Notes = slices.Clone(in.Findings), slices.Clone(in.Notes)
	r.Artifacts = make([]Artifact, 0, len(in.Results))
	for _, result := range in.Results {
		r.Artifacts = append(r.Artifacts, newArtifact(result))
		r.Findings = append(r.Findings, result.Findings...)
	}
	if !in.isPolicyApplied {
		for _, a := range r.unexplained(finding.Error) {
			message := "The file was not verified: it ended as " + finding.Quote(a.Status.String())
			r.Findings = append(r.Findings, a.result().Artifact.Finding(failureRules[a.Status], message, ""))
		}
	}
	for i, f := range r.Findings {
		if words := fix(f); strings.Contains(words, checksumCommands) && in.Windows != nil && in.Windows(f.Manifest) {
			r.Findings[i].Fix = strings.ReplaceAll(words, checksumCommands, "`Get-FileHash FILE`")
		}
	}
	r.sort()
	if in.Policy != nil {
		r.apply(in.Policy)
		r.Findings = append(r.Findings, in.Waivers()...)
		r.sort()
	}
	r.Summary = r.count()
	return &r
}

// checksumCommands are how the rules' fixes compute a checksum.
const checksumCommands = "`shasum -a 256 FILE` (on Windows `Get-FileHash FILE`)"

// failureRules are the rules of failures that bring no finding of their own.
var failureRules = map[verify.Status]string{
	verify.Mismatch:    finding.ArtifactMismatch,
	verify.Invalid:     finding.ArtifactWrongFormat,
	verify.Refused:     finding.ArtifactRefused,
	verify.Unavailable: finding.ArtifactUnavailable,
	verify.Unreachable: finding.ArtifactUnreachable,
}

// apply applies a policy to the findings.
func (r *Report) apply(policy baseline.Policy) {
	about, others := r.attribute()
	r.Findings = nil
	for i, a := range r.Artifacts {
		r.Findings = append(r.Findings, policy.ApplyAll(about[i], a.URL, a.Observed)...)
	}
	r.Findings = append(r.Findings, policy.ApplyAll(others, "", digest.Digest{})...)
}

// attribute returns the findings about each artifact, which are those at its pointer or below it as long as no other artifact is
// nearer, and the other findings.
func (r *Report) attribute() (about [][]finding.Finding, others []finding.Finding) {
	artifacts := map[finding.Location]int{}
	for i, a := range r.Artifacts {
		artifacts[a.Location()] = i
	}
	about = make([][]finding.Finding, len(r.Artifacts))
	for _, f := range r.Findings {
		nearest := -1
		for at := range locationsOf(f) {
			if i, found := artifacts[at]; found {
				nearest = i
			}
		}
		if nearest < 0 {
			others = append(others, f)
		} else {
			about[nearest] = append(about[nearest], f)
		}
	}
	return about, others
}

// maxDepth bounds how deep a location is looked for: no manifest is nested deeper.
const maxDepth = 64

// locationsOf yields the finding's own location and those above it, from the whole manifest down.
func locationsOf(f finding.Finding) func(yield func(finding.Location) bool) {
	return func(yield func(finding.Location) bool) {
		at, depth := f.Location(), 0
		for i := range len(f.Pointer) {
			if f.Pointer[i] != '/' {
				continue
			}
			at.Pointer = f.Pointer[:i]
			if depth++; depth > maxDepth || !yield(at) {
				return
			}
		}
		yield(f.Location())
	}
}

// unexplained returns the artifacts that failed without a finding of at least that severity about them.
func (r *Report) unexplained(least finding.Severity) (failed []Artifact) {
	about, _ := r.attribute()
	for i, a := range r.Artifacts {
		if a.Status.Failed() && !slices.ContainsFunc(about[i], func(f finding.Finding) bool { return f.Severity <= least }) {
			failed = append(failed, a)
		}
	}
	return failed
}

// hidingRules are the rules, and the families of rules, of manifests that may name files which were not read.
var hidingRules = []string{finding.ManifestUnreadable, finding.RegistryTooMany, "json", "yaml", "toml", "schema"}

// IsAllRead reports whether all files that the manifests name are known.
func (r *Report) IsAllRead() bool {
	return !slices.ContainsFunc(r.Findings, func(f finding.Finding) bool {
		family, _, _ := strings.Cut(f.Rule, "/")
		return f.Severity == finding.Error && (slices.Contains(hidingRules, f.Rule) || slices.Contains(hidingRules, family))
	})
}

// WithNotes returns the report with more notes.
func (r *Report) WithNotes(notes ...string) *Report {
	noted := *r
	noted.Notes = slices.Compact(slices.Sorted(slices.Values(slices.Concat(r.Notes, notes))))
	return &noted
}

// sort gives artifacts and findings their order, and drops equal findings.
func (r *Report) sort() {
	slices.SortFunc(r.Artifacts, func(a, b Artifact) int {
		return cmp.Or(cmp.Compare(a.Manifest, b.Manifest), a.Position.Compare(b.Position), cmp.Compare(a.Pointer, b.Pointer))
	})
	slices.SortFunc(r.Findings, func(f, g finding.Finding) int {
		return cmp.Or(f.Compare(g), cmp.Compare(f.Fix, g.Fix))
	})
	r.Findings = slices.Compact(r.Findings)
	slices.Sort(r.Notes)
	r.Notes = slices.Compact(r.Notes)
}

// count returns the summary of the artifacts and findings, with what else the report's summary counts.
func (r *Report) count() Summary {
	s := Summary{Manifests: r.Summary.Manifests, Unchanged: r.Summary.Unchanged, Bytes: r.Summary.Bytes, Artifacts: len(r.Artifacts)}
	for _, a := range r.Artifacts {
		*s.status(a.Status)++
		if a.Gone {
			s.Gone++
		}
		if a.Provenance != nil {
			s.Attested++
		}
	}
	for _, f := range r.Findings {
		if !f.Waived.IsZero() {
			s.Waived++
			continue
		}
		*s.severity(f.Severity)++
	}
	return s
}

// status returns the count of a status.
func (s *Summary) status(status verify.Status) *int {
	return [...]*int{
		verify.Verified: &s.Verified, verify.Mismatch: &s.Mismatch, verify.Unverified: &s.Unverified,
		verify.Unavailable: &s.Unavailable, verify.Unreachable: &s.Unreachable,
		verify.Refused: &s.Refused, verify.Invalid: &s.Invalid,
	}[status]
}

func (s *Summary) severity(severity finding.Severity) *int {
	return [...]*int{finding.Error: &s.Errors, finding.Warning: &s.Warnings, finding.Notice: &s.Notices}[severity]
}
