package report_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/report"
)

func TestBadges(t *testing.T) {
	for _, test := range []struct {
		message, color string
		s              report.Summary
		cut            bool
	}{
		{"12 verified", "brightgreen", report.Summary{Artifacts: 12, Verified: 12}, false},
		{"9 verified, 3 without a checksum", "brightgreen", report.Summary{Artifacts: 12, Verified: 9, Unverified: 3}, false},
		{"9 verified, 3 without a checksum", "yellow", report.Summary{Artifacts: 12, Verified: 9, Unverified: 3, Warnings: 3}, false},
		{"2 of 12 failed", "red", report.Summary{Artifacts: 12, Verified: 10, Mismatch: 2, Errors: 2}, true},
		{"28 without a checksum", "yellow", report.Summary{Artifacts: 28, Unverified: 28}, false},
		{"1 of 12 not reached", "orange", report.Summary{Artifacts: 12, Verified: 11, Unreachable: 1, Errors: 1}, false},
		{"2 of 12 failed", "red", report.Summary{Artifacts: 12, Verified: 10, Unreachable: 1, Mismatch: 1, Errors: 2}, false},
		{"1 error", "red", report.Summary{Artifacts: 12, Verified: 12, Errors: 1}, false},
		{"incomplete", "lightgrey", report.Summary{Artifacts: 12, Verified: 12}, true},
		{"nothing to verify", "lightgrey", report.Summary{Manifests: 2}, false},
	} {
		var b strings.Builder
		r := report.Report{Summary: test.s, Complete: !test.cut}
		want := fmt.Sprintf("{\n  \"schemaVersion\": 1,\n  \"label\": \"manifests\",\n  \"message\": %q,\n  \"color\": %q\n}\n", test.message, test.color)
		if err := r.WriteBadge(&b); err != nil || b.String() != want {
			t.Errorf("got %s, %v, want %s", &b, err, want)
		}
	}
}
