package plan_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/plan"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

var sha256 = digest.Digest{Algorithm: digest.SHA256, Sum: strings.Repeat("0", 64)}

// files are artifacts of so many URLs, with everything that a shard has to know in the first of them.
func files(n int) []artifact.Artifact {
	at := finding.Position{Line: 3, Column: 4}
	all := []artifact.Artifact{{
		Manifest: "chat/manifest.json", Document: 1, Pointer: "/a", Mirror: 2, Position: at, Role: artifact.Binary, Platform: "p", Name: "n", URL: "https://EXAMPLE.com/0#x",
		Checksum:  &artifact.Field[digest.Digest]{Value: sha256, Pointer: "/a/checksum", Position: at},
		Size:      &artifact.Field[int64]{Value: 5, Pointer: "/a/size", Position: at},
		Signature: &artifact.Field[string]{Value: "s", Pointer: "/a/signature", Position: at},
		AllowHTTP: true, Was: &artifact.Artifact{URL: "https://example.com/before", Checksum: &artifact.Field[digest.Digest]{Value: sha256, Pointer: "/a/checksum", Position: at}},
	}, {Manifest: "other/manifest.json", Pointer: "/b", Role: artifact.Weight, URL: "https://example.com/0", Checksum: &artifact.Field[digest.Digest]{Pointer: "/b/checksum"}}}
	for i := 1; i < n; i++ {
		all = append(all, artifact.Artifact{Manifest: "chat/manifest.json", Pointer: fmt.Sprintf("/%d", i), Role: artifact.File, URL: fmt.Sprintf("https://example.com/%d", i)})
	}
	return all
}

// made is a plan of so many files of 40 GB each, for runners of one hour.
func made(n int) (*plan.Plan, time.Duration) {
	downloads := verify.Plan(files(n))
	loads := make([]verify.Load, len(downloads))
	for i := range loads {
		loads[i] = verify.Load{Size: 40_000_000_000, Weight: 40_000_000_000}
	}
	p, longest := plan.New(downloads, loads, time.Hour)
	p.Tool, p.Run, p.Mode, p.Scope = report.Tool{Name: "verify-manifests", Version: "1"}, report.Run{Event: "schedule", Repository: "o/r", HeadSHA: strings.Repeat("3", 40)}, "full", "all"
	p.Inputs, p.Config, p.Manifests = map[string]string{"mode": "full", "scope": "auto"}, "registry: prem\n", 2
	p.Findings = []finding.Finding{finding.New(finding.URLMutable, "chat/manifest.json", "/a", finding.Position{Line: 3, Column: 4}, "m", "f")}
	return p, longest
}

