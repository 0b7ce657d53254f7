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
	Value    T                `json:"value"`
	Pointer  string           `json:"pointer"` // RFC 6901
	Position finding.Position `json:",embed"`
}

// Artifact is one file that a manifest names: its place, its URL, and what is declared about it. Its JSON form, which a plan holds, is
// what a runner needs that has not read the manifest.
type Artifact struct {
	Manifest string           `json:"manifest"`          // slash-separated path of the manifest
	Document int              `json:"document,omitzero"` // of a YAML stream, from 0
	Pointer  string           `json:"pointer"`           // RFC 6901: of the entry where it has one URL, else of the URL's value
	Mirror   int              `json:"mirror,omitzero"`   // 0, or from 1 on: a further address of the same bytes
	Role     Role             `json:"role"`
	Platform string           `json:"platform,omitzero"` // that the file is for, "" where that is not told
	Name     string           `json:"name"`              // what the file is called: a path below its service's folder, or the last segment of its URL
	URL      string           `json:"url"`               // that is fetched; need not be a valid one
	Position finding.Position `json:",embed"`            // of the URL's value

	// Checksum is nil when none is declared. Its Value is the zero Digest when the declared text can't
	// be read: that has been reported, and the artifact must not be downloaded.
	Checksum    *Field[digest.Digest] `json:"checksum,omitzero"`
	Size        *Field[int64]         `json:"declared_size,omitzero"` // bytes; nil when none is declared
	Signature   *Field[string]        `json:"signature,omitzero"`     // as declared; nil when none is
	Attestation *Field[string]        `json:"attestation,omitzero"`   // Sigstore bundles of the file: their URL or text; nil when none is declared
	Attests     string                `json:"attests,omitzero"`       // the name of the file beside the manifest whose Sigstore bundles the artifact is; "" for none
	AllowHTTP   bool                  `json:"allow_http,omitzero"`    // plain http will do: the registry says so, and a checksum that nobody can forge is declared
	Spelling    digest.Spelling       `json:"spelling,omitzero"`      // of the checksum
	Untouched   bool                  `json:"untouched,omitzero"`     // a change does not touch it: it is there for its URL's other artifacts, and has no result of its own
	Was         *Artifact             `json:"was,omitzero"`           // what it was before a change, of those that the change touches; nil where nothing there corresponds to it

	// What only whoever has read the manifest needs.
	Declared  string           `json:"-"` // the URL as the manifest has it, before it was rewritten
	Base      *Field[string]   `json:"-"` // the folder's URL that URL is joined from; nil where it stands in one piece
	Checksums string           `json:"-"` // all that is declared as a checksum, also in members that do not count: readable ones by value, else as written
	Slot      Slot             `json:"-"`
	Wanted    digest.Algorithm `json:"-"` // of a digest that is asked for beside the one that is compared; "" for none
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
