package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/github/githubtest"
)

// nights scans a registry night after night.
type nights struct {
	*scan
	t        *testing.T
	registry *registry
	file     string // of the state
	n        int

	shards int // of the last plan
	code   int
}

func newNights(t *testing.T, inputs ...string) *nights {
	t.Helper()
	h := newHub(t)
	n := &nights{t: t, registry: newRegistry(t, h), file: filepath.Join(t.TempDir(), "state.json")}
	n.scan = &scan{hub: h, api: githubtest.New(), inputs: append([]string{"INPUT_MISSING-CHECKSUM=off", "INPUT_STATE-FILE=" + n.file}, inputs...)}
	t.Cleanup(n.api.Close)
	return n
}

// night lets something happen, scans with some more inputs, and returns what the issue says in a line.
func (n *nights) night(happens func(), inputs ...string) string {
	n.t.Helper()
	if happens != nil {
		n.set(happens)
	}
	n.registry.write()
	n.n++
	n.with(n.registry.dir, inputs...)
	line, _, _ := strings.Cut(n.word(), "\n")
	return strings.Replace(line, "Manifest drift: ", "", 1)
}

// with runs over a folder with some more inputs, on the same day.
func (n *nights) with(dir string, inputs ...string) {
	n.t.Helper()
	n.code = n.run(n.t, dir, n.n, inputs...)
}

// says makes sure of what the issue says after a night.
func (n *nights) says(want string, happens func(), inputs ...string) {
	n.t.Helper()
	if got := n.night(happens, inputs...); got != want {
		n.t.Errorf("night %d: %s\nwant: %s", n.n, got, want)
	}
}

// replace puts other bytes at a URL.
func (n *nights) replace(at string) func() { return func() { n.files[at] += "replaced" } }

const linux = "x86_64-unknown-linux-gnu"

func TestAManifestOfAnotherShapeHidesNoChange(t *testing.T) {
	n := newNights(t)
	n.says("no issue", nil)
	n.says("open: 1 file changed (comments: 0)", n.replace(hubOwn))
	was := n.registry.chat[linux]
	n.says("open: 1 file's manifest can't be read (comments: 1)", func() { n.registry.chat[linux] = map[string]any{"url": map[string]any{"at": "https://" + hubOwn}} })
	if body := n.api.Issues[0].Body; !strings.Contains(body, "https://"+hubOwn) {
		t.Errorf("the issue does not name the URL any more: %s", body)
	}
	n.says("open: 1 file changed (comments: 2)", func() { n.registry.chat[linux] = was })
}

