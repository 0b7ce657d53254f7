package report_test

import (
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/report"
)

func annotationsAfter(t testing.TB, r *report.Report, shown map[finding.Severity]int) string {
	t.Helper()
	var b strings.Builder
	if err := r.Annotate(&b, shown); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestAnnotationsReadAsTheyShould(t *testing.T) {
	golden(t, "mixed.annotations", rendered(t, report.Build(mixed()), "annotations"))
}

func TestTheLastAnnotationSaysHowManyAreNotShown(t *testing.T) {
	for _, test := range []struct {
		findings, shown int
		want            string
	}{
		{9, 0, ""}, {10, 0, ""}, {11, 0, "%0A%0A1 more error: see the job summary."}, {400, 0, "%0A%0A390 more errors: see the job summary."},
		{12, 1, "3 more errors"}, {12, 2, "4 more errors"}, {12, 10, "11 more errors"},
	} {
		got := annotationsAfter(t, report.Build(failures(test.findings)), map[finding.Severity]int{finding.Error: test.shown, finding.Warning: 5})
		lines := strings.Split(strings.TrimSpace(got), "\n")
		last := lines[len(lines)-1]
		if len(lines) != min(test.findings, max(10-test.shown, 1)) || !strings.Contains(last, test.want) || test.want == "" && strings.Contains(last, "see the job summary") {
			t.Errorf("%+v: %d annotations, the last of which is %s", test, len(lines), last)
		}
	}
}
