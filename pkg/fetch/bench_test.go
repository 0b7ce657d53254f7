package fetch_test

import (
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
