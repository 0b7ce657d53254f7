package report_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
	d := report.Drift{Report: r}
	for _, a := range r.Artifacts {
		p := report.Problem{Artifact: a, Since: thirdDay}
		switch len(d.Changed) + len(d.Gone) + len(d.Unreachable) {
		case 0:
			p.Was, p.Now, p.WasSeen = digestOf("a"), digestOf("b"), firstDay
			p.Cause, p.Fix = "What the URL follows has moved: the branch `main`", "Name a commit"
			d.Changed = append(d.Changed, p)
			d.New = append(d.New, p)
		case 1:
			p.Said, p.Cause = "The server answers 404 Not Found", "The file was deleted"
			d.Gone = append(d.Gone, p)
		case 2:
			p.Failures = 3
			d.Unreachable = append(d.Unreachable, p)
		}
	}
	d.Solved = []string{"https://example.com/mended"}
	return d
}

func TestDriftReadsAsItShould(t *testing.T) {
	d := drifted(mixed())
	golden(t, "drift.md", d.Markdown(commentLimit)+"\n---\n\n"+d.Comment(commentLimit)+"\n---\n\n"+report.Drift{Report: d.Report}.LastWord())
	if got, want := d.Title(), "Manifest drift: 1 file changed, 1 file is gone, 1 file can't be reached"; got != want {
		t.Errorf("the title is %q, want %q", got, want)
	}
	if got, want := (report.Drift{Report: d.Report}).Title(), "Manifest drift: nothing to report"; got != want {
		t.Errorf("the title is %q, want %q", got, want)
	}
}

func TestTheFingerprintIsOfTheProblemsAndNotOfTheirAge(t *testing.T) {
	d, same := drifted(mixed()), drifted(mixed())
	same.Changed[0].Since, same.Changed[0].Now, same.Unreachable[0].Failures, same.New = firstDay, digestOf("c"), 9, nil
	if d.Fingerprint() != same.Fingerprint() {
		t.Error("the fingerprint grows older, or is of the bytes that are there today")
	}
	for name, change := range map[string]func(*report.Drift){
		"one less":                         func(d *report.Drift) { d.Gone = nil },
		"one whose manifest can't be read": func(d *report.Drift) { d.Unread = []string{"https://example.com/x"} },
		"another kind": func(d *report.Drift) {
			d.Gone, d.Unreachable = slices.Concat(d.Gone, d.Unreachable), nil
		},
		"another URL": func(d *report.Drift) { d.Gone[0].Artifact.URL += "x" },
	} {
		other := drifted(mixed())
		change(&other)
		if d.Fingerprint() == other.Fingerprint() {
			t.Errorf("%s has the same fingerprint", name)
		}
	}
}

func TestADriftOfManyIsCutByWholeRows(t *testing.T) {
	r := report.Build(failures(500))
	d := report.Drift{Report: r}
	for i, a := range r.Artifacts {
		d.Gone = append(d.Gone, report.Problem{Artifact: a, Since: firstDay, Said: fmt.Sprintf("The server answers 404 for the %d. time", i)})
	}
	d.New = d.Gone
	d.Solved = slices.Repeat([]string{"https://example.com/" + strings.Repeat("x", 300)}, 500)
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
		for _, problems := range [][]report.Problem{d.Changed, d.Gone, d.Unreachable, d.New} {
			for i := range problems {
				problems[i].Said = "The URL serves an HTML page titled " + finding.Quote(s)
				problems[i].Cause, problems[i].Fix = "It is "+finding.Quote(s), "Name "+finding.Quote(s)
			}
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
