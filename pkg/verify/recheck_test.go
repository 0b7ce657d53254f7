package verify_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// stamping starts a host that answers the n-th request, from 1, as answer does.
func stamping(t *testing.T, answer func(w http.ResponseWriter, n int64)) *host {
	t.Helper()
	var n atomic.Int64
	return answering(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, n.Add(1)) })
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

// TestTwoDownloads plays the table of docs/security.md: what a file ends as whose first download is not the declared one.
func TestTwoDownloads(t *testing.T) {
	type answer func(w http.ResponseWriter)
	framed := func(body, etag string) answer {
		return func(w http.ResponseWriter) {
			if etag != "" {
				w.Header().Set("ETag", etag)
			}
			w.Header().Set("Content-Length", fmt.Sprint(len(body)))
			fmt.Fprint(w, body)
		}
	}
	chunks := func(body string) answer { return func(w http.ResponseWriter) { chunked(w, body) } }
	open := func(body string) answer { return func(w http.ResponseWriter) { hangUp(w, body) } }
	broken := func(w http.ResponseWriter) { panic(http.ErrAbortHandler) }
	const right, short, long, other = "\x00the file", "\x00the f", "\x00the file and more", "\x00another of 20 bytes"
	const mismatch, unreachable = "mismatch error:artifact/mismatch", "unreachable error:artifact/unreachable"
	const isRight, isAnew, contradicts = "A second download was the declared file", "generates the file for each request", "under the same validator"
	for name, c := range map[string]struct {
		first, second answer
		want, says    string // says: what the message has to hold; "" is nothing of a second download
	}{
		"the same bytes":                             {framed(other, ""), framed(other, ""), mismatch, ""},
		"the second breaks off":                      {framed(other, ""), broken, mismatch, ""},
		"longer, then right":                         {framed(long, ""), framed(right, ""), mismatch, isRight},
		"shorter, then right":                        {framed(short, ""), framed(right, ""), mismatch, isRight},
		"other bytes, then right, by its connection": {framed(other, ""), open(right), mismatch, isRight},
		"other bytes each time":                      {framed(short, `"1"`), framed(other, `"2"`), mismatch, isAnew},
		"other bytes under one validator":            {framed(short, `"1"`), framed(other, `"1"`), mismatch, contradicts},
		"other bytes, then what may be cut":          {framed(other, ""), open(short), mismatch, ""},
		"chunked, shorter, then right":               {chunks(short), framed(right, ""), "verified", ""},
		"chunked, longer, then right":                {chunks(long), framed(right, ""), mismatch, isRight},
		"open, the same bytes":                       {open(other), open(other), mismatch, ""},
		"open, then right":                           {open(short), open(right), "verified", ""},
		"open and longer, then right":                {open(long), framed(right, ""), "verified", ""},
		"open, then framed":                          {open(short), framed(other, ""), mismatch, ""},
		"open, then other bytes, open":               {open(other), open(short), unreachable, "cut short"},
		"open, then broken":                          {open(other), broken, unreachable, ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := stamping(t, func(w http.ResponseWriter, n int64) {
				if n == 1 {
					c.first(w)
				} else {
					c.second(w)
				}
			})
			r := one(t, h, weight(h.URL+"/m", "m", sum(right)))
			text := fmt.Sprint(r.Findings)
			if outcome(r) != c.want || !strings.Contains(text, c.says) || c.says == "" && strings.Contains(text, "second download") {
				t.Errorf("%s: %s", outcome(r), text)
			}
		})
	}
}

func TestTheEarlierFileOnASecondDownloadIsTold(t *testing.T) {
	h := stamping(t, func(w http.ResponseWriter, n int64) { fmt.Fprint(w, "\x00file"[:5-int(n%2)]) })
	v := h.verifier(t)
	v.Baseline = func(string) verify.Baseline {
		return verify.Baseline{Observation: verify.Observation{Digest: digestOf("\x00file"), Size: 5}}
	}
	results, _ := v.Run(t.Context(), verify.Plan([]artifact.Artifact{weight(h.URL+"/m", "m", "")}))
	if text := fmt.Sprint(only(t, results).Findings); !strings.Contains(text, "A second download was the earlier file") {
		t.Errorf("%s: %s", outcome(results[0]), text)
	}
}

func TestBodyWithoutAProvenEndThatIsShorterThanDeclaredIsIncomplete(t *testing.T) {
	h := stamping(t, func(w http.ResponseWriter, n int64) { hangUp(w, "\x00same") })
	if r := one(t, h, sized(weight(h.URL+"/m", "m", sum("x")), 100)); outcome(r) != "unreachable error:artifact/unreachable" || !strings.Contains(r.Findings[0].Message, "5 of the 100 bytes") {
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
	if r.Status != verify.Mismatch || !strings.Contains(r.Findings[0].Message, "Content-Encoding `gzip`, which was not requested") {
		t.Errorf("%s: %v", outcome(r), r.Findings)
	}
}
