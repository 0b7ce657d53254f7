// Package artifact defines the files that manifests declare, with their positions.
package artifact

import (
	"path"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Role is what an artifact is used for.
type Role string

// The roles.
const (
	Binary Role = "binary" // executed
	Weight Role = "weight" // a model, loaded by a program
	File   Role = "file"   // unknown
	Image  Role = "image"  // a container image
)

// Field is a value of a manifest and its position.
type Field[T any] struct {
	Value    T                `json:"value"`
	Pointer  string           `json:"pointer"` // RFC 6901
	Position finding.Position `json:",embed"`
}

// Artifact is one file that a manifest names: its position, its URL and what is declared about it. Its JSON form, which a plan
// holds, is what a runner needs that has not read the manifest.
type Artifact struct {
	Manifest string           `json:"manifest"`          // slash-separated path of the manifest
	Document int              `json:"document,omitzero"` // of a YAML stream, from 0
	Pointer  string           `json:"pointer"`           // RFC 6901: of the entry where it has one URL, else of the URL's value
	Mirror   int              `json:"mirror,omitzero"`   // 0, or the number of a further URL of the same bytes, from 1
	Role     Role             `json:"role"`
	Platform string           `json:"platform,omitzero"` // that the file is for, "" for an unknown one
	Name     string           `json:"name"`              // of the file: a path below its service's folder, or the last segment of its URL
	URL      string           `json:"url"`               // to fetch; may be invalid
	Position finding.Position `json:",embed"`            // of the URL's value

	// Checksum is nil for none. Its Value is the zero Digest for an invalid one, which has a finding: the artifact must not be
	// downloaded.
	Checksum    *Field[digest.Digest] `json:"checksum,omitzero"`
	Size        *Field[int64]         `json:"declared_size,omitzero"` // bytes; nil for none
	Signature   *Field[string]        `json:"signature,omitzero"`     // as declared; nil for none
	Attestation *Field[string]        `json:"attestation,omitzero"`   // Sigstore bundles of the file: their URL or text; nil for none
	Attests     string                `json:"attests,omitzero"`       // the name of the file beside the manifest whose Sigstore bundles the artifact is; "" for none
	AllowHTTP   bool                  `json:"allow_http,omitzero"`    // plain http is allowed: by the registry, and with a strong checksum
	Spelling    digest.Spelling       `json:"spelling,omitzero"`      // of the checksum
	Untouched   bool                  `json:"untouched,omitzero"`     // by a change: it is included for other artifacts of its URL, and has no result
	Was         *Artifact             `json:"was,omitzero"`           // the artifact at the base, of one that a change touches; nil for a new one

	// Not in the JSON form:
	Declared  string           `json:"-"` // the URL as the manifest has it, before it was rewritten
	Base      *Field[string]   `json:"-"` // the folder's URL that URL is joined from; nil for a complete URL
	Checksums string           `json:"-"` // all declared ones, including those that are not compared: valid ones by value, others as written
	Slot      Slot             `json:"-"`
	Wanted    digest.Algorithm `json:"-"` // of a digest to compute besides the compared one; "" for none
}

// Location returns that of the artifact's entry or URL.
func (a Artifact) Location() finding.Location {
	return finding.Location{Manifest: a.Manifest, Document: a.Document, Pointer: a.Pointer}
}

// PathBeside returns the path that the artifact's file would have beside its manifest.
func (a Artifact) PathBeside() string { return path.Join(path.Dir(a.Manifest), path.Base(a.Name)) }

// AttestedPath returns the path of the file beside the manifest that a bundle attests.
func (a Artifact) AttestedPath() string { return path.Join(path.Dir(a.Manifest), a.Attests) }

// Finding returns a finding about the artifact, at its URL.
func (a Artifact) Finding(rule, message, fix string) finding.Finding {
	f := finding.New(rule, a.Manifest, a.Pointer, a.Position, message, fix)
	f.Document = a.Document
	return f
}

// Slot has the RFC 6901 pointers at which an artifact's values are written; "" for a value that is not written by itself.
type Slot struct {
	URL      string // the URL, or an image's reference
	Checksum string // declared or to be written
	Size     string // to be written with a checksum

	Algorithm digest.Algorithm // in the name of the checksum's member; "" for any
}
