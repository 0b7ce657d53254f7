package verify

import (
	"bytes"
	"context"
	"math/rand/v2"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/format"
)

func TestBodyKeepsItsFirstAndLastBytes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		content := make([]byte, random.IntN(4*format.TailSize))
		for i := range content {
			content[i] = byte(random.Uint32())
		}
		for _, announced := range []int64{-1, int64(len(content))} {
			b := new(Verifier).newBody(Download{}, &slot{Progress: &Progress{}})
			b.Start(fetch.Head{Size: announced})
			for rest := content; len(rest) > 0; {
				n := min(1+random.IntN(2*format.TailSize), len(rest))
				_, _ = b.Write(rest[:n])
				rest = rest[n:]
			}
			if tail := content[max(0, len(content)-format.TailSize):]; !bytes.HasSuffix(b.tail, tail) || len(b.tail) > format.TailSize || !bytes.HasPrefix(content, b.head) {
				t.Fatalf("of %d bytes, %d announced, the last %d are kept", len(content), announced, len(b.tail))
			}
		}
	}
}

// TestTheBundlesOfARunAreBounded reads a bundle when as much as a run keeps was read already.
func TestTheBundlesOfARunAreBounded(t *testing.T) {
	a := artifact.Artifact{URL: "https://example.com/bundle", Attests: "file", Role: artifact.File}
	for before, isKept := range map[int64]bool{0: true, maxTexts - 1: true, maxTexts: false} {
		v := &Verifier{Fetcher: onlyByte{}}
		v.texts.Store(before)
		got, err := v.get(t.Context(), Plan([]artifact.Artifact{a})[0], fetch.Request{}, &slot{Progress: &Progress{}})
		if err != nil || (got.text != nil) != isKept {
			t.Errorf("after %d bytes: kept %t, error %v", before, got.text != nil, err)
		}
	}
}

// onlyByte serves one byte.
type onlyByte struct{}

func (onlyByte) Get(_ context.Context, _ fetch.Request, sink fetch.Sink) (fetch.Head, error) {
	head := fetch.Head{Size: 1}
	sink.Start(head)
	_, err := sink.Write([]byte("x"))
	return head, err
}
