package verify

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
)

// Fetcher reads a file into a sink, as fetch.Client.Get does.
type Fetcher interface {
	Get(ctx context.Context, r fetch.Request, sink fetch.Sink) (fetch.Head, error)
}

// Verifier reads files and decides the Result of each artifact.
type Verifier struct {
	Fetcher     Fetcher
	Images      Images // nil if there are none, or if Offline
	Policy      Policy
	Concurrency int                       // files at a time
	Progress    *Progress                 // counts what is done; may be nil
	Baseline    func(key string) Baseline // what earlier scans observed at a URL, by its Key; may be nil
	Hosts       Hosts                     // asked instead of reading a file, or to explain a mismatch
	Fast        bool                      // a file is not read where its host's word, or the baseline, decides
	// NeedsSHA256 reports whether the SHA-256 of an artifact has to be known, whatever it declares; may be nil.
	NeedsSHA256 func(artifact.Artifact) bool
	Offline     bool // no request is made: every artifact is Unverified, and rules that need no bytes apply
	// Patience is how long a file may crawl while others wait for its slot; 0 means no limit.
	Patience time.Duration
	// Done takes the Results of each download as soon as they are known, several at a time; may be nil.
	Done func([]Result)

	texts atomic.Int64 // bytes of bundles that are kept
}

// Run reads every download, at most Concurrency at a time, and returns one Result per artifact, in the
// order of a report, and the number of bytes read, whatever happens: when ctx ends, what is unfinished is
// Unreachable.
func (v *Verifier) Run(ctx context.Context, downloads []Download) (all []Result, bytes int64) {
	return v.run(ctx, downloads, v.verify)
}

// run calls work for every download, at most Concurrency at a time, and returns all Results in the order of a report.
func (v *Verifier) run(ctx context.Context, downloads []Download, work func(context.Context, Download, *slot) []Result) (all []Result, bytes int64) {
	progress := v.Progress
	if progress == nil {
		progress = &Progress{}
	}
	progress.files.Add(int64(len(downloads)))
	results := make([][]Result, len(downloads))
	queue := newSlotQueue(downloads, v.Patience, progress)
	queue.each(min(v.Concurrency, len(downloads)), func(s *slot) (again bool) {
		watched, end := queue.watch(ctx, s)
		defer end()
		all := work(watched, downloads[s.index], s)
		if context.Cause(watched) == errYielded {
			return true
		}
		results[s.index] = all
		if v.Done != nil {
			v.Done(all)
		}
		s.filesDone.Add(1)
		return false
	})
	all = slices.DeleteFunc(slices.Concat(results...), func(r Result) bool { return r.Artifact.Untouched })
	slices.SortFunc(all, func(a, b Result) int { return compareArtifacts(a.Artifact, b.Artifact) })
	return all, progress.read.Load()
}

func (v *Verifier) verify(ctx context.Context, d Download, s *slot) []Result {
	d = v.known(d)
	if d.isImage() {
		return v.image(ctx, d, s)
	}
	if v.Offline {
		return v.Policy.offline(d)
	}
	if refused := d.conflicts(); refused != nil {
		return refused
	}
	var f *file
	var err error
	if len(d.decided()) > 0 {
		f, err = v.learn(ctx, d, s)
		err = cutShort(ctx, err)
	}
	results := d.results(err, func(a artifact.Artifact) Result { return v.Policy.apply(d, a, f) })
	return compared(results, f, d.baseline)
}

// known returns a download with the baseline of its URL.
func (v *Verifier) known(d Download) Download {
	if v.Baseline != nil {
		d.baseline = v.Baseline(d.key)
	}
	return d
}

// learn observes a file, without reading it if possible.
func (v *Verifier) learn(ctx context.Context, d Download, s *slot) (*file, error) {
	announced := int64(0)
	if v.Fast && !v.isSigned(d) && !d.attests() {
		var f *file
		if f, announced = v.ask(ctx, d); f != nil {
			return f, nil
		}
	}
	f, err := v.get(ctx, d, fetch.Request{Announced: announced}, s)
	if err != nil {
		return nil, err
	}
	f.published = v.published(ctx, d, f)
	if d.incomplete(f) != nil || d.suspicious(f) {
		return v.recheck(ctx, d, announced, f, s)
	}
	return f, nil
}

// maxTexts bounds the bundles of one run that are kept, in bytes.
const maxTexts = 256 << 20

// get reads a file, as the request says.
func (v *Verifier) get(ctx context.Context, d Download, r fetch.Request, s *slot) (*file, error) {
	b := v.newBody(d, s)
	r.URL, r.RetryMissing = d.URL, hosts.Parse(d.URL, v.Policy.Server).ReleaseAsset()
	r.AllowHTTP = !slices.ContainsFunc(d.decided(), func(a artifact.Artifact) bool { return !a.AllowHTTP })
	head, err := v.Fetcher.Get(ctx, r, b)
	if err != nil {
		return nil, err
	}
	f := b.file(FromDownload, head)
	if v.texts.Add(int64(len(b.text))) <= maxTexts {
		f.text = b.text
	}
	return f, nil
}

// needsSHA256 reports whether the SHA-256 of a download has to be known.
func (v *Verifier) needsSHA256(d Download) bool {
	return v.NeedsSHA256 != nil && slices.ContainsFunc(d.Artifacts, v.NeedsSHA256)
}

// isSigned reports whether the bytes of a download are needed to verify a signature.
func (v *Verifier) isSigned(d Download) bool {
	return len(v.Policy.PublicKeys) > 0 && slices.ContainsFunc(d.Artifacts, func(a artifact.Artifact) bool { return a.Signature != nil })
}
