package image

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"mime"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// formats names the media types of manifests that are read.
var formats = map[types.MediaType]string{
	types.OCIImageIndex: "OCI index", types.OCIManifestSchema1: "OCI manifest",
	types.DockerManifestList: "Docker manifest list", types.DockerManifestSchema2: "Docker manifest",
}

// sameMedia are Docker's media types whose OCI counterpart describes the same bytes
// (https://github.com/opencontainers/image-spec/blob/v1.1.1/media-types.md#compatibility-matrix).
var sameMedia = map[types.MediaType]types.MediaType{
	types.DockerConfigJSON:                                 types.OCIConfigJSON,
	types.DockerUncompressedLayer:                          types.OCIUncompressedLayer,
	types.DockerLayer:                                      types.OCILayer,
	"application/vnd.docker.image.rootfs.diff.tar.zstd":    types.OCILayerZStd,
	"application/vnd.docker.image.rootfs.foreign.diff.tar": types.OCIUncompressedRestrictedLayer,
	types.DockerForeignLayer:                               types.OCIRestrictedLayer,
}

// mediaType reads a Content-Type, "" where it is invalid.
func mediaType(contentType string) types.MediaType {
	served, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return types.MediaType(served)
}

// canonicalMedia returns OCI's name of a media type that has two.
func canonicalMedia(name types.MediaType) types.MediaType { return cmp.Or(sameMedia[name], name) }

// isForeign reports whether a registry need not have a layer, since its licence forbids it: the layer names URLs of its own
// (https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#non-distributable-layers).
func isForeign(name types.MediaType) bool {
	return strings.HasPrefix(string(canonicalMedia(name)), string(types.OCIUncompressedRestrictedLayer))
}

// Bounds of what one manifest may name.
const (
	maxParts = 512
	maxURLs  = 4 // of one foreign layer that are tried
)

// manifest is an image manifest or an index.
type manifest struct {
	SchemaVersion int             `json:"schemaVersion"`
	MediaType     types.MediaType `json:"mediaType"`
	Config        *descriptor     `json:"config"`
	Layers        []descriptor    `json:"layers"`
	Manifests     []descriptor    `json:"manifests"`
}

// descriptor names a part of an image (https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md).
type descriptor struct {
	MediaType types.MediaType `json:"mediaType"`
	Digest    string          `json:"digest"`
	Size      int64           `json:"size"`
	URLs      []string        `json:"urls"`
}

var (
	manifestMembers   = []string{"schemaVersion", "mediaType", "config", "layers", "manifests"}
	descriptorMembers = []string{"mediaType", "digest", "size", "urls"}
	// inDescriptor are the pointers to members of a descriptor.
	inDescriptor = regexp.MustCompile(`^(/config|/(layers|manifests)/[0-9]+)/[^/]*$`)
)

// describedDepth is how deep in a manifest the lists stand that are read, those of a layer's URLs.
const describedDepth = 4

// check reads a manifest token by token. A list of too many parts is an error, and so is a member whose name differs by case alone from
// one that is read: docker reads it, other programs don't.
func check(body []byte) error {
	for dec := jsontext.NewDecoder(bytes.NewReader(body), jsontext.AllowDuplicateNames(true)); ; {
		token, err := dec.ReadToken()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		depth := dec.StackDepth()
		if depth > describedDepth { // a pointer costs as much as it is deep
			continue
		}
		kind, n := dec.StackIndex(depth)
		if kind == '[' && n > maxParts {
			return refused("The manifest names more than %d parts", maxParts)
		}
		if isName := kind == '{' && n%2 == 1; !isName {
			continue
		}
		name, members := token.String(), descriptorMembers
		if depth == 1 {
			members = manifestMembers
		}
		i := slices.IndexFunc(members, func(exact string) bool { return strings.EqualFold(name, exact) })
		if i >= 0 && members[i] != name && (depth == 1 || inDescriptor.MatchString(string(dec.StackPointer()))) {
			return fmt.Errorf("%s: unknown member %q: expected %q", dec.StackPointer(), name, members[i])
		}
	}
}

// decoding is held while a manifest is decoded: the names of a hostile one take several times its size in memory.
var decoding sync.Mutex

func decode(body []byte) (*manifest, error) {
	decoding.Lock()
	defer decoding.Unlock()
	if err := check(body); err != nil {
		return nil, err
	}
	m := new(manifest)
	err := json.Unmarshal(body, m)
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		err = fmt.Errorf("%s: unexpected %s", cmp.Or(semantic.JSONPointer, "/"), semantic.JSONKind)
	}
	return m, err
}

// InvalidError says that what a registry serves is not an image.
type InvalidError struct {
	Message string // a sentence without its full stop
	Body    []byte // what is served instead, hostile
}

func (e *InvalidError) Error() string { return e.Message }

// parse reads a manifest that was served under a content type. What two programs could read in two ways is an error
// (https://github.com/opencontainers/distribution-spec/security/advisories/GHSA-mc8v-mgrf-8f4m).
func parse(reply fetch.Reply) (*manifest, error) {
	invalid := func(format string, args ...any) (*manifest, error) {
		return nil, &InvalidError{Message: fmt.Sprintf(format, args...), Body: reply.Body}
	}
	m, err := decode(reply.Body)
	if err != nil {
		if errors.As(err, new(*fetch.Error)) {
			return nil, err
		}
		return invalid("The registry does not serve an image manifest: %s", finding.Quote(err.Error()))
	}
	served := mediaType(reply.Header.Get("Content-Type"))
	m.MediaType = cmp.Or(m.MediaType, served)
	isIndex := m.MediaType.IsIndex()
	switch {
	case formats[m.MediaType] == "":
		return invalid("The manifest has the unsupported media type %s: expected Docker's schema 2 or OCI", finding.Quote(string(m.MediaType)))
	case served != m.MediaType:
		return invalid("The manifest's media type is %s, but it is served as %s", finding.Quote(string(m.MediaType)), finding.Quote(string(served)))
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
