package lint

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
)

// changedOwner reports a file that moved to another owner.
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

// publisher returns the owner of an artifact's repository, or the host if it has no owners. An image's owner is "" if its reference has
// none.
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
