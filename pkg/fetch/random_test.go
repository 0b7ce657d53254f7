package fetch_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
)

const (
	randomSeed = 20240229
	randomRuns = 100
)

// TestRandomFaultsNeverMakeAWrongBody plays combinations of faults. Whatever happens, a Get without an error has
// delivered the bytes of one version.
func TestRandomFaultsNeverMakeAWrongBody(t *testing.T) {
	t.Logf("seed %d", randomSeed)
	var finished sync.Map
	for run := range randomRuns {
		t.Run(fmt.Sprint(run), func(t *testing.T) {
			t.Parallel()
			w := newWorld(randomSeed + uint64(run))
			s := faultyServer(t, w, w.fault)
			c := config(&naps{})
			c.StallTimeout = 150 * time.Millisecond
			sink, head, err := get(t, c, fetch.Request{URL: s.URL + "/file"})
			if err != nil {
				if failure := mustFail(t, err, fetch.Unreachable); failure.Message == "" {
					t.Error("an error says nothing")
				}
				return
			}
			finished.Store(run, true)
			if !w.served(sink.bytes) || head.Size >= 0 && head.Size != int64(len(sink.bytes)) {
				t.Errorf("got %d bytes that are no version, head %+v", len(sink.bytes), head)
			}
		})
	}
	t.Cleanup(func() {
		n := 0
		finished.Range(func(any, any) bool { n++; return true })
		if n < randomRuns/4 || n == randomRuns {
			t.Errorf("%d of %d runs finished: the faults show nothing", n, randomRuns)
		}
	})
}

// world is a server and a network that fail at random.
type world struct {
	mu       sync.Mutex
	rand     *rand.Rand
	versions [][]byte
	current  int
	header   func(version int) (name, value string)
	trouble  float64 // chance of a fault
}

func newWorld(seed uint64) *world {
	w := &world{rand: rand.New(rand.NewPCG(seed, 0))}
	size := w.rand.IntN(100 * fetch.SmallPart)
	for i := range 1 + w.rand.IntN(3) {
		w.versions = append(w.versions, random(seed+uint64(i)<<8, size+w.rand.IntN(2)*w.rand.IntN(100)))
	}
	w.trouble = w.rand.Float64()
	w.header = []func(int) (string, string){
		func(v int) (string, string) { return "ETag", fmt.Sprintf(`"v%d"`, v) },
		func(v int) (string, string) { return "ETag", fmt.Sprintf(`W/"v%d"`, v) },
		func(v int) (string, string) {
			return "Last-Modified", time.Now().Add(-time.Duration(v+1) * time.Hour).UTC().Format(http.TimeFormat)
		},
		func(int) (string, string) { return "X-None", "" },
	}[max(0, w.rand.IntN(8)-4)] // mostly strong
	return w
}

func (w *world) served(body []byte) bool {
	return slices.ContainsFunc(w.versions, func(version []byte) bool { return bytes.Equal(version, body) })
}

// chance reports true in a share of the cases, and a number below n.
func (w *world) chance(share float64, n int) (bool, int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rand.Float64() < share, w.rand.IntN(max(n, 1))
}

func (w *world) fault(int) *fault {
	happens, after := w.chance(w.trouble, 2_000_000)
	_, kind := w.chance(0, 3)
	if !happens {
		return nil
	}
	return &fault{after: after, how: []func(net.Conn){reset, hangUp, silence}[kind]}
}

func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if moves, _ := w.chance(w.trouble/8, 0); moves {
		w.mu.Lock()
		w.current = (w.current + 1) % len(w.versions)
		w.mu.Unlock()
	}
	w.mu.Lock()
	content := w.versions[w.current]
	rw.Header().Set(w.header(w.current))
	w.mu.Unlock()
	if happens, kind := w.chance(w.trouble, 8); happens && misbehave(rw, r, content, kind) {
		return
	}
	http.ServeContent(rw, r, "", time.Time{}, bytes.NewReader(content))
}

// misbehave reports whether it has answered; else the file is served, but not as it should be.
func misbehave(rw http.ResponseWriter, r *http.Request, content []byte, kind int) bool {
	switch kind {
	case 0:
		rw.WriteHeader(http.StatusServiceUnavailable)
	case 1:
		rw.WriteHeader(http.StatusTooManyRequests)
	case 2:
		http.Redirect(rw, r, fmt.Sprintf("/again%p", r), http.StatusFound)
	case 3: // not announced, and cut off
		rw.(http.Flusher).Flush()
		_, _ = rw.Write(content[:len(content)/2])
		panic(http.ErrAbortHandler)
	case 4: // ranges ignored
		r.Header.Del("Range")
	case 5:
		r.Header.Del("If-Range")
	case 6: // another range than asked for
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-", len(content)/3))
	case 7: // validators withheld
		rw.Header().Del("ETag")
		rw.Header().Del("Last-Modified")
	}
	return kind <= 3
}
