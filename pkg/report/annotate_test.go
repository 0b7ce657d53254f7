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

func TestTheTenthAnnotationSaysHowManyAreNotShown(t *testing.T) {
	for n, want := range map[int]string{9: "", 10: "", 11: "%0A%0A1 more error: see the job summary.", 400: "%0A%0A390 more errors: see the job summary."} {
		lines := strings.Split(strings.TrimSpace(rendered(t, report.Build(failures(n)), "annotations")), "\n")
		last := lines[len(lines)-1]
		if len(lines) != min(n, 10) || !strings.Contains(last, want) || want == "" && strings.Contains(last, "see the job summary") {
			t.Errorf("%d findings give %d annotations, the last of which is %s", n, len(lines), last)
		}
	}
}

func TestAnnotationsLeaveRoomForThoseThatWereShown(t *testing.T) {
	for shown, want := range map[int]string{1: "3 more errors", 2: "4 more errors", 10: "11 more errors"} {
		lines := strings.Split(strings.TrimSpace(annotationsAfter(t, report.Build(failures(12)), map[finding.Severity]int{finding.Error: shown, finding.Warning: 5})), "\n")
		if last := lines[len(lines)-1]; len(lines) != max(10-shown, 1) || !strings.Contains(last, want) {
			t.Errorf("after %d, there are %d annotations, the last of which is %s", shown, len(lines), last)
		}
	}
}
