package report_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with testdata/name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func digestOf(fill string) digest.Digest {
	return digest.Digest{Algorithm: digest.SHA256, Sum: strings.Repeat(fill, 64)}
}

type digestType = digest.Digest

const service = "chat-gorilla/manifest.json"

// named is a binary or, without a platform, a weight.
func named(pointer, platform, url string, line int) artifact.Artifact {
	a := artifact.Artifact{Manifest: service, Pointer: pointer, Platform: platform, URL: url,
		Role: artifact.Binary, Position: finding.Position{Line: line, Column: 16}}
	if platform == "" {
		a.Role = artifact.Weight
	}
	return a
}

// declare gives the artifact a checksum on the line below its URL.
func declare(a artifact.Artifact, d digest.Digest) artifact.Artifact {
	a.Checksum = &artifact.Field[digest.Digest]{Value: d, Pointer: a.Pointer + "/checksum",
		Position: finding.Position{Line: a.Position.Line + 1, Column: 21}}
	return a
}

func about(a artifact.Artifact, rule, message string) finding.Finding {
	return a.Finding(rule, message, "")
}

func verified() verify.Result {
	a := declare(named("/binaries/x86_64-apple-darwin", "x86_64-apple-darwin", "https://github.com/acme/gorilla/releases/download/v1.2.0/gorilla-x86_64", 14), digestOf("a"))
	return verify.Result{Artifact: a, Status: verify.Verified, Observation: verify.Observation{Digest: digestOf("a"), Size: 12_345_678}, Format: "mach-o x86_64", Source: verify.FromDownload}
}

func mismatch() verify.Result {
	a := declare(named("/binaries/aarch64-apple-darwin", "aarch64-apple-darwin", "https://github.com/acme/gorilla/releases/download/v1.2.0/gorilla-aarch64", 10), digestOf("b"))
	f := differs(a, digestOf("c"))
	return verify.Result{Artifact: a, Status: verify.Mismatch, Observation: verify.Observation{Digest: digestOf("c"), Size: 11_222_333}, Format: "mach-o arm64", Source: verify.FromDownload, Findings: []finding.Finding{f}}
}

func invalid() verify.Result {
	a := named("/weights/models~1gorilla.gguf", "", "https://huggingface.co/acme/gorilla/blob/main/gorilla.gguf", 20)
	f := about(a, finding.ArtifactHTMLPage, "The URL serves an HTML page titled `Log in – Hugging Face` instead of the file")
	f.Fix = "Use https://huggingface.co/acme/gorilla/resolve/main/gorilla.gguf"
	return verify.Result{Artifact: a, Status: verify.Invalid, Observation: verify.Observation{Digest: digestOf("d"), Size: 4_096}, Format: "html", Source: verify.FromDownload, Findings: []finding.Finding{f}}
}

func unavailable() verify.Result {
	a := declare(named("/weights/tokenizer.json", "", "https://huggingface.co/acme/gorilla/resolve/main/tokenizer.json", 24), digestOf("e"))
	return verify.Result{Artifact: a, Status: verify.Unavailable, Observation: verify.Observation{Size: -1}, Findings: []finding.Finding{
		about(a, finding.ArtifactUnavailable, "The server answers 404 Not Found")}}
}

func unchecked() verify.Result {
	a := named("/binaries/x86_64-unknown-linux-gnu", "x86_64-unknown-linux-gnu", "https://dl.example.org/gorilla-linux", 17)
	return verify.Result{Artifact: a, Status: verify.Unverified, Observation: verify.Observation{Digest: digestOf("f"), Size: 9_000_000}, Format: "elf x86_64", Source: verify.FromDownload, Findings: []finding.Finding{
		about(a, finding.ArtifactMissingChecksum, "No checksum is declared, so a replaced file goes unnoticed")}}
}

func excused() verify.Result {
	a := named("/weights/adapter.safetensors", "", "https://huggingface.co/acme/gorilla/resolve/main/adapter.safetensors", 28)
	return verify.Result{Artifact: a, Status: verify.Unverified, Observation: verify.Observation{Digest: digestOf("9"), Size: 4_815_162_342}, Format: "safetensors", Source: verify.FromDownload,
		Note: "weights in the safetensors format, which contains no code"}
}

var (
	weak = finding.New(finding.ChecksumWeak, "coder-x/manifest.json", "/binaries/aarch64-apple-darwin/checksum", finding.Position{Line: 8, Column: 21}, "The checksum is a SHA-1", "")
	unit = finding.New(finding.SignatureUnverified, "coder-x/manifest.json", "/binaries/aarch64-apple-darwin/signature", finding.Position{Line: 9, Column: 22}, "The signature was not checked: no public key is configured", "")
)

// input is what a run over a pull request has found.
func input(results ...verify.Result) report.Input {
	in := report.Input{Results: results, Report: report.Report{
		Tool: report.Tool{Version: "1.0.0"}, Scope: "changed", Mode: "full", Summary: report.Summary{Manifests: 1}, Complete: true,
		Run: report.Run{Event: "pull_request", Repository: "acme/registry", PullRequest: 7, HeadSHA: strings.Repeat("0123456789", 4),
			RunID: 4242, RunAttempt: 1, ServerURL: "https://github.com"},
	}}
	for _, r := range results {
		in.Summary.Bytes += max(0, r.Size)
	}
	return in
}

// mixed is a run that found something of everything.
func mixed() report.Input {
	in := input(excused(), verified(), mismatch(), invalid(), unavailable(), unchecked())
	in.Summary.Manifests = 2
	in.Findings = []finding.Finding{unit, weak}
	return in
}

// rendered is a report in one of its forms.
func rendered(t testing.TB, r *report.Report, form string) string {
	t.Helper()
	var b strings.Builder
	write := map[string]func() error{
		"text":        func() error { return r.WriteText(&b, report.TextOptions{}) },
		"colour":      func() error { return r.WriteText(&b, report.TextOptions{Color: true}) },
		"verbose":     func() error { return r.WriteText(&b, report.TextOptions{Verbose: true}) },
		"folds":       func() error { return r.WriteText(&b, report.TextOptions{Folds: true}) },
		"findings":    func() error { return r.WriteFindings(&b, report.TextOptions{}) },
		"annotations": func() error { return r.Annotate(&b, nil) },
		"page":        func() error { return r.WriteHTML(&b, nil) },
		"badge":       func() error { return r.WriteBadge(&b) },
		"sarif":       func() error { return r.WriteSARIF(&b) },
	}[form]
	switch form {
	case "comment":
		return r.Markdown(commentLimit)
	case "unmarked":
		return strings.ReplaceAll(r.Markdown(commentLimit), "*", "")
	case "summary":
		return r.JobSummary(commentLimit)
	case "headline":
		return r.Headline()
	}
	if err := write(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func markdown(in report.Input) string { return report.Build(in).Markdown(commentLimit) }
