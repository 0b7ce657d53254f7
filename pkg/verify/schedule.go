package verify

import (
	"cmp"
	"slices"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
)

// schedule returns the order in which downloads begin: the longest first, so that the last to end is not
// one that could have begun earlier (Graham's longest processing time rule). Where no size is declared,
// what a file is for tells roughly.
func schedule(downloads []Download) []int {
	order := make([]int, len(downloads))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(downloads[b].expectedSize(), downloads[a].expectedSize())
	})
	return order
}

// Rough sizes of files whose size nobody declares, in bytes.
const (
	modelSize  = 4 << 30
	binarySize = 50 << 20
	otherSize  = 1 << 20
)

// modelExtensions are those of weights that hold a model rather than its configuration.
var modelExtensions = []string{".gguf", ".ggml", ".safetensors", ".bin", ".pt", ".pth", ".onnx"}

func (d Download) expectedSize() int64 {
	size := d.Size
	for _, a := range d.Artifacts {
		size = max(size, expectedSize(a))
	}
	return size
}

func expectedSize(a artifact.Artifact) int64 {
	switch {
	case a.Size != nil:
		return a.Size.Value
	case a.Role == artifact.Binary:
		return binarySize
	case slices.Contains(modelExtensions, extension(a)):
		return modelSize
	}
	return otherSize
}
