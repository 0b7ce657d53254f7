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
	// other makes the second shard one of another run.
	other := func(change func(*report.Report)) func(files []report.Named) []report.Named {
		return func(files []report.Named) []report.Named {
			change(files[1].Report)
			return files
		}
	}
	for want, change := range map[string]func(files []report.Named) []report.Named{
		"no shard report":         func([]report.Named) []report.Named { return nil },
		"shard 1 of 3 is missing": func(f []report.Named) []report.Named { return f[1:] },
		"shard 2 of 3 is missing": func(f []report.Named) []report.Named { return slices.Delete(f, 1, 2) },
		"shard 3 of 3 is missing": func(f []report.Named) []report.Named { return f[:2] },
		"`shard-2.json` and `copy.json` are both shard 2 of 3": func(f []report.Named) []report.Named {
			return append(f, report.Named{Name: "copy.json", Report: f[1].Report})
		},
		"`shard-1.json` and `shard-2.json` are from different runs: the commit is": other(func(r *report.Report) { r.Run.HeadSHA = strings.Repeat("f", 40) }),
		"the run ID is":                 other(func(r *report.Report) { r.Run.RunID++ }),
		"the number of manifests is":    other(func(r *report.Report) { r.Summary.Manifests++ }),
		"the number of shards is":       other(func(r *report.Report) { r.Shard.Count = 4 }),
		"the scope is":                  other(func(r *report.Report) { r.Scope = "all" }),
		"the mode is":                   other(func(r *report.Report) { r.Mode = "fast" }),
		"the repository is":             other(func(r *report.Report) { r.Run.Repository = "other/registry" }),
		"the pull request is":           other(func(r *report.Report) { r.Run.PullRequest = 8 }),
		"the event is":                  other(func(r *report.Report) { r.Run.Event = "push" }),
		"the version of the program is": other(func(r *report.Report) { r.Tool.Version = "2" }),
		"overlap: the artifact": func(f []report.Named) []report.Named {
			f[1].Report.Artifacts = append(f[1].Report.Artifacts, f[0].Report.Artifacts...)
			return f
		},
	} {
		if _, err := report.Merge(change(shards(t, mixed(), 3))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error that says %s", err, want)
		}
	}
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