func readText(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAnEmptyURLSpoilsNoState(t *testing.T) {
	n := newNights(t)
	n.night(func() { n.registry.chat["x86_64-apple-darwin"] = map[string]any{"url": ""} })
	if got := n.night(n.replace(hubOwn)); !strings.HasPrefix(got, "open: 1 file changed") || strings.Contains(strings.Join(n.report.Notes, " "), "can't be used") {
		t.Errorf("the issue: %s; notes %q", got, n.report.Notes)
	}
}

func TestAFastScanDoesNotBlessWhatAFullOneFoundInvalid(t *testing.T) {
	n := newNights(t)
	n.api.Releases["acme/s/v1.2.0"] = []githubtest.Asset{{Name: "server-x86", Digest: sha256Of(n.files[hubOther]).String(), Size: int64(len(n.files[hubOther]))}}
	n.registry.chat = map[string]any{"aarch64-apple-darwin": map[string]any{"url": "https://" + hubOther}} // which is for another platform
	for range 2 {
		n.says("open: 2 files changed (comments: 0)", nil, "INPUT_MODE=full")
		n.says("open: 2 files changed (comments: 0)", nil, "INPUT_MODE=fast")
	}
}

func TestOnlyTheDefaultBranchKeepsTheIssueAndTheState(t *testing.T) {
	n := newNights(t)
	n.night(nil)
	n.says("open: 2 files changed (comments: 0)", n.replace(hubAsset))
	before := readText(t, n.file)
	event := filepath.Join(t.TempDir(), "event.json")
	payload := fmt.Sprintf(`{"repository": {"default_branch": "main"}, "merge_group": {"head_sha": "%040d", "base_sha": "%040d"}}`, 3, 4)
	if err := os.WriteFile(event, []byte(payload), 0o600); err != nil {
		t.Fatal(err)
	}
	dispatch := []string{"GITHUB_EVENT_NAME=workflow_dispatch", "GITHUB_EVENT_PATH=" + event}
	n.night(nil, "GITHUB_EVENT_NAME=merge_group", "GITHUB_EVENT_PATH="+event, "INPUT_SCOPE=all")
	if readText(t, n.file) != before {
		t.Error("what nobody has merged is the baseline")
	}
	declare := func() { n.registry.chat["aarch64-apple-darwin"] = entry(hubAsset, n.files[hubAsset]) }
	n.says("open: 2 files changed (comments: 0)", declare, append(dispatch, "GITHUB_REF=refs/heads/feature")...)
	if readText(t, n.file) != before {
		t.Errorf("a run of another branch wrote the state: %s", &n.out)
	}
	n.says("closed: nothing to report (comments: 1)", nil, append(dispatch, "GITHUB_REF=refs/heads/main")...)
}

func TestWithoutAStateFileTheIssueWaitsForACleanScan(t *testing.T) {
	n := newNights(t)
	n.inputs = []string{"INPUT_MISSING-CHECKSUM=off"}
	good := n.files[hubAsset]
	n.says("no issue", nil)
	n.says("open: 2 files changed (comments: 0)", n.replace(hubAsset))
	n.says("open: 2 files changed (comments: 0)", func() { n.down["files.example.org"] = true })
	n.says("open: nothing to report (comments: 0)", func() { n.files[hubAsset] = good })
	if !strings.Contains(strings.Join(n.report.Notes, " "), "Without `state-file`, failures are not counted") {
		t.Errorf("the notes are %q", n.report.Notes)
	}
	n.says("closed: nothing to report (comments: 1)", func() { n.down["files.example.org"] = false })
}

func TestAPageThatIsAnotherEachNightIsOneProblem(t *testing.T) {
	n := newNights(t)
	n.registry.chat[linux] = entry(hubOwn, n.files[hubOwn])
	n.night(nil)
	for i := range 3 {
		n.says("open: 1 file changed (comments: 0)", func() { n.files[hubOwn] = fmt.Sprintf("<!DOCTYPE html><title>Log in</title>Ray ID %d", i) })
	}
}

func TestAFileOfAnotherSizeIsDriftWithoutAChecksumToo(t *testing.T) {
	n := newNights(t)
	n.registry.chat[linux] = map[string]any{"url": "https://" + hubOwn, "size": len(n.files[hubOwn])}
	n.says("no issue", nil)
	if err := os.Remove(n.file); err != nil {
		t.Fatal(err)
	}
	n.says("open: 1 file changed (comments: 0)", n.replace(hubOwn))
}

func TestWhoIsWrongStaysTheSameWhileNobodyCanLook(t *testing.T) {
	n := newNights(t)
	n.registry.chat[linux] = entry(hubOwn, "other bytes than are served")
	writeService(t, n.registry.dir, "chat-third", 8103, map[string]any{"binaries": map[string]any{linux: entry(hubOwn, "")}})
	n.says("open: 1 file changed (comments: 0)", nil)
	n.says("open: 1 file changed (comments: 0)", func() { n.down["files.example.org"] = true })
	n.says("open: 1 file changed (comments: 0)", func() { n.down["files.example.org"] = false })
}

func TestTheFixNeverNamesTheFileThatIsWrong(t *testing.T) {
	n := newNights(t)
	n.night(nil)
	n.night(func() {
		n.commit = strings.Repeat("b", 40)
		n.registry.models["m.gguf"] = entry(hubModel, "the reviewed second version")
	})
	if body := n.api.Issues[0].Body; strings.Contains(body, strings.Repeat("a", 40)) {
		t.Errorf("the fix names the commit of bytes that nobody declared: %s", body)
	}
}

func TestWhatWeRefuseIsNotCalledDeleted(t *testing.T) {
	n := newNights(t, "INPUT_MAX-FILE-SIZE=10B")
	n.night(nil)
	if body := n.api.Issues[0].Body; strings.Contains(body, "deleted") || !strings.Contains(body, "max-file-size") {
		t.Errorf("the issue: %s", body)
	}
}
