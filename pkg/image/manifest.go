package image

import (
	"fmt"
	"mime"

	"github.com/go-json-experiment/json"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// The media types that are read.
const (
	ociIndex       = "application/vnd.oci.image.index.v1+json"
	ociManifest    = "application/vnd.oci.image.manifest.v1+json"
	dockerIndex    = "application/vnd.docker.distribution.manifest.list.v2+json"
	dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
)

// formats says in words what is of a media type.
var formats = map[string]string{
	ociIndex: "OCI index", ociManifest: "OCI manifest", dockerIndex: "Docker manifest list", dockerManifest: "Docker manifest",
}

// foreignLayers are those that a registry need not have, since their licence forbids it: they name URLs of their own
// (https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#non-distributable-layers).
var foreignLayers = map[string]bool{
	"application/vnd.docker.image.rootfs.foreign.diff.tar":         true,
	"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip":    true,
	"application/vnd.oci.image.layer.nondistributable.v1.tar":      true,
	"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip": true,
	"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd": true,
}

// Bounds of what one manifest may name.
const (
	maxParts = 512
	maxURLs  = 4 // of one foreign layer
)

// descriptor names a part of an image (https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md).
type descriptor struct {
	MediaType string   `json:"mediaType"`
	Digest    string   `json:"digest"`
	Size      int64    `json:"size"`
	URLs      []string `json:"urls"`
}

// manifest is an image manifest or an index of some.
type manifest struct {
	MediaType string       `json:"mediaType"`
	Config    *descriptor  `json:"config"`
	Layers    []descriptor `json:"layers"`
	Manifests []descriptor `json:"manifests"`
}

// InvalidError says that a registry has no image there, but something else.
type InvalidError struct {
	Message string // a sentence without its full stop
	Body    []byte // what is there instead, hostile
}

func (e *InvalidError) Error() string { return e.Message }

// parse reads a manifest that came under a content type. Names match whatever their case, as the programs that pull do it;
// what two of them could read in two ways is an error
// (https://github.com/opencontainers/distribution-spec/security/advisories/GHSA-mc8v-mgrf-8f4m).
func parse(body []byte, contentType string) (*manifest, error) {
	m := new(manifest)
	invalid := func(format string, args ...any) (*manifest, error) {
		return nil, &InvalidError{Message: fmt.Sprintf(format, args...), Body: body}
	}
	if err := json.Unmarshal(body, m, json.MatchCaseInsensitiveNames(true)); err != nil {
		return invalid("The registry serves no manifest of an image: %s", finding.Quote(err.Error()))
	}
	said, _, _ := mime.ParseMediaType(contentType)
	if m.MediaType == "" {
		m.MediaType = said
	}
	isIndex := m.MediaType == ociIndex || m.MediaType == dockerIndex
	switch {
	case formats[m.MediaType] == "":
		return invalid("The manifest is of the media type %s, which is none of Docker's schema 2 or OCI", finding.Quote(m.MediaType))
	case formats[said] != "" && said != m.MediaType:
		return invalid("The manifest contradicts itself: it says %s, and came as %s", finding.Quote(m.MediaType), finding.Quote(said))
	case isIndex && (m.Config != nil || m.Layers != nil), !isIndex && m.Manifests != nil:
		return invalid("The manifest contradicts itself: it is an index and an image at once")
	case !isIndex && m.Config == nil, isIndex && m.Manifests == nil:
		return invalid("The manifest is no whole one: it names no parts")
	case len(m.Manifests)+len(m.Layers) > maxParts:
		return nil, refused("The manifest names %d parts, and more than %d are not looked at", len(m.Manifests)+len(m.Layers), maxParts)
	}
	return m, nil
}
