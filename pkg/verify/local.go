package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/manifest"
)

// LocalFile is an artifact and where its bytes lie, slash-separated below a root.
type LocalFile struct {
	Artifact manifest.Artifact
	Path     string
}

// RunLocal compares files on disk as Run does downloads, at most Concurrency at a time, and returns one
// Result per file, in the order of a report. Nothing outside the root is opened, whatever a path or a
// symbolic link says. A file that is not there is Unavailable.
func (v *Verifier) RunLocal(ctx context.Context, root *os.Root, files []LocalFile) []Result {
	results := make([]Result, len(files))
	var group errgroup.Group
	group.SetLimit(v.Concurrency)
	for i, f := range files {
		group.Go(func() error {
			results[i] = v.local(ctx, root, f)
			results[i].Source = FromLocal
			return nil
		})
	}
	_ = group.Wait() // no goroutine returns an error: an error is a Result
	slices.SortFunc(results, func(a, b Result) int { return compareArtifacts(a.Artifact, b.Artifact) })
	return results
}

func (v *Verifier) local(ctx context.Context, root *os.Root, f LocalFile) Result {
	if unreadable(f.Artifact) {
		return refused(f.Artifact) // manifest.Parse has reported the checksum
	}
	d := Download{Artifacts: []manifest.Artifact{f.Artifact}}
	got := v.newBody(d, &Progress{})
	if err := readLocal(ctx, root, f.Path, got); err != nil {
		return unread(f.Artifact, err)
	}
	return v.Policy.judge(d, f.Artifact, got.evidence(FromLocal, got.http))
}

// readLocal reads a file into a body. Only a regular file is opened: a named pipe would block.
func readLocal(ctx context.Context, root *os.Root, path string, to *body) error {
	info, err := root.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &fetch.Error{Kind: fetch.Unavailable, Message: fmt.Sprintf("There is no file %s", finding.Quote(path)), Fix: "Download the service again"}
	case err != nil:
		return &fetch.Error{Kind: fetch.Refused, Message: fmt.Sprintf("The file %s can't be read: %s", finding.Quote(path), finding.Quote(err.Error()))}
	case !info.Mode().IsRegular():
		return &fetch.Error{Kind: fetch.Refused, Message: fmt.Sprintf("%s is not a regular file", finding.Quote(path))}
	}
	file, err := root.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	to.Start(fetch.Head{Size: info.Size()})
	_, err = io.Copy(to, untilDone{ctx, file})
	return err
}

// untilDone is a reader that ends with its context.
type untilDone struct {
	ctx context.Context
	io.Reader
}

func (r untilDone) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.Reader.Read(p)
}
