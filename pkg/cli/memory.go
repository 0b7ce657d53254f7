package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/state"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// memory is what the program knows of earlier scans, and what this one adds.
type memory struct {
	*state.State
	before *state.State // as it was before this scan
	now    time.Time
	isOwn  bool     // it was read from the state file
	notes  []string // what a reader of the report has to know of it
	// isReadOnly says that this scan is none of what is merged: what nobody has merged is no baseline.
	isReadOnly bool
	// noIssue is why the drift issue, which may know more, could not be read.
	noIssue error
}

// recall reads the state file. One that is missing or can't be used is said, and is no error: it is made anew.
func (p *program) recall(c *Config) *memory {
	m := &memory{State: new(state.State), before: new(state.State), now: p.now()}
	if c.StateFile == "" {
		return m
	}
	s, err := readState(c.StateFile)
	switch {
	case err == nil:
		m.take(s)
		m.isOwn = true
	case errors.Is(err, fs.ErrNotExist):
		m.notes = append(m.notes, fmt.Sprintf("There is no state file %s yet: nothing is known of earlier scans", finding.Quote(c.StateFile)))
	default:
		m.notes = append(m.notes, fmt.Sprintf("The state file %s can't be used, and is made anew: nothing is known of earlier scans (%s)", finding.Quote(c.StateFile), finding.Clean(cause(err))))
	}
	return m
}

// take makes s what is known of earlier scans.
func (m *memory) take(s *state.State) {
	m.State, m.before = s, &state.State{Files: maps.Clone(s.Files)}
}

func (e Env) now() time.Time {
	if e.Now != nil {
		return e.Now()
	}
	return time.Now()
}

