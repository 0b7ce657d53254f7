package verify

import (
	"slices"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
)

func TestProgressCountsAFileOnceHoweverOftenItBegins(t *testing.T) {
	var p Progress
	b := new(Verifier).newBody(Download{}, &slot{Progress: &p})
	b.Start(fetch.Head{Size: 100})
	_, _ = b.Write(make([]byte, 60))
	b.Start(fetch.Head{Size: -1})
	_, _ = b.Write(make([]byte, 30))
	b.Start(fetch.Head{Size: 90})
	_, _ = b.Write(make([]byte, 90))
	done, announced := p.Bytes()
	if done != 90 || announced != 90 || p.read.Load() != 180 {
		t.Errorf("%d of %d bytes, %d read", done, announced, p.read.Load())
	}
}

func TestAnImageIsNoSlowFile(t *testing.T) {
	var p Progress
	q := newSlotQueue([]Download{
		{URL: "app:1.2", Artifacts: []artifact.Artifact{{Role: artifact.Image, URL: "app:1.2"}}},
		{URL: "https://example.com/file", Artifacts: []artifact.Artifact{{URL: "https://example.com/file"}}},
	}, 0, &p)
	file, image := q.next(), q.next()
	if file.url == "" {
		file, image = image, file
	}
	file.came.Store(1)
	if url, _ := p.Slowest(time.Now().Add(time.Hour), time.Minute); url != "https://example.com/file" || image.url != "" {
		t.Errorf("the slowest is %q", url)
	}
}

func TestScheduleBeginsWithTheLongest(t *testing.T) {
	var downloads []Download
	for _, a := range []artifact.Artifact{
		{Role: artifact.Weight, Name: "config.json"},
		{Role: artifact.Binary, Name: "server"},
		{Role: artifact.Weight, Name: "small.gguf", Size: &artifact.Field[int64]{Value: 1}},
		{Role: artifact.Weight, Name: "model.GGUF"},
		{Role: artifact.Weight, Name: "huge", Size: &artifact.Field[int64]{Value: 1 << 40}},
	} {
		downloads = append(downloads, Download{Artifacts: []artifact.Artifact{a}})
	}
	var got []int
	newSlotQueue(downloads, 0, &Progress{}).each(1, func(s *slot) bool {
		got = append(got, s.index)
		return false
	})
	if !slices.Equal(got, []int{4, 3, 1, 0, 2}) {
		t.Errorf("got %v", got)
	}
}
