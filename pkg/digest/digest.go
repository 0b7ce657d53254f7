// Package digest reads, compares and computes the digests that manifests declare.
package digest

import (
	"crypto/md5"  // in some registries; with a warning
	"crypto/sha1" // in old manifests; with a warning
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"strings"

	"lukechampine.com/blake3"
)

// Algorithm names a hash function. The zero value is unset.
type Algorithm string

// The algorithms that a manifest may declare.
const (
	MD5    Algorithm = "md5"
	SHA1   Algorithm = "sha1"
	SHA256 Algorithm = "sha256"
	SHA384 Algorithm = "sha384"
	SHA512 Algorithm = "sha512"
	BLAKE3 Algorithm = "blake3" // with a prefix only: its bare hex is as long as that of SHA-256
)

// functions holds each algorithm's sum in bytes and hash function (RFC 1321, FIPS 180-4, https://github.com/BLAKE3-team/BLAKE3-specs).
var functions = map[Algorithm]struct {
	size int
	new  func() hash.Hash
}{
	MD5:    {md5.Size, md5.New},
	SHA1:   {sha1.Size, sha1.New},
	SHA256: {sha256.Size, sha256.New},
	SHA384: {sha512.Size384, sha512.New384},
	SHA512: {sha512.Size, sha512.New},
	BLAKE3: {32, func() hash.Hash { return blake3.New(32, nil) }},
}

// Size returns the length of the algorithm's sum in bytes, 0 for an unknown one.
func (a Algorithm) Size() int { return functions[a].size }

// Weak reports whether collisions for the algorithm can be made in practice (SHA-1: https://shattered.io; MD5: RFC 6151).
func (a Algorithm) Weak() bool { return a == SHA1 || a == MD5 }

// Digest is the sum of some bytes under one algorithm. The zero Digest means none. Digests are comparable.
type Digest struct {
	Algorithm Algorithm
	Sum       string // lower-case hex, Algorithm.Size()*2 digits
}

// IsZero reports whether there is no digest.
func (d Digest) IsZero() bool { return d == Digest{} }

// String returns the canonical form, "sha256:<lower-case hex>", and "" for the zero Digest. Parse reverses it.
func (d Digest) String() string {
	if d.IsZero() {
		return ""
	}
	return string(d.Algorithm) + ":" + d.Sum
}

// SRI returns the form of Subresource Integrity, "sha256-<base64>", and "" for the zero Digest.
func (d Digest) SRI() string {
	if d.IsZero() {
		return ""
	}
	raw, _ := hex.DecodeString(d.Sum) // is valid hex
	return string(d.Algorithm) + "-" + base64.StdEncoding.EncodeToString(raw)
}

// MarshalText returns the canonical form.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reverses MarshalText. Empty text is the zero Digest.
func (d *Digest) UnmarshalText(text []byte) (err error) {
	*d = Digest{}
	if len(text) > 0 {
		*d, err = ParseWeak(string(text))
	}
	return err
}

// Expected describes the forms that Parse reads, for messages.
const Expected = "`sha256:` and 64 hex digits"

// Parse reads a checksum as a manifest declares it:
//
//   - "sha256:", "sha384:", "sha512:", "blake3:" or "sha1:" and hex in either case;
//   - bare hex of 40, 64, 96 or 128 digits (sha1, sha256, sha384, sha512);
//   - Subresource Integrity, "sha256-<base64>" (https://www.w3.org/TR/sri-2/), also for sha384, sha512 and blake3.
//
// Everything else, including MD5 and surrounding white space, is an error that says what was expected. It does not contain the text.
func Parse(text string) (Digest, error) {
	d, err := ParseWeak(text)
	switch {
	case d.Algorithm == MD5:
		return Digest{}, errMD5
	case d.Algorithm == SHA1 && strings.Contains(text, "-"):
		return Digest{}, errors.New("SHA-1 has no form of Subresource Integrity: expected " + Expected)
	}
	return d, err
}

// ParseWeak reads what Parse reads, and also MD5 ("md5:" and 32 hex digits, or these alone) and the base64 forms of MD5 and SHA-1.
func ParseWeak(text string) (Digest, error) {
	if strings.TrimSpace(text) != text {
		return Digest{}, errors.New("leading or trailing white space: remove blanks and line ends")
	}
	at := strings.IndexAny(text, ":-")
	if at < 0 {
		return parseBare(text)
	}
	algorithm, sum := Algorithm(text[:at]), text[at+1:]
	switch lower := Algorithm(strings.ToLower(text[:at])); {
	case algorithm.Size() == 0 && lower == MD5:
		return Digest{}, errMD5
	case algorithm.Size() == 0 && lower.Size() > 0:
		return Digest{}, fmt.Errorf("the algorithm's name must be in lower case: %s", lower)
	case algorithm.Size() == 0:
		return Digest{}, errors.New("unknown algorithm: expected sha256, sha384, sha512, blake3 or sha1")
	case text[at] == '-':
		return parseSRI(algorithm, sum)
	case len(sum) != 2*algorithm.Size():
		return Digest{}, fmt.Errorf("%s needs %d hex digits; this has %d characters", algorithm, 2*algorithm.Size(), len(sum))
	}
	if _, err := hex.DecodeString(sum); err != nil {
		return Digest{}, fmt.Errorf("invalid hex digit in the %s sum", algorithm)
	}
	return Digest{algorithm, strings.ToLower(sum)}, nil
}

func parseSRI(algorithm Algorithm, sum string) (Digest, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(sum)
	if err != nil || strings.ContainsAny(sum, "\r\n") {
		return Digest{}, fmt.Errorf("invalid base64 after %s-: expected standard base64 with padding", algorithm)
	}
	if len(raw) != algorithm.Size() {
		return Digest{}, fmt.Errorf("%s needs %d bytes; this base64 has %d", algorithm, algorithm.Size(), len(raw))
	}
	return Digest{algorithm, hex.EncodeToString(raw)}, nil
}

func parseBare(text string) (Digest, error) {
	if _, err := hex.DecodeString(text); err != nil || text == "" {
		return Digest{}, errors.New("expected " + Expected)
	}
	for _, algorithm := range []Algorithm{MD5, SHA1, SHA256, SHA384, SHA512} {
		if len(text) == 2*algorithm.Size() {
			return Digest{algorithm, strings.ToLower(text)}, nil
		}
	}
	return Digest{}, fmt.Errorf("bare hex has 40 (sha1), 64 (sha256), 96 (sha384) or 128 (sha512) digits; this has %d", len(text))
}

var errMD5 = errors.New("MD5 is broken (two files with one MD5 are made in seconds): expected " + Expected)
