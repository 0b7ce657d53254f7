package cli_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/cli"
)

// runnerVariable makes the test binary the program, on a runner of its own: it names the file of its authority.
const runnerVariable = "VERIFY_MANIFESTS_RUNNER"

func TestMain(m *testing.M) {
	authority, err := os.ReadFile(os.Getenv(runnerVariable))
	if err != nil {
		os.Exit(m.Run())
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	code := cli.Main(context.Background(), cli.Env{
		Stdout: os.Stdout, Stderr: os.Stderr, RootCAs: roots, Environ: os.Environ(),
		Now:      func() time.Time { return time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC) },
		Resolver: noDNS,
	})
	status, _ := os.ReadFile("/proc/self/status")
	fmt.Fprintf(os.Stderr, "%s\n", peakMemory.Find(status))
	os.Exit(code)
}

// peakMemory is a process's peak of resident memory, in KiB (proc_pid_status(5)). What rusage has begins with the parent's.
var peakMemory = regexp.MustCompile(`VmHWM:\s*([0-9]+) kB`)

// BenchmarkEightRunners scans a large registry, in which three files were replaced and two are gone, on eight runners at once, each a
// process of its own. It reports for each step its seconds, its requests and the largest process, in MiB.
func BenchmarkEightRunners(b *testing.B) {
	const urls, runners = 100_000, 8
	s, dir := largeRegistry(b, urls)
	out := b.TempDir()
	file := func(name string) string { return filepath.Join(out, name) }
	if err := os.WriteFile(file("authority.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.authority.Raw}), 0o600); err != nil {
		b.Fatal(err)
	}
	s.files["files.example.org/2.gguf"] += "replaced"
	s.files["huggingface.co/acme/m/resolve/main/0.gguf"] += "replaced"
	s.files["huggingface.co/acme/m/resolve/main/3.gguf"] += "replaced"
	s.files["files.example.org/5.gguf"], s.files["files.example.org/8.gguf"] = "", ""
	run := func(report string, inputs ...string) (peak float64) {
		var said bytes.Buffer
		cmd := exec.Command(os.Args[0])
		cmd.Stdout, cmd.Stderr, cmd.Dir = &said, &said, out
		inputs = append(inputs, runnerVariable+"="+file("authority.pem"), "INPUT_PLAN-FILE="+file("plan.json"), "INPUT_FAIL-ON=never")
		cmd.Env = s.environ(dir, 2, file(report), inputs)
		slices.Reverse(cmd.Env) // the last of a name counts
		if err := cmd.Run(); err != nil {
			b.Errorf("%v\n%s", err, said.String())
		}
		if m := peakMemory.FindSubmatch(said.Bytes()); m != nil {
			peak, _ = strconv.ParseFloat(string(m[1]), 64)
		}
		return peak / 1024
	}
	step := func(name string, work func() (peak float64)) {
		began, requests, calls := time.Now(), s.requests, s.calls()
		peak := work()
		b.ReportMetric(time.Since(began).Seconds(), name+"-s")
		b.ReportMetric(peak, name+"-MiB")
		b.ReportMetric(float64(s.requests-requests), name+"-requests")
		b.ReportMetric(float64(s.calls()-calls), name+"-calls")
	}
	b.ResetTimer()
	step("plan", func() float64 {
		return run("plan-report.json", "INPUT_PLAN="+time.Duration(float64(urls)*5e6/400e9/(runners-0.5)*float64(time.Hour)).String())
	})
	step("shards", func() float64 {
		peaks := make([]float64, runners)
		var group sync.WaitGroup
		for i := range runners {
			group.Go(func() {
				peaks[i] = run(fmt.Sprintf("part-%d.json", i), fmt.Sprintf("INPUT_SHARD=%d/%d", i+1, runners))
			})
		}
		group.Wait()
		return slices.Max(peaks)
	})
	step("merge", func() float64 { return run("merged.json", "INPUT_MERGE="+file("part-*.json")) })
}
