// Package image reads container images from registries by the OCI distribution protocol, anonymously, over a network
// that may be hostile: what a digest names is hashed here, and no header of a registry proves anything.
// (https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md)
package image

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Bounds of a reference, in characters.
const (
	maxReference  = 1024
	maxRepository = 255
	maxTag        = 128
)

const (
	// dockerHub is what docker calls its own registry, which is meant where a reference names none.
	dockerHub = "docker.io"
	// latest is the tag that is meant where a reference names neither tag nor digest.
	latest = "latest"
)

// Reference names an image. Two that docker would pull from the same place have the same String.
type Reference struct {
	Registry   string // host, and port unless 443, in lower case; "docker.io" for Docker Hub under any of its names
	Repository string // "library/redis"
	Tag        string // as written, "" where none is
	Digest     digest.Digest

	written string // the text before any "@"
}

// The grammar of the parts (https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests).
var (
	repositoryShape = regexp.MustCompile(`^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$`)
	tagShape        = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*$`)
	registryShape   = regexp.MustCompile(`^(\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:[0-9]{1,5})?$`)
)

// Parse reads a reference as docker does: "redis", "ghcr.io/acme/server:1.2", "acme/server:1.2@sha256:…". The error says
// what is wrong with it, as the end of a sentence.
func Parse(text string) (Reference, error) {
	switch {
	case text == "" || len(text) > maxReference:
		return Reference{}, fmt.Errorf("it has %d characters: expected 1 to %d", len(text), maxReference)
	case strings.Contains(text, "://"):
		return Reference{}, errors.New("it is a URL: an image reference has no `https://`")
	}
	var r Reference
	var err error
	path, sum, isPinned := strings.Cut(text, "@")
	r.written = path
	if isPinned {
		if r.Digest, err = parseDigest(sum); err != nil {
			return Reference{}, err
		}
	}
	if colon := strings.LastIndexByte(path, ':'); colon > strings.LastIndexByte(path, '/') {
		path, r.Tag = path[:colon], path[colon+1:]
		if len(r.Tag) > maxTag || !tagShape.MatchString(r.Tag) {
			return Reference{}, fmt.Errorf("invalid tag %s: expected at most %d letters, digits, dots, hyphens and underscores", finding.Quote(r.Tag), maxTag)
		}
	}
	return r, r.locate(path)
}

// locate tells registry and repository apart.
func (r *Reference) locate(path string) error {
	repository, err := name.NewRepository(hubHosts.ReplaceAllString(path, dockerHub+"/"))
	if err != nil {
		return invalidRepository(path)
	}
	r.Registry, r.Repository = strings.TrimSuffix(strings.ToLower(repository.RegistryStr()), ":443"), repository.RepositoryStr()
	if r.Registry == name.DefaultRegistry {
		r.Registry = dockerHub
	}
	switch {
	case !registryShape.MatchString(r.Registry):
		return fmt.Errorf("invalid registry host %s", finding.Quote(r.Registry))
	case len(r.Repository) > maxRepository || !repositoryShape.MatchString(r.Repository):
		return invalidRepository(r.Repository)
	}
	return nil
}

// hubHosts are other names of Docker Hub.
var hubHosts = regexp.MustCompile(`(?i)^(index|registry-1|registry\.hub)\.docker\.(io|com)(:443)?/|^docker\.io(:443)?/`)

func invalidRepository(repository string) error {
	return fmt.Errorf("invalid repository %s: expected lower-case letters and digits, with single separators between them", finding.Quote(repository))
}

// parseDigest reads the digest of a reference or of a descriptor, which has one form only.
func parseDigest(text string) (digest.Digest, error) {
	d, err := digest.Parse(text)
	switch {
	case err != nil:
		return digest.Digest{}, fmt.Errorf("invalid digest: %w", err)
	case d.Algorithm.Weak() || d.String() != text:
		return digest.Digest{}, errors.New("invalid digest: expected `sha256:` and 64 hex digits in lower case")
	}
	return d, nil
}

// String returns the canonical form, such as "docker.io/library/redis:7": what is the same for all ways to write it.
func (r Reference) String() string {
	s := r.Registry + "/" + r.Repository
	switch {
	case r.Tag != "":
		s += ":" + r.Tag
	case r.Digest.IsZero():
		s += ":" + latest
	}
	if !r.Digest.IsZero() {
		s += "@" + r.Digest.String()
	}
	return s
}

// Pin returns the reference as it was written, with the digest in place of any other.
func (r Reference) Pin(d digest.Digest) string { return r.written + "@" + d.String() }

// Unpinned returns the reference as it was written, without any digest.
func (r Reference) Unpinned() string { return r.written }

// Tagged returns the reference to what the tag names now, whatever the digest.
func (r Reference) Tagged() Reference {
	r.Digest = digest.Digest{}
	return r
}

// Mutable returns why the reference's image is expected to change, "" if it isn't.
func (r Reference) Mutable() string {
	switch {
	case !r.Digest.IsZero() || r.Tag != "" && r.Tag != latest:
		return ""
	case r.Tag == "":
		return "no tag, which means `latest`"
	}
	return "the tag `latest`"
}

// host is where the registry answers.
func (r Reference) host() string {
	if r.Registry == dockerHub {
		return name.DefaultRegistry
	}
	return r.Registry
}

// identifier is what names the manifest in its repository.
func (r Reference) identifier() string {
	switch {
	case !r.Digest.IsZero():
		return r.Digest.String()
	case r.Tag != "":
		return r.Tag
	}
	return latest
}
