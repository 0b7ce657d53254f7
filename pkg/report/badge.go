package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/dustin/go-humanize/english"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// WriteBadge writes the outcome as the JSON of an endpoint badge of shields.io (https://shields.io/badges/endpoint-badge).
func (r *Report) WriteBadge(w io.Writer) error {
	message, color := r.badge()
	return writeJSON(w, struct {
		SchemaVersion int    `json:"schemaVersion"`
		Label         string `json:"label"`
		Message       string `json:"message"`
		Color         string `json:"color"`
	}{1, "manifests", message, color})
}

func (r *Report) badge() (message, color string) {
	s := r.Summary
	changed := r.failing(func(rule string) bool { return rule == finding.ArtifactChanged })
	switch {
	case s.Unreachable > 0 && s.Unreachable == s.Failed() && s.Unreachable == s.Errors:
		return fmt.Sprintf("%d of %d not reached", s.Unreachable, s.Artifacts), "orange"
	case s.Failed() > 0 && s.Errors == 0 && s.Waived > 0 && r.Complete:
		return fmt.Sprintf("%d verified, %d waived", s.Verified, s.Failed()), "yellow"
	case s.Gone > 0 && s.Gone == s.Failed():
		return fmt.Sprintf("%d of %d gone", s.Gone, s.Artifacts), "red"
	case s.Failed() > 0:
		return fmt.Sprintf("%d of %d failed", s.Failed(), s.Artifacts), "red"
	case len(changed) > 0:
		return kinds(changed) + " changed", "red"
	case s.Errors > 0:
		return english.Plural(s.Errors, "error", ""), "red"
	case !r.Complete:
		return "incomplete", "lightgrey"
	case s.Artifacts == 0:
		return "nothing to verify", "lightgrey"
	}
	color = "brightgreen"
	if s.Warnings > 0 || s.Verified == 0 {
		color = "yellow"
	}
	parts := counted(counted(nil, s.Verified, "verified"), s.Unverified, r.unverified())
	return strings.Join(parts, ", "), color
}
