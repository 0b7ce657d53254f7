package verify

import (
	"context"
	"net/http"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
)

// HourlyBytes is how much one runner reads and hashes in an hour, by measurement (docs/performance.md).
const HourlyBytes = 400_000_000_000

// questionBytes is how much is read in the time that one request takes beside others.
const questionBytes = 5_000_000

// maxWeight is more than a runner reads in the six hours that it has; so that the sum of false sizes doesn't overflow.
const maxWeight = 6 * HourlyBytes

// Load is an estimate of what one download takes.
type Load struct {
	Size      int64           // bytes of the file; -1 if unknown
	Published hosts.Published // what GitHub's API says of a release asset; zero if it was not asked
	Weight    int64           // how many bytes take as long to read, at most the Verifier's largest file; positive
}

// Loads estimates what downloads take, without reading them: the size is the declared, else the published, else the announced one.
// Loads[i] is that of downloads[i]. Sizes from hosts are unproven, and only distribute the work.
func (v *Verifier) Loads(ctx context.Context, downloads []Download) []Load {
	loads := make([]Load, len(downloads))
	newSlotQueue(downloads, 0, &Progress{}).each(min(v.Concurrency, len(downloads)), func(s *slot) (again bool) {
		loads[s.index] = v.load(ctx, v.known(downloads[s.index]))
		return false
	})
	return loads
}

func (v *Verifier) load(ctx context.Context, d Download) Load {
	l := Load{Size: -1, Weight: questionBytes}
	for _, a := range d.Artifacts {
		if a.Size != nil {
			l.Size = max(l.Size, a.Size.Value)
		}
	}
	if d.conflicts() != nil || v.Offline || len(d.decided()) == 0 || d.isImage() {
		return l
	}
	isFast := v.Fast && !v.isSigned(d)
	asset, isAsset := v.asset(d)
	if isAsset && (isFast || l.Size < 0) {
		l.Published = v.Hosts.Asset(ctx, asset)
	}
	if isFast && (isAsset && v.vouched(d, l.Published) != nil || !isAsset && (hosts.Publishes(d.URL) || d.isKnown())) {
		return l // the scan will probably not read it
	}
	if l.Size < 0 && l.Published.Size > 0 {
		l.Size = l.Published.Size
	}
	if l.Size < 0 {
		l.Size = v.announced(ctx, d.URL)
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

// announced asks the host for the size of a file, and those that it redirects to; -1 if none of them says.
func (v *Verifier) announced(ctx context.Context, url string) int64 {
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
