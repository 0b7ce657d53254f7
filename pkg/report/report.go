// Package report holds what a run found, and renders it for people and programs.
// Everything that a report quotes is hostile: each renderer treats it as data.
package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/baseline"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/provenance"
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
	Notes     []string          `json:"notes,omitempty"` // what a reader should know of the run, a sentence each
	// Took is how long the run took; zero where that is not known. It is not part of the JSON form.
	Took time.Duration `json:"-"`
	// APICalls counts those of GitHub's API for the texts of manifests. It is not part of the JSON form.
	APICalls int `json:"-"`
	// IsWhole is set if the report covers every file of the registry. It is not part of the JSON form.
	IsWhole bool `json:"-"`
	// IsClaimed is set if a pull request's own workflow made the report. It is not part of the JSON form.
	IsClaimed bool `json:"-"`
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
	// ServerURL is where links lead ("https://github.com"); it is not part of the JSON form.
	// Without it nothing is linked to the repository.
	ServerURL string `json:"-"`
	// BaseRef is the branch that a pull request is for, where that is known; it is not part of the JSON form.
	BaseRef string `json:"-"`
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

// Artifact is a verify.Result in the report's form.
type Artifact struct {
	Manifest string          `json:"manifest"`
	Document int             `json:"document,omitzero"` // of a YAML stream, from 0
	Pointer  string          `json:"pointer"`
	Mirror   int             `json:"mirror,omitzero"` // from 1: a further address of the same bytes
	Role     artifact.Role   `json:"role"`
	Platform string          `json:"platform,omitempty"`
	URL      string          `json:"url"`
	Status   verify.Status   `json:"status"`
	Declared digest.Digest   `json:"declared,omitzero"`
	Spelling digest.Spelling `json:"spelling,omitempty"` // of the declared checksum; canonical where it is left out
	Observed digest.Digest   `json:"observed,omitzero"`
	Before   digest.Digest   `json:"before,omitzero"` // of the baseline, where the bytes have changed since
	Gone     bool            `json:"gone,omitzero"`   // the server answered 404 or 410
	Size     *int64          `json:"size,omitzero"`   // bytes of the complete body
	Format   string          `json:"format,omitempty"`
	Source   verify.Source   `json:"source,omitempty"`
	finding.Position
	Provenance *provenance.Facts `json:"provenance,omitzero"`
	Note       string            `json:"note,omitempty"` // why an unverified artifact needs no checksum
	Since      time.Time         `json:"since,omitzero"` // when a scan first saw this status, where that is known

	// Evidence is what the baseline keeps beside the above: validator, commit, and digests under other algorithms. Only the
	// report of a shard has it, for the merge.
	Evidence *verify.Observation `json:"evidence,omitzero"`
}

// Input is what a run has found.
type Input struct {
	Version     string // of the program
	Commit      string // that it was built from, or ""
	Run         Run
	Shard       *Shard        // nil when the run is no part of another
	Plan        digest.Digest // of the plan's file; zero for none
	Scope, Mode string
	IsWhole     bool // every manifest of the registry was read, and this is no shard
	Manifests   int  // how many were read
	Unchanged   int  // artifacts that a change does not touch
	Complete    bool
	Bytes       int64 // downloaded
	Took        time.Duration
	Notes       []string
	APICalls    int
	Findings    []finding.Finding // those about manifests; each Result brings its own
	Results     []verify.Result
	// Windows reports whether a manifest is of a registry for Windows, whose readers have Get-FileHash and not shasum; nil is never.
	Windows func(manifest string) bool
	Judge   baseline.Judge           // nil leaves the findings as they are
	Waivers func() []finding.Finding // about waivers, once all findings are judged

	IsClaimed bool // a pull request's own workflow made the report
	isJudged  bool // the findings have their severities and waivers
}

