// Package provenancetest is a Sigstore in memory for tests: an authority that issues certificates of the shape that
// GitHub Actions gets, a certificate transparency log, a transparency log and a timestamp authority. Its bundles verify
// against its own trusted root, unless they have a Fault.
package provenancetest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/url"
	"slices"
	"time"

	"github.com/digitorus/timestamp"
	ct "github.com/google/certificate-transparency-go"
	"github.com/google/certificate-transparency-go/tls"
	ctx509 "github.com/google/certificate-transparency-go/x509"
)

// Sigstore is one instance. Its methods panic if cryptography fails.
type Sigstore struct {
	ca, authority issuer // the root, and who issues certificates
	tsa           issuer
	ctLog, rekor  *ecdsa.PrivateKey
	hasLogs       bool
	now           time.Time
	stranger      *Sigstore // whose parts faults take
	entries       int64
}

// lifetime is that of a builder's certificate.
const lifetime = 10 * time.Minute

// issuer is a certificate and its key.
type issuer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// New returns an instance with logs, as Sigstore's public-good one.
func New() *Sigstore {
	s := newSigstore(true)
	s.stranger = newSigstore(true)
	return s
}

// NewWithoutLogs returns an instance of the kind of GitHub's own, whose bundles have a signed timestamp and are in no log.
func NewWithoutLogs() *Sigstore {
	s := newSigstore(false)
	s.stranger = newSigstore(false)
	return s
}

func newSigstore(hasLogs bool) *Sigstore {
	s := &Sigstore{hasLogs: hasLogs, now: time.Now().Truncate(time.Second), ctLog: newKey(), rekor: newKey()}
	s.ca = s.issue(issuer{}, &x509.Certificate{IsCA: true, KeyUsage: x509.KeyUsageCertSign, Subject: pkix.Name{CommonName: "sigstore"}})
	s.authority = s.issue(s.ca, &x509.Certificate{
		IsCA: true, KeyUsage: x509.KeyUsageCertSign, Subject: pkix.Name{CommonName: "sigstore-intermediate"},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
	})
	critical := pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: der([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})}
	s.tsa = s.issue(s.ca, &x509.Certificate{KeyUsage: x509.KeyUsageDigitalSignature, Subject: pkix.Name{CommonName: "tsa"}, ExtraExtensions: []pkix.Extension{critical}})
	return s
}

// issue makes a certificate that is valid for an hour before and after now. Without an issuer it signs itself.
func (s *Sigstore) issue(by issuer, template *x509.Certificate) issuer {
	key := newKey()
	template.SerialNumber, template.BasicConstraintsValid = big.NewInt(1), true
	template.NotBefore, template.NotAfter = s.now.Add(-time.Hour), s.now.Add(time.Hour)
	if by.cert == nil {
		by = issuer{template, key}
	}
	return issuer{create(template, by, key), key}
}

func create(template *x509.Certificate, by issuer, key *ecdsa.PrivateKey) *x509.Certificate {
	return must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, template, by.cert, key.Public(), by.key))))
}

// Build is what a bundle attests. Names of repositories and workflows are without the server.
type Build struct {
	Repository string // "acme/tool"
	Commit     string
	Ref        string // "refs/tags/v1"
	Signer     string // "acme/tool/.github/workflows/release.yml@refs/tags/v1"
	Runner     string
	Run        string // a URL
	Issuer     string
	SAN        string // in place of the signer's URL, where it is set

	Subjects      []map[string]string // digests by algorithm, of each subject
	PredicateType string
	Predicate     any
}

// Of returns a build of a repository's tag v1.2.0 by its own workflow release.yml, of the file with a SHA-256 in hex.
func Of(repository, sum string) Build {
	return Build{
		Repository: repository, Commit: "0123456789abcdef0123456789abcdef01234567", Ref: "refs/tags/v1.2.0",
		Signer: repository + "/.github/workflows/release.yml@refs/tags/v1.2.0", Runner: "github-hosted",
		Run:           "https://github.com/" + repository + "/actions/runs/1/attempts/1",
		Issuer:        "https://token.actions.githubusercontent.com",
		Subjects:      []map[string]string{{"sha256": sum}},
		PredicateType: "https://slsa.dev/provenance/v1",
		Predicate:     map[string]any{"buildDefinition": map[string]any{}},
	}
}

// ReleaseOf returns GitHub's attestation that a file is in an immutable release, which its own instance signs.
func ReleaseOf(repository, tag, sum string) Build {
	return Build{
		SAN: "https://dotcom.releases.github.com", Issuer: "https://dotcom.releases.github.com",
		Subjects:      []map[string]string{{"sha1": "0123456789abcdef0123456789abcdef01234567"}, {"sha256": sum}},
		PredicateType: "https://in-toto.io/attestation/release/v0.1",
		Predicate:     map[string]any{"repository": repository, "tag": tag},
	}
}

