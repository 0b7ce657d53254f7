package digest

import (
	"encoding/hex"
	"hash"
)

// Hasher is an io.Writer that computes the digests of one stream under several algorithms in a single pass. Write never fails. It is
// not safe for concurrent use.
type Hasher struct{ hashes map[Algorithm]hash.Hash }

// NewHasher returns a Hasher for the given algorithms. It panics for an unknown one: Parse returns none.
func NewHasher(algorithms ...Algorithm) *Hasher {
	h := &Hasher{map[Algorithm]hash.Hash{}}
	for _, algorithm := range algorithms {
		h.hashes[algorithm] = functions[algorithm].new()
	}
	return h
}

// Write adds p to every sum.
func (h *Hasher) Write(p []byte) (int, error) {
	for _, each := range h.hashes {
		each.Write(p) // hash.Hash: never returns an error
	}
	return len(p), nil
}

// Reset discards all bytes written.
func (h *Hasher) Reset() {
	for _, each := range h.hashes {
		each.Reset()
	}
}

// Digest returns the digest of the bytes written so far; the zero Digest for an algorithm that the Hasher does not compute.
func (h *Hasher) Digest(algorithm Algorithm) Digest {
	sum := h.hashes[algorithm]
	if sum == nil {
		return Digest{}
	}
	return Digest{algorithm, hex.EncodeToString(sum.Sum(nil))}
}
