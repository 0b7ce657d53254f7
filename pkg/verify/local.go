package verify

import (
	"cmp"
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
	"golang.org/x/sync/errgroup"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/format"
)

// LocalFile is an artifact and where its bytes lie.
type LocalFile struct {
	Artifact artifact.Artifact
	Path     string // slash-separated, below a root
}

// RunLocal compares files on disk as Run does downloads, at most Concurrency at a time, and returns one Result per file, in the
// order of a report. Nothing outside the root is opened, whatever a path says, and no symbolic link is followed. A file that is
// not there is Unavailable, one of which a part is there Unreachable: nothing is known of the rest.
func (v *Verifier) RunLocal(ctx context.Context, root *os.Root, files []LocalFile) []Result {
	progress := cmp.Or(v.Progress, &Progress{})
	files, conflicts := withoutConflicts(files)
	places := localPlaces(files)
	progress.files.Add(int64(len(places)))
	results := make([][]Result, len(places))
	var group errgroup.Group
	group.SetLimit(v.Concurrency)
	for i, p := range places {
		group.Go(func() error {
			results[i] = v.local(ctx, root, p, progress)
			progress.filesDone.Add(1)
			return nil
		})
	}
	_ = group.Wait() // no goroutine returns an error: an error is a Result
	all := append(conflicts, slices.Concat(results...)...)
	slices.SortFunc(all, func(a, b Result) int { return compareArtifacts(a.Artifact, b.Artifact) })
	return all
}

// withoutConflicts returns the files whose URLs have no two declared digests, and the Results of the others.
func withoutConflicts(files []LocalFile) (rest []LocalFile, conflicts []Result) {
	var artifacts []artifact.Artifact
	for _, f := range files {
		artifacts = append(artifacts, f.Artifact)
	}
	isRefused := map[string]bool{}
	for _, d := range Plan(artifacts) {
		if first, second, found := d.conflict(); found {
			conflicts, isRefused[d.key] = append(conflicts, conflicting(d, first, second)...), true
		}
	}
	return slices.DeleteFunc(slices.Clone(files), func(f LocalFile) bool { return isRefused[Key(f.Artifact.URL)] }), conflicts
}

// localPlace is one file on disk, and the artifacts that say what it should be: some programs keep the binaries of
// all platforms under one name.
type localPlace struct {
	Download
	path string
}

// localPlaces groups files so that each is read once.
func localPlaces(files []LocalFile) []localPlace {
	var all []artifact.Artifact
	byPath := map[string][]artifact.Artifact{}
	for _, f := range files {
		all = append(all, f.Artifact)
		byPath[f.Path] = append(byPath[f.Path], f.Artifact)
	}
	declared := declarations(all)
	var places []localPlace
	for p, artifacts := range byPath {
		places = append(places, localPlace{Download{Artifacts: artifacts, declared: declared}, p})
	}
	return places
}

func (v *Verifier) local(ctx context.Context, root *os.Root, p localPlace, progress *Progress) []Result {
	got := newBody(p.algorithms(Baseline{}), newMessage(p.Download, v.Policy.PublicKeys), progress)
	err := readLocal(ctx, root, p.path, v.Hosts.MaxSize, got)
	known := got.evidence(FromLocal, got.http)
	known.path = p.path
	var results []Result
	for _, a := range p.Artifacts {
		var r Result
		switch {
		case unreadable(a):
			r = refused(a) // manifest.Parse has reported the checksum
		case err != nil:
			r = unread(a, err)
		case isPart(a, known):
			r = partly(a, known)
		default:
			r = v.Policy.judge(p.Download, a, known)
			advise(r.Findings)
		}
		r.Source = FromLocal
		results = append(results, r)
	}
	return onlyTheRightOne(results, p.path)
}

// advise says what to do about a file on disk: what is true of its URL is not known here.
func advise(findings []finding.Finding) {
	for i, f := range findings {
		if isError(f) && strings.HasPrefix(f.Rule, "artifact/") {
			findings[i].Fix = "Do not start the service. Delete the file, and download the service again; should the file come back the same, check the manifest without --local"
		}
	}
}

