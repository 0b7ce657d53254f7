package verify

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
)

// Fetcher reads a file into a sink, with the promises of fetch.Client.Get.
type Fetcher interface {
	Get(ctx context.Context, r fetch.Request, sink fetch.Sink) (fetch.Head, error)
}

// Verifier reads files and says what each artifact ends as.
type Verifier struct {
	Fetcher     Fetcher
	Images      Images // nil where there are no images, or nobody is contacted
	Policy      Policy
	Concurrency int                       // files at a time
	Progress    *Progress                 // counts what is done; nil counts for nobody
	Baseline    func(key string) Baseline // what earlier scans saw at a URL, by its Key; nil is nothing
	Hosts       Hosts                     // what is asked instead of reading a file, or to explain what was read
	Fast        bool                      // a file is not read where its host's word, or the baseline, decides
	// NeedsSHA256 tells artifacts whose SHA-256 has to be known, whatever they declare; nil tells of none.
	NeedsSHA256 func(artifact.Artifact) bool
	Offline     bool // nobody is contacted: every artifact is Unverified, and rules that need no bytes apply
	// Patience is how long a file may crawl while others wait for its slot; 0 is for ever.
	Patience time.Duration
	// Done takes the Results of each download as soon as they are known, several at a time; nil is nobody.
	Done func([]Result)

	texts atomic.Int64 // bytes of bundles that are kept
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
	queue := newSlotQueue(downloads, v.Patience, progress)
	queue.each(min(v.Concurrency, len(downloads)), func(s *slot) (again bool) {
		watched, end := queue.watch(ctx, s)
		defer end()
		all := v.verify(watched, downloads[s.index], s)
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

func (v *Verifier) verify(ctx context.Context, d Download, progress counter) []Result {
	if d.isImage() {
		return v.images(ctx, d, progress)
	}
	if v.Offline {
		return v.Policy.offline(d)
	}
	if first, second, found := d.conflict(); found {
		return conflicting(d, first, second)
	}
	var known *evidence
	var err error
	if d.needed() {
		known, err = v.learn(ctx, d, progress)
	}
	if err != nil && ctx.Err() != nil {
		err = cutShort(ctx, err)
	}
	var results []Result
	for _, a := range d.Artifacts {
		switch {
		case unreadable(a):
			results = append(results, refused(a)) // manifest.Parse has reported the checksum
		case err != nil:
			results = append(results, unread(a, err))
		default:
			results = append(results, v.Policy.judge(d, a, known))
		}
	}
	return compared(results, known, v.baseline(d))
}

// learn finds out about a file, if it can without reading it.
func (v *Verifier) learn(ctx context.Context, d Download, progress counter) (*evidence, error) {
	announced := int64(0)
	if v.Fast && !d.signed(v.Policy.PublicKeys) && !d.attests() {
		var known *evidence
		if known, announced = v.ask(ctx, d); known != nil {
			return known, nil
		}
	}
	return v.read(ctx, d, announced, progress)
}

// read downloads a file, of which an earlier answer announced so many bytes, and once more where that is incomplete or suspicious.
func (v *Verifier) read(ctx context.Context, d Download, announced int64, progress counter) (*evidence, error) {
	known, err := v.get(ctx, d, fetch.Request{Announced: announced}, progress)
	if err != nil {
		return nil, err
	}
	known.published = v.published(ctx, d, known)
	if d.incomplete(known, v.baseline(d)) != nil || d.suspicious(known, v.baseline(d)) {
		return v.recheck(ctx, d, announced, known, progress)
	}
	return known, nil
}

// get reads a file, as the request says.
func (v *Verifier) get(ctx context.Context, d Download, r fetch.Request, progress counter) (*evidence, error) {
	got := newBody(v.algorithms(d), newMessage(d, v.Policy.PublicKeys), progress)
	got.keepsText = d.attests()
	defer v.Progress.reads(d.URL, got, time.Now())()
	r.URL, r.SecondLook = d.URL, hosts.Parse(d.URL, v.Policy.Server).ReleaseAsset()
	r.AllowHTTP = !slices.ContainsFunc(d.readable(), func(a artifact.Artifact) bool { return !a.AllowHTTP })
	head, err := v.Fetcher.Get(ctx, r, got)
	if err != nil {
		return nil, err
	}
	known := got.evidence(FromDownload, head)
	if v.texts.Add(int64(len(got.text))) <= maxTexts {
		known.text = got.text
	}
	return known, nil
}

// algorithms returns what has to be computed of a download.
func (v *Verifier) algorithms(d Download) []digest.Algorithm {
	all := d.algorithms(v.baseline(d))
	if v.needsSHA256(d) {
		all = append(all, digest.SHA256)
	}
	return all
}

func (v *Verifier) needsSHA256(d Download) bool {
	return v.NeedsSHA256 != nil && slices.ContainsFunc(d.Artifacts, v.NeedsSHA256)
}

// maxTexts bounds the bundles of one run that are kept, in bytes.
const maxTexts = 256 << 20

// attests reports whether a download is a bundle, whose text is needed.
func (d Download) attests() bool {
	return slices.ContainsFunc(d.Artifacts, func(a artifact.Artifact) bool { return a.Attests != "" })
}
