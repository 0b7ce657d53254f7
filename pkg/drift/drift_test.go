package drift_test

import (
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/drift"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/report"
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
		"a file not looked at": {func(d *report.Drift) { d.Summary.Artifacts = 1 }, false},
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
