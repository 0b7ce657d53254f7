// Package drift is what a scan means beside the ones before: what it adds to the baseline, and what is wrong in the registry
// as far as all of them tell.
package drift

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize/english"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/image"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/state"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// Memory is what is known of earlier scans, and what this one adds.
type Memory struct {
	*state.State
	IsOwn bool     // it was read from the state file
	Notes []string // what a reader of the report has to know of it

	// Judge weighs a finding as report.Input.Judge does; nil leaves all as they are.
	Judge report.Judge

	before *state.State // as it was before this scan
	now    time.Time
}

// New returns the Memory of a scan that is the first, at a time.
func New(now time.Time) *Memory {
	return &Memory{State: new(state.State), before: new(state.State), now: now}
}

// Take makes s what is known of earlier scans.
func (m *Memory) Take(s *state.State) {
	m.State, m.before = s, &state.State{Files: maps.Clone(s.Files), Builders: maps.Clone(s.Builders)}
}

// Learn keeps what a run saw of each URL, and adds to the report since when something is wrong and, of a merge, what its shards did
// not know: that a file is another than the baseline's.
func (m *Memory) Learn(r *report.Report) {
	said := said(r.Said())
	var changed []finding.Finding
	uncompared := 0
	for url, artifacts := range byURL(r.Artifacts) {
		baseline, seen := m.File(url), sighting(artifacts, said)
		seen.Downloaded = seen.Downloaded && (r.HasEvidence || seen.ETag != "")
		if seen.Kind == state.Good && !isDeclared(artifacts) && !baseline.Digest.IsZero() {
			switch now := under(artifacts, baseline.Digest.Algorithm); now {
			case baseline.Digest:
			case digest.Digest{}: // nobody knows whether these are its bytes
				uncompared++
				continue
			default:
				seen.Kind = state.Changed
				changed = append(changed, m.changes(artifacts, m.Baseline(url), now)...)
			}
		}
		if seen.Kind != "" && (seen.Kind != state.Unreachable || r.Complete) { // a scan that was cut short tells nothing of what it did not reach
			m.Record(url, seen, m.now)
		}
	}
	if uncompared > 0 {
		m.Notes = append(m.Notes, fmt.Sprintf("The bytes of %s can't be compared with the baseline, whose digest is of another algorithm: give shards the `state-file` of their merge",
			english.Plural(uncompared, "URL", "")))
	}
	r.Notes = slices.Compact(slices.Sorted(slices.Values(slices.Concat(r.Notes, m.Notes))))
	if len(changed) > 0 {
		r.Add(changed...)
	}
	m.date(r)
	m.learnAttested(r)
}

// date adds to artifacts since when something is wrong with them, and which bytes were there before.
func (m *Memory) date(r *report.Report) {
	said := said(r.Said())
	for i, a := range r.Artifacts {
		f := m.File(verify.Key(a.URL))
		since := f.Problem.Since
		if f.Problem.IsZero() {
			since = f.FailingSince
		}
		if m.IsOwn || since.Before(m.now.Truncate(time.Second)) { // without a memory, the same input gives the same report
			r.Artifacts[i].Since = since
		}
		if said.first(a, finding.ArtifactChanged).Rule != "" && f.Digest.Algorithm == a.Observed.Algorithm && f.Digest != a.Observed {
			r.Artifacts[i].Before = f.Digest
		}
	}
}

// changes says of one URL's artifacts that they are no more what they were.
func (m *Memory) changes(artifacts []report.Artifact, baseline verify.Baseline, now digest.Digest) []finding.Finding {
	var all []finding.Finding
	for _, a := range artifacts {
		if a.Status == verify.Unverified {
			f := verify.Changed(a.Finding, baseline, now, "")
			if ref, err := image.Parse(a.URL); err == nil && a.Role == artifact.Image {
				f = verify.ChangedImage(a.Finding, ref, baseline, now)
			}
			if f, isReported := m.judge(f, a.URL, a.Observed); isReported {
				all = append(all, f)
			}
		}
	}
	return all
}

// Ended keeps how a scan of the whole registry ended.
func (m *Memory) Ended(r *report.Report) {
	s := r.Summary
	m.Scanned(state.Scan{Date: m.now, Verified: s.Verified, Mismatch: s.Mismatch, Unverified: s.Unverified,
		Unavailable: s.Unavailable, Gone: s.Gone, Unreachable: s.Unreachable, Refused: s.Refused, Invalid: s.Invalid})
}

// Past are the last scans, as a report shows them.
func (m *Memory) Past() []report.Scan {
	var scans []report.Scan
	for _, s := range m.Scans {
		scans = append(scans, report.Scan{Date: s.Date, Summary: report.Summary{Verified: s.Verified, Mismatch: s.Mismatch, Unverified: s.Unverified,
			Unavailable: s.Unavailable, Gone: s.Gone, Unreachable: s.Unreachable, Refused: s.Refused, Invalid: s.Invalid}})
	}
	return scans
}

// Forget drops what the registry does not name any more, after a scan of all of it.
func (m *Memory) Forget(r *report.Report) {
	if !r.Complete || r.Scope != "all" || !isAllRead(r) {
		return
	}
	urls := byURL(r.Artifacts)
	m.Keep(func(url string) bool { return len(urls[url]) > 0 })
	m.forgetAttested(r)
}

// isAllRead reports whether every manifest told which files it names: one of another shape may hide some.
func isAllRead(r *report.Report) bool {
	return !slices.ContainsFunc(r.Findings, func(f finding.Finding) bool {
		family, _, _ := strings.Cut(f.Rule, "/")
		return f.Severity == finding.Error && (f.Rule == finding.ManifestUnreadable || family == "json" || family == "yaml" || family == "schema" || f.Rule == finding.RegistryTooMany)
	})
}

func byURL(artifacts []report.Artifact) map[string][]report.Artifact {
	urls := map[string][]report.Artifact{}
	for _, a := range artifacts {
		key := verify.Key(a.URL)
		urls[key] = append(urls[key], a)
	}
	return urls
}