func readState(name string) (*state.State, error) {
	file, err := openRegular(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return state.Read(file)
}

// save writes the state file. Shards leave it to the merge. Where neither file nor issue could be asked what
// is wrong, what is there now is not made the baseline.
func (m *memory) save(c *Config) error {
	isBlind := m.noIssue != nil && !m.isOwn && !errors.As(m.noIssue, new(*github.PermissionError))
	if m.isReadOnly || c.Shard != nil || isBlind {
		return nil
	}
	return writeFile("state-file", c.StateFile, m.Write)
}

// record keeps what a run saw of each URL, and adds to the report since when something is wrong. The results
// hold what the report does not; a merged report has none.
func (m *memory) record(r *report.Report, results []verify.Result) {
	learnt := map[string]verify.Result{}
	for _, result := range results {
		learnt[verify.Key(result.Artifact.URL)] = result
	}
	said := rulesOf(r)
	urls := byURL(r.Artifacts)
	for url, artifacts := range urls {
		if seen, ok := sighting(artifacts, said, m.File(url).Digest, r.Complete); ok {
			seen.Downloaded = seen.Downloaded && results != nil
			seen.ETag, seen.Commit = learnt[url].ETag, learnt[url].Commit
			m.Record(url, seen, m.now)
		}
	}
	for i, a := range r.Artifacts {
		f := m.File(verify.Key(a.URL))
		since := f.Problem.Since
		if f.Problem.IsZero() {
			since = f.FailingSince
		}
		if m.isOwn || since.Before(m.now.Truncate(time.Second)) { // without a memory, the same input gives the same report
			r.Artifacts[i].Since = since
		}
	}
	r.Notes = slices.Compact(slices.Sorted(slices.Values(slices.Concat(r.Notes, m.notes))))
}

// scanned keeps how a scan of the whole registry ended.
func (m *memory) scanned(r *report.Report) {
	s := r.Summary
	m.Scanned(state.Scan{Date: m.now, Verified: s.Verified, Mismatch: s.Mismatch, Unverified: s.Unverified,
		Unavailable: s.Unavailable, Unreachable: s.Unreachable, Refused: s.Refused, Invalid: s.Invalid})
}

// scans are the last ones, as a report shows them.
func (m *memory) scans() []report.Scan {
	var scans []report.Scan
	for _, s := range m.Scans {
		scans = append(scans, report.Scan{Date: s.Date, Summary: report.Summary{Verified: s.Verified, Mismatch: s.Mismatch, Unverified: s.Unverified,
			Unavailable: s.Unavailable, Unreachable: s.Unreachable, Refused: s.Refused, Invalid: s.Invalid}})
	}
	return scans
}

// forget drops what the registry does not name any more, after a scan of all of it.
func (m *memory) forget(r *report.Report) {
	if !r.Complete || r.Scope != scopeAll || !isAllRead(r) {
		return
	}
	urls := byURL(r.Artifacts)
	m.Keep(func(url string) bool { return len(urls[url]) > 0 })
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

// said is what the findings of a report say, by artifact and rule.
type said map[saying]finding.Finding

type saying struct{ manifest, pointer, rule string }

func rulesOf(r *report.Report) said {
	findings := said{}
	for _, f := range r.Findings {
		findings[saying{f.Manifest, f.Pointer, f.Rule}] = f
	}
	return findings
}

// first returns the first finding about an artifact by one of the rules, the zero Finding where there is none.
func (s said) first(a report.Artifact, rules ...string) finding.Finding {
	for _, rule := range rules {
		if f, found := s[saying{a.Manifest, a.Pointer, rule}]; found {
			return f
		}
	}
	return finding.Finding{}
}

// isOther reports whether something else than a checksum tells that a file is not the declared one.
func (s said) isOther(a report.Artifact) bool {
	_, isChanged := s[saying{a.Manifest, a.Pointer, finding.ArtifactChanged}]
	_, isLonger := s[saying{a.Manifest, a.Pointer + "/size", finding.ArtifactSize}]
	_, isForged := s[saying{a.Manifest, a.Pointer + "/signature", finding.SignatureInvalid}]
	return isChanged || isLonger || isForged
}

// kindOf says how a scan found an artifact's URL; "" where it did not look.
func kindOf(a report.Artifact, said said) state.Kind {
	switch a.Status {
	case verify.Verified:
		return state.Good
	case verify.Mismatch, verify.Invalid:
		return state.Changed
	case verify.Unverified:
		if said.isOther(a) {
			return state.Changed
		}
		return state.Good
	case verify.Unavailable:
		return state.Gone
	case verify.Refused:
		if said.first(a, finding.ArtifactRefused).Rule != "" {
			return state.Gone
		}
		return ""
	}
	return state.Unreachable
}

// worstFirst is the order in which what is said of one URL counts.
var worstFirst = []state.Kind{state.Changed, state.Gone, state.Unreachable, state.Good, ""}

// sighting is what a scan saw of one URL, whose artifacts these are. A scan that was cut short tells nothing
// of what it did not reach, and shards did not know the baseline that their merge knows.
func sighting(artifacts []report.Artifact, said said, baseline digest.Digest, complete bool) (state.Sighting, bool) {
	rank := func(a report.Artifact) int { return slices.Index(worstFirst, kindOf(a, said)) }
	worst := slices.MinFunc(artifacts, func(a, b report.Artifact) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), preferSHA256(a, b))
	})
	seen := state.Sighting{Kind: kindOf(worst, said), Digest: worst.Observed, Downloaded: worst.Source == verify.FromDownload}
	if worst.Size != nil {
		seen.Size = *worst.Size
	}
	isDeclared := slices.ContainsFunc(artifacts, func(a report.Artifact) bool { return a.Status == verify.Verified })
	if seen.Kind == state.Good && !isDeclared && seen.Digest.Algorithm == baseline.Algorithm && seen.Digest != baseline {
		seen.Kind = state.Changed
	}
	for _, a := range artifacts {
		if a.Status == verify.Verified && seen.Downloaded && !slices.Contains(seen.Verified, a.Declared) {
			seen.Verified = append(seen.Verified, a.Declared)
		}
	}
	return seen, seen.Kind != "" && (seen.Kind != state.Unreachable || complete)
}

func preferSHA256(a, b report.Artifact) int {
	isOther := func(a report.Artifact) int {
		if a.Observed.Algorithm == digest.SHA256 {
			return 0
		}
		return 1
	}
	return cmp.Compare(isOther(a), isOther(b))
}
