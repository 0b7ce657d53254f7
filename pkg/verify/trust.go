package verify

import (
	"fmt"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/format"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
	"github.com/premAI-io/verify-manifests/pkg/minisign"
)

// Policy says which files may go without a checksum, as the registry's maintainers decided it:
// a checksum is the service developer's to declare, never this program's to invent.
type Policy struct {
	// MissingChecksum is the severity of a missing checksum; nil reports none.
	MissingChecksum *finding.Severity
	// TrustedURLs are globs of the URLs that the registry's owner controls.
	TrustedURLs []string
	// PublicKeys verify signatures; without any, no signature is checked.
	PublicKeys []minisign.PublicKey
	// Server is the GitHub server whose URLs hosts.Parse knows ("https://github.com").
	Server string
}

// Excuse returns why an artifact without a checksum needs none, or "":
//
//   - the registry's owner controls the URL, and it names a version;
//   - it is weights in a format that can't execute code, told by the first bytes, not by the name.
func (p Policy) Excuse(a artifact.Artifact, f format.Format) string {
	switch {
	case p.Trusted(a):
		return "published by the registry's owner under a versioned URL"
	case a.Role == artifact.Weight && f.Safe():
		return fmt.Sprintf("weights in the %s format, which holds no code", f)
	}
	return ""
}

// Trusted reports whether the registry's owner controls an artifact's URL, and it names a version.
func (p Policy) Trusted(a artifact.Artifact) bool {
	return hosts.Trusted(a.URL, p.TrustedURLs) && hosts.Parse(a.URL, p.Server).Versioned
}

// unverified says of an artifact without a checksum why that is fine, or reports that it is not.
func (p Policy) unverified(a artifact.Artifact, known *evidence) (note string, findings []finding.Finding) {
	note = p.Excuse(a, known.kind)
	if note != "" || p.MissingChecksum == nil {
		return note, nil
	}
	message, fix := "No checksum is declared, so a replaced file goes unnoticed", ""
	if a.Role == artifact.Weight && known.kind.Ambiguous() {
		message += fmt.Sprintf(". It is %s, which is not a safe format", known.kind.Describe())
	}
	if a.Role == artifact.Weight && !known.isRead() {
		message += ". Weights in a safe format need none, but this file was not read"
		fix = "Declare a checksum, or use the mode `full`, which reads the file"
	}
	missing := a.Finding(finding.ArtifactMissingChecksum, message, fix)
	missing.Severity = *p.MissingChecksum
	return "", []finding.Finding{missing}
}
