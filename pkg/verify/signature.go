package verify

import (
	"slices"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/minisign"
)

// newMessage returns a message for a download, nil where no signature can be verified.
func newMessage(d Download, keys []minisign.PublicKey) *minisign.Message {
	if !d.signed(keys) {
		return nil
	}
	return minisign.NewMessage()
}

// signed reports whether the bytes of a download are needed to verify a signature.
func (d Download) signed(keys []minisign.PublicKey) bool {
	return len(keys) > 0 && slices.ContainsFunc(d.Artifacts, func(a artifact.Artifact) bool { return a.Signature != nil })
}

// signature returns what is wrong with an artifact's signature. One that verifies has no finding: the digest and the policy
// decide the status.
func (p Policy) signature(a artifact.Artifact, m *minisign.Message) []finding.Finding {
	switch {
	case a.Signature == nil:
		return nil
	case len(p.PublicKeys) == 0:
		return []finding.Finding{atField(a, a.Signature, finding.SignatureUnverified, "The signature was not checked: no public key is configured", "")}
	}
	legacy, err := m.Verify(a.Signature.Value, p.PublicKeys)
	if err != nil {
		return []finding.Finding{atField(a, a.Signature, finding.SignatureInvalid, "The signature does not verify: "+err.Error(), "")}
	}
	if legacy {
		return []finding.Finding{atField(a, a.Signature, finding.SignatureLegacy, "The signature verifies, but is a legacy one: of the file itself instead of its hash", "")}
	}
	return nil
}
