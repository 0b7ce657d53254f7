package verify

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
)

// Fetcher reads a file into a sink, with the promises of fetch.Client.Get.
type Fetcher interface {
	Get(ctx context.Context, r fetch.Request, sink fetch.Sink) (fetch.Head, error)
}

// Verifier reads files and says what each artifact ends as.
type Verifier struct {
	Fetcher     Fetcher
	Policy      Policy
	Concurrency int // files at a time
}

// Run reads every download, at most Concurrency at a time, and returns one Result per artifact, in the
// order of a report, and the number of bytes read, whatever happens: when ctx ends, what is unfinished is
// Unreachable.
func (v *Verifier) Run(ctx context.Context, downloads []Download) (all []Result, bytes int64) {
	results := make([][]Result, len(downloads))
	var read atomic.Int64
	var group errgroup.Group
	group.SetLimit(v.Concurrency)
	for i, d := range downloads {
		group.Go(func() error {
			results[i] = v.verify(ctx, d, &read)
			return nil
		})
	}
	_ = group.Wait() // no goroutine returns an error: an error is a Result
	all = slices.Concat(results...)
	slices.SortFunc(all, func(a, b Result) int { return compareArtifacts(a.Artifact, b.Artifact) })
	return all, read.Load()
}

func (v *Verifier) verify(ctx context.Context, d Download, read *atomic.Int64) []Result {
	if first, second, found := d.conflict(); found {
		return conflicting(d, first, second)
	}
	var got *body
	var err error
	if d.needed() {
		got, err = v.read(ctx, d, read)
	}
	var results []Result
	for _, a := range d.Artifacts {
		switch {
		case unreadable(a):
			results = append(results, refused(a)) // manifest.Parse has reported the checksum
		case err != nil:
			results = append(results, unread(a, err))
		default:
			results = append(results, v.Policy.judge(a, got))
		}
	}
	return results
}

func (v *Verifier) read(ctx context.Context, d Download, read *atomic.Int64) (*body, error) {
	got := newBody(d.algorithms(), FromDownload, func(n int) { read.Add(int64(n)) })
	_, err := v.Fetcher.Get(ctx, fetch.Request{URL: d.URL, SecondLook: hosts.Parse(d.URL, v.Policy.Server).ReleaseAsset()}, got)
	if err != nil && ctx.Err() != nil {
		return nil, &fetch.Error{Message: "The file was not read to its end: " + finding.Clean(context.Cause(ctx).Error()), Err: errors.Join(err, ctx.Err())}
	}
	return got, err
}
