// Package manifest reads the manifests of a registry: strictly, since another parser will read the same
// bytes, and with the position of every value, since whoever has to mend one wants to be led to the line.
package manifest

import (
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Role says what the App does with an artifact.
type Role string

// The roles.
const (
	Binary Role = "binary" // executed
	Weight Role = "weight" // loaded by the binary
)

// Field is a value of a manifest and where it stands.
type Field[T any] struct {
	Value    T
	Pointer  string // RFC 6901
	Position finding.Position
}

// Artifact is one file that a manifest names: its place, its URL, and what is declared about it.
type Artifact struct {
	Manifest string           // slash-separated path of the manifest
	Pointer  string           // RFC 6901: /binaries/<triple>, /weights/<path>, /binariesUrl/<triple> or /weightsFiles/<n>
	Position finding.Position // of the URL's value; for weightsFiles, of the list item
	Role     Role
	Platform string // a binary's target triple, "" for weights
	Name     string // weights: the path below the model's folder; binaries: the last segment of the URL
	URL      string // as declared; need not be a valid URL

	// Checksum is nil when none is declared. Its Value is the zero Digest when the declared text can't
	// be read: Parse has reported that, and the artifact must not be downloaded.
	Checksum  *Field[digest.Digest]
	Size      *Field[int64]  // bytes; nil when none is declared
	Signature *Field[string] // as declared; nil when none is
}
