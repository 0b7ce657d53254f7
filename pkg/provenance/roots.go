package provenance

import (
	"bytes"
	"crypto/x509"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"

	ct "github.com/google/certificate-transparency-go"
	"github.com/google/certificate-transparency-go/x509util"
	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/tlog"
	"github.com/sigstore/sigstore-go/pkg/verify"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// publicGood is targets/trusted_root.json of sigstore/root-signing (Apache-2.0) at commit
// 60cf2ce8b2e45d600dc17c4421e8c751e75772be of 2026-08-21, sha256
// 6494e21ea73fa7ee769f85f57d5a3e6a08725eae1e38c755fc3517c9e6bc0b66. docs/releasing.md says how to renew it.
//
//go:embed trusted_root.json
var publicGood []byte

// Bounds of what is read of trusted roots.
const (
	MaxRootSize = 4 << 20 // bytes of a file of trusted roots
	maxRoots    = 16
)

// Roots are trusted roots of Sigstore instances. They are parsed when the first bundle is verified.
type Roots struct{ parsed func() ([]trustedRoot, error) }

// PublicGood returns the built-in root: Sigstore's public-good instance, which signs for public repositories on GitHub.
func PublicGood() *Roots { return builtIn }

var builtIn = &Roots{sync.OnceValues(func() ([]trustedRoot, error) { return parseRoots(publicGood) })}

// ParseRoots reads a trusted_root.json, or several as JSON lines, as `gh attestation trusted-root` prints them.
func ParseRoots(text []byte) (*Roots, error) {
	roots, err := parseRoots(text)
	return &Roots{func() ([]trustedRoot, error) { return roots, nil }}, err
}

func parseRoots(text []byte) (roots []trustedRoot, err error) {
	if len(text) > MaxRootSize {
		return nil, fmt.Errorf("the trusted root has more than %d MiB", MaxRootSize>>20)
	}
	texts := Split(text)
	if len(texts) == 0 || len(texts) > maxRoots {
		return nil, fmt.Errorf("the file has %d trusted roots: expected 1 to %d", len(texts), maxRoots)
	}
	for i, text := range texts {
		r, err := newTrustedRoot(text)
		if err != nil {
			return nil, fmt.Errorf("trusted root %d of %d can't be read: %s", i+1, len(texts), finding.Quote(err.Error()))
		}
		roots = append(roots, r)
	}
	return roots, nil
}

// trustedRoot is one instance of Sigstore.
type trustedRoot struct {
	*root.TrustedRoot
	verifier *verify.Verifier
}

// newTrustedRoot reads one root. One that lists logs demands a certificate's timestamp by a log and an entry in a log;
// one that lists none, as GitHub's own instance, a signed timestamp.
func newTrustedRoot(text []byte) (trustedRoot, error) {
	tr, err := root.NewTrustedRootFromJSON(text)
	if err != nil {
		return trustedRoot{}, err
	}
	if len(tr.FulcioCertificateAuthorities()) == 0 {
		return trustedRoot{}, errors.New("it lists no certificate authority")
	}
	demands := []verify.VerifierOption{verify.WithSignedTimestamps(1)}
	if len(tr.RekorLogs())+len(tr.CTLogs()) > 0 {
		demands = []verify.VerifierOption{verify.WithSignedCertificateTimestamps(1), verify.WithTransparencyLog(1), verify.WithObserverTimestamps(1)}
	}
	v, err := verify.NewVerifier(tr, append(demands, verify.WithoutStatementPredicate())...)
	return trustedRoot{tr, v}, err
}

// listsAuthority reports whether an authority of the root issued a certificate, at whatever time.
func (r trustedRoot) listsAuthority(leaf *x509.Certificate) bool {
	issued := func(c *x509.Certificate) bool {
		return bytes.Equal(c.RawSubject, leaf.RawIssuer) && leaf.CheckSignatureFrom(c) == nil
	}
	return slices.ContainsFunc(r.FulcioCertificateAuthorities(), func(ca root.CertificateAuthority) bool {
		fulcio, ok := ca.(*root.FulcioCertificateAuthority)
		return ok && (slices.ContainsFunc(fulcio.Intermediates, issued) || issued(fulcio.Root))
	})
}

// issued reports whether, logs and timestamps aside, the bundle is a statement about the file with a SHA-256, signed with a certificate
// of an authority of the root.
func (r trustedRoot) issued(b *bundle.Bundle, content verify.VerificationContent, sha256 []byte) bool {
	signature, err := b.SignatureContent()
	if err != nil {
		return false
	}
	if _, err := verify.VerifyLeafCertificate(content.Certificate().NotBefore, content.Certificate(), r); err != nil {
		return false
	}
	return verify.VerifySignatureWithArtifactDigests(signature, content, r, []verify.ArtifactDigest{{Algorithm: "sha256", Digest: sha256}}) == nil
}

// listsLogs reports whether the root lists a log of each kind that the bundle names. What names none lacks it, and is not
// from another log.
func (r trustedRoot) listsLogs(b *bundle.Bundle, leaf *x509.Certificate) bool {
	if len(r.RekorLogs())+len(r.CTLogs()) == 0 {
		return true
	}
	entries, _ := b.TlogEntries()
	timestamps, _ := x509util.ParseSCTsFromCertificate(leaf.Raw)
	inRekor := func(e *tlog.Entry) bool { return r.RekorLogs()[hex.EncodeToString([]byte(e.LogKeyID()))] != nil }
	inCT := func(t *ct.SignedCertificateTimestamp) bool {
		return r.CTLogs()[hex.EncodeToString(t.LogID.KeyID[:])] != nil
	}
	return (len(entries) == 0 || slices.ContainsFunc(entries, inRekor)) && (len(timestamps) == 0 || slices.ContainsFunc(timestamps, inCT))
}
