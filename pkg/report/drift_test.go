package report_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/premAI-io/verify-manifests/pkg/baseline"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/report"
)

var (
	firstDay = time.Date(2026, 11, 1, 3, 0, 0, 0, time.UTC)
	thirdDay = firstDay.AddDate(0, 0, 2)
)

// drifted is a scan that found a problem of each kind.
func drifted(in report.Input) report.Drift {
	in.Scope = "all"
	r := report.Build(in)
	changed := report.Problem{Now: digestOf("c"), Cause: "What the URL follows has moved: the branch `main`", Fix: "Name a commit"}
	changed.Item = baseline.Item{Kind: baseline.Changed, IsNew: true, File: baseline.File{Digest: digestOf("a"), Seen: firstDay, Problem: baseline.Problem{Since: thirdDay}}}
	gone := report.Problem{Message: "The server answers 404 Not Found", Cause: "The file was deleted"}
	gone.Item = baseline.Item{Kind: baseline.Gone, File: baseline.File{Problem: baseline.Problem{Since: thirdDay}}}
	unreachable := report.Problem{Item: baseline.Item{Kind: baseline.Unreachable, File: baseline.File{Failures: 3, FailingSince: thirdDay}}}
	d := report.Drift{Report: r, Problems: []report.Problem{changed, gone, unreachable}, Solved: []string{"https://example.com/mended"}}
	for i := range d.Problems {
		d.Problems[i].Artifact = r.Artifacts[i]
	}
	return d
}

func TestDriftReadsAsItShould(t *testing.T) {
	d := drifted(mixed())
	golden(t, "drift.md", d.Title()+"\n\n"+d.Markdown(commentLimit)+"\n---\n\n"+d.Comment(commentLimit)+"\n---\n\n"+report.Drift{Report: d.Report}.ClosingComment())
}

func TestTheFingerprintIsOfTheProblemsAndNotOfTheirAge(t *testing.T) {
	d, same := drifted(mixed()), drifted(mixed())
	same.Problems[0].File, same.Problems[0].Now, same.Problems[2].File.Failures, same.Problems[0].IsNew = baseline.File{}, digestOf("c"), 9, false
	if d.Fingerprint() != same.Fingerprint() {
		t.Error("the fingerprint grows older, or is of the bytes that are there today")
	}
	for name, change := range map[string]func(*report.Drift){
		"one less":                         func(d *report.Drift) { d.Problems = d.Problems[1:] },
		"one whose manifest can't be read": func(d *report.Drift) { d.Unread = []string{"https://example.com/x"} },
		"another kind":                     func(d *report.Drift) { d.Problems[1].Kind = baseline.Unreachable },
		"another URL":                      func(d *report.Drift) { d.Problems[1].Artifact.URL += "x" },
	} {
		other := drifted(mixed())
		change(&other)
		if d.Fingerprint() == other.Fingerprint() {
			t.Errorf("%s has the same fingerprint", name)
		}
	}
}

func TestADriftOfManyIsCutByWholeRows(t *testing.T) {
	r := report.Build(failures(200))
	d := report.Drift{Report: r}
	for i, a := range r.Artifacts {
		p := report.Problem{Artifact: a, Message: fmt.Sprintf("The server answers 404 for the %d. time", i)}
		p.Kind, p.IsNew = baseline.Gone, true
		d.Problems = append(d.Problems, p)
	}
	d.Solved = slices.Repeat([]string{"https://example.com/" + strings.Repeat("x", 300)}, 200)
	for _, limit := range []int{4_096, 43_000, 65_335} {
		for what, text := range map[string]string{"issue": d.Markdown(limit), "comment": d.Comment(limit)} {
			if len(text) > limit || len(text) < limit/2 || !strings.Contains(text, " more: see the ") {
				t.Errorf("the %s has %d bytes of %d", what, len(text), limit)
			}
		}
	}
}

func TestDriftShowsOutsideTextOnlyAsCode(t *testing.T) {
	render := func(s string) string {
		d := drifted(poisoned(s))
		for i := range d.Problems {
			p := &d.Problems[i]
			p.Message, p.Cause, p.Fix = "The URL serves an HTML page titled "+finding.Quote(s), "It is "+finding.Quote(s), "Name "+finding.Quote(s)
		}
		d.Solved = []string{"https://example.com/" + s}
		return d.Markdown(1<<20) + "\n---\n\n" + d.Comment(1<<20)
	}
	want := structure(t, render("harmless"))
	for _, s := range hostile {
		if diff := cmp.Diff(want, structure(t, render(s))); diff != "" {
			t.Errorf("%.60q changes the page: %s", s, diff)
		}
	}
}
