package verify

import (
	"context"
	"net/http"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
)

// HourlyBytes is how much one runner reads and hashes in an hour, by measurement (docs/performance.md).
const HourlyBytes = 400_000_000_000

// questionBytes is how much is read in the time that a question takes, its answer's way there and back with others beside it.
const questionBytes = 5_000_000

// maxWeight is more than a runner reads in the six hours that it has; so that sizes that lie have a sum.
const maxWeight = 6 * HourlyBytes

// Load is what one download takes.
type Load struct {
	Size      int64           // bytes of the file; -1 where nobody says
	Published hosts.Published // what GitHub's API says of a release asset; zero where it was not asked
	Weight    int64           // how many bytes take as long to read, at most the Verifier's largest file; positive
}

// Loads returns how large files are, without reading them: the declared size, else the published one, else the announced one.
// Loads[i] is that of downloads[i]. What hosts say proves nothing, and decides only who reads what.
func (v *Verifier) Loads(ctx context.Context, downloads []Download) []Load {
	loads := make([]Load, len(downloads))
	newSlotQueue(downloads, 0, &Progress{}).each(min(v.Concurrency, len(downloads)), func(s *slot) (again bool) {
		loads[s.index] = v.load(ctx, downloads[s.index])
		return false
	})
	return loads
}

func (v *Verifier) load(ctx context.Context, d Download) Load {
	l := Load{Size: d.declaredSize(), Weight: questionBytes}
	if _, _, conflicts := d.conflict(); conflicts || v.Offline || !d.needed() || d.isImage() {
		return l
	}
	isFast := v.Fast && !d.signed(v.Policy.PublicKeys)
	if asset, ok := v.asset(d); ok && (isFast || l.Size < 0) {
		l.Published = v.Hosts.Asset(ctx, asset)
	}
	if isFast && v.isAsked(d, l.Published) {
		return l
	}
	if l.Size < 0 && l.Published.Size > 0 {
		l.Size = l.Published.Size
	}
	if l.Size < 0 {
		l.Size = v.size(ctx, d.URL)
	}
	switch {
	case l.Size > v.Hosts.MaxSize: // it is refused
	case l.Size < 0:
		l.Weight += min(d.expectedSize(), v.Hosts.MaxSize, maxWeight)
	default:
		l.Weight += min(l.Size, maxWeight)
	}
	return l
}

// isAsked reports whether fast mode will know a file without reading it, as far as can be told before, by what GitHub's API said
// of it, if it is a release asset.
func (v *Verifier) isAsked(d Download, said hosts.Published) bool {
	baseline := v.baseline(d)
	if _, ok := v.asset(d); ok {
		return v.vouched(d, said, baseline) != nil
	}
	return hosts.Publishes(d.URL) || d.isKnown(baseline)
}

// size asks the host, and those that it redirects to; -1 where none of them says.
func (v *Verifier) size(ctx context.Context, url string) int64 {
	published := func(head fetch.Head) int64 { return hosts.PublishedBy(url, head.First).Size }
	head, err := v.Hosts.Peek(ctx, url, func(head fetch.Head) bool { return published(head) < 0 })
	switch {
	case err != nil || head.Status >= http.StatusBadRequest:
		return -1
	case published(head) >= 0:
		return published(head)
	}
	return head.Size
}

// declaredSize is the largest that a manifest declares, -1 where none does.
func (d Download) declaredSize() int64 {
	size := int64(-1)
	for _, a := range d.Artifacts {
		if a.Size != nil {
			size = max(size, a.Size.Value)
		}
	}
	return size
}
