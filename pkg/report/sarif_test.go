package report_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/report"
)

// sarifOf is a report as an independent reader reads its SARIF.
func sarifOf(t *testing.T, r *report.Report) *sarif.Run {
	t.Helper()
	parsed, err := sarif.FromString(rendered(t, r, "sarif"), sarif.WithStrictValidation())
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Runs[0]
}

func TestSARIFIsValidAndHoldsEveryFinding(t *testing.T) {
	all := scenarios()
	all["hostile"] = poisonedByAll()
	runs := sarif.NewReport()
	for name, in := range all {
		r := report.Build(in)
		run := sarifOf(t, r)
		runs.AddRun(run)
		if len(run.Results) != len(r.Findings) || len(run.Tool.Driver.Rules) != len(finding.Rules()) {
			t.Errorf("%s: %d of %d findings, %d of %d rules", name, len(run.Results), len(r.Findings), len(run.Tool.Driver.Rules), len(finding.Rules()))
		}
		if *run.Invocations[0].ExecutionSuccessful != r.Complete {
			t.Errorf("%s is said to be complete: %t", name, !r.Complete)
		}
	}
	if err := runs.Validate(); err != nil { // against the standard's schema, which is read each time
		t.Error(err)
	}
}

func TestSARIFResultsReadAsTheyShould(t *testing.T) {
	run := sarifOf(t, report.Build(mixed()))
	var b strings.Builder
	for _, r := range run.Results {
		at := r.Locations[0].PhysicalLocation
		fmt.Fprintf(&b, "%s %s %s%s:%d:%d %s\n  %s\n", r.Level, *r.RuleID, *at.ArtifactLocation.URIBaseID, *at.ArtifactLocation.URI,
			*at.Region.StartLine, *at.Region.StartColumn, r.PartialFingerprints["primaryLocationLineHash"], *r.Message.Text)
	}
	golden(t, "mixed.sarif.txt", b.String())
}

func TestFingerprintsSurviveLineMovesAndTellFindingsApart(t *testing.T) {
	prints := func(shift int) (all []string) {
		in := mixed()
		in.Findings = append(in.Findings, weak, unit)
		twice := weak
		twice.Message = "Another word about the same place"
		in.Findings = append(in.Findings, twice)
		for i := range in.Findings {
			in.Findings[i].Line += shift
		}
		run := sarifOf(t, report.Build(in))
		for _, r := range run.Results {
			all = append(all, r.PartialFingerprints["primaryLocationLineHash"])
		}
		return all
	}
	before, after := prints(0), prints(30)
	seen := map[string]bool{}
	for i := range before {
		if before[i] != after[i] || seen[before[i]] {
			t.Errorf("fingerprint %d: %s before, %s after, seen %t", i, before[i], after[i], seen[before[i]])
		}
		seen[before[i]] = true
	}
}

func TestSARIFIsCutAtTheLimitOfCodeScanningAndSaysSo(t *testing.T) {
	in := input()
	for i := range 5_002 {
		f := weak
		f.Line = i + 1
		in.Findings = append(in.Findings, f)
	}
	worst := weak
	worst.Severity, worst.Manifest = finding.Error, "z/manifest.json"
	in.Findings = append(in.Findings, worst)
	run := sarifOf(t, report.Build(in))
	notes := run.Invocations[0].ToolExecutionNotifications
	if len(run.Results) != 5_000 || run.Results[0].Level != "error" || len(notes) != 1 || !strings.Contains(*notes[0].Message.Text, "3 more") {
		t.Errorf("%d results, notes %v", len(run.Results), notes)
	}
}

func TestSARIFShowsOutsideTextAsText(t *testing.T) {
	r := report.Build(poisonedByAll())
	if strings.Contains(rendered(t, r, "sarif"), "##[") {
		t.Error("it holds a command")
	}
	for _, r := range sarifOf(t, r).Results {
		uri := *r.Locations[0].PhysicalLocation.ArtifactLocation.URI
		if strings.HasPrefix(uri, "/") || strings.Contains("/"+uri+"/", "/../") || strings.ContainsAny(uri, ":\\?# ") {
			t.Errorf("the path %q leads out", uri)
		}
		if plain := strings.NewReplacer(`\\`, "", `\[`, "", `\]`, "", "{{", "", "}}", "").Replace(*r.Message.Text); strings.ContainsAny(plain, "[]{}\n") {
			t.Errorf("the message %q can hold a link", *r.Message.Text)
		}
	}
}
