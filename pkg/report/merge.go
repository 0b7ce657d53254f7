package report

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// Named is a report and the name of the file that it was read from.
type Named struct {
	Name   string
	Report *Report
}

// Merge makes one report of all the shards of a run. Every shard from 1 to the last has to be there exactly
// once, and all of one run over one commit; an error names the file, or the shard, that is not. A report
// without a shard is the only one of its run. Build makes of the result the report of a run without shards.
func Merge(files []Named) (Input, error) {
	if len(files) == 0 {
		return Input{}, errors.New("no shard report to merge: expected one JSON report for each shard")
	}
	files = slices.Clone(files)
	slices.SortStableFunc(files, func(a, b Named) int {
		return cmp.Compare(a.Report.shard().Index, b.Report.shard().Index)
	})
	if err := checkShards(files); err != nil {
		return Input{}, err
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
	first, count := files[0], files[0].Report.shard().Count
	next := 1
	for _, file := range files {
		if what, a, b := differ(first.Report, file.Report); what != "" {
			return fmt.Errorf("%s and %s are from different runs: the %s is %s in one and %s in the other",
				finding.Quote(first.Name), finding.Quote(file.Name), what, finding.Quote(a), finding.Quote(b))
		}
		index := file.Report.shard().Index
		if index < next {
			return fmt.Errorf("%s and %s are both shard %d of %d", finding.Quote(files[next-2].Name), finding.Quote(file.Name), index, count)
		}
		if index > next {
			break
		}
		next++
	}
	if next <= count {
		return fmt.Errorf("the report of shard %d of %d is missing: check that its job finished and uploaded it", next, count)
	}
	return nil
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

func join(files []Named) (Input, error) {
	all := *files[0].Report
	all.Shard, all.Plan, all.IsWhole = nil, digest.Digest{}, all.Scope == "all"
	all.Artifacts, all.Findings, all.Notes, all.Summary.Bytes = nil, nil, nil, 0
	for _, file := range files {
		r := file.Report
		all.Artifacts, all.Findings = append(all.Artifacts, r.Artifacts...), append(all.Findings, r.Findings...)
		all.Notes = append(all.Notes, r.Notes...)
		all.Complete = all.Complete && r.Complete
		all.Summary.Bytes += r.Summary.Bytes
		if cmp.Or(cmp.Compare(r.Run.RunID, all.Run.RunID), cmp.Compare(r.Run.RunAttempt, all.Run.RunAttempt)) > 0 {
			all.Run = r.Run
		}
	}
	if err := all.checkArtifacts(); err != nil {
		return Input{}, fmt.Errorf("the shards overlap: %w", err)
	}
	in := Input{isPolicyApplied: true}
	in.Results, all.Findings = all.Results()
	in.Report = all
	return in, nil
}

// ResetPolicy resets the severities and waivers of merged reports, with a function for each finding.
func (in *Input) ResetPolicy(reset func(finding.Finding) finding.Finding) {
	undo := func(findings []finding.Finding) []finding.Finding {
		findings = slices.DeleteFunc(findings, func(f finding.Finding) bool { return f.Rule == finding.ConfigWaiver })
		for i, f := range findings {
			findings[i] = reset(f)
		}
		return findings
	}
	in.Findings, in.isPolicyApplied = undo(in.Findings), false
	for i, r := range in.Results {
		in.Results[i].Findings = undo(r.Findings)
	}
}

// Results returns the artifacts with the findings about each, and the other findings.
func (r *Report) Results() (results []verify.Result, others []finding.Finding) {
	about, others := r.attribute()
	for i, a := range r.Artifacts {
		result := a.result()
		result.Findings = about[i]
		results = append(results, result)
	}
	return results, others
}
