package cli_test

import (
	"crypto/sha512"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/premAI-io/verify-manifests/pkg/baseline"
	"github.com/premAI-io/verify-manifests/pkg/cli"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github/githubtest"
)

// wide gives a registry something of everything: files with and without a checksum, one that is another, one that is gone, one of
// a host that is down, two services that name one URL, and a release.
func (n *nights) wide() {
	n.files["huggingface.co/acme/m/resolve/main/gone.gguf"] = ""
	n.registry.models["gone.gguf"] = entry("huggingface.co/acme/m/resolve/main/gone.gguf", "gone")
	n.registry.models["wrong.gguf"] = entry("files.example.org/wrong.gguf", "what was reviewed")
	n.files["files.example.org/wrong.gguf"] = "GGUF\x03\x00\x00\x00 another"
	n.registry.models["down.gguf"] = entry("drive.example.com/down.gguf", "down")
	n.down["drive.example.com"] = true
	for i := range 12 {
		at, body := fmt.Sprintf("files.example.org/%d.gguf", i), fmt.Sprintf("GGUF\x03\x00\x00\x00%020d", i)
		n.files[at], n.registry.models[fmt.Sprintf("%d.gguf", i)] = body, entry(at, []string{body, ""}[i%2])
	}
	released := path.Dir(hubOther) + "/replaced.gguf"
	n.files[released] = "GGUF\x03\x00\x00\x00 released anew"
	n.registry.models["replaced.gguf"] = entry(released, "what was reviewed")
	for _, at := range []string{hubOther, released} {
		n.api.Releases["acme/s/v1.2.0"] = append(n.api.Releases["acme/s/v1.2.0"],
			githubtest.Asset{Name: path.Base(at), Digest: sha256Of(n.files[at]).String(), Size: int64(len(n.files[at]))})
	}
	n.registry.write()
}

// planned makes a plan, runs its shards in a folder that holds nothing, and merges them.
func (n *nights) planned(dir string, inputs ...string) {
	n.t.Helper()
	planFile, empty := filepath.Join(dir, "plan.json"), n.t.TempDir()
	n.with(n.registry.dir, append(inputs, "INPUT_PLAN=200ms", "INPUT_PLAN-FILE="+planFile)...)
	var matrix struct{ Include []struct{ Shard string } }
	line, _, _ := strings.Cut(n.out.String()[strings.Index(n.out.String(), `{"include"`):], "\n")
	if err := json.Unmarshal([]byte(line), &matrix); err != nil || len(matrix.Include) == 0 {
		n.t.Fatalf("the matrix: %v; %s", err, &n.out)
	}
	n.shards = len(matrix.Include)
	for i, job := range matrix.Include {
		calls := len(n.api.Requests())
		n.with(empty, append(inputs, "INPUT_SHARD="+job.Shard, "INPUT_PLAN-FILE="+planFile)...)
		if made := len(n.api.Requests()) - calls; made > 0 {
			n.t.Errorf("shard %s made %d calls of GitHub's API", job.Shard, made)
		}
		n.keepReport(dir, i)
	}
	n.with(empty, append(inputs, "INPUT_MERGE="+filepath.Join(dir, "part-*.json"), "INPUT_PLAN-FILE="+planFile)...)
}

// merged runs shards by the hash of the URL alone, with some inputs, and merges them.
func (n *nights) merged(shards int, inputs ...string) {
	n.t.Helper()
	dir := n.t.TempDir()
	for part := range shards {
		n.with(n.registry.dir, append(inputs, fmt.Sprintf("INPUT_SHARD=%d/%d", part+1, shards))...)
		n.keepReport(dir, part)
	}
	n.with(n.registry.dir, "INPUT_MERGE="+filepath.Join(dir, "part-*.json"))
}

// keepReport writes the last report for a merge.
func (n *nights) keepReport(dir string, part int) {
	n.t.Helper()
	if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("part-%d.json", part)), []byte(n.raw), 0o600); err != nil {
		n.t.Fatal(err)
	}
}

