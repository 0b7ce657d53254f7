// Package artifact is what every registry's manifests come down to: files to verify, and where they are named.
package artifact

import (
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Role says what is done with an artifact.
type Role string

// The roles.
const (
	Binary Role = "binary" // executed
	Weight Role = "weight" // a model, loaded by a program
	File   Role = "file"   // the manifest's format does not tell
	Image  Role = "image"  // a container image
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
	Document int              // of a YAML stream, from 0
	Pointer  string           // RFC 6901: of the entry where it has one URL, else of the URL's value
	Position finding.Position // of the URL's value
	Role     Role
	Platform string         // that the file is for, "" where that is not told
	Name     string         // what the file is called: a path below its service's folder, or the last segment of its URL
	URL      string         // that is fetched; need not be a valid one
	Declared string         // the URL as the manifest has it, before it was rewritten
	Base     *Field[string] // the folder's URL that URL is joined from; nil where it stands in one piece
	Mirror   int            // 0, or from 1 on: a further address of the same bytes

	// Checksum is nil when none is declared. Its Value is the zero Digest when the declared text can't
	// be read: that has been reported, and the artifact must not be downloaded.
	Checksum    *Field[digest.Digest]
	Checksums   string          // all that is declared as a checksum, also in members that do not count: readable ones by value, else as written
	Spelling    digest.Spelling // of the checksum
	Size        *Field[int64]   // bytes; nil when none is declared
	Signature   *Field[string]  // as declared; nil when none is
	Attestation *Field[string]  // Sigstore bundles of the file: their URL or text; nil when none is declared
	Attests     string          // the name of the file beside the manifest whose Sigstore bundles the artifact is; "" for none
	Slot        Slot
	Wanted      digest.Algorithm // of a digest that is asked for beside the one that is compared; "" for none
	Was         *Artifact        // what it was before a change, of those that the change touches; nil where nothing there corresponds to it
	Untouched   bool             // a change does not touch it: it is there for its URL's other artifacts, and has no result of its own
	AllowHTTP   bool             // plain http will do: the registry says so, and a checksum that nobody can forge is declared
}

// Finding returns a finding about the artifact, at its URL.
func (a Artifact) Finding(rule, message, fix string) finding.Finding {
	f := finding.New(rule, a.Manifest, a.Pointer, a.Position, message, fix)
	f.Document = a.Document
	return f
}

// Slot tells where in its document an artifact's values are written, as RFC 6901 pointers; "" is a value without a place of its
// own.
type Slot struct {
	URL      string // the URL, or an image's reference
	Checksum string // that is declared, or would be
	Size     string // that is written beside a checksum

	Algorithm digest.Algorithm // that the checksum's member is called after; "" takes any
}
