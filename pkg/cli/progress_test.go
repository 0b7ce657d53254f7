package cli

import (
	"context"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// half is a fetcher that reads half of a file of 200 MB.
type half struct{}

func (half) Get(_ context.Context, _ fetch.Request, sink fetch.Sink) (fetch.Head, error) {
	sink.Start(fetch.Head{Size: 200e6})
	_, err := sink.Write(make([]byte, 100e6))
	return fetch.Head{}, err
}

func TestFiguresOfProgress(t *testing.T) {
	var p verify.Progress
	if got, want := figures(&p, 0), "0 B, 0 B/s"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	v := verify.Verifier{Fetcher: half{}, Concurrency: 1, Progress: &p}
	v.Run(t.Context(), verify.Plan([]artifact.Artifact{{URL: "https://example.com/a"}}))
	want := "100 MB, 10 MB/s, 10s left"
	if got := figures(&p, 10*time.Second); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