// formless are the formats that the beginning of any file may seem to have.
var formless = []format.Kind{format.Data, format.Empty, format.Text, format.JSON}

// isPart reports whether a file may be the beginning of what is declared: it is shorter and not recognised as something else.
func isPart(a artifact.Artifact, known *evidence) bool {
	isRight := a.Checksum != nil && a.Checksum.Value == known.digests[algorithm(a)]
	isOther := !slices.Contains(formless, known.kind.Kind) && slices.ContainsFunc(inspect(a, known), isError)
	return a.Size != nil && known.size < a.Size.Value && !isRight && !isOther
}

// partly is the Result of an artifact of which a part is on disk.
func partly(a artifact.Artifact, known *evidence) Result {
	message := fmt.Sprintf("%s has %s of the %s bytes that are declared: its download has not ended, or was cut short",
		finding.Quote(known.path), humanize.Comma(known.size), humanize.Comma(a.Size.Value))
	return Result{Artifact: a, Status: Unreachable, Observation: unseen, Findings: []finding.Finding{
		atField(a, a.Size, finding.ArtifactSize, message, "Let the download end. If it does not go on, delete the file, and download the service again"),
	}}
}

// onlyTheRightOne keeps the verified one of several artifacts that share a path, and calls the others absent.
func onlyTheRightOne(results []Result, path string) []Result {
	right := slices.IndexFunc(results, func(r Result) bool { return r.Status == Verified })
	if right < 0 {
		return results
	}
	for i, r := range results {
		if r.Status == Mismatch || r.Status == Unreachable {
			results[i] = unread(r.Artifact, absent(fmt.Sprintf("%s is the file of %s, and of one name there is only one file",
				finding.Quote(path), finding.Quote(results[right].Artifact.Pointer))))
			results[i].Source = FromLocal
		}
	}
	return results
}

func absent(message string) error {
	return &fetch.Error{Kind: fetch.Unavailable, Message: message, Fix: "Download the service again. A binary for another platform than this one's need not be there"}
}

func cantRead(path string, err error) error {
	return &fetch.Error{Kind: fetch.Refused, Message: fmt.Sprintf("%s can't be read: %s", finding.Quote(path), finding.Quote(finding.WithoutPath(err).Error())),
		Fix: "Check what is there, and its permissions"}
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
	case ctx.Err() != nil:
		return cutShort(ctx, err)
	case err != nil:
		return cantRead(path, err)
	case to.size != size:
		return changing(path)
	}
	return nil
}

func changing(path string) error {
	return &fetch.Error{Message: fmt.Sprintf("%s changed while it was read", finding.Quote(path)), Fix: "Wait until its download has ended"}
}

// openLocal opens a regular file below the root, and returns its size. No symbolic link is followed: it may lead to another
// service's file. A named pipe would block until somebody writes, so nothing is opened in blocking mode.
func openLocal(root *os.Root, name string) (*os.File, int64, error) {
	if !fs.ValidPath(name) || name == "." {
		return nil, 0, &fetch.Error{Kind: fetch.Refused, Message: fmt.Sprintf("%s is not a path below the folder", finding.Quote(name)),
			Fix: "Correct the manifest's id or the file's name: they make up the path"}
	}
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if info, err := root.Lstat(dir); err == nil && !info.IsDir() {
			return nil, 0, cantRead(dir, errors.New("it is not a folder"))
		}
	}
	named, err := root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, 0, absent("There is no file " + finding.Quote(name))
	case err != nil:
		return nil, 0, cantRead(name, err)
	case named.Mode()&fs.ModeSymlink != 0:
		return nil, 0, cantRead(name, errors.New("it is a symbolic link"))
	}
	file, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, 0, cantRead(name, err)
	}
	opened, err := file.Stat()
	switch {
	case err != nil:
		err = cantRead(name, err)
	case !opened.Mode().IsRegular():
		err = cantRead(name, errors.New("it is not a regular file"))
	case !os.SameFile(named, opened):
		err = changing(name)
	default:
		return file, opened.Size(), nil
	}
	_ = file.Close()
	return nil, 0, err
}
