package cli

import (
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/report"
)

func TestOnlyACompleteScanThatReadEverythingClosesTheIssue(t *testing.T) {
	clean := func() report.Drift { return report.Drift{Report: &report.Report{Complete: true}} }
	for name, c := range map[string]struct {
		change func(*report.Drift)
		want   github.Standing
	}{
		"clean":                {func(*report.Drift) {}, github.Closed},
		"a problem":            {func(d *report.Drift) { d.Gone = make([]report.Problem, 1) }, github.Open},
		"cut short":            {func(d *report.Drift) { d.Complete = false }, github.AsItIs},
		"a problem, cut short": {func(d *report.Drift) { d.Changed = make([]report.Problem, 1); d.Complete = false }, github.Open},
		"a file not looked at": {func(d *report.Drift) { d.Summary.Artifacts = 1 }, github.AsItIs},
		"an unreadable manifest": {func(d *report.Drift) {
			d.Findings = []finding.Finding{{Rule: finding.ManifestUnreadable}}
		}, github.AsItIs},
		"broken JSON":   {func(d *report.Drift) { d.Findings = []finding.Finding{{Rule: "json/syntax"}} }, github.AsItIs},
		"another error": {func(d *report.Drift) { d.Findings = []finding.Finding{{Rule: finding.ChecksumInvalid}} }, github.Closed},
	} {
		d := clean()
		c.change(&d)
		if got := standing(d); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}
