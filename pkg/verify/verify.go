package verify

import (
	"context"
	"errors"
	"slices"

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
	Concurrency int       // files at a time
	Progress    *Progress // counts what is done; nil counts for nobody
}

// Run reads every download, at most Concurrency at a time, and returns one Result per artifact, in the
// order of a report, and the number of bytes read, whatever happens: when ctx ends, what is unfinished is
// Unreachable.
func (v *Verifier) Run(ctx context.Context, downloads []Download) (all []Result, bytes int64) {
	progress := v.Progress
	if progress == nil {
		progress = &Progress{}
	}
	progress.files.Add(int64(len(downloads)))
	results := make([][]Result, len(downloads))
	var group errgroup.Group
	group.SetLimit(v.Concurrency)
	for _, i := range schedule(downloads) {
		group.Go(func() error {
			results[i] = v.verify(ctx, downloads[i], progress)
			progress.filesDone.Add(1)
			return nil
		})
	}
	_ = group.Wait() // no goroutine returns an error: an error is a Result
	all = slices.Concat(results...)
	slices.SortFunc(all, func(a, b Result) int { return compareArtifacts(a.Artifact, b.Artifact) })
	return all, progress.read.Load()
}

func (v *Verifier) verify(ctx context.Context, d Download, progress *Progress) []Result {
	if first, second, found := d.conflict(); found {
		return conflicting(d, first, second)
	}
	var got *body
	var err error
	if d.needed() {
		got, err = v.read(ctx, d, progress)
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

func (v *Verifier) read(ctx context.Context, d Download, progress *Progress) (*body, error) {
	got := newBody(d.algorithms(), newMessage(d, v.Policy.PublicKeys), FromDownload, progress)
	_, err := v.Fetcher.Get(ctx, fetch.Request{URL: d.URL, SecondLook: hosts.Parse(d.URL, v.Policy.Server).ReleaseAsset()}, got)
	if err != nil && ctx.Err() != nil {
		return nil, &fetch.Error{Message: "The file was not read to its end: " + finding.Clean(context.Cause(ctx).Error()), Err: errors.Join(err, ctx.Err())}
	}
	return got, err
}
