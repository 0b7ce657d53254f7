package lint

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
)

// changedOwner reports that a file has moved to another owner.
func changedOwner(was, is artifact.Artifact, server string) *finding.Finding {
	before, now := publisher(was, server), publisher(is, server)
	if before == "" || now == "" || strings.EqualFold(before, now) {
		return nil
	}
	f := is.Finding(finding.URLOwnerChanged, fmt.Sprintf("The file has moved from %s to %s", finding.Quote(before), finding.Quote(now)), "")
	if is.Base != nil && is.Base.Pointer != "" {
		f.Pointer, f.Position = is.Base.Pointer, is.Base.Position
	}
	return &f
}

// publisher returns the owner of the repository that an artifact comes from, or the host where the host has no owners. An image's
// owner is "" where the reference names none.
func publisher(a artifact.Artifact, server string) string {
	if a.Role == artifact.Image {
		return imageOwner(a.URL)
	}
	if ref := hosts.Parse(a.URL, server); ref.Owner != "" {
		return ref.Owner
	}
	u, err := url.Parse(a.URL)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// imageOwner returns the first part of an image's path, if it has several (https://github.com/distribution/reference).
func imageOwner(reference string) string {
	path, _, _ := strings.Cut(reference, "@")
	parts := strings.Split(path, "/")
	if strings.ContainsAny(parts[0], ".:") && len(parts) > 1 || parts[0] == "localhost" {
		parts = parts[1:] // the host
	}
	if len(parts) < 2 {
		return ""
	}
	return parts[0]
}
