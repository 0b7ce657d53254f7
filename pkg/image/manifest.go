package image

import (
	"cmp"
	"errors"
	"fmt"
	"mime"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// The media types of manifests that are read.
const (
	ociIndex       = "application/vnd.oci.image.index.v1+json"
	ociManifest    = "application/vnd.oci.image.manifest.v1+json"
	dockerIndex    = "application/vnd.docker.distribution.manifest.list.v2+json"
	dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
)

// formats names the media types of manifests for people.
var formats = map[string]string{
	ociIndex: "OCI index", ociManifest: "OCI manifest", dockerIndex: "Docker manifest list", dockerManifest: "Docker manifest",
}

// sameMedia are Docker's media types whose OCI counterpart describes the same bytes
// (https://github.com/opencontainers/image-spec/blob/v1.1.1/media-types.md#compatibility-matrix).
var sameMedia = map[string]string{
	"application/vnd.docker.container.image.v1+json":            "application/vnd.oci.image.config.v1+json",
	"application/vnd.docker.image.rootfs.diff.tar":              "application/vnd.oci.image.layer.v1.tar",
	"application/vnd.docker.image.rootfs.diff.tar.gzip":         "application/vnd.oci.image.layer.v1.tar+gzip",
	"application/vnd.docker.image.rootfs.diff.tar.zstd":         "application/vnd.oci.image.layer.v1.tar+zstd",
	"application/vnd.docker.image.rootfs.foreign.diff.tar":      "application/vnd.oci.image.layer.nondistributable.v1.tar",
	"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip": "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
}

// mediaType reads a Content-Type, "" where it is invalid.
func mediaType(contentType string) string {
	served, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return served
}

// canonicalMedia returns OCI's name of a media type that has two.
func canonicalMedia(name string) string { return cmp.Or(sameMedia[name], name) }

// foreignLayer is how the media type of a layer begins that a registry need not have, since its licence forbids it: it names
// URLs of its own (https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#non-distributable-layers).
const foreignLayer = "application/vnd.oci.image.layer.nondistributable.v1.tar"

// Bounds of what one manifest may name.
const (
	maxParts = 512
	maxURLs  = 4 // of one foreign layer; further ones are ignored
)

// manifest is an image manifest or an index.
type manifest struct {
	SchemaVersion int
	MediaType     string
	Config        *descriptor
	Layers        descriptors
	Manifests     descriptors
}

// descriptor names a part of an image (https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md).
type descriptor struct {
	MediaType string
	Digest    string
	Size      int64
	URLs      urls
}

type (
	descriptors []descriptor
	urls        []string
)

// UnmarshalJSONFrom reads a manifest.
func (m *manifest) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return members(dec, map[string]any{
		"schemaVersion": &m.SchemaVersion, "mediaType": &m.MediaType, "config": &m.Config, "layers": &m.Layers, "manifests": &m.Manifests,
	})
}

// UnmarshalJSONFrom reads a descriptor.
func (d *descriptor) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return members(dec, map[string]any{"mediaType": &d.MediaType, "digest": &d.Digest, "size": &d.Size, "urls": &d.URLs})
}

