package verify_test

import (
	"context"
	"fmt"
	"net/http"
	"path"
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
	h = answering(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(ggufLen))
		if isQuick := !strings.HasPrefix(r.URL.Path, "/crawl"); isQuick || r.Method == http.MethodHead {
			if !isQuick {
				<-through
			}
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

// everywhere serves the files of all hosts from one server on loopback.
type everywhere struct {
	*fetch.Client
	url string
}

func (e everywhere) at(url string) string { return e.url + "/" + path.Base(url) }

func (e everywhere) Get(ctx context.Context, r fetch.Request, sink fetch.Sink) (fetch.Head, error) {
	r.URL = e.at(r.URL)
	return e.Client.Get(ctx, r, sink)
}

func (e everywhere) Peek(ctx context.Context, url string, further func(fetch.Head) bool) (fetch.Head, error) {
	return e.Client.Peek(ctx, e.at(url), further)
}

// stuckVerifier reads files of which those called crawl… come once five others have.
func stuckVerifier(t *testing.T) *verify.Verifier {
	t.Helper()
	h, _ := crawling(t, 5)
	all := everywhere{h.client(t, 1<<40), h.URL}
	return &verify.Verifier{Fetcher: all, Concurrency: 8, Hosts: verify.Hosts{Peek: all.Peek, MaxSize: 1 << 40}}
}

// stuckFiles are 40 files that are stuck, on one host and in one manifest, declared to be huge so that they would begin first, and
// five good ones of another host or of another manifest.
func stuckFiles(host, manifest string) (artifacts []artifact.Artifact) {
	for i := range 40 {
		name := fmt.Sprint("crawl", i)
		artifacts = append(artifacts, sized(weight("https://one.example.com/"+name, name, sum(gguf)), 90<<30))
	}
	for i := range 5 {
		name := fmt.Sprint("good", i)
		a := weight("https://"+host+"/"+name, name, sum(gguf))
		a.Manifest = manifest
		artifacts = append(artifacts, a)
	}
	return artifacts
}

// TestAHostOrAManifestTakesNoOthersSlots hangs where files begin by their size alone.
func TestAHostOrAManifestTakesNoOthersSlots(t *testing.T) {
	for _, artifacts := range [][]artifact.Artifact{stuckFiles("two.example.com", "chat-x/manifest.json"), stuckFiles("two.example.com", "other/manifest.json")} {
		results, _ := stuckVerifier(t).Run(t.Context(), verify.Plan(artifacts))
		for _, r := range results {
			if isGood := strings.HasPrefix(r.Artifact.Name, "good"); isGood && outcome(r) != "verified" {
				t.Errorf("%s: %s", r.Artifact.Name, outcome(r))
			}
		}
	}
}

// TestManyHostsOfOneManifestTakeNoOthersSlots has each stuck file on a host of its own.
func TestManyHostsOfOneManifestTakeNoOthersSlots(t *testing.T) {
	artifacts := stuckFiles("good.example.com", "other/manifest.json")
	for i := range 40 {
		artifacts[i].URL = fmt.Sprintf("https://h%d.example.com/crawl%d", i, i)
	}
	if results, _ := stuckVerifier(t).Run(t.Context(), verify.Plan(artifacts)); len(results) != len(artifacts) {
		t.Errorf("%d results", len(results))
	}
}

func TestAHostTakesNoOthersSlotsInAPlan(t *testing.T) {
	artifacts := stuckFiles("two.example.com", "chat-x/manifest.json")
	for i := range artifacts {
		artifacts[i].Size = nil
	}
	for i, l := range stuckVerifier(t).Loads(t.Context(), verify.Plan(artifacts)) {
		if l.Size != ggufLen {
			t.Errorf("file %d: size %d", i, l.Size)
		}
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
