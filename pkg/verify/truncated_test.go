package verify_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// chunked answers with a body whose end is proven, and whose length nothing tells.
func chunked(w http.ResponseWriter, body string) {
	w.(http.Flusher).Flush()
	fmt.Fprint(w, body)
}

func TestChunkedBodyShorterThanDeclaredIsUnreachable(t *testing.T) {
	whole := gguf + strings.Repeat("x", 100)
	cut := whole[:50]
	for name, c := range map[string]struct {
		body     string
		checksum string
		want     string
	}{
		"cut, without a checksum":   {cut, "", "unreachable error:artifact/unreachable"},
		"cut, with the whole's":     {cut, sum(whole), "unreachable error:artifact/unreachable"},
		"cut, with the beginning's": {cut, sum(cut), "unreachable error:artifact/unreachable"},
		"whole":                     {whole, sum(whole), "verified"},
		"longer":                    {whole + "x", sum(whole), "mismatch error:artifact/mismatch error:artifact/size"},
		"a page":                    {page, sum(whole), "mismatch error:artifact/html-page error:artifact/mismatch error:artifact/size"},
		"a page without a checksum": {page, "", "invalid error:artifact/html-page error:artifact/size"},
	} {
		h := stamping(t, func(w http.ResponseWriter, _ int64) { chunked(w, c.body) })
		if r := one(t, h, sized(weight(h.URL+"/m", "m.bin", c.checksum), int64(len(whole)))); outcome(r) != c.want {
			t.Errorf("%s: %s, want %s", name, outcome(r), c.want)
		}
	}
}

func TestBodyCutOnceIsReadAgain(t *testing.T) {
	whole := gguf + strings.Repeat("x", 100)
	for _, checksum := range []string{"", sum(whole)} {
		h := stamping(t, func(w http.ResponseWriter, n int64) { chunked(w, whole[:min(50*int(n*n), len(whole))]) })
		r := one(t, h, sized(weight(h.URL+"/m", "m.gguf", checksum), int64(len(whole))))
		if r.Status.Failed() || r.Size != int64(len(whole)) || h.requests.Load() != 2 {
			t.Errorf("%s with %d bytes after %d requests", outcome(r), r.Size, h.requests.Load())
		}
	}
}

func TestBodyShorterThanItsHostPublishesIsUnreachable(t *testing.T) {
	whole := gguf + strings.Repeat("x", 100)
	cut := whole[:50]
	for name, c := range map[string]struct {
		web *web
		url string
	}{
		"X-Linked-Size": {huggingFace(cut, linked(whole)), hfURL},
		"the API":       {&web{files: map[string]served{assetURL: {body: cut, chunked: true}}, asset: vouch(whole)}, assetURL},
	} {
		for _, checksum := range []string{"", sum(whole), sum(cut)} {
			if got := c.web.run(t, false, nil, weight(c.url, "m.bin", checksum)); got != "unreachable error:artifact/unreachable" {
				t.Errorf("%s, checksum %q: %s", name, checksum, got)
			}
		}
	}
}

func TestFileThatItsHostContradictsIsNoBaseline(t *testing.T) {
	other := linked("uploaded again")
	other.Set("X-Linked-Size", fmt.Sprint(len(gguf)))
	if got := huggingFace(gguf, other).run(t, false, nil, weight(hfURL, "m.gguf", "")); got != "unreachable error:artifact/unreachable" {
		t.Errorf("Hugging Face: %s", got)
	}
	w := &web{files: map[string]served{assetURL: {body: machOArm}}, asset: vouch("x")}
	v := verify.Verifier{Fetcher: w, Concurrency: 1, Policy: verify.Policy{Server: "https://github.com"}, Hosts: verify.Hosts{Asset: w.Asset, AskOfAll: true}}
	results, _ := v.Run(t.Context(), verify.Plan([]artifact.Artifact{binary(assetURL, "")}))
	if outcome(only(t, results)) != "unreachable error:artifact/unreachable" || w.asked != 1 {
		t.Errorf("GitHub: %s after %d questions", outcome(results[0]), w.asked)
	}
	w.asset = hosts.Published{Size: -1}
	if results, _ = v.Run(t.Context(), verify.Plan([]artifact.Artifact{binary(assetURL, "")})); outcome(results[0]) != "unverified" {
		t.Errorf("GitHub says nothing: %s", outcome(results[0]))
	}
}