// members reads the members of an object that have exactly the names given. One whose name differs by case alone is an error:
// docker reads it, other programs don't.
func members(dec *jsontext.Decoder, into map[string]any) error {
	if dec.PeekKind() != '{' {
		return unexpected(dec, "an object")
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != '}' {
		token, err := dec.ReadToken()
		if err != nil {
			return err
		}
		name := token.String()
		if value := into[name]; value != nil {
			err = json.UnmarshalDecode(dec, value)
		} else if err = otherCase(name, into); err == nil {
			err = dec.SkipValue()
		}
		if err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

func otherCase(name string, known map[string]any) error {
	for exact := range known {
		if strings.EqualFold(name, exact) {
			return fmt.Errorf("unknown member %q: expected %q", name, exact)
		}
	}
	return nil
}

func unexpected(dec *jsontext.Decoder, want string) error {
	value, err := dec.ReadToken()
	if err != nil {
		return err
	}
	return fmt.Errorf("unexpected %s at byte %d: expected %s", value.Kind(), dec.InputOffset(), want)
}

// UnmarshalJSONFrom reads a list of at most maxParts descriptors, and stops decoding at a longer one.
func (d *descriptors) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() == '[' {
		*d = descriptors{} // an empty list is a list
	}
	return list(dec, func() error {
		if len(*d) == maxParts {
			return refused("The manifest names more than %d parts", maxParts)
		}
		*d = append(*d, descriptor{})
		return json.UnmarshalDecode(dec, &(*d)[len(*d)-1])
	})
}

// UnmarshalJSONFrom reads the first maxURLs of a list.
func (u *urls) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return list(dec, func() error {
		if len(*u) == maxURLs {
			return dec.SkipValue()
		}
		*u = append(*u, "")
		return json.UnmarshalDecode(dec, &(*u)[len(*u)-1])
	})
}

// list calls read for each element of an array; null is an empty one.
func list(dec *jsontext.Decoder, read func() error) error {
	switch kind := dec.PeekKind(); kind {
	case 'n':
		_, err := dec.ReadToken()
		return err
	case '[':
	default:
		return unexpected(dec, "an array")
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for kind := dec.PeekKind(); kind != ']'; kind = dec.PeekKind() {
		if err := read(); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

// decoding is held while a manifest is decoded: the names of a hostile one take several times its size in memory.
var decoding sync.Mutex

func (m *manifest) decode(body []byte) error {
	decoding.Lock()
	defer decoding.Unlock()
	return json.Unmarshal(body, m)
}

// InvalidError says that what a registry serves is not an image.
type InvalidError struct {
	Message string // a sentence without its full stop
	Body    []byte // what is served instead, hostile
}

func (e *InvalidError) Error() string { return e.Message }

// parse reads a manifest that was served under a content type. What two programs could read in two ways is an error
// (https://github.com/opencontainers/distribution-spec/security/advisories/GHSA-mc8v-mgrf-8f4m).
func parse(body []byte, contentType string) (*manifest, error) {
	m := new(manifest)
	invalid := func(format string, args ...any) (*manifest, error) {
		return nil, &InvalidError{Message: fmt.Sprintf(format, args...), Body: body}
	}
	if err := m.decode(body); err != nil {
		var tooLong *fetch.Error
		if errors.As(err, &tooLong) {
			return nil, tooLong
		}
		var semantic *json.SemanticError
		if errors.As(err, &semantic) && semantic.Err != nil {
			err = fmt.Errorf("%s: %w", semantic.JSONPointer, semantic.Err)
		}
		return invalid("The registry does not serve an image manifest: %s", finding.Quote(err.Error()))
	}
	served := mediaType(contentType)
	if m.MediaType == "" {
		m.MediaType = served
	}
	isIndex := m.MediaType == ociIndex || m.MediaType == dockerIndex
	switch {
	case formats[m.MediaType] == "":
		return invalid("The manifest has the unsupported media type %s: expected Docker's schema 2 or OCI", finding.Quote(m.MediaType))
	case served != m.MediaType:
		return invalid("The manifest's media type is %s, but it is served as %s", finding.Quote(m.MediaType), finding.Quote(served))
	case m.SchemaVersion != 2:
		return invalid("The manifest has the schemaVersion %d: expected 2", m.SchemaVersion)
	case isIndex && (m.Config != nil || m.Layers != nil), !isIndex && m.Manifests != nil:
		return invalid("The manifest is both an index and an image")
	case isIndex && len(m.Manifests) == 0:
		return invalid("The index names no manifest")
	case !isIndex && m.Config == nil:
		return invalid("The manifest names no configuration")
	}
	return m, nil
}
