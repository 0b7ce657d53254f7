package publish

import (
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/baseline"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

func TestOnlyACompleteScanThatReadEverythingClosesTheIssue(t *testing.T) {
	says := func(rule string) func(*report.Report) {
		return func(r *report.Report) { r.Findings = []finding.Finding{{Rule: rule}} }
	}
	for name, c := range map[string]struct {
		change func(*report.Report)
		want   bool
	}{
		"clean":                  {func(*report.Report) {}, true},
		"cut short":              {func(r *report.Report) { r.Complete = false }, false},
		"a file not looked at":   {func(r *report.Report) { r.Artifacts = make([]report.Artifact, 1) }, false},
		"an unreadable manifest": {says(finding.ManifestUnreadable), false},
		"broken JSON":            {says("json/syntax"), false},
		"another error":          {says(finding.ChecksumInvalid), true},
	} {
		r := &report.Report{Complete: true}
		c.change(r)
		if _, got := (Drift{Comparison: baseline.Comparison{Next: &baseline.State{}}}).of(r); got != c.want {
			t.Errorf("%s: %t, want %t", name, got, c.want)
		}
	}
	gone := report.Artifact{URL: "https://example.com/f", Status: verify.Unavailable, Position: finding.Position{Line: 1, Column: 1}}
	r := &report.Report{Complete: true, Artifacts: []report.Artifact{gone}}
	results, _ := r.Results()
	compared := (*baseline.State)(nil).Compare(results, true, nil, time.Now())
	if d, isSettled := (Drift{Comparison: compared}).of(r); isSettled || len(d.Problems) != 1 {
		t.Errorf("a problem: %t, %+v", isSettled, d.Problems)
	}
}
