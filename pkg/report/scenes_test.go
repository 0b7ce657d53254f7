package report_test

import (
	"fmt"
	"slices"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// logIn is a binary with a checksum whose URL serves a page.
func logIn() verify.Result {
	r := mismatch()
	page := about(r.Artifact, finding.ArtifactHTMLPage, "The URL serves an HTML page titled `Sign in to Acme Drive` instead of the file")
	page.Fix = "Open the URL in a private browser window to see the page. Then use a URL that downloads the file without a browser, a log-in or a consent"
	r.Format = "html"
	r.Findings = []finding.Finding{page, r.Findings[0]}
	r.Findings[1].Fix = "Fix the URL first. Don't change the checksum yet"
	return r
}

// elsewhere moves a result to the manifest of another service.
func elsewhere(r verify.Result, service string) verify.Result {
	r.Artifact.Manifest = service + "/manifest.json"
	r.Findings = slices.Clone(r.Findings)
	for i := range r.Findings {
		r.Findings[i].Manifest = r.Artifact.Manifest
	}
	return r
}

// alike is a registry with two hosts down, of whose files a few are served by others.
func alike(n int) report.Input {
	var results []verify.Result
	for i := range n {
		host, why := "huggingface.co", "The host `huggingface.co` could not be found: `no such host`"
		if i%3 == 2 {
			host, why = "dl.example.org", "The server `dl.example.org` answered 503 Service Unavailable"
		}
		a := declare(named(fmt.Sprintf("/weights/part-%d.gguf", i%5), "", fmt.Sprintf("https://%s/acme/m%d/resolve/v1/part-%d.gguf", host, i/5, i%5), 20+4*(i%5)), digestOf("e"))
		r := verify.Result{Artifact: a, Status: verify.Unreachable, Observation: verify.Observation{Size: -1}, Findings: []finding.Finding{about(a, finding.ArtifactUnreachable, why)}}
		results = append(results, elsewhere(r, fmt.Sprintf("chat-model-%02d", i/5)))
	}
	in := input(append(results, verified())...)
	in.Summary.Manifests, in.Scope = 28, "all"
	in.Run.Event, in.Run.PullRequest = "schedule", 0
	return in
}

// different is n files that are n times something else than was declared.
func different(n int) report.Input {
	var results []verify.Result
	for i := range n {
		service := fmt.Sprintf("chat-model-%03d", i)
		r := mismatch()
		declared, served := digestOf("b"), digestOf("c")
		declared.Sum = fmt.Sprintf("%016x", uint64(i+1)*0x9e3779b97f4a7c15) + declared.Sum[16:]
		served.Sum = fmt.Sprintf("%016x", uint64(i+1)*0xbf58476d1ce4e5b9) + served.Sum[16:]
		r.Artifact.URL = "https://github.com/acme/" + service + "/releases/download/v1.2.0/" + service + "-aarch64"
		r.Artifact.Checksum = &artifact.Field[digestType]{Value: declared, Pointer: r.Artifact.Checksum.Pointer, Position: r.Artifact.Checksum.Position}
		r.Digest = served
		r.Findings = []finding.Finding{differs(r.Artifact, served)}
		results = append(results, elsewhere(r, service))
	}
	in := input(results...)
	in.Summary.Manifests = n
	return in
}

// differs is what verify reports of a file that is not the declared one.
func differs(a artifact.Artifact, served digestType) finding.Finding {
	return finding.New(finding.ArtifactMismatch, a.Manifest, a.Checksum.Pointer, a.Checksum.Position,
		"The file is not the declared one: the URL serves a Mach-O arm64 executable of 11,222,333 bytes", "").
		Comparing("declared", a.Checksum.Value.String(), "served", served.String(), "")
}

// imageResults are what runs find of images: a registry may announce no size, and serve something that is no image.
func imageResults() []verify.Result {
	one := digestOf("1")
	results := []verify.Result{
		{Status: verify.Verified, Source: verify.FromHost, Observation: verify.Observation{Digest: one, Size: -1}},
		{Status: verify.Verified, Source: verify.FromDownload, Observation: verify.Observation{Digest: one, Size: 7}},
		{Status: verify.Mismatch, Source: verify.FromDownload, Observation: verify.Observation{Digest: digestOf("2"), Size: -1}},
		{Status: verify.Invalid, Source: verify.FromDownload, Observation: verify.Observation{Digest: one, Size: 7}},
		{Status: verify.Invalid, Observation: verify.Observation{Size: -1}},
		{Status: verify.Unavailable, Observation: verify.Observation{Size: -1}},
	}
	for i := range results {
		a := declare(named(fmt.Sprintf("/dockerImages/%d", i), "", "docker.io/library/redis:7", 3), one)
		a.Role = artifact.Image
		results[i].Artifact = a
	}
	return results
}
