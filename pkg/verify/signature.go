package verify

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strings"

	"aead.dev/minisign"
	"golang.org/x/crypto/blake2b"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// legacyLimit bounds the files, in bytes, whose legacy signatures are verified: these are of the file
// itself, not of its hash, so all of it has to be in memory. Which of the two a signature is, is not signed: one of a hash also
// verifies as a legacy one of the file that is that hash, and nothing else does. So no file as long as a hash has a legacy one.
const legacyLimit = 4 << 20

// message is what minisign signs: the BLAKE2b hash of a file or, in legacy signatures, the file itself
// (https://jedisct1.github.io/minisign/#signature-format). The zero message takes nothing.
type message struct {
	hash  hash.Hash
	whole []byte
	long  bool // the file is longer than legacyLimit
}

// newMessage returns a message for a download, one that takes nothing where no signature can be verified.
func newMessage(d Download, keys []minisign.PublicKey) *message {
	m := &message{}
	if d.signed(keys) {
		m.hash, _ = blake2b.New512(nil) // fails for a key that is too long, and there is none
	}
	return m
}

// signed reports whether the bytes of a download are needed to verify a signature.
func (d Download) signed(keys []minisign.PublicKey) bool {
	return len(keys) > 0 && slices.ContainsFunc(d.Artifacts, func(a artifact.Artifact) bool { return a.Signature != nil })
}

func (m *message) reset() {
	if m.hash != nil {
		m.hash.Reset()
		m.whole, m.long = m.whole[:0], false
	}
}

func (m *message) write(p []byte) {
	if m.hash == nil {
		return
	}
	m.hash.Write(p)
	if m.long = m.long || len(m.whole)+len(p) > legacyLimit; !m.long {
		m.whole = append(m.whole, p...)
	}
}

// signature says what is wrong with an artifact's signature. One that verifies says nothing: the digest
// and the policy decide the status.
func (p Policy) signature(a artifact.Artifact, m *message) []finding.Finding {
	switch {
	case a.Signature == nil:
		return nil
	case len(p.PublicKeys) == 0:
		return []finding.Finding{atField(a, a.Signature, finding.SignatureUnverified, "The signature was not checked: no public key is configured", "")}
	}
	signed, err := readSignature(a.Signature.Value)
	if err == nil {
		err = m.verify(signed, p.PublicKeys)
	}
	if err != nil {
		return []finding.Finding{atField(a, a.Signature, finding.SignatureInvalid, "The signature does not verify: "+err.Error(), "")}
	}
	if signed.Algorithm != minisign.HashEdDSA {
		return []finding.Finding{atField(a, a.Signature, finding.SignatureLegacy, "The signature verifies, and is a legacy one: of the file itself, and not of its hash", "")}
	}
	return nil
}

// readSignature reads the text of a .minisig file, or base64 of it, which Tauri's updater publishes.
func readSignature(text string) (signed minisign.Signature, err error) {
	if strings.HasPrefix(text, "untrusted comment:") {
		if signed.UnmarshalText([]byte(text)) != nil {
			return signed, errors.New("it is cut off or damaged: expected the four lines of a .minisig file")
		}
		return signed, nil
	}
	decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	switch {
	case err != nil:
		return signed, errors.New("it is neither the text of a .minisig file nor base64 of it, or its base64 is cut off")
	case signed.UnmarshalText(decoded) == nil:
		return signed, nil
	case !bytes.HasPrefix(decoded, []byte("untrusted comment:")) && doubled(decoded):
		return signed, errors.New("it is base64 of base64: encode the .minisig file once only")
	}
	return signed, errors.New("its base64 does not hold a whole .minisig file: it was cut off or damaged")
}

func doubled(text []byte) bool {
	decoded, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(text)))
	return err == nil && bytes.HasPrefix(decoded, []byte("untrusted comment:"))
}

// verify checks the signature of the file and that of the trusted comment, each by the key that the
// signature names.
func (m *message) verify(signed minisign.Signature, keys []minisign.PublicKey) error {
	i := slices.IndexFunc(keys, func(k minisign.PublicKey) bool { return k.ID() == signed.KeyID })
	if i < 0 {
		return fmt.Errorf("it is by the key %016X, which is none of those configured in public-keys", signed.KeyID)
	}
	key, err := rawKey(keys[i])
	if err != nil {
		return err
	}
	text := m.whole
	switch {
	case signed.Algorithm == minisign.HashEdDSA:
		text = m.hash.Sum(nil)
	case len(text) == blake2b.Size && !m.long, strings.HasSuffix(signed.TrustedComment, "\thashed"):
		return errors.New("it calls itself a legacy one, of the file itself, and may be one of a hash that was relabelled: sign anew with `minisign -S -H -m FILE`")
	case m.long:
		return fmt.Errorf("it is a legacy one, of a file of more than %d bytes, which would have to be held in memory: sign anew with `minisign -S -H -m FILE`", legacyLimit)
	}
	if !ed25519.Verify(key, text, signed.Signature[:]) {
		return errors.New("it is not of this file: the file changed after it was signed, or the signature is another file's")
	}
	if !ed25519.Verify(key, append(signed.Signature[:], signed.TrustedComment...), signed.CommentSignature[:]) {
		return errors.New("its trusted comment was changed after it was signed")
	}
	return nil
}

// rawKey returns the Ed25519 key in a minisign key: two bytes of algorithm, eight of ID, and the key
// (https://jedisct1.github.io/minisign/#public-key-format).
func rawKey(k minisign.PublicKey) (ed25519.PublicKey, error) {
	text, err := k.MarshalText()
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	raw, err := base64.StdEncoding.DecodeString(lines[len(lines)-1])
	if err != nil || len(raw) != 2+8+ed25519.PublicKeySize {
		return nil, errors.New("a key in public-keys is no minisign key")
	}
	return raw[10:], nil
}
