// Package provenance verifies who built a file: Sigstore bundles of SLSA provenance that GitHub Actions signed
// (https://docs.github.com/actions/concepts/security/artifact-attestations). It opens no connection. Reading a certificate
// (Facts) and applying a Policy are two steps, so that facts can be stored and checked again.
package provenance

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/verify"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Bounds of what is read.
const (
	MaxBundle = 16 << 20 // bytes of one bundle
	// MaxAttestations is how many bundles of one file are verified; sigstore-go itself allows 1,024 subjects a statement.
	MaxAttestations = 1000
	maxFacts        = 4 << 10 // bytes of Facts
	maxTimestamps   = 8       // signed timestamps of one bundle
	maxTimestamp    = 16 << 10
	maxNesting      = 64 // levels of DER in a signed timestamp
)

const (
	server         = "https://github.com/"
	issuer         = "https://token.actions.githubusercontent.com"
	releaseSigner  = "https://dotcom.releases.github.com"
	predicateBuild = "https://slsa.dev/provenance/v1"
	// predicateRelease begins the types of attestations of immutable releases
	// (https://docs.github.com/code-security/concepts/supply-chain-security/immutable-releases).
	predicateRelease = "https://in-toto.io/attestation/release/"
)

// Errors of bundles that these trusted roots can't check. It may be authentic: other instances of Sigstore
// exist, and logs are replaced twice a year. All but the log is verified before a bundle is of an unknown one.
var (
	ErrUnknownAuthority = errors.New("no trusted root lists the authority that issued its certificate")
	ErrUnknownLog       = errors.New("no trusted root lists its log")
)

// Facts is what a verified bundle attests about a file. All texts are from outside.
type Facts struct {
	// Release says that GitHub attests that the file is in an immutable release. That is not a build: only Repository and
	// Ref (the release's tag) are set.
	Release    bool   `json:"release,omitzero"`
	Repository string `json:"repository"`       // that was built, as "acme/tool"
	Commit     string `json:"commit,omitempty"` // of the repository
	Ref        string `json:"ref,omitempty"`    // "refs/tags/v1.2.0"
	Signer     string `json:"signer,omitempty"` // the workflow, as "acme/tool/.github/workflows/release.yml@refs/tags/v1.2.0"
	Runner     string `json:"runner,omitempty"` // "github-hosted" or "self-hosted"
	Run        string `json:"run,omitempty"`    // the URL of the workflow run
}

// IsValid reports whether f names a repository, and is of a size that Verify returns.
func (f Facts) IsValid() bool {
	return f.Repository != "" && len(f.Repository)+len(f.Commit)+len(f.Ref)+len(f.Signer)+len(f.Runner)+len(f.Run) <= maxFacts
}

// Workflow returns the signer without its ref, "refs/…" or a commit: "acme/tool/.github/workflows/release.yml". A file's name may hold
// an "@" and no slash, a ref may hold both.
func (f Facts) Workflow() string {
	if workflow, _, found := strings.Cut(f.Signer, "@refs/"); found {
		return workflow
	}
	if at := strings.LastIndex(f.Signer, "@"); at >= 0 {
		return f.Signer[:at]
	}
	return f.Signer
}

// Verify returns what a bundle says about the file with a SHA-256. Each root is tried by itself. An error is
// ErrUnknownAuthority or ErrUnknownLog where no root can check the bundle; any other error explains why it is invalid.
func (r *Roots) Verify(text []byte, sha256 digest.Digest) (facts Facts, err error) {
	defer func() { // sigstore-go parses hostile bytes through a dozen modules
		if recover() != nil {
			facts, err = Facts{}, errors.New("the bundle can't be parsed")
		}
	}()
	sum, err := hex.DecodeString(sha256.Sum)
	if err != nil || sha256.Algorithm != digest.SHA256 {
		return Facts{}, fmt.Errorf("the SHA-256 of the file is unknown: only %s is known", finding.Quote(sha256.String()))
	}
	if len(text) > MaxBundle {
		return Facts{}, fmt.Errorf("the bundle is larger than %d MiB", MaxBundle>>20)
	}
	roots, err := r.parsed()
	if err != nil {
		return Facts{}, err
	}
	b := new(bundle.Bundle)
	if err := b.UnmarshalJSON(text); err != nil {
		return Facts{}, fmt.Errorf("the bundle can't be read: %s", finding.Quote(err.Error()))
	}
	if err := checkTimestamps(b); err != nil {
		return Facts{}, err
	}
	content, err := b.VerificationContent()
	if err != nil || content.Certificate() == nil {
		return Facts{}, ErrUnknownAuthority
	}
	policy := verify.NewPolicy(verify.WithArtifactDigest("sha256", sum), verify.WithoutIdentitiesUnsafe()) // factsOf and Policy compare identities
	failure := ErrUnknownAuthority
	for _, root := range roots {
		if !root.listsAuthority(content.Certificate()) {
			continue
		}
		result, err := root.verifier.Verify(b, policy)
		if err == nil {
			return factsOf(b, result)
		}
		failure = fmt.Errorf("the bundle does not verify: %s", finding.Quote(err.Error()))
		if !root.listsLogs(b, content.Certificate()) && root.issued(b, content, sum) {
			failure = ErrUnknownLog
		}
	}
	return Facts{}, failure
}

