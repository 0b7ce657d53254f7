package cli

import (
	"context"
	"path"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// crawling is a fetcher of which each file of 1 MB stops after as many bytes as its name says, until it is let go.
type crawling struct{ reached, goOn chan struct{} }

func (c crawling) Get(_ context.Context, r fetch.Request, sink fetch.Sink) (fetch.Head, error) {
	sink.Start(fetch.Head{Size: 1e6})
	n, _ := strconv.Atoi(path.Base(r.URL))
	_, err := sink.Write(make([]byte, n))
	c.reached <- struct{}{}
	<-c.goOn
	return fetch.Head{Size: 1e6}, err
}

func TestProgressNamesTheSlowestFileAndItsHostAfterAWhile(t *testing.T) {
	var p verify.Progress
	if got, want := figures(&p, 0), "0/0 files, 0 B, 0 B/s"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	c := crawling{make(chan struct{}), make(chan struct{})}
	v := verify.Verifier{Fetcher: c, Concurrency: 2, Progress: &p}
	ended := make(chan struct{})
	began := time.Now()
	go func() {
		defer close(ended)
		v.Run(t.Context(), verify.Plan([]artifact.Artifact{{URL: "https://fast.example.com/x/900000"}, {URL: "https://slow.example.com/x/100?signature=secret"}}))
	}()
	<-c.reached
	<-c.reached
	if got, want := figures(&p, 10*time.Second), "0/2 files, 900 kB, 90 kB/s, 12s left"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := slowest(p.Slowest(began.Add(slowAfter-time.Second), slowAfter)); got != "" {
		t.Errorf("too soon: %s", got)
	}
	if got := slowest(p.Slowest(began.Add(time.Minute), slowAfter)); !strings.Contains(got, "; slowest: 100 from slow.example.com, ") || strings.Contains(got, "secret") {
		t.Error(got)
	}
	close(c.goOn)
	<-ended
	if got := slowest(p.Slowest(began.Add(time.Hour), slowAfter)); got != "" {
		t.Errorf("nothing is read any more: %s", got)
	}
}
