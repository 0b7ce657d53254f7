// Package minisign verifies minisign signatures of files of any size while they stream
// (https://jedisct1.github.io/minisign/).
package minisign

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strings"

	"aead.dev/minisign"
	"golang.org/x/crypto/blake2b"
)

// legacyLimit bounds the files, in bytes, whose legacy signatures are verified. Those sign the file itself instead of its hash, so it
// has to be in memory. The algorithm is not signed: a signature of a hash is also a valid legacy signature of a file that consists of
// that hash. So legacy signatures of files as long as a hash are rejected.
const legacyLimit = 4 << 20

// PublicKey is a minisign public key.
type PublicKey = minisign.PublicKey

// ParseKey reads a public key: the second line of a .pub file, or the whole file.
func ParseKey(text string) (PublicKey, error) {
	var key PublicKey
	if err := key.UnmarshalText([]byte(text)); err != nil {
		return key, errors.New("expected a minisign public key: the line below the comment in the .pub file, 56 characters that begin with RW")
	}
	return key, nil
}

// Message is a file as minisign signs it: its BLAKE2b hash or, in legacy signatures, the file itself
// (https://jedisct1.github.io/minisign/#signature-format). A nil Message ignores what is written and verifies nothing.
type Message struct {
	hash  hash.Hash
	whole []byte
	long  bool // the file is longer than legacyLimit
}

// NewMessage returns an empty Message.
func NewMessage() *Message {
	h, err := blake2b.New512(nil)
	if err != nil {
		panic(err) // only a key that is too long fails, and there is no key
	}
	return &Message{hash: h}
}

// Reset discards what was written.
func (m *Message) Reset() {
	if m != nil {
		m.hash.Reset()
		m.whole, m.long = m.whole[:0], false
	}
}

// Write takes the next bytes of the file. It never fails.
func (m *Message) Write(p []byte) (int, error) {
	if m == nil {
		return len(p), nil
	}
	m.hash.Write(p)
	if m.long = m.long || len(m.whole)+len(p) > legacyLimit; !m.long {
		m.whole = append(m.whole, p...)
	}
	return len(p), nil
}

// Verify verifies the signature of the complete file and that of its trusted comment with the key that the signature names, which
// has to be one of keys. text is a .minisig file, or base64 of one, as Tauri's updater publishes it. The error's text continues
// "The signature does not verify: ". legacy reports whether the signature is of the file instead of its hash.
func (m *Message) Verify(text string, keys []PublicKey) (legacy bool, err error) {
	signed, err := parse(text)
	if err != nil {
		return false, err
	}
	return signed.Algorithm != minisign.HashEdDSA, m.verify(signed, keys)
}

// parse reads the text of a .minisig file, or base64 of it.
func parse(text string) (signed minisign.Signature, err error) {
	file := []byte(text)
	if !strings.HasPrefix(text, "untrusted comment:") {
		if file, err = base64.StdEncoding.DecodeString(strings.TrimSpace(text)); err != nil {
			return signed, errors.New("it is neither the text of a .minisig file nor base64 of one")
		}
	}
	if signed.UnmarshalText(file) != nil {
		return signed, errors.New("it is truncated or damaged: expected the four lines of a .minisig file, or base64 of them")
	}
	return signed, nil
}

func (m *Message) verify(signed minisign.Signature, keys []PublicKey) error {
	if m == nil {
		return errors.New("the file was not read to verify it")
	}
	i := slices.IndexFunc(keys, func(k PublicKey) bool { return k.ID() == signed.KeyID })
	if i < 0 {
		return fmt.Errorf("it was made with the key %016X, which is not among the configured public keys", signed.KeyID)
	}
	// Two bytes of algorithm, eight of ID, and the key (https://jedisct1.github.io/minisign/#public-key-format).
	raw, err := base64.StdEncoding.DecodeString(keys[i].String())
	if err != nil || len(raw) != 2+8+ed25519.PublicKeySize {
		return errors.New("a configured public key is invalid")
	}
	key := ed25519.PublicKey(raw[2+8:])
	text := m.whole
	switch {
	case signed.Algorithm == minisign.HashEdDSA:
		text = m.hash.Sum(nil)
	case len(text) == blake2b.Size && !m.long, strings.HasSuffix(signed.TrustedComment, "\thashed"):
		return errors.New("it is a legacy signature of the file itself, and could be a relabelled signature of a hash: sign again with `minisign -S -H -m FILE`")
	case m.long:
		return fmt.Errorf("it is a legacy signature, which is supported for files of at most %d bytes only: sign again with `minisign -S -H -m FILE`", legacyLimit)
	}
	if !ed25519.Verify(key, text, signed.Signature[:]) {
		return errors.New("it does not match this file: the file changed after it was signed, or the signature belongs to another file")
	}
	if !ed25519.Verify(key, append(signed.Signature[:], signed.TrustedComment...), signed.CommentSignature[:]) {
		return errors.New("its trusted comment changed after it was signed")
	}
	return nil
}
