// Package digest reads, compares and computes the digests that manifests declare.
//
// A Digest is a comparable value: two are equal exactly when algorithm and sum are.
// Parse reads every form that a manifest may use, and String gives the canonical one.
package digest

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Algorithm names a hash function. The zero value names none.
type Algorithm string

// The algorithms that a manifest may declare.
const (
	MD5    Algorithm = "md5"  // only where a registry asks for it; Weak
	SHA1   Algorithm = "sha1" // accepted, but Weak
	SHA256 Algorithm = "sha256"
	SHA384 Algorithm = "sha384"
	SHA512 Algorithm = "sha512"
	BLAKE3 Algorithm = "blake3" // with a prefix only: its bare hex is as long as that of SHA-256
)

// sizes holds the length of each algorithm's sum in bytes (FIPS 180-4, RFC 1321, https://github.com/BLAKE3-team/BLAKE3-specs).
var sizes = map[Algorithm]int{MD5: 16, SHA1: 20, SHA256: 32, SHA384: 48, SHA512: 64, BLAKE3: 32}

// Size returns the length of the algorithm's sum in bytes, 0 for one that is not known.
func (a Algorithm) Size() int { return sizes[a] }

// Weak reports whether collisions for the algorithm can be made in practice (SHA-1: https://shattered.io; MD5: RFC 6151).
func (a Algorithm) Weak() bool { return a == SHA1 || a == MD5 }

// Digest is the sum of some bytes under one algorithm. The zero Digest stands for none and equals no computed one.
type Digest struct {
	Algorithm Algorithm
	Sum       string // lower-case hex, Algorithm.Size()*2 digits
}

// IsZero reports whether d is no digest at all.
func (d Digest) IsZero() bool { return d == Digest{} }

// String returns the canonical form, "sha256:<lower-case hex>", and "" for the zero Digest.
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
	raw, _ := hex.DecodeString(d.Sum) // of our own making
	return string(d.Algorithm) + "-" + base64.StdEncoding.EncodeToString(raw)
}

// MarshalText gives the canonical form.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote; empty text is the zero Digest.
func (d *Digest) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Digest{}
		return nil
	}
	parsed, err := ParseWeak(string(text))
	*d = parsed
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
// Everything else, MD5 and surrounding white space included, is an error that says what was
// found and what was expected; the error holds none of the text itself.
func Parse(text string) (Digest, error) {
	d, err := ParseWeak(text)
	switch isSRI := !strings.Contains(text, ":") && strings.Contains(text, "-"); {
	case d.Algorithm == MD5:
		return Digest{}, md5Error()
	case d.Algorithm == SHA1 && isSRI:
		return Digest{}, errors.New("the sha1-<base64> form does not exist (Subresource Integrity has sha256, sha384 and sha512): expected " + Expected)
	}
	return d, err
}

// ParseWeak reads what Parse reads, and also MD5 ("md5:" and 32 hex digits, or these alone) and the base64 forms of MD5 and SHA-1.
func ParseWeak(text string) (Digest, error) {
	switch {
	case text == "":
		return Digest{}, errors.New("the checksum is empty: expected " + Expected)
	case strings.TrimSpace(text) != text:
		return Digest{}, errors.New("the checksum has white space around it: remove the blanks and line ends")
	}
	if name, sum, found := strings.Cut(text, ":"); found {
		return parseHex(Algorithm(name), sum)
	}
	if name, sum, found := strings.Cut(text, "-"); found {
		return parseSRI(Algorithm(name), sum)
	}
	return parseBare(text)
}

func parseHex(algorithm Algorithm, sum string) (Digest, error) {
	if err := known(algorithm); err != nil {
		return Digest{}, err
	}
	if want := 2 * algorithm.Size(); len(sum) != want {
		return Digest{}, fmt.Errorf("%s needs %d hex digits, and this has %d characters", algorithm, want, len(sum))
	}
	if _, err := hex.DecodeString(sum); err != nil {
		return Digest{}, fmt.Errorf("the sum after %s: is not hexadecimal: expected only the digits 0-9 and a-f", algorithm)
	}
	return Digest{Algorithm: algorithm, Sum: strings.ToLower(sum)}, nil
}

func parseSRI(algorithm Algorithm, sum string) (Digest, error) {
	if err := known(algorithm); err != nil {
		return Digest{}, err
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(sum)
	if err != nil || strings.ContainsAny(sum, "\r\n") {
		return Digest{}, fmt.Errorf("the part after %s- is not standard base64 with padding", algorithm)
	}
	if len(raw) != algorithm.Size() {
		return Digest{}, fmt.Errorf("%s needs %d bytes, and this base64 has %d", algorithm, algorithm.Size(), len(raw))
	}
	return Digest{Algorithm: algorithm, Sum: hex.EncodeToString(raw)}, nil
}

func parseBare(text string) (Digest, error) {
	if _, err := hex.DecodeString(text); err != nil {
		return Digest{}, errors.New("this is not a checksum: expected " + Expected)
	}
	for algorithm, size := range sizes {
		if len(text) == 2*size && algorithm != BLAKE3 {
			return Digest{Algorithm: algorithm, Sum: strings.ToLower(text)}, nil
		}
	}
	return Digest{}, fmt.Errorf("bare hex has 40 (sha1), 64 (sha256), 96 (sha384) or 128 (sha512) digits, and this has %d", len(text))
}

func known(algorithm Algorithm) error {
	if _, ok := sizes[algorithm]; ok {
		return nil
	}
	switch lower := Algorithm(strings.ToLower(string(algorithm))); {
	case lower == MD5:
		return md5Error()
	case lower.Size() > 0:
		return fmt.Errorf("the algorithm's name is written in lower case: %s", lower)
	}
	return errors.New("unknown algorithm: expected sha256, sha384, sha512, blake3 or sha1")
}

func md5Error() error {
	return errors.New("MD5 is broken (two files with one MD5 are made in seconds): expected " + Expected)
}
