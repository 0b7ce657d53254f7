package verify_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// crawling serves gguf, except that what is below /crawl sends a byte first, and no more until the quick ones are through.
func crawling(t *testing.T, quick int64) (h *host, through chan struct{}) {
	t.Helper()
	through = make(chan struct{})
	var left atomic.Int64
	left.Store(quick)
	h = stamping(t, nil)
	h.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.requests.Add(1)
		w.Header().Set("Content-Length", fmt.Sprint(ggufLen))
		if !strings.HasPrefix(r.URL.Path, "/crawl") {
			fmt.Fprint(w, gguf)
			if left.Add(-1) == 0 {
				close(through)
			}
			return
		}
		fmt.Fprint(w, gguf[:1])
		w.(http.Flusher).Flush()
		select {
		case <-through:
			fmt.Fprint(w, gguf[1:])
		case <-r.Context().Done():
		}
	})
	return h, through
}

func TestFilesThatCrawlTakeNoOthersPlace(t *testing.T) {
	const crawlers, quick = 8, 20
	h, _ := crawling(t, quick)
	var artifacts []artifact.Artifact
	for i := range crawlers + quick {
		name := fmt.Sprint("quick", i)
		if i < crawlers {
			name = fmt.Sprint("crawl", i)
		}
		a := weight(h.URL+"/"+name, name, sum(gguf))
		if i >= crawlers { // what has no size is taken for larger, and begins earlier
			a = sized(a, ggufLen)
		}
		artifacts = append(artifacts, a)
	}
	progress := &verify.Progress{}
	v := h.verifier(t)
	v.Patience, v.Progress = 50*time.Millisecond, progress
	results, _ := v.Run(t.Context(), verify.Plan(artifacts))
	for _, r := range results {
		if outcome(r) != "verified" {
			t.Errorf("%s: %s", r.Artifact.Name, outcome(r))
		}
	}
	if done, announced := progress.Bytes(); len(results) != crawlers+quick || done != announced || done != (crawlers+quick)*ggufLen {
		t.Errorf("%d results, %d of %d bytes", len(results), done, announced)
	}
}

func TestFileThatNobodyWaitsForMayCrawl(t *testing.T) {
	h, through := crawling(t, 1)
	time.AfterFunc(200*time.Millisecond, func() { close(through) })
	v := h.verifier(t)
	v.Patience = time.Millisecond
	results, _ := v.Run(t.Context(), verify.Plan([]artifact.Artifact{weight(h.URL+"/crawl", "m.gguf", sum(gguf))}))
	if outcome(only(t, results)) != "verified" || h.requests.Load() != 1 {
		t.Errorf("%s after %d requests", outcome(results[0]), h.requests.Load())
	}
}

func TestFilesThatAllCrawlEndAllTheSame(t *testing.T) {
	var artifacts []artifact.Artifact
	for i := range 6 {
		name := fmt.Sprint(i)
		artifacts = append(artifacts, weight("https://example.com/"+name, name, sum(gguf)))
	}
	v := verify.Verifier{Fetcher: tired{50 * time.Millisecond}, Concurrency: 2, Patience: time.Millisecond}
	results, _ := v.Run(t.Context(), verify.Plan(artifacts))
	for _, r := range results {
		if outcome(r) != "verified" {
			t.Errorf("%s: %s", r.Artifact.Name, outcome(r))
		}
	}
}

// tired serves gguf after a while.
type tired struct{ while time.Duration }

func (s tired) Get(ctx context.Context, _ fetch.Request, sink fetch.Sink) (fetch.Head, error) {
	head := fetch.Head{Status: 200, Size: ggufLen}
	sink.Start(head)
	select {
	case <-time.After(s.while):
		_, err := sink.Write([]byte(gguf))
		return head, err
	case <-ctx.Done():
		return head, &fetch.Error{Message: "stopped", Err: context.Cause(ctx)}
	}
}
