package image

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Bounds of what is read of one image.
const (
	maxManifest = 4 << 20 // bytes; registries need not take longer ones
	maxConfig   = 8 << 20 // bytes
	maxDepth    = 3       // of an index in an index
	maxTries    = 2       // for bytes with another digest
)

// read reads the manifest that the reference names and, where all of it is asked for, whatever that names.
func (s *session) read(isWhole bool) (Image, error) {
	img := Image{Size: -1}
	reply, err := s.manifest(s.ref.identifier(), s.ref.Digest, -1, theImage)
	if err != nil {
		return img, err
	}
	img.Digest, img.Size, img.Read = sum(reply.Body, algorithm(s.ref)), int64(len(reply.Body)), true
	m, err := parse(reply)
	if err != nil {
		return img, err
	}
	img.Format = formats[m.MediaType]
	if !isWhole {
		return img, nil
	}
	s.seen["manifest "+img.Digest.String()] = descriptor{MediaType: m.MediaType, Size: img.Size}
	return img, s.parts(m, 0)
}

// parts checks everything that a manifest names.
func (s *session) parts(m *manifest, depth int) error {
	for _, child := range m.Manifests {
		if err := s.part("manifest", child, depth+1); err != nil {
			return err
		}
	}
	if m.Config != nil {
		if err := s.part("configuration", *m.Config, depth); err != nil {
			return err
		}
	}
	for _, layer := range m.Layers {
		if err := s.part("layer", layer, depth); err != nil {
			return err
		}
	}
	return nil
}

// part checks what a descriptor names, once for each kind: a layer is not read, so a manifest with the same digest still has to be. One
// that is named again has to have the same size and media type.
func (s *session) part(kind string, d descriptor, depth int) error {
	name, err := parseDigest(d.Digest)
	quoted := finding.Quote(d.Digest)
	if err != nil || d.Size < 0 {
		return &InvalidError{Message: fmt.Sprintf("The manifest has an invalid descriptor: digest %s, size %d", quoted, d.Size)}
	}
	key := kind + " " + name.String()
	first, isKnown := s.seen[key]
	switch {
	case isKnown && first.Size == d.Size && canonicalMedia(first.MediaType) == canonicalMedia(d.MediaType):
		return nil
	case isKnown:
		return &InvalidError{Message: fmt.Sprintf("The manifest describes %s twice: as %s of %d bytes and as %s of %d bytes", quoted,
			finding.Quote(string(first.MediaType)), first.Size, finding.Quote(string(d.MediaType)), d.Size)}
	}
	s.seen[key] = d
	switch kind {
	case "manifest":
		return s.child(d, name, depth)
	case "layer":
		return s.layer(d, "The layer "+quoted)
	}
	call := fetch.Call{Method: http.MethodGet, URL: s.url("blobs", d.Digest), MaxBody: maxConfig}
	_, err = s.get(call, name, d.Size, "The image's configuration "+quoted)
	return err
}

// child reads a manifest of an index, and what that names.
func (s *session) child(d descriptor, name digest.Digest, depth int) error {
	if depth > maxDepth {
		return refused("The image's indexes are nested deeper than %d levels", maxDepth)
	}
	if formats[d.MediaType] == "" {
		return &InvalidError{Message: fmt.Sprintf("The index has a part of the media type %s: expected a manifest", finding.Quote(string(d.MediaType)))}
	}
	part := "The manifest " + finding.Quote(d.Digest) + " of the image's index"
	reply, err := s.manifest(d.Digest, name, d.Size, part)
	if err != nil {
		return err
	}
	m, err := parse(reply)
	if err != nil {
		return err
	}
	if m.MediaType != d.MediaType {
		return &InvalidError{Message: fmt.Sprintf("%s has the media type %s: the index says %s", part, finding.Quote(string(m.MediaType)), finding.Quote(string(d.MediaType))), Body: reply.Body}
	}
	return s.parts(m, depth)
}

// layer checks that a layer exists and has its size, without reading it.
func (s *session) layer(d descriptor, part string) error {
	reply, err := probe(s.url("blobs", d.Digest), s.call)
	if err != nil {
		return err
	}
	if reply.Refusal == nil {
		return hasSize(reply, d.Size, part)
	}
	if isForeign(d.MediaType) {
		if found, err := s.elsewhere(d, part); found || err != nil {
			return err
		}
	}
	return s.refusal(reply, part)
}