// SHA256 returns the SHA-256 of bytes, in hex, as subjects have it.
func SHA256(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Fault is what is wrong with a bundle.
type Fault uint8

// The faults.
const (
	NoSCT           Fault = iota // the certificate is in no certificate transparency log
	UnknownCTLog                 // it is in one that no root lists
	BadSCT                       // the log's signature is of another certificate
	NoEntry                      // the bundle is in no transparency log
	UnknownLog                   // it is in one that no root lists
	OtherEntry                   // the entry is that of another bundle
	BadEntry                     // the log's signature is of another entry
	LateEntry                    // it was logged after the certificate's end
	NoTimestamp                  // no authority says when it was signed
	UnknownTSA                   // one that no root lists does
	OtherTimestamp               // the timestamp is of another signature
	OtherPayload                 // the statement is not the one that was signed
	OtherKey                     // another key than the certificate's signed
	UnknownCA                    // an authority that no root lists issued the certificate
	ForgedCA                     // it was issued under the name of the root's authority by another key
	NoCertificate                // the bundle names a public key instead
	TwoSignatures                // it has two signatures
	AnotherPayload               // the payload is not an in-toto statement by its type
	RekorV2                      // no fault: the log is of the kind whose entries have a proof and no time
	UnknownRekorV2               // a log of that kind that no root lists
	WithoutSubjects              // the statement names no file
)

const payloadType = "application/vnd.in-toto+json"

// Bundle returns the Sigstore bundle (version 0.3) of a build.
func (s *Sigstore) Bundle(b Build, faults ...Fault) []byte {
	return must(json.Marshal(s.bundle(b, func(f Fault) bool { return slices.Contains(faults, f) })))
}

type object = map[string]any

func (s *Sigstore) bundle(b Build, has func(Fault) bool) object {
	key := newKey()
	cert := s.certify(b, key, has)
	var subjects []object
	for i, digests := range b.Subjects {
		subjects = append(subjects, object{"name": fmt.Sprintf("file-%d", i), "digest": digests})
	}
	if has(WithoutSubjects) {
		subjects = []object{}
	}
	payload := must(json.Marshal(object{"_type": "https://in-toto.io/Statement/v1", "subject": subjects, "predicateType": b.PredicateType, "predicate": b.Predicate}))
	kind := payloadType
	if has(AnotherPayload) {
		kind = "text/plain"
	}
	if has(OtherKey) {
		key = newKey()
	}
	pae := fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(kind), kind, len(payload), payload)
	signature := sign(key, pae)
	signatures := []object{{"sig": signature}}
	if has(TwoSignatures) {
		signatures = append(signatures, object{"sig": signature})
	}
	shown := payload
	if has(OtherPayload) {
		shown = bytes.Replace(payload, []byte("file-0"), []byte("file-1"), 1)
	}
	material := object{"certificate": object{"rawBytes": cert.Raw}}
	if has(NoCertificate) {
		material = object{"publicKey": object{"hint": "key"}}
	}
	if s.hasLogs && !has(NoEntry) {
		material["tlogEntries"] = []object{s.entry(payload, pae, signature, cert, has)}
	}
	if !s.hasLogs && !has(NoTimestamp) || has(RekorV2) || has(UnknownRekorV2) {
		material["timestampVerificationData"] = object{"rfc3161Timestamps": []object{{"signedTimestamp": s.timestamp(signature, has)}}}
	}
	return object{
		"mediaType":            "application/vnd.dev.sigstore.bundle.v0.3+json",
		"verificationMaterial": material,
		"dsseEnvelope":         object{"payload": shown, "payloadType": kind, "signatures": signatures},
	}
}

// certify returns the certificate that GitHub Actions gets for a build
// (https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md).
func (s *Sigstore) certify(b Build, key *ecdsa.PrivateKey, has func(Fault) bool) *x509.Certificate {
	const server = "https://github.com/"
	san := b.SAN
	if san == "" {
		san = server + b.Signer
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: s.now.Add(-time.Minute), NotAfter: s.now.Add(lifetime),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
		URIs: []*url.URL{must(url.Parse(san))},
	}
	oid := asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 1}
	add := func(number int, value string) {
		id := append(slices.Clone(oid), number)
		template.ExtraExtensions = append(template.ExtraExtensions, pkix.Extension{Id: id, Value: must(asn1.MarshalWithParams(value, "utf8"))})
	}
	add(8, b.Issuer)
	if b.Repository != "" {
		for number, value := range []string{
			9: san, 10: b.Commit, 11: b.Runner, 12: server + b.Repository, 13: b.Commit, 14: b.Ref, 15: "1",
			16: server + b.Repository, 17: "2", 18: san, 19: b.Commit, 20: "push", 21: b.Run,
		} {
			if number > 8 {
				add(number, value)
			}
		}
	}
	by := s.authority
	if has(UnknownCA) {
		by = s.stranger.authority
		by.cert = must(x509.ParseCertificate(by.cert.Raw))
		by.cert.RawSubject = der(pkix.Name{CommonName: "stranger"}.ToRDNSequence())
	}
	if has(ForgedCA) {
		by = issuer{s.authority.cert, s.stranger.authority.key}
		by.cert = must(x509.ParseCertificate(by.cert.Raw))
		by.cert.PublicKey = by.key.Public()
	}
	cert := create(template, by, key)
	if !s.hasLogs || has(NoSCT) {
		return cert
	}
	template.ExtraExtensions = append(template.ExtraExtensions, s.promise(cert, by.cert, has))
	return create(template, by, key)
}

