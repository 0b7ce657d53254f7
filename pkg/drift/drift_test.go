package drift_test

import (
	"strings"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/drift"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/state"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

func TestOnlyACompleteScanThatReadEverythingClosesTheIssue(t *testing.T) {
	clean := func() report.Drift { return report.Drift{Report: &report.Report{Complete: true}} }
	for name, c := range map[string]struct {
		change func(*report.Drift)
		want   bool
	}{
		"clean":                {func(*report.Drift) {}, true},
		"a problem":            {func(d *report.Drift) { d.Gone = make([]report.Problem, 1) }, false},
		"cut short":            {func(d *report.Drift) { d.Complete = false }, false},
		"a problem, cut short": {func(d *report.Drift) { d.Changed = make([]report.Problem, 1); d.Complete = false }, false},
		"a file not looked at": {func(d *report.Drift) { d.Artifacts = make([]report.Artifact, 1) }, false},
		"an unreadable manifest": {func(d *report.Drift) {
			d.Findings = []finding.Finding{{Rule: finding.ManifestUnreadable}}
		}, false},
		"broken JSON":   {func(d *report.Drift) { d.Findings = []finding.Finding{{Rule: "json/syntax"}} }, false},
		"another error": {func(d *report.Drift) { d.Findings = []finding.Finding{{Rule: finding.ChecksumInvalid}} }, true},
	} {
		d := clean()
		c.change(&d)
		if got := drift.IsSettled(d); got != c.want {
			t.Errorf("%s: %t, want %t", name, got, c.want)
		}
	}
}

func sum(fill string) digest.Digest {
	return digest.Digest{Algorithm: digest.SHA256, Sum: strings.Repeat(fill, 64)}
}

// scan is the report of a complete scan of one file, in a registry whose names are nobody else's.
func scan(status verify.Status, observed digest.Digest, findings ...finding.Finding) *report.Report {
	a := report.Artifact{Manifest: "list.yaml", Document: 2, Pointer: "/0", URL: "https://example.com/f", Status: status, Observed: observed, Declared: sum("a")}
	if status == verify.Unverified {
		a.Declared = digest.Digest{}
	}
	return &report.Report{Complete: true, Scope: "all", HasEvidence: true, Artifacts: []report.Artifact{a}, Findings: findings}
}

func says(rule, pointer, because string) finding.Finding {
	f := finding.New(rule, "list.yaml", pointer, finding.Position{}, "m", "")
	f.Document, f.Waived = 2, finding.Waiver{Because: because}
	return f
}

func TestWhatIsSaidBelowAnArtifactIsSaidOfIt(t *testing.T) {
	for name, c := range map[string]struct {
		finding finding.Finding
		want    int
	}{
		"the size":          {says(finding.ArtifactSize, "/0/length", ""), 1},
		"the signature":     {says(finding.SignatureInvalid, "/0/proof/minisign", ""), 1},
		"another document":  {finding.New(finding.ArtifactSize, "list.yaml", "/0/length", finding.Position{}, "m", ""), 0},
		"another's":         {says(finding.ArtifactSize, "/01/length", ""), 0},
		"what is no change": {says(finding.ArtifactMissingChecksum, "/0", ""), 0},
	} {
		m, r := drift.New(time.Now()), scan(verify.Unverified, sum("b"), c.finding)
		m.Learn(r)
		if d := m.Drift(r, "https://github.com"); len(d.Changed) != c.want {
			t.Errorf("%s: %d changed, want %d", name, len(d.Changed), c.want)
		}
	}
}

// TestWhatIsWaivedIsInNoIssue sees the same file on three nights, of which nobody could look on the second.
func TestWhatIsWaivedIsInNoIssue(t *testing.T) {
	waiver := func(f finding.Finding, _ string, observed digest.Digest) (finding.Finding, bool) {
		if f.Rule == finding.ArtifactMismatch && observed == sum("b") {
			f.Waived.Because = "known"
		}
		return f, true
	}
	for name, c := range map[string]struct {
		observed digest.Digest
		also     []finding.Finding
		problems int
	}{
		"waived":                     {sum("b"), nil, 0},
		"waived for other bytes":     {sum("c"), nil, 1},
		"waived, and something else": {sum("b"), []finding.Finding{says(finding.ArtifactHTMLPage, "/0", "")}, 1},
	} {
		m := drift.New(time.Now())
		m.Judge = waiver
		mismatch, _ := waiver(says(finding.ArtifactMismatch, "/0/sum", ""), "", c.observed)
		found := scan(verify.Mismatch, c.observed, append(c.also, mismatch)...)
		for night, r := range []*report.Report{found, scan(verify.Unreachable, digest.Digest{}, says(finding.ArtifactUnreachable, "/0", "")), found} {
			if night == 1 && len(c.also) > 0 {
				continue // nobody knows any more that there was something else
			}
			m.Learn(r)
			d := m.Drift(r, "https://github.com")
			if isSettled := c.problems == 0 && night != 1; d.Size() != c.problems || drift.IsSettled(d) != isSettled {
				t.Errorf("%s, night %d: %d problems, settled: %t", name, night+1, d.Size(), drift.IsSettled(d))
			}
		}
	}
}

// TestWhatAMergeFindsOutIsWeighed compares with a baseline that shards did not know.
func TestWhatAMergeFindsOutIsWeighed(t *testing.T) {
	for name, c := range map[string]struct {
		judge            func(finding.Finding, string, digest.Digest) (finding.Finding, bool)
		findings, errors int
	}{
		"as it is": {nil, 1, 1},
		"off":      {func(f finding.Finding, _ string, _ digest.Digest) (finding.Finding, bool) { return f, false }, 0, 0},
		"waived": {func(f finding.Finding, _ string, _ digest.Digest) (finding.Finding, bool) {
			f.Waived.Because = "known"
			return f, true
		}, 1, 0},
	} {
		m := drift.New(time.Now())
		m.Judge = c.judge
		m.Record("https://example.com/f", state.Sighting{Kind: state.Good, Digest: sum("a"), Size: 1}, time.Now())
		r := scan(verify.Unverified, sum("b"))
		m.Learn(r)
		if len(r.Findings) != c.findings || r.Summary.Errors != c.errors {
			t.Errorf("%s: %+v, %d errors", name, r.Findings, r.Summary.Errors)
		}
	}
}
