package cli_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/cli"
	"github.com/premAI-io/verify-manifests/pkg/github/githubtest"
)

const (
	// largeVariable asks for the big registry at full size, whose figures docs/performance.md holds; else it is a small one.
	largeVariable = "VERIFY_MANIFESTS_LARGE"
	// processVariable makes the test binary the program, of a runner's own: it names the file of its authority.
	processVariable = "VERIFY_MANIFESTS_PROCESS"
)

func TestMain(m *testing.M) {
	if name := os.Getenv(processVariable); name != "" {
		os.Exit(process(name))
	}
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0"); err != nil { // with -race every process would end with a second of sleep
		panic(err)
	}
	os.Exit(m.Run())
}

// process is the program in a process of its own, in the internet of a test.
func process(authorities string) int {
	roots := x509.NewCertPool()
	text, err := os.ReadFile(authorities)
	if err != nil || !roots.AppendCertsFromPEM(text) {
		return cli.ExitFailure
	}
	code := cli.Main(context.Background(), cli.Env{
		Stdout: os.Stdout, Stderr: os.Stderr, RootCAs: roots, Now: night(2), Environ: os.Environ(),
		Resolver: &net.Resolver{PreferGo: true, Dial: noDNS}, Sleep: patience(),
	})
	status, _ := os.ReadFile("/proc/self/status") // rusage begins with what the parent had
	fmt.Fprintf(os.Stderr, "%s\n", peakLine.Find(status))
	return code
}

// patience is how a process waits: a tenth as long as it is told where the registry is small, since the hosts are as patient.
func patience() func(context.Context, time.Duration) error {
	if os.Getenv(largeVariable) != "" {
		return nil
	}
	return func(ctx context.Context, d time.Duration) error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), d/10)
		defer cancel()
		<-ctx.Done()
		return nil
	}
}

// peakLine is a process's peak of resident memory, in KiB (proc_pid_status(5)).
var peakLine = regexp.MustCompile(`VmHWM:\s*([0-9]+) kB`)

// runners is a registry that shards scan, each in a process of its own.
type runners struct {
	*scan
	dir         string // of the registry
	out         string // of plan and reports
	authorities string
}

func (r *runners) file(name string) string { return filepath.Join(r.out, name) }

