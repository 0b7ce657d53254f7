package provenancetest

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/sigstore/rekor-tiles/v2/pkg/note"
	"github.com/sigstore/sigstore/pkg/signature"
	sumdb "golang.org/x/mod/sumdb/note"
)

// logHost is the name of the transparency log.
const logHost = "rekor.test"

// Root returns the instance's trusted_root.json, on one line.
func (s *Sigstore) Root() []byte {
	validFor := object{"start": s.now.Add(-time.Hour).UTC().Format(time.RFC3339)}
	authority := func(certs ...*x509.Certificate) []object {
		var chain []object
		for _, c := range certs {
			chain = append(chain, object{"rawBytes": c.Raw})
		}
		return []object{{"subject": object{"commonName": "sigstore"}, "uri": "https://test", "certChain": object{"certificates": chain}, "validFor": validFor}}
	}
	log := func(key *ecdsa.PrivateKey) []object {
		id := sha256.Sum256(public(key))
		return []object{{
			"baseUrl": "https://" + logHost, "hashAlgorithm": "SHA2_256", "logId": object{"keyId": id[:]},
			"publicKey": object{"rawBytes": public(key), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": validFor},
		}}
	}
	root := object{
		"mediaType":              "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
		"certificateAuthorities": authority(s.authority.cert, s.ca.cert),
		"timestampAuthorities":   authority(s.tsa.cert, s.ca.cert),
	}
	if s.hasLogs {
		root["tlogs"], root["ctlogs"] = log(s.rekor), log(s.ctLog)
	}
	return must(json.Marshal(root))
}

// proven is the entry of a log whose only entry it is: such a log signs its size and hash, and no time
// (https://github.com/sigstore/rekor-tiles).
func proven(log *ecdsa.PrivateKey, id, pae, signed []byte, cert *x509.Certificate) object {
	sum := sha256.Sum256(pae)
	body := must(json.Marshal(object{"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": object{"hashedRekordV002": object{
		"data": object{"algorithm": "SHA2_256", "digest": sum[:]},
		"signature": object{"content": signed, "verifier": object{
			"keyDetails": "PKIX_ECDSA_P256_SHA_256", "x509Certificate": object{"rawBytes": cert.Raw}}},
	}}}))
	return object{
		"logIndex": "0", "logId": object{"keyId": id}, "kindVersion": object{"kind": "hashedrekord", "version": "0.0.2"},
		"inclusionProof": proof(log, logHost, body), "canonicalizedBody": body,
	}
}

// proof is that of the only entry of a log, whose checkpoint begins with an origin.
func proof(log *ecdsa.PrivateKey, origin string, body []byte) object {
	hash := sha256.Sum256(append([]byte{0}, body...))
	signer := must(note.NewNoteSigner(context.Background(), logHost, must(signature.LoadECDSASignerVerifier(log, crypto.SHA256))))
	text := fmt.Sprintf("%s\n1\n%s\n", origin, base64.StdEncoding.EncodeToString(hash[:]))
	checkpoint := must(sumdb.Sign(&sumdb.Note{Text: text}, signer))
	return object{"logIndex": "0", "treeSize": "1", "rootHash": hash[:], "checkpoint": object{"envelope": string(checkpoint)}}
}
