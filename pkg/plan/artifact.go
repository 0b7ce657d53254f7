package plan

import (
	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Artifact is what a shard has to know of an artifact.Artifact.
type Artifact struct {
	Manifest string        `json:"manifest"`
	Document int           `json:"document,omitzero"`
	Pointer  string        `json:"pointer"`
	Mirror   int           `json:"mirror,omitzero"`
	Role     artifact.Role `json:"role"`
	Platform string        `json:"platform,omitempty"`
	Name     string        `json:"name"`
	URL      string        `json:"url"` // as it is fetched
	finding.Position

	Checksum    *Field[digest.Digest] `json:"checksum,omitzero"`
	Size        *Field[int64]         `json:"declared_size,omitzero"`
	Signature   *Field[string]        `json:"signature,omitzero"`
	Attestation *Field[string]        `json:"attestation,omitzero"`
	Attests     string                `json:"attests,omitempty"`

	AllowHTTP bool            `json:"allow_http,omitzero"`
	Spelling  digest.Spelling `json:"spelling,omitempty"`

	Untouched bool `json:"untouched,omitzero"` // by the change: it has no result
	Was       *Was `json:"was,omitzero"`       // what it was before the change
}

// Was is what an artifact was before a change.
type Was struct {
	URL         string                `json:"url"`
	Checksum    *Field[digest.Digest] `json:"checksum,omitzero"`
	Attestation *Field[string]        `json:"attestation,omitzero"`
}

func newWas(a *artifact.Artifact) *Was {
	if a == nil {
		return nil
	}
	return &Was{a.URL, newField(a.Checksum), newField(a.Attestation)}
}

func (w *Was) artifact() *artifact.Artifact {
	if w == nil {
		return nil
	}
	return &artifact.Artifact{URL: w.URL, Checksum: w.Checksum.field(), Attestation: w.Attestation.field()}
}

// Field is an artifact.Field.
type Field[T any] struct {
	Value   T      `json:"value"`
	Pointer string `json:"pointer"`
	finding.Position
}

func newArtifact(a artifact.Artifact) Artifact {
	return Artifact{
		Manifest: a.Manifest, Document: a.Document, Pointer: a.Pointer, Mirror: a.Mirror, Role: a.Role, Platform: a.Platform,
		Name: a.Name, URL: a.URL, Position: a.Position, AllowHTTP: a.AllowHTTP, Spelling: a.Spelling, Untouched: a.Untouched, Was: newWas(a.Was),
		Checksum: newField(a.Checksum), Size: newField(a.Size), Signature: newField(a.Signature), Attestation: newField(a.Attestation), Attests: a.Attests,
	}
}

func (a Artifact) artifact() artifact.Artifact {
	return artifact.Artifact{
		Manifest: a.Manifest, Document: a.Document, Pointer: a.Pointer, Mirror: a.Mirror, Role: a.Role, Platform: a.Platform,
		Name: a.Name, URL: a.URL, Position: a.Position, AllowHTTP: a.AllowHTTP, Spelling: a.Spelling, Untouched: a.Untouched, Was: a.Was.artifact(),
		Checksum: a.Checksum.field(), Size: a.Size.field(), Signature: a.Signature.field(), Attestation: a.Attestation.field(), Attests: a.Attests,
	}
}

func newField[T any](f *artifact.Field[T]) *Field[T] {
	if f == nil {
		return nil
	}
	return &Field[T]{f.Value, f.Pointer, f.Position}
}

func (f *Field[T]) field() *artifact.Field[T] {
	if f == nil {
		return nil
	}
	return &artifact.Field[T]{Value: f.Value, Pointer: f.Pointer, Position: f.Position}
}