// in runs the program in a process of its own, and returns what it printed and its peak of memory, in MiB.
func (r *runners) in(dir, reportFile string, inputs ...string) (out string, peak int64, err error) {
	var printed bytes.Buffer
	cmd := exec.Command(os.Args[0])
	cmd.Stdout, cmd.Stderr = &printed, &printed
	cmd.Env = []string{processVariable + "=" + r.authorities, largeVariable + "=" + os.Getenv(largeVariable)}
	given := append(inputs, r.environ(dir, 2, r.file(reportFile))...)
	named := map[string]bool{}
	for _, each := range given { // the first of a name counts
		if name, _, _ := strings.Cut(each, "="); !named[name] {
			named[name] = true
			cmd.Env = append(cmd.Env, each)
		}
	}
	if err := cmd.Run(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() > cli.ExitFindings {
		return printed.String(), 0, err
	}
	if found := peakLine.FindStringSubmatch(printed.String()); found != nil {
		peak, _ = strconv.ParseInt(found[1], 10, 64)
	}
	return printed.String(), peak >> 10, nil
}

// scanned plans for eight shards, runs them at once, merges them, and logs what it took.
func (r *runners) scanned(t *testing.T, files int, plan time.Duration) {
	t.Helper()
	const count = 8
	began, calls := time.Now(), len(r.api.Requests())
	step := func(what string, peak int64) {
		r.set(func() {
			t.Logf("%-24s %6.1f s, %4d MiB, %6d requests, %4d calls of the API, %d bytes of files", what, time.Since(began).Seconds(), peak, r.requests, len(r.api.Requests())-calls, r.bytes)
			began, calls, r.requests, r.bytes = time.Now(), len(r.api.Requests()), 0, 0
		})
	}
	out, peak, err := r.in(r.dir, "none.json", "INPUT_PLAN="+plan.String(), "INPUT_PLAN-FILE="+r.file("plan.json"))
	if !strings.Contains(out, `{"shard":"8/8"}]}`) || err != nil {
		t.Fatalf("the plan: %v; %s", err, out)
	}
	step("plan", peak)
	var group sync.WaitGroup
	peaks := make([]int64, count)
	for i := range count {
		group.Go(func() {
			part := fmt.Sprintf("part-%d.json", i+1)
			out, peak, err := r.in(r.out, part, fmt.Sprintf("INPUT_SHARD=%d/%d", i+1, count), "INPUT_PLAN-FILE="+r.file("plan.json"), "INPUT_FAIL-ON=never")
			if peaks[i] = peak; err != nil {
				t.Errorf("shard %d: %v; %s", i+1, err, out)
			}
		})
	}
	group.Wait()
	if n := len(r.api.Requests()) - calls; n > 0 {
		t.Errorf("the shards made %d calls of the API", n)
	}
	step("8 shards (the largest)", slices.Max(peaks))
	out, peak, err = r.in(r.out, "merged.json", "INPUT_MERGE="+r.file("part-*.json"), "INPUT_PLAN-FILE="+r.file("plan.json"), "INPUT_FAIL-ON=never")
	if err != nil {
		t.Fatalf("the merge: %v; %s", err, out)
	}
	step("merge", peak)
	r.report = writtenReport(t, r.file("merged.json"), bytes.NewBufferString(out))
	if r.report.Summary.Artifacts != files || !r.report.Complete {
		t.Errorf("%+v, want %d files", r.report.Summary, files)
	}
	for _, name := range []string{"plan.json", "part-1.json", "merged.json"} {
		info, err := os.Stat(r.file(name))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%-12s %d bytes", name, info.Size())
	}
}

func newRunners(t *testing.T, s *scan, dir string) *runners {
	t.Helper()
	r := &runners{scan: s, dir: dir, out: t.TempDir()}
	r.authorities = r.file("authorities.pem")
	if err := os.WriteFile(r.authorities, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.authority.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return r
}

// limits turns a burst of requests away as hosts do: with a time to wait and without, by 429 and by 403.
func limits(first, n int) func(http.ResponseWriter, int) bool {
	return func(w http.ResponseWriter, request int) bool {
		if request < first || request >= first+n {
			return false
		}
		if request%2 == 0 {
			w.Header().Set("Retry-After", "1")
		}
		w.WriteHeader(http.StatusTooManyRequests)
		return true
	}
}

// TestABigRegistryIsScannedByEightProcesses plays a fast night over many URLs, a third each on Hugging Face, in releases and on a host
// with validators only; hosts and GitHub limit the rate in the middle, three files are replaced and two are gone.
func TestABigRegistryIsScannedByEightProcesses(t *testing.T) {
	t.Parallel()
	urls := 600
	if os.Getenv(largeVariable) != "" {
		urls = 100_000
	}
	began := time.Now()
	s, dir := largeRegistry(t, urls)
	t.Logf("%d URLs; the first night, by one process, takes %.1f s", urls, time.Since(began).Seconds())
	r := newRunners(t, s, dir)
	s.set(func() {
		s.files["files.example.org/2.gguf"] += "replaced"
		s.files["huggingface.co/acme/m/resolve/main/0.gguf"] += "replaced"
		s.files["huggingface.co/acme/m/resolve/main/3.gguf"] += "replaced"
		s.files["files.example.org/5.gguf"], s.files["files.example.org/8.gguf"] = "", ""
		s.refuse = limits(urls/3, 20)
	})
	release := "GET /repos/{owner}/{repo}/releases/tags/{tag}"
	s.api.Fail(release, githubtest.Fault{Status: 403, Message: "You have exceeded a secondary rate limit.", Header: http.Header{"Retry-After": {"1"}}},
		githubtest.Fault{Status: 429, Header: http.Header{"Retry-After": {"1"}}}, githubtest.Fault{Status: 403, Message: "You have exceeded a secondary rate limit."}, githubtest.Fault{Status: 429})
	perShard := time.Duration(float64(urls) * 5e6 / 400e9 / 7.5 * float64(time.Hour))
	r.scanned(t, urls, perShard)
	if sum := r.report.Summary; sum.Verified != urls-5 || sum.Mismatch != 3 || sum.Unavailable != 2 {
		t.Errorf("%+v", sum)
	}
	if got, want := strings.Split(s.word(), "\n")[0], "open: Manifest drift: 3 files changed, 2 files are gone (comments: 0)"; got != want {
		t.Errorf("the issue says %s, want %s", got, want)
	}
	t.Logf("the issue: %s", strings.Split(s.word(), "\n")[0])
	if info, err := os.Stat(strings.TrimPrefix(s.inputs[1], "INPUT_STATE-FILE=")); err == nil {
		t.Logf("the state: %d bytes", info.Size())
	}
}

// TestManyBodiesAreReadByEightProcesses reads every byte of many files.
func TestManyBodiesAreReadByEightProcesses(t *testing.T) {
	t.Parallel()
	files, size := 48, 64<<10
	if os.Getenv(largeVariable) != "" {
		files, size = 2_000, 1<<20
	}
	s := &scan{hub: newHub(t), api: githubtest.New(), inputs: []string{"INPUT_MODE=full", "INPUT_STATE-FILE=" + filepath.Join(t.TempDir(), "state.json")}}
	t.Cleanup(s.api.Close)
	random := make([]byte, size+files)
	for i := range random {
		random[i] = byte(rand.Uint32())
	}
	dir, text := t.TempDir(), string(random)
	weights := map[string]any{}
	for i := range files {
		at := fmt.Sprintf("files.example.org/%d.bin", i)
		weights[fmt.Sprintf("%d.bin", i)] = entry(at, text[i:i+size])
		s.set(func() { s.files[at] = text[i : i+size] })
	}
	writeService(t, dir, "chat-many", 8100, map[string]any{"weights": weights})
	r := newRunners(t, s, dir)
	s.set(func() { s.refuse = limits(files/2, 20) })
	r.scanned(t, files, time.Duration(float64(files)*(5e6+float64(size))/400e9/7.5*float64(time.Hour)))
	if sum := r.report.Summary; sum.Verified != files || sum.Bytes != int64(files*size) {
		t.Errorf("%+v", sum)
	}
}