// Build makes the report of a run. An artifact that failed without an error finding gets one.
func Build(in Input) *Report {
	r := &Report{
		Version: Version, Tool: Tool{Name: toolName, Version: in.Version, Commit: in.Commit},
		Run: in.Run, Shard: in.Shard, Plan: in.Plan, Scope: in.Scope, Mode: in.Mode, Complete: in.Complete,
		Findings: slices.Clone(in.Findings), Notes: slices.Clone(in.Notes), IsWhole: in.IsWhole, IsClaimed: in.IsClaimed, APICalls: in.APICalls, Took: in.Took,
	}
	r.Artifacts = make([]Artifact, 0, len(in.Results))
	for _, result := range in.Results {
		r.Artifacts = append(r.Artifacts, newArtifact(result))
		r.Findings = append(r.Findings, result.Findings...)
	}
	if !in.isJudged {
		r.explainFailures()
	}
	for i, f := range r.Findings {
		if words := fix(f); in.Windows != nil && strings.Contains(words, shasum) && in.Windows(f.Manifest) {
			r.Findings[i].Fix = forPowerShell.Replace(words)
		}
	}
	r.sort()
	r.judge(in.Judge, in.Waivers)
	r.Summary = r.count(Summary{Manifests: in.Manifests, Unchanged: in.Unchanged, Bytes: in.Bytes})
	return r
}

// Finding returns a finding about the artifact, at its URL.
func (a Artifact) Finding(rule, message, fix string) finding.Finding {
	f := finding.New(rule, a.Manifest, a.Pointer, a.Position, message, fix)
	f.Document = a.Document
	return f
}

// explainFailures adds a finding for each artifact that failed without one.
func (r *Report) explainFailures() {
	for _, a := range r.unexplained(finding.Error) {
		r.Findings = append(r.Findings, a.Finding(failureRules[a.Status], "The file was not verified: it ended as "+finding.Quote(a.Status.String()), ""))
	}
}

// judge applies the registry's configuration to the findings.
func (r *Report) judge(judge baseline.Judge, waivers func() []finding.Finding) {
	if judge == nil {
		return
	}
	about := r.about()
	judged := make([]finding.Finding, 0, len(r.Findings))
	for _, f := range r.Findings {
		a := cmp.Or(about(f), &Artifact{})
		if f, isReported := judge(f, a.URL, a.Observed); isReported {
			judged = append(judged, f)
		}
	}
	r.Findings = append(judged, waivers()...)
	r.sort()
}

// shasum is how fixes compute a checksum.
const shasum = "`shasum -a 256 FILE`"

// forPowerShell replaces it by the command of Windows.
var forPowerShell = strings.NewReplacer(
	shasum+" or, on Windows, `Get-FileHash FILE`", "`Get-FileHash FILE`",
	shasum+", or `Get-FileHash FILE` on Windows", "`Get-FileHash FILE`",
	shasum, "`Get-FileHash FILE`")

func newArtifact(result verify.Result) Artifact {
	from := result.Artifact
	a := Artifact{
		Manifest: from.Manifest, Document: from.Document, Pointer: from.Pointer, Mirror: from.Mirror, Position: from.Position,
		Role: from.Role, Platform: from.Platform, URL: finding.WithoutUser(from.URL),
		Status: result.Status, Gone: result.Gone, Spelling: from.Spelling, Observed: result.Digest, Format: result.Format, Source: result.Source, Note: result.Note,
		Since: result.Since, Before: result.Before,
	}
	if from.Checksum != nil {
		a.Declared = from.Checksum.Value
	}
	if size := result.Size; size >= 0 {
		a.Size = &size // not result's: a pointer into it would keep all of it
	}
	a.Evidence = newEvidence(result)
	if result.Provenance != nil {
		facts := *result.Provenance
		facts.Runner = "" // no field of a report
		a.Provenance = &facts
	}
	return a
}

func newEvidence(result verify.Result) *verify.Observation {
	o := verify.Observation{ETag: result.ETag, Commit: result.Commit, Others: result.Others, Attested: result.Attested}
	if o.ETag == "" && o.Commit == "" && o.Attested == nil && len(o.Others) == 0 {
		return nil
	}
	return &o
}

// withoutEvidence is the report as it is written where it is no shard's.
func (r *Report) withoutEvidence() *Report {
	bare := *r
	bare.Artifacts = slices.Clone(r.Artifacts)
	for i := range bare.Artifacts {
		bare.Artifacts[i].Evidence = nil
	}
	return &bare
}