// isContent reports whether a reply is about the content that was asked for, and not only a success.
func isContent(reply fetch.Reply) bool {
	return fetch.IsWhole(reply.Status) || reply.Status == http.StatusPartialContent
}

// hasSize returns an error unless a reply announces the size of a part.
func hasSize(reply fetch.Reply, size int64, part string) error {
	if isContent(reply) && reply.Size == size {
		return nil
	}
	host := finding.Quote(reply.Host)
	message := fmt.Sprintf("%s has %d bytes at %s: the manifest says %d", part, reply.Size, host, size)
	switch {
	case !isContent(reply):
		message = fmt.Sprintf("The server %s answered %d instead of serving %s", host, reply.Status, lowerFirst(part))
	case reply.Size < 0:
		message = fmt.Sprintf("The server %s does not announce the size of %s", host, lowerFirst(part))
	}
	return &fetch.Error{Message: message, Fix: "Push the image again"}
}

func lowerFirst(part string) string { return strings.ToLower(part[:1]) + part[1:] }

// elsewhere reports whether a foreign layer is at one of the URLs that its manifest names. They are hostile: no token goes there,
// and only an answer of the layer's size counts.
func (s *session) elsewhere(d descriptor, part string) (found bool, err error) {
	for _, url := range d.URLs[:min(len(d.URLs), maxURLs)] {
		reply, err := probe(url, s.send)
		if err != nil {
			return false, err
		}
		if reply.Refusal == nil && hasSize(reply, d.Size, part) == nil {
			return true, nil
		}
	}
	return false, nil
}

// probe asks how large something is: by HEAD, and by a GET of one byte where HEAD is refused or does not tell. Hosts that blobs
// are redirected to may sign their URLs for one method only.
func probe(url string, send func(fetch.Call) (fetch.Reply, error)) (fetch.Reply, error) {
	reply, err := send(fetch.Call{Method: http.MethodHead, URL: url})
	isRefused := slices.Contains([]int{http.StatusBadRequest, http.StatusForbidden, http.StatusMethodNotAllowed}, reply.Status)
	if err == nil && (isRefused || isContent(reply) && reply.Size < 0) {
		return send(fetch.Call{Method: http.MethodGet, URL: url, Header: http.Header{"Range": {"bytes=0-0"}}})
	}
	return reply, err
}

func (s *session) manifest(identifier string, want digest.Digest, size int64, part string) (fetch.Reply, error) {
	call := fetch.Call{Method: http.MethodGet, URL: s.url("manifests", identifier), Header: acceptManifests, MaxBody: maxManifest}
	return s.get(call, want, size, part)
}

// get reads what a digest names, and once more where it has another digest, in case the registry serves other bytes each time. A zero
// digest takes whatever is there. A size of -1 is not known.
func (s *session) get(call fetch.Call, want digest.Digest, size int64, part string) (reply fetch.Reply, err error) {
	for range maxTries {
		if reply, err = s.call(call); err != nil {
			return reply, err
		}
		if reply.Refusal != nil {
			return reply, s.refusal(reply, part)
		}
		if err = other(reply, want, size, part); err == nil {
			break
		}
	}
	return reply, err
}

// other returns an error where a reply is not what a digest names.
func other(reply fetch.Reply, want digest.Digest, size int64, part string) error {
	if !fetch.IsWhole(reply.Status) {
		return &fetch.Error{Message: fmt.Sprintf("The server %s answered %d instead of serving %s", finding.Quote(reply.Host), reply.Status, lowerFirst(part))}
	}
	var got digest.Digest
	if !want.IsZero() {
		got = sum(reply.Body, want.Algorithm)
	}
	isShort := int64(len(reply.Body)) < size
	switch {
	case got == want && !want.IsZero() && size >= 0 && int64(len(reply.Body)) != size:
		return &InvalidError{Message: fmt.Sprintf("%s has %d bytes: expected %d", part, len(reply.Body), size)}
	case got == want && (!want.IsZero() || !reply.CloseDelimited):
		return nil
	case reply.CloseDelimited || isShort:
		return &fetch.Error{Message: fmt.Sprintf("%s is incomplete: %d bytes came from %s", part, len(reply.Body), finding.Quote(reply.Host)),
			Err: errors.New("cut short")}
	}
	return &OtherError{Part: part, Want: want, Got: got, Body: reply.Body}
}

func sum(body []byte, algorithm digest.Algorithm) digest.Digest {
	h := digest.NewHasher(algorithm)
	_, _ = h.Write(body) // never fails
	return h.Digest(algorithm)
}
