package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"

	"github.com/dustin/go-humanize"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/format"
)

// LocalFile is an artifact and the path of its file.
type LocalFile struct {
	Artifact artifact.Artifact
	Path     string // slash-separated, below a root
}

// RunLocal compares files on disk as Run does downloads, at most Concurrency at a time, and returns one Result per file, in the
// order of a report. Nothing outside the root is opened, whatever a path says, and no symbolic link is followed. A missing file is
// Unavailable, an incomplete one Unreachable: the rest is unknown.
func (v *Verifier) RunLocal(ctx context.Context, root *os.Root, files []LocalFile) []Result {
	var artifacts []artifact.Artifact
	paths := map[finding.Location]string{}
	for _, f := range files {
		artifacts = append(artifacts, f.Artifact)
		paths[f.Artifact.Location()] = f.Path
	}
	var conflicts []Result
	var downloads []Download
	index := map[string]int{} // by path: some programs keep the binaries of all platforms under one name
	for _, d := range Plan(artifacts) {
		if refused := d.conflicts(); refused != nil {
			conflicts = append(conflicts, refused...)
			continue
		}
		for _, a := range d.Artifacts {
			path := paths[a.Location()]
			i, found := index[path]
			if !found {
				i, index[path] = len(downloads), len(downloads)
				downloads = append(downloads, Download{path: path, declared: d.declared})
			}
			downloads[i].Artifacts = append(downloads[i].Artifacts, a)
		}
	}
	all, _ := v.run(ctx, downloads, func(ctx context.Context, d Download, s *slot) []Result { return v.local(ctx, root, d, s) })
	all = append(all, conflicts...)
	slices.SortFunc(all, func(a, b Result) int { return compareArtifacts(a.Artifact, b.Artifact) })
	return all
}

func (v *Verifier) local(ctx context.Context, root *os.Root, d Download, s *slot) []Result {
	b := v.newBody(d, s)
	err := readLocal(ctx, root, d.path, v.Hosts.MaxSize, b)
	f := b.file(FromLocal, b.http)
	f.path = d.path
	results := d.results(err, func(a artifact.Artifact) Result {
		if isIncomplete(a, f) {
			message := fmt.Sprintf("%s has %s of the %s declared bytes: its download is incomplete",
				finding.Quote(d.path), humanize.Comma(f.size), humanize.Comma(a.Size.Value))
			f := a.Finding(finding.ArtifactSize, message, "Wait until the download ends. If it does not continue, delete the file and download the service again")
			return Result{Artifact: a, Observation: unseen, Findings: []finding.Finding{at(f, a.Size)}}
		}
		r := v.Policy.apply(d, a, f)
		for i, f := range r.Findings {
			if isError(f) && strings.HasPrefix(f.Rule, "artifact/") { // this says nothing about the URL
				r.Findings[i].Fix = "Do not start the service. Delete the file and download the service again. If the file is the same, check the manifest without --local"
			}
		}
		return r
	})
	right := slices.IndexFunc(results, func(r Result) bool { return r.Status == Verified })
	for i, r := range results {
		if right >= 0 && (r.Status == Mismatch || r.Status == Unreachable) {
			results[i] = unread(r.Artifact, absent(fmt.Sprintf("%s is the file of %s: two files can't have one path",
				finding.Quote(d.path), finding.Quote(results[right].Artifact.Pointer))))
		}
		results[i].Source = FromLocal
	}
	return results
}

// formless are the formats that the beginning of any file may seem to have.
var formless = []format.Kind{format.Data, format.Empty, format.Text, format.JSON}

// isIncomplete reports whether a file may be the beginning of the declared one: it is shorter and not recognised as something else.
func isIncomplete(a artifact.Artifact, f *file) bool {
	isRight := a.Checksum != nil && f.has(a.Checksum.Value)
	isOther := !slices.Contains(formless, f.kind.Kind) && slices.ContainsFunc(inspect(a, f), isError)
	return a.Size != nil && f.size < a.Size.Value && !isRight && !isOther
}

func absent(message string) error {
	return &fetch.Error{Kind: fetch.Unavailable, Message: message, Fix: "Download the service again. Binaries for other platforms may be missing"}
}

func cantRead(path string, err error) error {
	return &fetch.Error{Kind: fetch.Refused, Message: fmt.Sprintf("%s can't be read: %s", finding.Quote(path), finding.Quote(finding.WithoutPath(err).Error())),
		Fix: "Check the file and its permissions"}
}

func changing(path string) error {
	return &fetch.Error{Message: fmt.Sprintf("%s changed while it was read", finding.Quote(path)), Fix: "Wait until its download ends"}
}

// readLocal reads a file of at most limit bytes, 0 for any number, into a body.
func readLocal(ctx context.Context, root *os.Root, path string, limit int64, to *body) error {
	file, size, err := openLocal(root, path)
	if err != nil {
		return err
	}
	defer file.Close()
	if limit > 0 && size > limit {
		return &fetch.Error{Kind: fetch.Refused, Message: fmt.Sprintf("%s has %s: the limit is %s", finding.Quote(path), humanize.Bytes(uint64(size)), humanize.Bytes(uint64(limit))),
			Fix: "Raise `max-file-size` if the file is meant to be that large"}
	}
	to.Start(fetch.Head{Size: size})
	_, err = io.Copy(to, io.LimitReader(fetch.Reader(ctx, file), size+1))
	switch {
	case err != nil && ctx.Err() != nil:
		return cutShort(ctx, err)
	case err != nil:
		return cantRead(path, err)
	case to.size != size:
		return changing(path)
	}
	return nil
}

// openLocal opens a regular file below the root, and returns its size. No symbolic link is followed: it may lead to another
// service's file. A named pipe would block until a program writes into it, so nothing is opened in blocking mode.
func openLocal(root *os.Root, name string) (*os.File, int64, error) {
	if !fs.ValidPath(name) || name == "." {
		return nil, 0, &fetch.Error{Kind: fetch.Refused, Message: fmt.Sprintf("%s is not a path below the folder", finding.Quote(name)),
			Fix: "Correct the manifest's id or the file's name, which form the path"}
	}
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if info, err := root.Lstat(dir); err == nil && !info.IsDir() {
			return nil, 0, cantRead(dir, errors.New("it is not a folder"))
		}
	}
	named, err := root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, 0, absent("The file " + finding.Quote(name) + " does not exist")
	case err != nil:
		return nil, 0, cantRead(name, err)
	case !named.Mode().IsRegular():
		return nil, 0, cantRead(name, errors.New("it is not a regular file"))
	}
	file, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, 0, cantRead(name, err)
	}
	opened, err := file.Stat()
	if err == nil && opened.Mode().IsRegular() && os.SameFile(named, opened) {
		return file, opened.Size(), nil
	}
	_ = file.Close()
	return nil, 0, changing(name)
}
