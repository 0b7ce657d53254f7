package verify

import (
	"bytes"
	"compress/gzip"
	"io"
	"sync"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
)

// bomb is a few kilobytes that decompress to megabytes.
func bomb(tb testing.TB) []byte {
	tb.Helper()
	var compressed bytes.Buffer
	w := gzip.NewWriter(&compressed)
	zeros := make([]byte, 1<<20)
	for range 16 {
		_, _ = w.Write(zeros)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return compressed.Bytes()
}

func TestWorkOfExplainingIsBounded(t *testing.T) {
	body := bomb(t)
	algorithms := []digest.Algorithm{digest.SHA1, digest.SHA256, digest.SHA384, digest.SHA512}
	var work allowance
	work.spent.Store(decodedRunLimit - 8<<20) // by files before
	var files sync.WaitGroup
	for range 8 {
		files.Go(func() {
			got := newBody(algorithms, nil, &Progress{})
			d := &decoder{body: got, decoded: digest.NewHasher(algorithms...), work: &work}
			d.Start(fetch.Head{Size: int64(len(body))})
			if _, err := io.Copy(d, bytes.NewReader(body)); err != nil || got.size != int64(len(body)) {
				t.Errorf("took %d bytes, error %v", got.size, err)
			}
			d.end()
		})
	}
	files.Wait()
	if spent := work.spent.Load(); spent != decodedRunLimit {
		t.Errorf("%d bytes hashed of at most %d", spent, decodedRunLimit)
	}
}

func TestAllowanceIsNeverExceededAndGivenBack(t *testing.T) {
	var a allowance
	if got := a.take(decodedRunLimit - 1); got != decodedRunLimit-1 {
		t.Errorf("granted %d", got)
	}
	if got := a.take(10) + a.take(10); got != 1 {
		t.Errorf("granted %d beyond the last byte", got-1)
	}
	a.give(5)
	if got := a.take(10); got != 5 {
		t.Errorf("granted %d of 5", got)
	}
}
