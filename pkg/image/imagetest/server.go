// Package imagetest runs a container registry for tests: that of go-containerregistry, over TLS, with tokens and faults.
package imagetest

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Registry is a registry, to be served under any names.
type Registry struct {
	// Fault, where it is set, may answer a request in the registry's place: it reports whether it did.
	Fault func(w http.ResponseWriter, r *http.Request) bool
	// WantsToken has the registry ask for a token of its own token service, for each repository.
	WantsToken bool
	// Realm is where tokens are said to come from; "" is the path /token of the host that is asked.
	Realm string

	registry http.Handler
	mu       sync.Mutex
	requests []string
}

// NewRegistry returns a registry without images.
func NewRegistry() *Registry {
	return &Registry{registry: registry.New(registry.Logger(log.New(io.Discard, "", 0)))}
}

// Server is a registry on loopback. Close it in the end.
type Server struct {
	*httptest.Server
	*Registry
}

// New starts a registry without images.
func New() *Server {
	s := &Server{Registry: NewRegistry()}
	s.Server = httptest.NewUnstartedServer(s.Registry)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	return s
}

// Host is what references begin with.
func (s *Server) Host() string { return s.Listener.Addr().String() }

// Requests returns what was asked for since the last call, as "HEAD /v2/…".
func (s *Registry) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.requests
	s.requests = nil
	return all
}

func (s *Registry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests = append(s.requests, r.Method+" "+r.URL.Path)
	s.mu.Unlock()
	switch {
	case s.Fault != nil && s.Fault(w, r):
	case r.URL.Path == "/token":
		fmt.Fprintf(w, `{"token": %q, "expires_in": 300}`, tokenFor(r.URL.Query().Get("scope")))
	case s.WantsToken && r.Header.Get("Authorization") != "Bearer "+tokenFor(scopeOf(r.URL.Path)):
		s.Challenge(w, r)
	default:
		s.registry.ServeHTTP(w, r)
	}
}

// Challenge answers 401, and says where tokens come from.
func (s *Registry) Challenge(w http.ResponseWriter, r *http.Request) {
	realm := s.Realm
	if realm == "" {
		realm = "https://" + r.Host + "/token"
	}
	w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="%s",service="test",scope="%s"`, realm, scopeOf(r.URL.Path)))
	w.WriteHeader(http.StatusUnauthorized)
}

func tokenFor(scope string) string { return "for-" + url.QueryEscape(scope) }

func scopeOf(path string) string {
	repository := strings.TrimPrefix(path, "/v2/")
	for _, part := range []string{"/manifests/", "/blobs/"} {
		if at := strings.LastIndex(repository, part); at >= 0 {
			repository = repository[:at]
		}
	}
	return "repository:" + repository + ":pull"
}

// PutBlob stores a blob and returns its digest.
func (s *Registry) PutBlob(repository string, body []byte) string {
	name := Digest(body)
	s.put(http.MethodPost, "/v2/"+repository+"/blobs/uploads/?digest="+url.QueryEscape(name), "application/octet-stream", body)
	return name
}

// PutManifest stores a manifest, under a tag too unless that is "", and returns its digest.
func (s *Registry) PutManifest(repository, tag, mediaType string, body []byte) string {
	name := Digest(body)
	if tag == "" {
		tag = name
	}
	s.put(http.MethodPut, "/v2/"+repository+"/manifests/"+tag, mediaType, body)
	return name
}

func (s *Registry) put(method, path, contentType string, body []byte) {
	r := httptest.NewRequest(method, path, bytes.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	w := httptest.NewRecorder()
	s.registry.ServeHTTP(w, r)
	if w.Code/100 != 2 {
		panic(fmt.Sprintf("imagetest: %s %s: %d %s", method, path, w.Code, w.Body))
	}
}

// Delete removes a tag or a manifest from the registry.
func (s *Registry) Delete(repository, identifier string) {
	s.put(http.MethodDelete, "/v2/"+repository+"/manifests/"+identifier, "", nil)
}

// Push stores an image and all its parts, and returns its digest.
func (s *Registry) Push(repository, tag string, image v1.Image) string {
	layers := must(image.Layers())
	for _, layer := range layers {
		s.PutBlob(repository, must(io.ReadAll(must(layer.Compressed()))))
	}
	s.PutBlob(repository, must(image.RawConfigFile()))
	return s.PutManifest(repository, tag, string(must(image.MediaType())), must(image.RawManifest()))
}

// PushIndex stores an index and all its images, and returns its digest.
func (s *Registry) PushIndex(repository, tag string, index v1.ImageIndex) string {
	for _, child := range must(index.IndexManifest()).Manifests {
		switch child.MediaType {
		case types.OCIImageIndex, types.DockerManifestList:
			s.PushIndex(repository, "", must(index.ImageIndex(child.Digest)))
		default:
			s.Push(repository, "", must(index.Image(child.Digest)))
		}
	}
	return s.PutManifest(repository, tag, string(must(index.MediaType())), must(index.RawManifest()))
}

// Small pushes the smallest image that there can be, made of a word, and returns its digest.
func (s *Registry) Small(repository, tag, word string) string {
	config := []byte(fmt.Sprintf(`{"architecture":"amd64","os":"linux","config":{"Labels":{"word":%q}}}`, word))
	layer := []byte("layer of " + word)
	body := must(json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": types.OCIManifestSchema1,
		"config": Descriptor(types.OCIConfigJSON, s.PutBlob(repository, config), len(config)),
		"layers": []any{Descriptor(types.OCILayer, s.PutBlob(repository, layer), len(layer))},
	}))
	return s.PutManifest(repository, tag, string(types.OCIManifestSchema1), body)
}

// Descriptor names a part of an image.
func Descriptor(mediaType types.MediaType, digest string, size int) map[string]any {
	return map[string]any{"mediaType": mediaType, "digest": digest, "size": size}
}

// Digest returns the SHA-256 digest of a text.
func Digest(body []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(body)) }

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