func written(t testing.TB, p *plan.Plan) string {
	t.Helper()
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestAPlanReadsAsItWasMade(t *testing.T) {
	p, _ := made(30)
	back, _, err := plan.Read(strings.NewReader(written(t, p)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p, back); diff != "" {
		t.Error(diff)
	}
	var all []verify.Download
	for shard := 1; shard <= back.Shards; shard++ {
		all = append(all, back.Downloads(shard)...)
	}
	slices.SortFunc(all, func(a, b verify.Download) int { return strings.Compare(a.Key(), b.Key()) })
	want := verify.Plan(files(30))
	for i := range want {
		want[i].Size = 40_000_000_000
	}
	if diff := cmp.Diff(want, all, cmpopts.IgnoreUnexported(verify.Download{})); diff != "" {
		t.Error(diff)
	}
}

func TestRunnersTakeAboutTheAskedTime(t *testing.T) {
	p, longest := made(60) // 2.4 TB
	if p.Shards != 7 || longest > 75*time.Minute || longest < 50*time.Minute {
		t.Errorf("%d shards; the longest takes %s", p.Shards, longest)
	}
	if got, want := p.Matrix()[:33], `{"include":[{"shard":"1/7"},{"shard":"2/7"}`[:33]; got != want {
		t.Errorf("the matrix begins %s, want %s", got, want)
	}
	if p, longest = made(4000); p.Shards != verify.MaxShards || longest < time.Hour {
		t.Errorf("160 TB: %d shards of %s", p.Shards, longest)
	}
	if p, _ = made(1); p.Shards != 1 || p.Matrix() != `{"include":[{"shard":"1/1"}]}` {
		t.Errorf("one file: %s", p.Matrix())
	}
	empty, _ := plan.New(nil, nil, time.Hour)
	if empty.Matrix() != `{"include":[{"shard":"1/1"}]}` {
		t.Errorf("nothing: %s", empty.Matrix())
	}
}

// TestWhatIsNoPlanIsRefused changes one thing at a time.
func TestWhatIsNoPlanIsRefused(t *testing.T) {
	p, _ := made(3)
	text := written(t, p)
	replace := func(old, with string) string {
		if !strings.Contains(text, old) {
			t.Fatalf("the plan does not hold %s: %s", old, text)
		}
		return strings.Replace(text, old, with, 1)
	}
	for name, c := range map[string]struct{ text, want string }{
		"cut short":              {text[:len(text)/2], "invalid plan"},
		"empty":                  {"", "invalid plan"},
		"another version":        {replace(`"version":1`, `"version":2`), "version 2"},
		"an unknown member":      {replace(`"scope"`, `"extra":1,"scope"`), "invalid plan"},
		"a doubled member":       {replace(`"scope"`, `"scope":"all","scope"`), "invalid plan"},
		"no shard":               {replace(`"shards":1`, `"shards":0`), "1 to 256"},
		"257 shards":             {replace(`"shards":1`, `"shards":257`), "1 to 256"},
		"shard 2 of 1":           {replace(`"shard":1`, `"shard":2`), "shard 2 of 1"},
		"a negative size":        {replace(`"size":40000000000`, `"size":-1`), "negative"},
		"another artifact's URL": {replace(`"url":"https://example.com/1","line"`, `"url":"https://example.com/2","line"`), "has another URL"},
		"a URL twice":            {replace(`{"url":"https://example.com/1"`, `{"url":"https://example.com/2"`), "has another URL"},
		"a location twice":       {replace(`"pointer":"/2"`, `"pointer":"/1"`), "duplicate artifact"},
		"http, unchecked":        {replace(`"url":"https://example.com/1","line"`, `"url":"https://example.com/1","allow_http":true,"line"`), "plain http"},
		"a role of its own":      {replace(`"role":"binary"`, `"role":"script"`), "role"},
		"another scope":          {replace(`"scope":"all"`, `"scope":"some"`), "unknown scope"},
		"a rule of its own":      {replace(`url/mutable`, `url/forged`), "invalid finding"},
		"trailing data":          {text + "{}", "invalid plan"},
	} {
		if _, _, err := plan.Read(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want it to say %q", name, err, c.want)
		}
	}
}

func TestAPlanFitsOneRunOnly(t *testing.T) {
	p, _ := made(3)
	inputs := map[string]string{"mode": "full", "scope": "auto"}
	if err := p.Fits("1", p.Run, report.Shard{Index: 1, Count: p.Shards}, inputs); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(run *report.Run, version *string, inputs map[string]string){
		"commit":                 func(run *report.Run, _ *string, _ map[string]string) { run.HeadSHA = strings.Repeat("4", 40) },
		"repository":             func(run *report.Run, _ *string, _ map[string]string) { run.Repository = "o/other" },
		"event":                  func(run *report.Run, _ *string, _ map[string]string) { run.Event = "push" },
		"pull request":           func(run *report.Run, _ *string, _ map[string]string) { run.PullRequest = 7 },
		"version of the program": func(_ *report.Run, version *string, _ map[string]string) { *version = "2" },
		"input mode":             func(_ *report.Run, _ *string, inputs map[string]string) { inputs["mode"] = "fast" },
	} {
		run, version, here := p.Run, "1", map[string]string{"mode": "full", "scope": "auto"}
		change(&run, &version, here)
		if err := p.Fits(version, run, report.Shard{Index: 1, Count: p.Shards}, here); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("another %s: %v", want, err)
		}
	}
}

// shards are reports that hold what the plan gives each shard.
func shards(p *plan.Plan, sum digest.Digest) (all []report.Named) {
	for index := 1; index <= p.Shards; index++ {
		r := &report.Report{Shard: &report.Shard{Index: index, Count: p.Shards}, Plan: sum}
		for _, d := range p.Downloads(index) {
			for _, a := range d.Artifacts {
				r.Artifacts = append(r.Artifacts, report.Artifact{Manifest: a.Manifest, Document: a.Document, Pointer: a.Pointer, Mirror: a.Mirror, URL: a.URL})
			}
		}
		all = append(all, report.Named{Name: fmt.Sprintf("part-%d.json", index), Report: r})
	}
	return all
}

func TestAMergeNamesWhatAShardLeavesOut(t *testing.T) {
	p, _ := made(40)
	_, sum, err := plan.Read(strings.NewReader(written(t, p)))
	if err != nil || p.Shards < 3 {
		t.Fatalf("%d shards, %v", p.Shards, err)
	}
	if err := p.Covers(shards(p, sum), sum); err != nil {
		t.Error(err)
	}
	for want, forge := range map[string]func(second *report.Report, third *report.Report){
		"omits 1 file":                      func(second, _ *report.Report) { second.Artifacts = second.Artifacts[1:] },
		"does not assign to its shard":      func(second, third *report.Report) { second.Artifacts = append(second.Artifacts, third.Artifacts[0]) },
		"made with another plan":            func(second, _ *report.Report) { second.Plan = sha256 },
		"elsewhere` at `chat/manifest.json": func(second, _ *report.Report) { second.Artifacts[0].URL = "https://example.com/elsewhere" },
	} {
		all := shards(p, sum)
		url := all[1].Report.Artifacts[0].URL
		forge(all[1].Report, all[2].Report)
		err := p.Covers(all, sum)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "part-2.json") {
			t.Errorf("%v, want it to say %q of part-2.json", err, want)
		}
		if strings.HasPrefix(want, "omits") && !strings.Contains(err.Error(), url) {
			t.Errorf("%v does not name %s", err, url)
		}
	}
}

func FuzzRead(f *testing.F) {
	p, _ := made(3)
	f.Add(written(f, p))
	f.Add(`{"version":1,"files":[{"url":"x","shard":1,"artifacts":[]}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		p, _, err := plan.Read(strings.NewReader(text))
		if err != nil {
			return
		}
		n := 0
		for shard := 1; shard <= p.Shards; shard++ {
			n += len(p.Downloads(shard))
		}
		if n != len(p.Files) {
			t.Errorf("%d of %d files are in a shard", n, len(p.Files))
		}
	})
}
