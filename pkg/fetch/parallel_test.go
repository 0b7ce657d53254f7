package fetch_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
)

const (
	large = 66 * fetch.SmallPart // enough for several connections
	slow  = 2 << 20              // bytes a second: the hash starves
)

var largeContent = sync.OnceValue(func() []byte { return random(20, large+12345) })

// gauge counts how many requests are being served.
type gauge struct{ now, most atomic.Int32 }

func (g *gauge) watch(next http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		defer g.now.Add(-1)
		now := g.now.Add(1)
		for most := g.most.Load(); now > most && !g.most.CompareAndSwap(most, now); most = g.most.Load() {
		}
		next.ServeHTTP(w, r)
	}
}

func TestLargeFileOfASlowServerComesOverSeveralConnections(t *testing.T) {
	t.Parallel()
	o, g := &origin{content: largeContent(), etag: `"v1"`}, &gauge{}
	serve := throttled(o, slow)
	s := server(t, split(g.watch(serve), serve))
	c := config(&naps{})
	c.Connections = 4
	sink, _, err := get(t, c, fetch.Request{URL: s.URL})
	if err != nil || !bytes.Equal(sink.bytes, o.content) || sink.starts != 1 {
		t.Fatalf("got %d bytes after %d starts, error %v", len(sink.bytes), sink.starts, err)
	}
	connections := map[string]bool{}
	for _, a := range o.asked()[1:] {
		connections[a.from] = true
		if a.proto != "HTTP/1.1" || a.ifRange != `"v1"` {
			t.Errorf("asked by %+v", a)
		}
	}
	if o.asked()[0].proto != "HTTP/2.0" || g.most.Load() != 4 || len(connections) < 4 {
		t.Errorf("%d ranges at a time over %d connections, the first by %s", g.most.Load(), len(connections), o.asked()[0].proto)
	}
}

func TestRangesOfLanesBesideOthersAreSeveralParts(t *testing.T) {
	t.Parallel()
	o := &origin{content: random(23, 240*fetch.SmallPart), etag: `"v1"`}
	s := server(t, throttled(o, slow))
	c := config(&naps{})
	c.Connections = 4
	sink, _, err := get(t, c, fetch.Request{URL: s.URL})
	if err != nil || !bytes.Equal(sink.bytes, o.content) {
		t.Fatalf("got %d bytes, error %v", len(sink.bytes), err)
	}
	longest := 0
	for _, r := range o.ranges() {
		if r != "" {
			longest = max(longest, rangeSize(r))
		}
	}
	if longest != 24*fetch.SmallPart {
		t.Errorf("asked for %v", o.ranges())
	}
}

