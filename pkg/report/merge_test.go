package report_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/report"
)

// shards cuts a run in n parts, each read back from its file.
func shards(t *testing.T, in report.Input, n int) []report.Named {
	t.Helper()
	var files []report.Named
	for i := range n {
		part := in
		part.Shard = &report.Shard{Index: i + 1, Count: n}
		part.Results, part.Summary.Bytes = nil, 0
		for j, r := range in.Results {
			if j%n == i {
				part.Results = append(part.Results, r)
				part.Summary.Bytes += max(0, r.Size)
			}
		}
		r, err := report.Read(strings.NewReader(jsonOf(t, report.Build(part))))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, report.Named{Name: fmt.Sprintf("shard-%d.json", i+1), Report: r})
	}
	return files
}

func TestMergeSaysWhatARunWithoutShardsSays(t *testing.T) {
	in := mixed()
	in.Notes = []string{"every manifest was verified"}
	want := jsonOf(t, report.Build(in))
	for _, n := range []int{1, 2, 4, 9} {
		files := shards(t, in, n)
		slices.Reverse(files)
		merged, err := report.Merge(files)
		if err != nil {
			t.Fatal(err)
		}
		if got := jsonOf(t, report.Build(merged)); got != want {
			t.Errorf("%d shards make\n%s\nwant\n%s", n, got, want)
		}
	}
	alone, err := report.Merge([]report.Named{{Name: "report.json", Report: report.Build(in)}})
	if err != nil || jsonOf(t, report.Build(alone)) != want {
		t.Errorf("a report that is no shard is not taken for the whole: %v", err)
	}
}

func TestMergeNamesWhatDoesNotFit(t *testing.T) {
	for name, test := range map[string]struct {
		change func(files []report.Named) []report.Named
		want   []string
	}{
		"none":   {func([]report.Named) []report.Named { return nil }, []string{"no shard report"}},
		"first":  {func(f []report.Named) []report.Named { return f[1:] }, []string{"shard 1 of 3 is missing"}},
		"middle": {func(f []report.Named) []report.Named { return slices.Delete(f, 1, 2) }, []string{"shard 2 of 3 is missing"}},
		"last":   {func(f []report.Named) []report.Named { return f[:2] }, []string{"shard 3 of 3 is missing"}},
		"doubled": {func(f []report.Named) []report.Named {
			return append(f, report.Named{Name: "copy.json", Report: f[1].Report})
		}, []string{"`shard-2.json`", "`copy.json`", "both shard 2 of 3"}},
		"commit": mixedUp(func(r *report.Report) { r.Run.HeadSHA = strings.Repeat("f", 40) }, "commit"),
		"run":    mixedUp(func(r *report.Report) { r.Run.RunID++ }, "run ID"),
		"read":   mixedUp(func(r *report.Report) { r.Summary.Manifests++ }, "number of manifests"),
		"total":  mixedUp(func(r *report.Report) { r.Shard.Count = 4 }, "number of shards"),
		"scope":  mixedUp(func(r *report.Report) { r.Scope = "all" }, "scope"),
		"mode":   mixedUp(func(r *report.Report) { r.Mode = "fast" }, "mode"),
		"repo":   mixedUp(func(r *report.Report) { r.Run.Repository = "other/registry" }, "repository"),
		"pull":   mixedUp(func(r *report.Report) { r.Run.PullRequest = 8 }, "pull request"),
		"event":  mixedUp(func(r *report.Report) { r.Run.Event = "push" }, "event"),
		"tool":   mixedUp(func(r *report.Report) { r.Tool.Version = "2" }, "version of the program"),
		"overlap": {func(f []report.Named) []report.Named {
			f[1].Report.Artifacts = append(f[1].Report.Artifacts, f[0].Report.Artifacts...)
			return f
		}, []string{"overlap", "twice"}},
	} {
		_, err := report.Merge(test.change(shards(t, mixed(), 3)))
		for _, want := range test.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want an error that says %s", name, err, want)
			}
		}
	}
}

// mixedUp is a case in which the second shard is of another run.
func mixedUp(change func(*report.Report), what string) struct {
	change func([]report.Named) []report.Named
	want   []string
} {
	return struct {
		change func([]report.Named) []report.Named
		want   []string
	}{func(f []report.Named) []report.Named {
		change(f[1].Report)
		return f
	}, []string{"`shard-2.json`", "the " + what + " is"}}
}

func TestMergeKeepsTheLatestAttemptAndWhatIsNotComplete(t *testing.T) {
	in := mixed()
	in.Findings = []finding.Finding{weak}
	files := shards(t, in, 3)
	files[1].Report.Run.RunAttempt = 2
	files[0].Report.Complete = false
	merged, err := report.Merge(files)
	if err != nil {
		t.Fatal(err)
	}
	if built := report.Build(merged); built.Complete || built.Run.RunAttempt != 2 || built.Shard != nil || built.Summary.Warnings != 2 {
		t.Errorf("got %+v", merged)
	}
}
