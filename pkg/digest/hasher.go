package digest

import (
	"crypto/md5"  // read where a registry has nothing better, and warned about
	"crypto/sha1" // read for old manifests, and warned about
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash"

	"lukechampine.com/blake3"
)

// Hasher computes the digests of one stream under several algorithms in a single pass.
// It is an io.Writer that never fails. It is not safe for concurrent use.
type Hasher struct {
	algorithms []Algorithm
	hashes     []hash.Hash
}

// NewHasher returns a Hasher for the given algorithms; one named twice is computed once.
// It panics on an algorithm that is not known: Parse yields none.
func NewHasher(algorithms ...Algorithm) *Hasher {
	h := &Hasher{}
	for _, algorithm := range algorithms {
		if h.index(algorithm) < 0 {
			h.algorithms = append(h.algorithms, algorithm)
			h.hashes = append(h.hashes, newHash(algorithm))
		}
	}
	return h
}

func newHash(algorithm Algorithm) hash.Hash {
	switch algorithm {
	case MD5:
		return md5.New()
	case SHA1:
		return sha1.New()
	case SHA256:
		return sha256.New()
	case SHA384:
		return sha512.New384()
	case SHA512:
		return sha512.New()
	case BLAKE3:
		return blake3.New(BLAKE3.Size(), nil)
	}
	panic("digest: no hash function for algorithm " + string(algorithm))
}

// Write adds p to every sum.
func (h *Hasher) Write(p []byte) (int, error) {
	for _, each := range h.hashes {
		each.Write(p) // hash.Hash: never returns an error
	}
	return len(p), nil
}

// Reset forgets every byte written.
func (h *Hasher) Reset() {
	for _, each := range h.hashes {
		each.Reset()
	}
}

// Digest returns the digest of the bytes written so far; the zero Digest when the Hasher does not compute the algorithm.
func (h *Hasher) Digest(algorithm Algorithm) Digest {
	i := h.index(algorithm)
	if i < 0 {
		return Digest{}
	}
	return Digest{Algorithm: algorithm, Sum: hex.EncodeToString(h.hashes[i].Sum(nil))}
}

func (h *Hasher) index(algorithm Algorithm) int {
	for i, each := range h.algorithms {
		if each == algorithm {
			return i
		}
	}
	return -1
}
