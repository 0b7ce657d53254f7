package image

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Bounds of what one image may cost.
const (
	maxRequests = 4096
	maxTime     = 15 * time.Minute
)

// Network is fetch.Client.Do.
type Network interface {
	Do(ctx context.Context, call fetch.Call) (fetch.Reply, error)
}

// Client asks registries about images. It is safe for concurrent use.
type Client struct {
	network Network

	mu       sync.Mutex
	access   map[string]*access   // by registry and repository
	services map[string]challenge // by registry: what it asked for last
}

// New returns a Client that reaches registries, token services and blob hosts by the network alone.
func New(network Network) *Client {
	return &Client{network: network, access: map[string]*access{}, services: map[string]challenge{}}
}

// Image is what a registry has under a reference.
type Image struct {
	// Digest is that of the manifest, under the algorithm of the reference's digest, else SHA-256.
	Digest digest.Digest
	Size   int64  // bytes of the manifest, -1 where they are not known
	Format string // what the manifest is, as "OCI index"; "" where it was not read
	Read   bool   // the manifest was read and hashed here; else Digest is what the registry announces
	Bytes  int64  // that were downloaded
}

// Ask returns the digest that the registry announces for a reference, by a HEAD. Digest is zero where it announces none, whatever the
// reason but the network. The error is a *fetch.Error.
func (c *Client) Ask(ctx context.Context, r Reference) (Image, error) {
	s, cancel := c.begin(ctx, r)
	defer cancel()
	reply, err := s.call(fetch.Call{Method: http.MethodHead, URL: s.url("manifests", r.identifier()), Header: acceptManifests})
	img := Image{Size: -1, Bytes: s.bytes}
	if err != nil || reply.Refusal != nil {
		return img, err
	}
	said, err := parseDigest(reply.Header.Get("Docker-Content-Digest"))
	if err == nil && said.Algorithm == algorithm(r) && isContent(reply) && formats[mediaType(reply.Header.Get("Content-Type"))] != "" {
		img.Digest, img.Size = said, reply.Size
	}
	return img, nil
}

// Read reads the manifest that a reference names, and hashes it. Where isWhole is asked for it goes on to everything that
// the digest stands for: children and configs are read and hashed, and of every layer the registry is asked whether it is
// there. The Image is filled in as far as possible, with an error too. The error is a *fetch.Error, an *OtherError or an *InvalidError.
func (c *Client) Read(ctx context.Context, r Reference, isWhole bool) (Image, error) {
	s, cancel := c.begin(ctx, r)
	defer cancel()
	img, err := s.read(isWhole)
	img.Bytes = s.bytes
	return img, err
}

// OtherError says that a registry serves other bytes than those that a digest names.
type OtherError struct {
	Part      string // what was asked for, as the subject of a sentence
	Want, Got digest.Digest
	Body      []byte // what was served, hostile
}

func (e *OtherError) Error() string {
	return fmt.Sprintf("%s has the digest %s, and %s is declared", e.Part, e.Got, e.Want)
}

// session is the requests about one image.
type session struct {
	*Client
	ctx      context.Context
	ref      Reference
	bytes    int64
	requests int
	seen     map[string]descriptor // by what the part is, and its digest
}

func (c *Client) begin(ctx context.Context, r Reference) (*session, context.CancelFunc) {
	ctx, cancel := context.WithTimeoutCause(ctx, maxTime, fmt.Errorf("the image takes more than %s", maxTime))
	return &session{Client: c, ctx: ctx, ref: r, seen: map[string]descriptor{}}, cancel
}

// url is where the registry has a manifest or a blob.
func (s *session) url(kind, identifier string) string {
	return "https://" + s.ref.host() + "/v2/" + s.ref.Repository + "/" + kind + "/" + identifier
}

var acceptManifests = http.Header{"Accept": {"application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, " +
	"application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json"}}

// call asks the registry, with the token that it wants.
func (s *session) call(call fetch.Call) (reply fetch.Reply, err error) {
	access := s.accessTo(s.ref)
	if call.Token, err = access.get(s); err != nil {
		return reply, err
	}
	reply, err = s.send(call)
	if err != nil || reply.Status != http.StatusUnauthorized {
		return reply, err
	}
	wanted, ok := bearer(reply.Header)
	if !ok {
		return reply, nil
	}
	if call.Token, err = access.renew(s, wanted, call.Token); err != nil {
		return reply, err
	}
	return s.send(call)
}

// send makes one request of those that the image may cost.
func (s *session) send(call fetch.Call) (fetch.Reply, error) {
	if s.requests++; s.requests > maxRequests {
		return fetch.Reply{}, refused("The image takes more than %d requests", maxRequests)
	}
	reply, err := s.network.Do(s.ctx, call)
	s.bytes += int64(len(reply.Body))
	if failure, ok := errors.AsType[*fetch.Error](err); ok && failure.Status == http.StatusTooManyRequests {
		failure.Fix = "The registry limits requests: run it again later"
	}
	return reply, err
}

func algorithm(r Reference) digest.Algorithm {
	if r.Digest.IsZero() {
		return digest.SHA256
	}
	return r.Digest.Algorithm
}

func refused(format string, args ...any) error {
	return &fetch.Error{Kind: fetch.Refused, Message: fmt.Sprintf(format, args...), Fix: "Check what was published under that name"}
}

// theImage names the whole image in messages.
const theImage = "The image"

// refusal explains a server's final answer about a part of the image.
func (s *session) refusal(reply fetch.Reply, part string) error {
	status, host := reply.Status, finding.Quote(reply.Host)
	failure := *reply.Refusal
	switch status {
	case http.StatusNotFound, http.StatusGone:
		failure.Message = fmt.Sprintf("%s does not exist: the server %s answered %d", part, host, status)
		failure.Fix = "Check the name; the image, or its tag, may have been renamed, deleted or made private"
	case http.StatusUnauthorized, http.StatusForbidden:
		failure.Message = fmt.Sprintf("%s requires authentication: the server %s answered %d", part, host, status)
		failure.Fix = "Check the name: many registries answer so where it does not exist. Use a public image"
	}
	if part != theImage {
		failure.Fix = "The image can't be pulled: its publisher has to push it again"
	}
	return &failure
}
