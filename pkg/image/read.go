package image

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Bounds of what is read of one image.
const (
	maxManifest = 4 << 20 // bytes; registries need not take longer ones
	maxConfig   = 8 << 20 // bytes
	maxDepth    = 3       // of an index in an index
	maxLooks    = 2       // at bytes that are other than named
)

// read reads the manifest that the reference names and, where all of it is asked for, whatever that names.
func (s *session) read(isWhole bool) (Image, error) {
	img := Image{Size: -1}
	body, contentType, err := s.get(s.manifestURL(s.ref.identifier()), acceptManifests, maxManifest, s.ref.Digest, -1, theImage)
	if err != nil {
		return img, err
	}
	img.Digest, img.Size, img.Read = sum(body, algorithm(s.ref)), int64(len(body)), true
	m, err := parse(body, contentType)
	if err != nil {
		return img, err
	}
	img.Format = formats[m.MediaType]
	if !isWhole {
		return img, nil
	}
	s.seen[looked{manifestPart, img.Digest}] = true
	return img, s.parts(m, 0)
}

// parts looks at everything that a manifest names.
func (s *session) parts(m *manifest, depth int) error {
	for _, child := range m.Manifests {
		if err := s.child(child, depth+1); err != nil {
			return err
		}
	}
	if m.Config != nil {
		if err := s.config(*m.Config); err != nil {
			return err
		}
	}
	for _, layer := range m.Layers {
		if err := s.layer(layer); err != nil {
			return err
		}
	}
	return nil
}

// child reads a manifest of an index, and what that names.
func (s *session) child(d descriptor, depth int) error {
	if depth > maxDepth {
		return refused("The image's indexes are nested deeper than %d levels", maxDepth)
	}
	name, isNew, err := s.named(manifestPart, d)
	if err != nil || !isNew {
		return err
	}
	if formats[d.MediaType] == "" {
		return &InvalidError{Message: fmt.Sprintf("The index names something of the media type %s, which is no manifest", finding.Quote(d.MediaType))}
	}
	part := "The manifest " + finding.Quote(d.Digest) + " of the image's index"
	body, contentType, err := s.get(s.manifestURL(name.String()), acceptManifests, maxManifest, name, d.Size, part)
	if err != nil {
		return err
	}
	m, err := parse(body, contentType)
	if err != nil {
		return err
	}
	if m.MediaType != d.MediaType {
		return &InvalidError{Message: fmt.Sprintf("%s is of the media type %s, and the index says %s", part, finding.Quote(m.MediaType), finding.Quote(d.MediaType)), Body: body}
	}
	return s.parts(m, depth)
}

func (s *session) config(d descriptor) error {
	name, isNew, err := s.named(configPart, d)
	if err != nil || !isNew {
		return err
	}
	_, _, err = s.get(s.blobURL(name), acceptAnything, maxConfig, name, d.Size, "The image's configuration "+finding.Quote(d.Digest))
	return err
}

// layer makes sure that a layer is there, without reading it.
func (s *session) layer(d descriptor) error {
	name, isNew, err := s.named(layerPart, d)
	if err != nil || !isNew {
		return err
	}
	part := "The layer " + finding.Quote(d.Digest)
	reply, err := s.probe(s.blobURL(name), s.call)
	if err != nil {
		return err
	}
	if reply.Refusal != nil && foreignLayers[d.MediaType] {
		if there, err := s.elsewhere(d); there || err != nil {
			return err
		}
	}
	if reply.Refusal != nil {
		return s.refusal(reply, part)
	}
	return wrongSize(part, reply, d.Size)
}

func wrongSize(part string, reply fetch.Reply, size int64) error {
	if reply.Size > 0 && reply.Size != size {
		return &fetch.Error{Message: fmt.Sprintf("%s is not whole: the registry %s has %d bytes of it, and the manifest says %d",
			part, finding.Quote(reply.Host), reply.Size, size), Fix: "Push the image again"}
	}
	return nil
}

