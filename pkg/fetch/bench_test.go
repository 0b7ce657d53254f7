package fetch_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"fmt"
	"hash"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
)

// hashing is a Sink that does what verification does with the bytes.
type hashing struct{ hash.Hash }

func (h hashing) Start(fetch.Head) { h.Reset() }

// BenchmarkGet reads and hashes one file over HTTPS on loopback; the server is in the same process.
func BenchmarkGet(b *testing.B) {
	content := random(40, 256<<20)
	for _, size := range []int{1 << 20, 256 << 20} {
		for _, connections := range []int{1, 8} {
			b.Run(fmt.Sprintf("MiB=%d/connections=%d", size>>20, connections), func(b *testing.B) {
				o := &origin{content: content[:size], etag: `"v1"`}
				s := server(b, o.ServeHTTP)
				c := config(&naps{})
				c.Connections = connections
				client, err := fetch.New(c)
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := client.Get(b.Context(), fetch.Request{URL: s.URL}, hashing{sha256.New()}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkRecords is what TLS takes to open the records of a file, each copied first as it comes from the system.
func BenchmarkRecords(b *testing.B) {
	const record = 16 << 10
	block, err := aes.NewCipher(make([]byte, 16))
	if err != nil {
		b.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		b.Fatal(err)
	}
	nonce := make([]byte, gcm.NonceSize())
	sealed := gcm.Seal(nil, nonce, random(42, record), nil)
	received := make([]byte, len(sealed))
	b.SetBytes(record)
	for b.Loop() {
		copy(received, sealed)
		if _, err := gcm.Open(received[:0], nonce, received, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHash is the floor: the hash alone.
func BenchmarkHash(b *testing.B) {
	content := random(41, 256<<20)
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		sha256.Sum256(content)
	}
}