func TestOneConnectionStaysWhereMoreAreOfNoUse(t *testing.T) {
	for name, test := range map[string]struct {
		size, connections int
		etag              string
	}{
		"small file":           {size: 54 * fetch.SmallPart, connections: 8, etag: `"v1"`},
		"no validator":         {size: large, connections: 8},
		"weak validator":       {size: large, connections: 8, etag: `W/"v1"`},
		"one connection asked": {size: large, connections: 1, etag: `"v1"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := &origin{content: largeContent()[:test.size], etag: test.etag}
			s := server(t, throttled(o, 3*slow))
			c := config(&naps{})
			c.Connections = test.connections
			sink, _, err := get(t, c, fetch.Request{URL: s.URL})
			if err != nil || !bytes.Equal(sink.bytes, o.content) || len(o.asked()) != 1 {
				t.Errorf("got %d bytes by requests for %v, error %v", len(sink.bytes), o.ranges(), err)
			}
		})
	}
}

func TestOverloadedServerIsLeftWithOneConnection(t *testing.T) {
	for _, code := range []int{429, 503} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			o := &origin{content: largeContent(), etag: `"v1"`}
			var ranges atomic.Int32
			serve := throttled(o, slow)
			s := server(t, split(stages(&ranges, serve, serve, serve, status(code), serve), serve))
			sink, _, err := get(t, config(&naps{}), fetch.Request{URL: s.URL})
			if err != nil || !bytes.Equal(sink.bytes, o.content) || sink.starts != 1 {
				t.Fatalf("got %d bytes after %d starts, error %v", len(sink.bytes), sink.starts, err)
			}
			if toTheEnd := fmt.Sprintf("-%d", len(o.content)-1); !slices.ContainsFunc(o.ranges(), func(r string) bool { return strings.HasSuffix(r, toTheEnd) && rangeSize(r) > fetch.SmallPart }) {
				t.Errorf("asked for %v", o.ranges())
			}
		})
	}
}

func TestPartsThatFailBesideOthersPassAlone(t *testing.T) {
	t.Parallel()
	o := &origin{content: largeContent(), etag: `"v1"`}
	serve := throttled(o, slow)
	var ranges atomic.Int32
	s := server(t, split(func(w http.ResponseWriter, r *http.Request) {
		if ranges.Add(1) > 4 && !strings.HasSuffix(r.Header.Get("Range"), fmt.Sprintf("-%d", len(o.content)-1)) {
			hijack("")(w, r)
			return
		}
		serve(w, r)
	}, serve))
	sink, _, err := get(t, config(&naps{}), fetch.Request{URL: s.URL})
	if err != nil || !bytes.Equal(sink.bytes, o.content) || sink.starts != 1 {
		t.Errorf("got %d bytes after %d starts, error %v", len(sink.bytes), sink.starts, err)
	}
}

func rangeSize(header string) int {
	var first, last int
	_, _ = fmt.Sscanf(header, "bytes=%d-%d", &first, &last)
	return last - first + 1
}

func TestServersThatDislikeRangesStillServe(t *testing.T) {
	content := largeContent()
	etag := []string{"ETag", `"v1"`}
	for name, test := range map[string]struct {
		ranges func(o *origin) http.HandlerFunc
		starts int
	}{
		"ignored":       {func(*origin) http.HandlerFunc { return whole(content, etag...) }, 1},
		"refused":       {func(*origin) http.HandlerFunc { return status(403) }, 1},
		"other version": {func(*origin) http.HandlerFunc { return partial("bytes 0-0/1093689", 1, "ETag", `"v2"`) }, 1},
		"too many":      {func(*origin) http.HandlerFunc { return status(429) }, 1},
		"lies later":    {func(o *origin) http.HandlerFunc { return later(o, partial("bytes 0-16383/1093689", 16384, etag...)) }, 2},
		"refuses later": {func(o *origin) http.HandlerFunc { return later(o, status(403)) }, 2},
		"503 later":     {func(o *origin) http.HandlerFunc { return later(o, status(503)) }, 2},
		"changes later": {func(o *origin) http.HandlerFunc { return later(o, partial("bytes 0-0/1093689", 1, "ETag", `"v2"`)) }, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := &origin{content: content, etag: `"v1"`}
			s := server(t, split(test.ranges(o), throttled(o, slow)))
			sink, _, err := get(t, config(&naps{}), fetch.Request{URL: s.URL})
			if err != nil || !bytes.Equal(sink.bytes, content) || sink.starts != test.starts {
				t.Errorf("got %d bytes after %d starts, error %v", len(sink.bytes), sink.starts, err)
			}
		})
	}
}

// later serves single bytes and a few ranges well, then by next.
func later(o *origin, next http.HandlerFunc) http.HandlerFunc {
	var requests atomic.Int32
	good := throttled(o, slow)
	parts := stages(&requests, good, good, next)
	return func(w http.ResponseWriter, r *http.Request) {
		if rangeSize(r.Header.Get("Range")) == 1 {
			good(w, r)
			return
		}
		parts(w, r)
	}
}

func TestContentThatChangesBetweenPartsIsReadAgain(t *testing.T) {
	now := random(21, len(largeContent())+1)
	for name, now := range map[string][]byte{"same size": random(21, len(largeContent())), "other size": now} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := &origin{content: largeContent(), etag: `"v1"`}
			var requests atomic.Int32
			serve := throttled(o, slow)
			s := server(t, func(w http.ResponseWriter, r *http.Request) {
				if requests.Add(1) == 6 {
					o.become(now, `"v2"`)
				}
				serve(w, r)
			})
			sink, head, err := get(t, config(&naps{}), fetch.Request{URL: s.URL})
			if err != nil || !bytes.Equal(sink.bytes, now) || sink.starts != 2 || head.ETag != `"v2"` {
				t.Errorf("got %d bytes after %d starts, head %+v, error %v", len(sink.bytes), sink.starts, head, err)
			}
		})
	}
}

func TestRedirectThatExpiresBetweenPartsIsAskedForAgain(t *testing.T) {
	t.Parallel()
	o := &origin{content: largeContent(), etag: `"v1"`}
	var signed, uses atomic.Int32
	serve := throttled(o, slow)
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/file" {
			uses.Store(0)
			http.Redirect(w, r, fmt.Sprintf("/signed/%d", signed.Add(1)), http.StatusFound)
			return
		}
		if uses.Add(1) > 5 {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		serve(w, r)
	})
	sink, _, err := get(t, config(&naps{}), fetch.Request{URL: s.URL + "/file"})
	if err != nil || !bytes.Equal(sink.bytes, o.content) || sink.starts != 1 {
		t.Errorf("got %d bytes after %d starts, error %v", len(sink.bytes), sink.starts, err)
	}
	if n, parts := int(signed.Load()), len(o.ranges()); n < 2 || n > parts {
		t.Errorf("%d redirects for %d ranges", n, parts)
	}
}

func TestBrokenConnectionsOfRangesAreResumed(t *testing.T) {
	t.Parallel()
	o := &origin{content: largeContent(), etag: `"v1"`}
	s := faultyServer(t, throttled(o, slow), func(n int) *fault {
		if n%3 == 2 {
			return &fault{after: 100_000, how: reset}
		}
		return nil
	})
	sink, _, err := get(t, config(&naps{}), fetch.Request{URL: s.URL})
	if err != nil || !bytes.Equal(sink.bytes, o.content) || sink.starts != 1 {
		t.Errorf("got %d bytes after %d starts, error %v", len(sink.bytes), sink.starts, err)
	}
}

func TestStuckDownloadsDoNotHoldUpQuickOnes(t *testing.T) {
	t.Parallel()
	o := &origin{content: largeContent(), etag: `"v1"`}
	stuck := make(chan struct{}, 1000)
	serve := throttled(o, slow)
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		first := r.Header.Get("Range")
		if r.URL.Path == "/stuck" && first != "" && first != "bytes=0-0" {
			stuck <- struct{}{}
			<-r.Context().Done()
			return
		}
		if r.URL.Path == "/quick" {
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(o.content))
			return
		}
		serve(w, r)
	})
	c := config(&naps{})
	c.StallTimeout = time.Minute
	client := newClient(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() { _, _ = client.Get(ctx, fetch.Request{URL: s.URL + "/stuck"}, &body{}) })
	}
	for range 3 {
		<-stuck
	}
	for range 3 {
		if _, err := client.Get(ctx, fetch.Request{URL: s.URL + "/quick"}, &body{}); err != nil {
			t.Error(err)
		}
	}
	cancel()
	group.Wait()
}

func TestDownloadsThatHoldAllBuffersDoNotHoldUpOthers(t *testing.T) {
	t.Parallel()
	content := random(24, (fetch.MaxBuffers+2)*fetch.SmallPart)
	s := server(t, whole(content, "ETag", `"v1"`))
	client := newClient(t, config(&naps{}))
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() { _, _ = client.Get(ctx, fetch.Request{URL: s.URL}, blocked{ctx}) })
	for client.FreeBuffers() > 0 {
		time.Sleep(time.Millisecond)
	}
	sink := &body{}
	if _, err := client.Get(ctx, fetch.Request{URL: s.URL}, sink); err != nil || !bytes.Equal(sink.bytes, content) {
		t.Errorf("got %d bytes, error %v", len(sink.bytes), err)
	}
	cancel()
	group.Wait()
}

// blocked is a Sink that takes nothing until its context ends.
type blocked struct{ context.Context }

func (blocked) Start(fetch.Head)              {}
func (b blocked) Write(p []byte) (int, error) { <-b.Done(); return len(p), nil }

func TestEndedDownloadsGiveTheirBuffersBack(t *testing.T) {
	wanted, other := &origin{content: largeContent(), etag: `"v1"`}, &origin{content: random(22, large), etag: `"v1"`}
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/wanted" {
			wanted.ServeHTTP(w, r)
			return
		}
		other.ServeHTTP(w, r)
	})
	client := newClient(t, config(&naps{}))
	for range 2 * fetch.MaxBuffers {
		_, err := client.Get(t.Context(), fetch.Request{URL: s.URL + "/other"}, &body{err: io.ErrShortWrite})
		mustFail(t, err, fetch.Unreachable)
		sink := &body{}
		if _, err := client.Get(t.Context(), fetch.Request{URL: s.URL + "/wanted"}, sink); err != nil || !bytes.Equal(sink.bytes, wanted.content) {
			t.Fatalf("got %d bytes, error %v", len(sink.bytes), err)
		}
	}
}

func TestOneHostServesSixteenRequestsAtATime(t *testing.T) {
	t.Parallel()
	g, full := &gauge{}, make(chan struct{})
	var once sync.Once
	s := server(t, g.watch(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.now.Load() >= 16 {
			once.Do(func() { close(full) })
		}
		<-full
	})))
	client := newClient(t, config(&naps{}))
	var group sync.WaitGroup
	for range 64 {
		group.Go(func() {
			if _, err := client.Get(t.Context(), fetch.Request{URL: s.URL}, &body{}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if most := g.most.Load(); most != 16 {
		t.Errorf("%d requests at a time", most)
	}
}

func TestWaitForASlotEndsWithItsContext(t *testing.T) {
	block := make(chan struct{})
	var serving sync.WaitGroup
	serving.Add(16)
	s := server(t, func(http.ResponseWriter, *http.Request) { serving.Done(); <-block })
	client := newClient(t, config(&naps{}))
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() { _, _ = client.Get(t.Context(), fetch.Request{URL: s.URL}, &body{}) })
	}
	serving.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := client.Get(ctx, fetch.Request{URL: s.URL}, &body{})
	mustFail(t, err, fetch.Unreachable)
	_, err = client.Peek(ctx, s.URL, nil)
	mustFail(t, err, fetch.Unreachable)
	close(block)
	group.Wait()
}

func TestRateLimitOfAHostHoldsUpItsOtherFiles(t *testing.T) {
	for header, want := range map[string]time.Duration{
		`"resolvers";r=0;t=9`:                 9 * time.Second,
		`"api";r=12;t=9`:                      0,
		`"api";r=12;t=9, "resolvers";r=0;t=7`: 7 * time.Second,
		`"resolvers"; r=0; t=900`:             30 * time.Second,
		`"resolvers";r=0`:                     0,
		`"resolvers";r=0;t=-4`:                0,
		`nonsense`:                            0,
	} {
		naps := &naps{}
		s := server(t, status(200, "RateLimit", header))
		client := newClient(t, config(naps))
		for range 2 {
			if _, err := client.Get(t.Context(), fetch.Request{URL: s.URL}, &body{}); err != nil {
				t.Fatal(err)
			}
		}
		var waited time.Duration
		for _, nap := range naps.taken() {
			waited += nap
		}
		if waited > want || waited < want-2*time.Second {
			t.Errorf("RateLimit %s: waited %s", header, waited)
		}
	}
}

func TestServerThatAsksToWaitForEverIsUnreachable(t *testing.T) {
	var n atomic.Int32
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("RateLimit", `"x";r=0;t=30`)
		http.Redirect(w, r, fmt.Sprintf("/%d", n.Add(1)), http.StatusFound)
	})
	_, _, err := get(t, config(&naps{}), fetch.Request{URL: s.URL})
	if failure := mustFail(t, err, fetch.Unreachable); !strings.Contains(failure.Message, "keeps asking to wait") || n.Load() != 5 {
		t.Errorf("got %s after %d requests", failure.Message, n.Load())
	}
}