// elsewhere reports whether a foreign layer is at one of the URLs that its manifest names. They are hostile, and nothing
// that the registry gave goes there.
func (s *session) elsewhere(d descriptor) (isThere bool, err error) {
	for _, url := range d.URLs[:min(len(d.URLs), maxURLs)] {
		reply, err := s.probe(url, func(method, url string, header http.Header, maxBody int64) (fetch.Reply, error) {
			return s.send(fetch.Call{Method: method, URL: url, Header: header, MaxBody: maxBody})
		})
		if err != nil || reply.Refusal == nil {
			return err == nil, err
		}
	}
	return false, nil
}

// probe asks whether something is there: by HEAD, and by a GET of one byte where that is not allowed. Hosts that blobs
// are redirected to may sign their URLs for one method only.
func (s *session) probe(url string, call func(method, url string, header http.Header, maxBody int64) (fetch.Reply, error)) (fetch.Reply, error) {
	reply, err := call(http.MethodHead, url, acceptAnything, 0)
	if err != nil || reply.Status != http.StatusForbidden && reply.Status != http.StatusMethodNotAllowed && reply.Status != http.StatusBadRequest {
		return reply, err
	}
	return call(http.MethodGet, url, http.Header{"Range": {"bytes=0-0"}}, 0)
}

// looked is a part that was looked at, as what: a layer is not read, so a manifest of the same name still has to be.
type looked struct {
	as   partKind
	name digest.Digest
}

type partKind uint8

const (
	manifestPart partKind = iota
	configPart
	layerPart
)

// named reads the digest of a descriptor, and reports whether it is one that was not looked at yet.
func (s *session) named(as partKind, d descriptor) (name digest.Digest, isNew bool, err error) {
	name, err = parseDigest(d.Digest)
	if err != nil || d.Size < 0 {
		return name, false, &InvalidError{Message: fmt.Sprintf("The manifest names a part that can't be told: %s of %d bytes", finding.Quote(d.Digest), d.Size)}
	}
	isNew = !s.seen[looked{as, name}]
	s.seen[looked{as, name}] = true
	return name, isNew, nil
}

// get reads what a digest names, and looks a second time where it reads something else: bytes that never come the same
// are no proof of anything. A zero digest takes whatever is there. A size of -1 is not known.
func (s *session) get(url string, header http.Header, maxBody int64, want digest.Digest, size int64, part string) (body []byte, contentType string, err error) {
	for look := 1; ; look++ {
		reply, err := s.call(http.MethodGet, url, header, maxBody)
		if err != nil {
			return nil, "", err
		}
		if reply.Refusal != nil {
			return nil, "", s.refusal(reply, part)
		}
		err = other(reply, want, size, part)
		if err == nil || look == maxLooks {
			return reply.Body, reply.Header.Get("Content-Type"), err
		}
	}
}

// other returns an error where a reply is not what a digest names.
func other(reply fetch.Reply, want digest.Digest, size int64, part string) error {
	var got digest.Digest
	if !want.IsZero() {
		got = sum(reply.Body, want.Algorithm)
	}
	isShort := int64(len(reply.Body)) < size
	switch {
	case got == want && !want.IsZero() && size >= 0 && int64(len(reply.Body)) != size:
		return &InvalidError{Message: fmt.Sprintf("%s has %d bytes, and is said to have %d", part, len(reply.Body), size)}
	case got == want && (!want.IsZero() || !reply.CloseDelimited):
		return nil
	case reply.CloseDelimited || isShort:
		return &fetch.Error{Message: fmt.Sprintf("%s did not come to its end: %d bytes came from %s", part, len(reply.Body), finding.Quote(reply.Host)),
			Err: errors.New("cut short")}
	}
	return &OtherError{Part: part, Want: want, Got: got, Body: reply.Body}
}

func sum(body []byte, algorithm digest.Algorithm) digest.Digest {
	h := digest.NewHasher(algorithm)
	_, _ = h.Write(body) // never fails
	return h.Digest(algorithm)
}