// interrupting serves half a file, then ranges, and by served the whole file from the third request for it on.
func interrupting(t *testing.T, content, served []byte, wrong func([]byte)) *host {
	t.Helper()
	wholes := 0
	return answering(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		if r.Header.Get("Range") != "" {
			mixed := bytes.Clone(content)
			wrong(mixed)
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(mixed))
			return
		}
		if wholes++; wholes > 1 {
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(served))
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		_, _ = w.Write(content[:len(content)/2])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
}

func TestAlarmOfABodyInPiecesIsDecidedByOneAnswer(t *testing.T) {
	content := bytes.Repeat([]byte("\x00\x01"), 40<<10)
	other := bytes.Repeat([]byte("\x00\x02"), 40<<10)
	spoil := func(b []byte) { b[len(b)-1] = '!' }
	for name, c := range map[string]struct {
		served []byte
		want   string
	}{
		"the file": {content, "verified"},
		"another":  {other, "mismatch error:artifact/mismatch"},
	} {
		h := interrupting(t, content, c.served, spoil)
		r := one(t, h, weight(h.URL+"/m", "m", sum(string(content))))
		if outcome(r) != c.want || r.Status == verify.Mismatch && (r.Digest.String() != sum(string(other)) || strings.Contains(r.Findings[0].Message, "second download")) {
			t.Errorf("%s: %s %v", name, outcome(r), r.Findings)
		}
	}
	h := interrupting(t, content, content, spoil)
	if r := one(t, h, weight(h.URL+"/m", "m", "")); r.Status != verify.Unverified || r.Digest.String() != sum(string(content)) {
		t.Errorf("a file that nobody declares: %s, observed %s", outcome(r), r.Digest)
	}
	h = interrupting(t, content, content, spoil)
	h.Config.Handler = brokenOff(h.Config.Handler)
	if r := one(t, h, weight(h.URL+"/m", "m", sum(string(content)))); outcome(r) != "unreachable error:artifact/unreachable" {
		t.Errorf("no answer is whole: %s", outcome(r))
	}
}

// brokenOff serves the first whole file and all ranges by next, and never another whole file.
func brokenOff(next http.Handler) http.HandlerFunc {
	wholes := 0
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Range") == "" {
			if wholes++; wholes > 1 {
				panic(http.ErrAbortHandler)
			}
		}
		next.ServeHTTP(w, r)
	}
}

// TestABodyInPiecesIsHeldAgainstWhatItsAnswersAnnounced has a file that breaks off, continues to its end under one validator, and
// is shorter in one answer.
func TestABodyInPiecesIsHeldAgainstWhatItsAnswersAnnounced(t *testing.T) {
	content := bytes.Repeat([]byte("\x00\x01"), 40<<10)
	for _, checksum := range []string{"", sum("x"), sum(string(content[:1000]))} {
		h := interrupting(t, content, content[:1000], func([]byte) {})
		if r := one(t, h, weight(h.URL+"/m", "m", checksum)); outcome(r) != "unreachable error:artifact/unreachable" {
			t.Errorf("checksum %q: %s, %d bytes", checksum, outcome(r), r.Size)
		}
	}
}

func TestABodyShorterThanWhatFastModeWasToldIsUnreachable(t *testing.T) {
	h := answering(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		if r.Method == http.MethodHead {
			w.Header().Set("Content-Length", "100")
			return
		}
		fmt.Fprint(w, gguf)
	})
	client := h.client(t, 1<<20)
	v := h.verifier(t)
	v.Fast, v.Hosts = true, verify.Hosts{Peek: client.Peek, MaxSize: 1 << 20}
	v.Baseline = func(string) verify.Baseline {
		return verify.Baseline{Observation: verify.Observation{Digest: digestOf("x"), Size: 50, ETag: `"1"`}}
	}
	results, _ := v.Run(t.Context(), verify.Plan([]artifact.Artifact{weight(h.URL+"/m", "m.gguf", sum("x"))}))
	if outcome(only(t, results)) != "unreachable error:artifact/unreachable" {
		t.Error(outcome(results[0]))
	}
}