// failureRules gives the rule behind each failure, for artifacts that bring no finding of their own.
var failureRules = map[verify.Status]string{
	verify.Mismatch:    finding.ArtifactMismatch,
	verify.Invalid:     finding.ArtifactWrongFormat,
	verify.Refused:     finding.ArtifactRefused,
	verify.Unavailable: finding.ArtifactUnavailable,
	verify.Unreachable: finding.ArtifactUnreachable,
}

// unexplained returns the artifacts that failed without a finding of at least that severity at their pointer or below it.
func (r *Report) unexplained(least finding.Severity) []Artifact {
	explained := map[finding.Location]bool{}
	for _, f := range r.Findings {
		if f.Severity > least {
			continue
		}
		for at := range locationsOf(f) {
			explained[at] = true
		}
	}
	var found []Artifact
	for _, a := range r.Artifacts {
		if a.Status.Failed() && !explained[a.Location()] {
			found = append(found, a)
		}
	}
	return found
}

// Location returns that of the artifact's entry or URL.
func (a Artifact) Location() finding.Location {
	return finding.Location{Manifest: a.Manifest, Document: a.Document, Pointer: a.Pointer}
}

// maxDepth bounds how deep a location is looked for: no manifest is nested deeper.
const maxDepth = 64

// locationsOf yields the finding's own location and those above it, from the whole manifest down.
func locationsOf(f finding.Finding) func(yield func(finding.Location) bool) {
	return func(yield func(finding.Location) bool) {
		depth := 0
		for i := range len(f.Pointer) {
			if f.Pointer[i] != '/' {
				continue
			}
			if depth++; depth > maxDepth || !yield(finding.Location{Manifest: f.Manifest, Document: f.Document, Pointer: f.Pointer[:i]}) {
				return
			}
		}
		yield(f.Location())
	}
}

// about returns a function from a finding to the artifact that it is about: the one at its place or the nearest above it; nil is none.
func (r *Report) about() func(finding.Finding) *Artifact {
	artifacts := map[finding.Location]*Artifact{}
	for i := range r.Artifacts {
		artifacts[r.Artifacts[i].Location()] = &r.Artifacts[i]
	}
	return func(f finding.Finding) (nearest *Artifact) {
		for at := range locationsOf(f) {
			nearest = cmp.Or(artifacts[at], nearest)
		}
		return nearest
	}
}

// Said returns what tells the findings about an artifact: those at its place or below it, as long as no other is nearer.
func (r *Report) Said() func(Artifact) []finding.Finding {
	about, findings := r.about(), map[finding.Location][]finding.Finding{}
	for _, f := range r.Findings {
		if a := about(f); a != nil {
			findings[a.Location()] = append(findings[a.Location()], f)
		}
	}
	return func(a Artifact) []finding.Finding { return findings[a.Location()] }
}

// IsAllRead reports whether every manifest told which files it names: one of another shape may hide some.
func (r *Report) IsAllRead() bool {
	return !slices.ContainsFunc(r.Findings, func(f finding.Finding) bool {
		family, _, _ := strings.Cut(f.Rule, "/")
		return f.Severity == finding.Error && (f.Rule == finding.ManifestUnreadable || f.Rule == finding.RegistryTooMany || slices.Contains([]string{"json", "yaml", "toml", "schema"}, family))
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
	slices.SortFunc(r.Artifacts, Artifact.compare)
	slices.SortFunc(r.Findings, func(f, g finding.Finding) int {
		return cmp.Or(f.Compare(g), cmp.Compare(f.Fix, g.Fix))
	})
	r.Findings = slices.Compact(r.Findings)
	slices.Sort(r.Notes)
	r.Notes = slices.Compact(r.Notes)
}

func (a Artifact) compare(b Artifact) int {
	return cmp.Or(
		cmp.Compare(a.Manifest, b.Manifest),
		a.Position.Compare(b.Position),
		cmp.Compare(a.Pointer, b.Pointer),
	)
}

// count adds the report's artifacts and findings to what else a summary counts.
func (r *Report) count(s Summary) Summary {
	s.Artifacts = len(r.Artifacts)
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