// promise is the extension that holds a log's signed certificate timestamp of a certificate that lacks it (RFC 6962,
// section 3.3).
func (s *Sigstore) promise(cert, by *x509.Certificate, has func(Fault) bool) pkix.Extension {
	log := s.ctLog
	if has(UnknownCTLog) {
		log = s.stranger.ctLog
	}
	signed := ct.PreCert{IssuerKeyHash: sha256.Sum256(by.RawSubjectPublicKeyInfo), TBSCertificate: cert.RawTBSCertificate}
	if has(BadSCT) {
		signed.TBSCertificate = s.authority.cert.RawTBSCertificate
	}
	sct := ct.SignedCertificateTimestamp{SCTVersion: ct.V1, LogID: ct.LogID{KeyID: sha256.Sum256(public(log))}, Timestamp: uint64(s.now.UnixMilli())}
	entry := ct.LogEntry{Leaf: ct.MerkleTreeLeaf{TimestampedEntry: &ct.TimestampedEntry{EntryType: ct.PrecertLogEntryType, PrecertEntry: &signed}}}
	sct.Signature = ct.DigitallySigned{
		Algorithm: tls.SignatureAndHashAlgorithm{Hash: tls.SHA256, Signature: tls.ECDSA},
		Signature: sign(log, must(ct.SerializeSCTSignatureInput(sct, entry))),
	}
	list := ctx509.SignedCertificateTimestampList{SCTList: []ctx509.SerializedSCT{{Val: must(tls.Marshal(sct))}}}
	return pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}, Value: der(must(tls.Marshal(list)))}
}

// entry is what the transparency log keeps of a bundle, with the log's promise (dsse 0.0.1) or its proof (hashedrekord 0.0.2).
func (s *Sigstore) entry(payload, pae, signature []byte, cert *x509.Certificate, has func(Fault) bool) object {
	log := s.rekor
	if has(UnknownLog) || has(UnknownRekorV2) {
		log = s.stranger.rekor
	}
	if has(OtherEntry) {
		payload = append(payload, ' ')
	}
	id := sha256.Sum256(public(log))
	s.entries++
	if has(RekorV2) || has(UnknownRekorV2) {
		return proven(log, id[:], pae, signature, cert)
	}
	at := s.now.Unix()
	if has(LateEntry) {
		at = s.now.Add(lifetime + time.Minute).Unix()
	}
	hash := func(data []byte) object { return object{"algorithm": "sha256", "value": SHA256(data)} }
	body := must(json.Marshal(object{"apiVersion": "0.0.1", "kind": "dsse", "spec": object{
		"envelopeHash": hash(pae), "payloadHash": hash(payload),
		"signatures": []object{{"signature": signature, "verifier": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})}},
	}}))
	promised := object{"body": body, "integratedTime": at, "logID": hex.EncodeToString(id[:]), "logIndex": s.entries}
	if has(BadEntry) {
		promised["logIndex"] = s.entries + 1
	}
	return object{
		"logIndex": fmt.Sprint(s.entries), "logId": object{"keyId": id[:]}, "kindVersion": object{"kind": "dsse", "version": "0.0.1"},
		"integratedTime": fmt.Sprint(at), "inclusionPromise": object{"signedEntryTimestamp": sign(log, must(json.Marshal(promised)))},
		"inclusionProof": proof(log, logHost+" - 1", body), "canonicalizedBody": body,
	}
}

func (s *Sigstore) timestamp(signature []byte, has func(Fault) bool) []byte {
	tsa := s.tsa
	if has(UnknownTSA) {
		tsa = s.stranger.tsa
	}
	if has(OtherTimestamp) {
		signature = append(slices.Clone(signature), 0)
	}
	request := must(timestamp.ParseRequest(must(timestamp.CreateRequest(bytes.NewReader(signature), &timestamp.RequestOptions{Hash: crypto.SHA256}))))
	stamp := timestamp.Timestamp{
		HashAlgorithm: request.HashAlgorithm, HashedMessage: request.HashedMessage, Time: s.now,
		Policy: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 2}, ExtraExtensions: request.Extensions,
	}
	return must(stamp.CreateResponseWithOpts(tsa.cert, tsa.key, crypto.SHA256))
}

func newKey() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) }

func public(key *ecdsa.PrivateKey) []byte { return must(x509.MarshalPKIXPublicKey(key.Public())) }

func sign(key *ecdsa.PrivateKey, data []byte) []byte {
	sum := sha256.Sum256(data)
	return must(ecdsa.SignASN1(rand.Reader, key, sum[:]))
}

func der(value any) []byte { return must(asn1.Marshal(value)) }

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
