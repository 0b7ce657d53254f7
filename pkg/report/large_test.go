package report_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
	weakpointer "weak"

	"github.com/dustin/go-humanize"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// large is a run over so many files, of which every n-th is another than the declared one, and every file has something to warn of.
func large(files, nth int) report.Input {
	in := input()
	in.Run = report.Run{Event: "schedule", Repository: "acme/registry", HeadSHA: strings.Repeat("3", 40), ServerURL: "https://github.com"}
	in.Shard, in.Scope, in.Summary.Manifests = &report.Shard{Index: 1, Count: 1}, "all", files/5
	for i := range files {
		declared := digest.Digest{Algorithm: digest.SHA256, Sum: fmt.Sprintf("%064x", i)}
		a := artifact.Artifact{Manifest: fmt.Sprintf("chat-service-%06d/manifest.json", i/5), Pointer: fmt.Sprintf("/weights/model-%d.gguf", i%5),
			Position: finding.Position{Line: 10 + i%5*4, Column: 20}, Role: artifact.Weight,
			URL:      fmt.Sprintf("https://huggingface.co/acme/model-%06d/resolve/%040x/model-%d.gguf", i/5, i, i%5),
			Checksum: &artifact.Field[digest.Digest]{Value: declared, Position: finding.Position{Line: 11 + i%5*4, Column: 25}}}
		a.Checksum.Pointer = a.Pointer + "/checksum"
		r := verify.Result{Artifact: a, Status: verify.Verified, Observation: verify.Observation{Digest: declared, Size: 4 << 30,
			ETag: fmt.Sprintf("%q", fmt.Sprintf("%064x", i)), Commit: fmt.Sprintf("%040x", i)}, Format: "gguf", Source: verify.FromDownload}
		if i%nth == 0 {
			r.Status, r.Digest = verify.Mismatch, digestOf("a")
			r.Findings = []finding.Finding{finding.New(finding.ArtifactMismatch, a.Manifest, a.Checksum.Pointer, a.Checksum.Position,
				fmt.Sprintf("The file is not the one that was declared: the URL serves a gguf file of 4,294,967,296 bytes whose digest is `%s`, and `%s` is declared", r.Digest, declared), "")}
		}
		in.Results = append(in.Results, r)
	}
	return in
}

// GitHub's limits of what is uploaded and said
// (https://docs.github.com/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning).
const (
	maxSARIFResults   = 25_000
	shownSARIFResults = 5_000
	maxSARIFBytes     = 10 << 20 // with gzip
)

func zipped(data []byte) int {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(data)
	_ = w.Close()
	return b.Len()
}

// measured runs work and returns how long it took, and the most memory that lived meanwhile, in MiB.
func measured(work func()) string {
	runtime.GC()
	done, peak := make(chan struct{}), make(chan uint64)
	go func() {
		var most uint64
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse)
			select {
			case <-done:
				peak <- most
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	began := time.Now()
	work()
	took := time.Since(began)
	close(done)
	return fmt.Sprintf("%.2f s, %d MiB", took.Seconds(), <-peak>>20)
}

// TestLargeReportsFit builds, writes, reads, merges and renders reports. VERIFY_MANIFESTS_LARGE=1 does so at full size and logs
// the figures of docs/performance.md.
func TestLargeReportsFit(t *testing.T) {
	sizes := []int{200}
	if os.Getenv("VERIFY_MANIFESTS_LARGE") != "" {
		sizes = []int{1_000, 10_000, 100_000}
	}
	for _, files := range sizes {
		for _, nth := range []int{100, 1} { // one in a hundred is wrong; everything is
			largeReport(t, files, nth)
		}
	}
}

func largeReport(t *testing.T, files, nth int) {
	var r, merged *report.Report
	var written, sarif, html bytes.Buffer
	var err error
	say := func(what string, work func() int) {
		t.Helper()
		n := 0
		took := measured(func() { n = work() })
		t.Logf("%6d files, %6d wrong: %-8s %10d bytes, %s", files, files/nth, what, n, took)
	}
	say("build", func() int { r = report.Build(large(files, nth)); return 0 })
	say("write", func() int { err = r.WriteJSON(&written); return written.Len() })
	say("merge", func() int {
		if r, err = report.Read(bytes.NewReader(written.Bytes())); err == nil {
			var in report.Input
			in, err = report.Merge([]report.Named{{Name: "part", Report: r}})
			merged = report.Build(in)
		}
		return 0
	})
	if err != nil {
		t.Fatal(err)
	}
	for limit, text := range map[int]func() string{60_000: func() string { return merged.Markdown(60_000) }, 1 << 20: func() string { return merged.Markdown(1 << 20) }} {
		say("markdown", func() int {
			n := len(text())
			if n > limit || files >= 10_000 && nth == 1 && n < limit*9/10 {
				t.Errorf("%d files in Markdown have %d bytes, of %d", files, n, limit)
			}
			return n
		})
	}
	say("sarif", func() int { err = merged.WriteSARIF(&sarif); return sarif.Len() })
	if n, size := strings.Count(sarif.String(), `"ruleIndex"`), zipped(sarif.Bytes()); err != nil || n > maxSARIFResults || size > maxSARIFBytes || n != min(files/nth, shownSARIFResults) {
		t.Errorf("%d files: SARIF has %d results and %d bytes with gzip, %v", files, n, size, err)
	}
	say("html", func() int { err = merged.WriteHTML(&html, nil); return html.Len() })
	if more := "Not shown: " + humanize.Comma(int64(files-10_000)) + " more files, which"; err != nil || html.Len() > 20<<20 || files > 10_000 && !strings.Contains(html.String(), more) {
		t.Errorf("%d files: the page has %d bytes, and has to say %q; %v", files, html.Len(), more, err)
	}
}

func TestAReportKeepsNothingOfTheResultsButWhatItSays(t *testing.T) {
	text := new([1 << 16]byte)
	alive := weakpointer.Make(text)
	r := report.Build(report.Input{Results: []verify.Result{{Observation: verify.Observation{Size: 1}, Text: text[:]}}})
	runtime.GC()
	if alive.Value() != nil {
		t.Error("the text of a bundle is kept")
	}
	runtime.KeepAlive(r)
}