// checkTimestamps bounds the signed timestamps: the parser behind them recurses without a bound, and reads BER, in which elements may
// overlap.
func checkTimestamps(b *bundle.Bundle) error {
	timestamps, err := b.Timestamps()
	if err != nil {
		return fmt.Errorf("the bundle can't be read: %s", finding.Quote(err.Error()))
	}
	if len(timestamps) > maxTimestamps {
		return fmt.Errorf("the bundle has %d signed timestamps: expected at most %d", len(timestamps), maxTimestamps)
	}
	for _, t := range timestamps {
		if len(t) > maxTimestamp || !isDER(t, maxNesting) {
			return fmt.Errorf("a signed timestamp is not DER of at most %d KiB and %d levels", maxTimestamp>>10, maxNesting)
		}
	}
	return nil
}

// isDER reports whether data is a sequence of DER elements, nested no deeper than levels.
func isDER(data cryptobyte.String, levels int) bool {
	for !data.Empty() {
		var content cryptobyte.String
		var tag asn1.Tag
		if levels == 0 || !data.ReadAnyASN1(&content, &tag) {
			return false
		}
		if isConstructed := tag&0x20 != 0; isConstructed && !isDER(content, levels-1) {
			return false
		}
	}
	return true
}

func factsOf(b *bundle.Bundle, result *verify.VerificationResult) (f Facts, err error) {
	if result.Statement == nil || result.Signature.Certificate == nil {
		return Facts{}, errors.New("the bundle is not a statement signed with a certificate")
	}
	predicate, c := result.Statement.GetPredicateType(), *result.Signature.Certificate
	repository, isRepository := cutServer(c.SourceRepositoryURI)
	signer, isWorkflow := cutServer(c.SubjectAlternativeName)
	switch {
	case c.SubjectAlternativeName == releaseSigner && strings.HasPrefix(predicate, predicateRelease):
		if f, err = releaseFacts(b); err != nil {
			return Facts{}, err
		}
	case predicate != predicateBuild:
		return Facts{}, fmt.Errorf("the predicate type is %s: expected %s", finding.Quote(predicate), finding.Quote(predicateBuild))
	case c.Issuer != issuer:
		return Facts{}, fmt.Errorf("the signer's identity is from %s: expected %s", finding.Quote(c.Issuer), finding.Quote(issuer))
	case !isRepository || !isWorkflow:
		return Facts{}, fmt.Errorf("the certificate names the repository %s and the signer %s: expected both at %s",
			finding.Quote(c.SourceRepositoryURI), finding.Quote(c.SubjectAlternativeName), finding.Quote(server))
	default:
		f = Facts{
			Repository: repository, Commit: c.SourceRepositoryDigest, Ref: c.SourceRepositoryRef,
			Signer: signer, Runner: c.RunnerEnvironment, Run: c.RunInvocationURI,
		}
	}
	if !f.IsValid() {
		return Facts{}, fmt.Errorf("the builder's description is longer than %d bytes", maxFacts)
	}
	return f, nil
}

// cutServer returns what follows the server in a URL, and whether something does.
func cutServer(url string) (rest string, ok bool) {
	if len(url) <= len(server) || !strings.EqualFold(url[:len(server)], server) {
		return "", false
	}
	return url[len(server):], true
}

// releaseFacts reads the predicate, since the certificate of a release's attestation names no repository.
func releaseFacts(b *bundle.Bundle) (Facts, error) {
	var statement struct {
		Predicate struct{ Repository, Tag string }
	}
	err := json.Unmarshal(b.GetDsseEnvelope().GetPayload(), &statement)
	if p := statement.Predicate; err == nil && p.Repository != "" && p.Tag != "" {
		return Facts{Release: true, Repository: p.Repository, Ref: "refs/tags/" + p.Tag}, nil
	}
	return Facts{}, errors.New("the release attestation lacks the repository or the tag")
}

// Split returns the bundles in a text: one JSON value, or one in each line; of more than MaxAttestations, one more than that.
func Split(text []byte) [][]byte {
	if json.Valid(text) {
		return [][]byte{text}
	}
	var all [][]byte
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) > 0 && len(all) <= MaxAttestations {
			all = append(all, line)
		}
	}
	return all
}
