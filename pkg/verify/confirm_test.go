package verify_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// stamping serves another body each time, framed by answer.
func stamping(t *testing.T, answer func(w http.ResponseWriter, n int64)) *host {
	t.Helper()
	h := &host{}
	h.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answer(w, h.requests.Add(1))
	}))
	t.Cleanup(h.Close)
	return h
}

// hangUp answers with a body that ends where the connection does.
func hangUp(w http.ResponseWriter, body string) {
	connection, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	defer connection.Close()
	fmt.Fprintf(buffered, "HTTP/1.0 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n%s", body)
	buffered.Flush()
}

func one(t *testing.T, h *host, a artifact.Artifact) verify.Result {
	t.Helper()
	results, _ := h.verifier(t).Run(t.Context(), verify.Plan([]artifact.Artifact{a}))
	return only(t, results)
}

func TestMismatchOfASmallFileIsConfirmedByAnotherDownload(t *testing.T) {
	h := serve(t, map[string]string{"/m": gguf})
	r := one(t, h, weight(h.URL+"/m", "m.gguf", sum("x")))
	if outcome(r) != "mismatch error:artifact/mismatch" || h.requests.Load() != 2 {
		t.Errorf("%s after %d requests", outcome(r), h.requests.Load())
	}
	if strings.Contains(r.Findings[0].Message, "anew") {
		t.Errorf("two equal downloads are called different: %s", r.Findings[0].Message)
	}
}

func TestFileMadeAnewEachTimeIsCalledThat(t *testing.T) {
	h := stamping(t, func(w http.ResponseWriter, n int64) { fmt.Fprintf(w, "\x00stamp %d", n) })
	r := one(t, h, weight(h.URL+"/m", "m", sum("x")))
	if outcome(r) != "mismatch error:artifact/mismatch" || !strings.Contains(r.Findings[0].Message, "makes the file anew each time") {
		t.Errorf("%s: %v", outcome(r), r.Findings)
	}
}

func TestABodyThatWasCutShortOnceIsTheDeclaredOneOnASecondLook(t *testing.T) {
	h := stamping(t, func(w http.ResponseWriter, n int64) {
		w.(http.Flusher).Flush() // so that nothing tells the length
		fmt.Fprint(w, gguf[:len(gguf)-2+2*int(min(n-1, 1))])
	})
	if r := one(t, h, weight(h.URL+"/m", "m.gguf", sum(gguf))); outcome(r) != "verified" {
		t.Errorf("%s: %v", outcome(r), r.Findings)
	}
}

func TestBodyWithoutAProvenEndIsNoMismatchUnlessItIsTheSameTwice(t *testing.T) {
	same := stamping(t, func(w http.ResponseWriter, n int64) { hangUp(w, "\x00same") })
	if r := one(t, same, weight(same.URL+"/m", "m", sum("x"))); r.Status != verify.Mismatch {
		t.Errorf("%s: %v", outcome(r), r.Findings)
	}
	cut := stamping(t, func(w http.ResponseWriter, n int64) { hangUp(w, "\x00same"[:4-n]) })
	r := one(t, cut, weight(cut.URL+"/m", "m", sum("x")))
	if outcome(r) != "unreachable error:artifact/unreachable" || !strings.Contains(r.Findings[0].Message, "cut short") {
		t.Errorf("%s: %v", outcome(r), r.Findings)
	}
}

func TestBodyWithoutAProvenEndThatIsShorterThanDeclaredIsIncomplete(t *testing.T) {
	h := stamping(t, func(w http.ResponseWriter, n int64) { hangUp(w, "\x00same") })
	a := weight(h.URL+"/m", "m", sum("x"))
	a.Size = &artifact.Field[int64]{Value: 100, Pointer: a.Pointer + "/size", Position: finding.Position{Line: 1, Column: 1}}
	if r := one(t, h, a); outcome(r) != "unreachable error:artifact/unreachable" || !strings.Contains(r.Findings[0].Message, "5 of the 100 bytes") {
		t.Errorf("%s: %v", outcome(r), r.Findings)
	}
}

func TestSwappedChecksumsAreCalledThat(t *testing.T) {
	h := serve(t, map[string]string{"/a": gguf, "/b": pickle})
	a, b := weight(h.URL+"/a", "a", sum(pickle)), weight(h.URL+"/b", "b", sum(gguf))
	results, _ := h.verifier(t).Run(t.Context(), verify.Plan([]artifact.Artifact{a, b}))
	f := results[0].Findings[len(results[0].Findings)-1]
	if results[0].Status != verify.Mismatch || !strings.Contains(f.Message, "declared for `/weights/b`: the two may be swapped") {
		t.Errorf("%s: %s", outcome(results[0]), f.Message)
	}
}

func TestEncodingThatNobodyAskedForIsNamed(t *testing.T) {
	h := stamping(t, func(w http.ResponseWriter, _ int64) {
		w.Header().Set("Content-Encoding", "gzip")
		fmt.Fprint(w, "\x1f\x8b\x08\x00")
	})
	r := one(t, h, weight(h.URL+"/m", "m", sum("x")))
	if r.Status != verify.Mismatch || !strings.Contains(r.Findings[0].Message, "Content-Encoding `gzip`, which was not asked for") {
		t.Errorf("%s: %v", outcome(r), r.Findings)
	}
}
