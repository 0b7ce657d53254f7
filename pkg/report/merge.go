package report

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Named is a report and the name of the file that it was read from.
type Named struct {
	Name   string
	Report *Report
}

// Merge makes one report of all the shards of a run. Every shard from 1 to the last has to be there exactly
// once, and all of one run over one commit; an error names the file, or the shard, that is not. A report
// that is no shard is the only one of its run. The result is what a run without shards had said.
func Merge(files []Named) (*Report, error) {
	if len(files) == 0 {
		return nil, errors.New("there is no shard report to merge: expected one JSON report of each shard")
	}
	files = slices.Clone(files)
	slices.SortStableFunc(files, func(a, b Named) int {
		return cmp.Compare(a.Report.shard().Index, b.Report.shard().Index)
	})
	if err := checkShards(files); err != nil {
		return nil, err
	}
	return join(files)
}

// shard returns the part that the report is; one that is no shard is the only part.
func (r *Report) shard() Shard {
	if r.Shard == nil {
		return Shard{Index: 1, Count: 1}
	}
	return *r.Shard
}

func checkShards(files []Named) error {
	first := files[0]
	for _, file := range files[1:] {
		if what, a, b := differ(first.Report, file.Report); what != "" {
			return fmt.Errorf("%s and %s are not of one run: the %s is %s in one and %s in the other",
				finding.Quote(first.Name), finding.Quote(file.Name), what, finding.Quote(a), finding.Quote(b))
		}
	}
	for i, file := range files {
		index, count := file.Report.shard().Index, file.Report.shard().Count
		switch {
		case index < i+1:
			return fmt.Errorf("%s and %s are both shard %d of %d", finding.Quote(files[i-1].Name), finding.Quote(file.Name), index, count)
		case index > i+1:
			return missing(i+1, count)
		}
	}
	if count := first.Report.shard().Count; len(files) < count {
		return missing(len(files)+1, count)
	}
	return nil
}

func missing(index, count int) error {
	return fmt.Errorf("the report of shard %d of %d is missing: see whether its job ran to the end and uploaded it", index, count)
}

// differ returns the first thing, and its two values, in which the reports can't be of one run. Attempts
// may differ: a failed shard is run again alone.
func differ(a, b *Report) (what, inA, inB string) {
	for _, field := range []struct {
		name  string
		value func(*Report) any
	}{
		{"commit", func(r *Report) any { return r.Run.HeadSHA }},
		{"run ID", func(r *Report) any { return r.Run.RunID }},
		{"number of manifests", func(r *Report) any { return r.Summary.Manifests }},
		{"number of unchanged files", func(r *Report) any { return r.Summary.Unchanged }},
		{"number of shards", func(r *Report) any { return r.shard().Count }},
		{"scope", func(r *Report) any { return r.Scope }},
		{"mode", func(r *Report) any { return r.Mode }},
		{"repository", func(r *Report) any { return r.Run.Repository }},
		{"pull request", func(r *Report) any { return r.Run.PullRequest }},
		{"event", func(r *Report) any { return r.Run.Event }},
		{"plan", func(r *Report) any { return r.Plan }},
		{"version of the program", func(r *Report) any { return r.Tool.Version }},
	} {
		if field.value(a) != field.value(b) {
			return field.name, fmt.Sprint(field.value(a)), fmt.Sprint(field.value(b))
		}
	}
	return "", "", ""
}

func join(files []Named) (*Report, error) {
	merged := *files[0].Report
	merged.Shard, merged.Plan, merged.IsWhole = nil, digest.Digest{}, merged.Scope == "all"
	merged.Artifacts, merged.Findings, merged.Notes = nil, nil, nil
	sum := merged.Summary.read() // each shard has all manifests and all that is unchanged
	sum.Bytes = 0
	merged.Summary = Summary{}
	for _, file := range files {
		r := file.Report
		merged.Artifacts = append(merged.Artifacts, r.Artifacts...)
		merged.Findings = append(merged.Findings, r.Findings...)
		merged.Notes = append(merged.Notes, r.Notes...)
		merged.Complete = merged.Complete && r.Complete
		merged.HasEvidence = merged.HasEvidence && r.HasEvidence
		if later(r.Run, merged.Run) {
			merged.Run = r.Run
		}
		sum.Bytes += r.Summary.Bytes
	}
	merged.sort()
	merged.Summary = merged.count(sum)
	if err := merged.checkArtifacts(); err != nil {
		return nil, fmt.Errorf("the shards overlap: %w", err)
	}
	return &merged, nil
}

func later(a, b Run) bool {
	return cmp.Or(cmp.Compare(a.RunID, b.RunID), cmp.Compare(a.RunAttempt, b.RunAttempt)) > 0
}
