package cli_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/github/githubtest"
	"github.com/premAI-io/verify-manifests/pkg/report"
)

// sources counts the artifacts of a report by where their digest comes from.
func sources(r report.Report) string {
	counts := map[string]int{}
	for _, a := range r.Artifacts {
		counts[string(a.Source)]++
	}
	var words []string
	for source, n := range counts {
		words = append(words, fmt.Sprintf("%s %d", source, n))
	}
	slices.Sort(words)
	return strings.Join(words, ", ")
}

// calls counts the releases that GitHub's API was asked for.
func (s *scan) calls() (n int) {
	for _, r := range s.api.Requests() {
		if strings.Contains(r.Path, "/releases/tags/") {
			n++
		}
	}
	return n
}

// weightsOfOne is how many weights a service of a large registry has: a manifest has at most 1 MiB.
const weightsOfOne = 1_000

// largeRegistry returns the folder of a registry with files at so many URLs, and a fast scan of it that has run once. Of
// three files one is on Hugging Face and one among the hundred of a GitHub release, which publish digests; the third
// is on a host that has only validators.
func largeRegistry(t testing.TB, urls int) (*scan, string) {
	t.Helper()
	s := &scan{hub: newHub(t), api: githubtest.New(), inputs: []string{"INPUT_MODE=fast", "INPUT_STATE-FILE=" + filepath.Join(t.TempDir(), "state.json")}}
	t.Cleanup(s.api.Close)
	dir := t.TempDir()
	for first := 0; first < urls; first += weightsOfOne {
		weights := map[string]any{}
		for i := first; i < min(first+weightsOfOne, urls); i++ {
			name, body, tag := fmt.Sprintf("%d.gguf", i), fmt.Sprintf("GGUF\x03\x00\x00\x00%020d", i), fmt.Sprintf("v1.%d.0", i/300)
			at := []string{"huggingface.co/acme/m/resolve/main/", "github.com/acme/s/releases/download/" + tag + "/", "files.example.org/"}[i%3] + name
			s.files[at], weights[name] = body, entry(at, body)
			if i%3 == 1 {
				release := "acme/s/" + tag
				s.api.Releases[release] = append(s.api.Releases[release], githubtest.Asset{Name: name, Digest: sha256Of(body).String(), Size: int64(len(body))})
			}
		}
		writeService(t, dir, fmt.Sprintf("chat-%d", first), 8100+first/weightsOfOne, map[string]any{"weights": weights})
	}
	s.run(t, dir, 1)
	s.requests, s.bytes = 0, 0
	return s, dir
}

func TestAFastScanAsksOnceOfEachURLAndReadsNothing(t *testing.T) {
	t.Parallel()
	const urls = 300
	s, dir := largeRegistry(t, urls)
	first := s.calls()
	s.run(t, dir, 2)
	if got, want := sources(s.report), fmt.Sprintf("cache %d, host %d", urls/3, 2*urls/3); got != want || s.report.Summary.Verified != urls {
		t.Errorf("got %s, want %s; %+v", got, want, s.report.Summary)
	}
	calls := s.calls() - first
	if s.requests != urls || calls != urls/300 || s.bytes != 0 || s.report.Summary.Bytes != 0 {
		t.Errorf("%d requests, %d calls and %d bytes for %d URLs", s.requests, calls, s.bytes, urls)
	}
}

// BenchmarkFastScan scans registries in which nothing changed.
func BenchmarkFastScan(b *testing.B) {
	for _, urls := range []int{100, 1_000, 10_000} {
		b.Run(fmt.Sprintf("urls=%d", urls), func(b *testing.B) {
			s, dir := largeRegistry(b, urls)
			first := s.calls()
			for b.Loop() {
				s.run(b, dir, 2)
			}
			b.ReportMetric(float64(s.requests)/float64(b.N), "requests/op")
			b.ReportMetric(float64(s.calls()-first)/float64(b.N), "calls/op")
			b.ReportMetric(float64(s.bytes)/float64(b.N), "file-bytes/op")
		})
	}
}
