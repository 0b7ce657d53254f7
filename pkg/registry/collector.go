package registry

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/dustin/go-humanize"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// The bounds of the artifacts of one document. Aliases let a small manifest name many artifacts with long pointers.
const (
	maxArtifacts     = 100_000
	maxArtifactBytes = 16 << 20 // of pointers and URLs
	minArtifactBytes = 16 << 10 // which any document may name
	bytesForEach     = 3        // further ones for each byte of the manifest
)

// Collector keeps the artifacts of one document, as many as a document may name, and counts the others. The zero Collector is
// ready for use.
type Collector struct {
	artifacts []artifact.Artifact
	bytes     int
	maxBytes  int // 0: maxArtifactBytes
	dropped   int
}

// Full reports whether further artifacts are only counted.
func (c *Collector) Full() bool {
	return len(c.artifacts) >= maxArtifacts || c.bytes >= cmp.Or(c.maxBytes, maxArtifactBytes)
}

// Add keeps an artifact, or counts it.
func (c *Collector) Add(a artifact.Artifact) {
	if c.Full() {
		c.dropped++
		return
	}
	c.bytes += len(a.Pointer) + len(a.URL)
	c.artifacts = append(c.artifacts, a)
}

// Artifacts returns what was kept, in the order of the text.
func (c *Collector) Artifacts() []artifact.Artifact {
	slices.SortStableFunc(c.artifacts, func(a, b artifact.Artifact) int { return a.Position.Compare(b.Position) })
	return c.artifacts
}

// Findings reports how many artifacts were not kept: they are not verified.
func (c *Collector) Findings(d *document.Document) []finding.Finding {
	if c.dropped == 0 {
		return nil
	}
	return []finding.Finding{d.Finding(finding.RegistryTooMany, d.Root,
		fmt.Sprintf("The manifest names %d files more than the limit (%d, and %s of pointers and URLs); they were not verified", c.dropped, maxArtifacts, humanize.IBytes(uint64(cmp.Or(c.maxBytes, maxArtifactBytes)))), "")}
}
