package verify_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// crawling serves gguf, except that the paths with "crawl" first send a byte and then nothing until the quick ones are through.
type crawling struct {
	quick  atomic.Int64 // left
	served chan struct{}
	turns  atomic.Int64 // of crawlers
}

func (c *crawling) Get(ctx context.Context, r fetch.Request, sink fetch.Sink) (fetch.Head, error) {
	head := fetch.Head{Status: 200, Size: ggufLen}
	sink.Start(head)
	if !strings.Contains(r.URL, "crawl") {
		_, err := sink.Write([]byte(gguf))
		if c.quick.Add(-1) == 0 {
			close(c.served)
		}
		return head, err
	}
	c.turns.Add(1)
	_, _ = sink.Write([]byte(gguf[:1]))
	select {
	case <-c.served:
		_, err := sink.Write([]byte(gguf[1:]))
		return head, err
	case <-ctx.Done():
		return head, &fetch.Error{Message: "stopped", Err: context.Cause(ctx)}
	}
}

func TestFilesThatCrawlTakeNoOthersPlace(t *testing.T) {
	const crawlers, quick = 8, 20
	c := &crawling{served: make(chan struct{})}
	c.quick.Store(quick)
	var artifacts []artifact.Artifact
	for i := range crawlers + quick {
		name := fmt.Sprint("quick", i)
		if i < crawlers {
			name = fmt.Sprint("crawl", i)
		}
		a := weight("https://example.com/"+name, name, sum(gguf))
		if i >= crawlers { // what has no size is taken for larger, and begins earlier
			a = sized(a, ggufLen)
		}
		artifacts = append(artifacts, a)
	}
	progress := &verify.Progress{}
	v := verify.Verifier{Fetcher: c, Concurrency: 4, Patience: 20 * time.Millisecond, Progress: progress}
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
	c := &crawling{served: make(chan struct{})}
	time.AfterFunc(100*time.Millisecond, func() { close(c.served) })
	v := verify.Verifier{Fetcher: c, Concurrency: 4, Patience: time.Millisecond}
	results, _ := v.Run(t.Context(), verify.Plan([]artifact.Artifact{weight("https://example.com/crawl", "m.gguf", sum(gguf))}))
	if outcome(only(t, results)) != "verified" || c.turns.Load() != 1 {
		t.Errorf("%s after %d turns", outcome(results[0]), c.turns.Load())
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
