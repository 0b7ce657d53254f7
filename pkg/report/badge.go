package report

import (
	"fmt"
	"io"

	"github.com/dustin/go-humanize/english"
)

// badge is an endpoint badge of shields.io (https://shields.io/badges/endpoint-badge).
type badge struct {
	SchemaVersion int    `json:"schemaVersion"`
	Label         string `json:"label"`
	Message       string `json:"message"`
	Color         string `json:"color"`
}

// WriteBadge writes the outcome as the JSON of a shields.io endpoint badge.
func (r *Report) WriteBadge(w io.Writer) error {
	b := badge{SchemaVersion: 1, Label: "manifests"}
	b.Message, b.Color = r.badge()
	return writeJSON(w, b)
}

func (r *Report) badge() (message, color string) {
	s := r.Summary
	changed, what := r.changed()
	switch {
	case s.Unreachable > 0 && s.Unreachable == s.Failed() && s.Unreachable == s.Errors:
		return fmt.Sprintf("%d of %d not reached", s.Unreachable, s.Artifacts), "orange"
	case s.Failed() > 0 && s.Errors == 0 && s.Waived > 0 && r.Complete:
		return fmt.Sprintf("%d verified, %d waived", s.Verified, s.Failed()), "yellow"
	case s.Gone > 0 && s.Gone == s.Failed():
		return fmt.Sprintf("%d of %d gone", s.Gone, s.Artifacts), "red"
	case s.Failed() > 0:
		return fmt.Sprintf("%d of %d failed", s.Failed(), s.Artifacts), "red"
	case changed > 0:
		return english.Plural(changed, what, "") + " changed", "red"
	case s.Errors > 0:
		return english.Plural(s.Errors, "error", ""), "red"
	case !r.Complete:
		return "incomplete", "lightgrey"
	case s.Artifacts == 0:
		return "nothing to verify", "lightgrey"
	}
	message, color = fmt.Sprintf("%d verified", s.Verified), "brightgreen"
	switch {
	case s.Verified == 0:
		message = fmt.Sprintf("%d %s", s.Unverified, r.unverified())
	case s.Unverified > 0:
		message += fmt.Sprintf(", %d %s", s.Unverified, r.unverified())
	}
	if s.Warnings > 0 || s.Verified == 0 {
		color = "yellow"
	}
	return message, color
}