// TestAPlanAndItsShardsSayAndRememberWhatOneRunDoes plays nights once in one run each, and once with a plan, shards and a merge.
func TestAPlanAndItsShardsSayAndRememberWhatOneRunDoes(t *testing.T) {
	t.Parallel()
	type night struct{ report, state, issue string }
	for _, modes := range [][]string{{"full", "fast"}, {"fast", "full"}} {
		play := func(run func(n *nights, inputs ...string)) (played []night) {
			n := newNights(t)
			n.wide()
			for i, mode := range modes {
				n.n = i + 1
				if i == 1 {
					n.set(n.replace("files.example.org/3.gguf"))
					n.set(n.replace("files.example.org/4.gguf"))
				}
				run(n, "INPUT_MODE="+mode, "INPUT_FAIL-ON=never")
				played = append(played, night{strings.ReplaceAll(n.raw, n.file, "state.json"), readText(t, n.file), n.word()})
			}
			return played
		}
		whole := play(func(n *nights, inputs ...string) { n.with(n.registry.dir, inputs...) })
		parts := play(func(n *nights, inputs ...string) {
			if n.planned(t.TempDir(), inputs...); n.shards < 3 {
				t.Errorf("%v: there are %d shards only", modes, n.shards)
			}
		})
		for i := range whole {
			if diff := cmp.Diff(whole[i], parts[i], cmp.AllowUnexported(night{})); diff != "" {
				t.Errorf("%v, night %d: %s", modes, i+1, diff)
			}
		}
		if !strings.Contains(whole[len(whole)-1].state, `"etag"`) && modes[0] == "full" {
			t.Errorf("%v: no validator is known: %s", modes, whole[len(whole)-1].state)
		}
	}
}

// TestShardsWithoutAPlanSayWhatOneRunSays divides by the hash of the URL alone.
func TestShardsWithoutAPlanSayWhatOneRunSays(t *testing.T) {
	n := newNights(t, "INPUT_FAIL-ON=never")
	n.wide()
	n.n = 1
	n.with(n.registry.dir)
	want, remembered := n.raw, readText(t, n.file)
	if err := os.Remove(n.file); err != nil {
		t.Fatal(err)
	}
	n.api.Issues = nil // which remembers too
	n.merged(3)
	if diff := cmp.Diff(want, n.raw); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(remembered, readText(t, n.file)); diff != "" {
		t.Error(diff)
	}
}

// mergedWithoutState lets something happen, scans in two shards that have no state file, and merges them where there is one.
func (n *nights) mergedWithoutState(happens func()) {
	n.t.Helper()
	n.set(happens)
	n.registry.write()
	n.n++
	n.merged(2, "INPUT_STATE-FILE=")
}

// baseline is what the state file holds of the file without a checksum.
func (n *nights) baseline() baseline.File {
	n.t.Helper()
	s, err := baseline.Read(strings.NewReader(readText(n.t, n.file)))
	if err != nil {
		n.t.Fatal(err)
	}
	return s.File("https://" + hubOwn)
}

func TestAMergeOverShardsThatKnewNoBaselineBlessesNoChange(t *testing.T) {
	n := newNights(t)
	n.night(nil)
	before := n.baseline()
	n.mergedWithoutState(n.replace(hubOwn))
	isChanged := func(f finding.Finding) bool { return f.Rule == finding.ArtifactChanged && f.IsError() }
	if n.code != cli.ExitFindings || n.report.Summary.Errors != 1 || !slices.ContainsFunc(n.report.Findings, isChanged) {
		t.Errorf("code %d; %+v", n.code, n.report.Findings)
	}
	if is := n.baseline(); is.Digest != before.Digest || is.Problem.Kind != baseline.Changed {
		t.Errorf("the baseline was %+v and is %+v", before, is)
	}
	merged := n.report.Findings
	n.n--
	n.night(nil)
	if diff := cmp.Diff(n.report.Findings, merged); diff != "" {
		t.Errorf("a whole run differs: %s", diff)
	}
}

func TestADigestOfAnotherAlgorithmIsNoBaseline(t *testing.T) {
	n := newNights(t)
	body := n.files[hubOwn]
	n.registry.chat[linux] = map[string]any{"url": "https://" + hubOwn, "checksum": fmt.Sprintf("sha512:%x", sha512.Sum512([]byte(body)))}
	n.night(nil)
	before := n.baseline()
	if before.Digest.Algorithm != digest.SHA512 {
		t.Fatalf("the baseline is %+v", before)
	}
	n.registry.chat[linux] = entry(hubOwn, "") // the checksum is taken out, and the file replaced
	n.mergedWithoutState(n.replace(hubOwn))
	if is := n.baseline(); is.Digest != before.Digest || !is.Problem.IsZero() || !strings.Contains(n.raw, "can't be compared with the baseline") {
		t.Errorf("the baseline was %+v and is %+v; notes %q", before, is, n.report.Notes)
	}
	n.says("open: 1 file changed (comments: 0)", nil)
}
