package fetch_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
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

// gauge counts how many of something there are, and were at most at a time.
type gauge struct{ now, most atomic.Int32 }

func (g *gauge) rise() {
	now := g.now.Add(1)
	for most := g.most.Load(); now > most && !g.most.CompareAndSwap(most, now); most = g.most.Load() {
	}
}

// watch counts the requests that are being served.
func (g *gauge) watch(next http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		defer g.now.Add(-1)
		g.rise()
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
	connections, longest := map[string]bool{}, 0
	for _, a := range o.asked()[1:] {
		connections[a.from] = true
		longest = max(longest, rangeSize(a.rng))
		if a.proto != "HTTP/1.1" || a.ifRange != `"v1"` {
			t.Errorf("asked by %+v", a)
		}
	}
	if o.asked()[0].proto != "HTTP/2.0" || g.most.Load() != 4 || len(connections) < 4 {
		t.Errorf("%d ranges at a time over %d connections, the first by %s", g.most.Load(), len(connections), o.asked()[0].proto)
	}
}

func rangeSize(header string) int {
	var first, last int
	_, _ = fmt.Sscanf(header, "bytes=%d-%d", &first, &last)
	return last - first + 1
}

// later serves single bytes and a few ranges well, then by next.
func later(good, next http.HandlerFunc) http.HandlerFunc {
	var requests atomic.Int32
	parts := stages(&requests, good, good, next)
	return func(w http.ResponseWriter, r *http.Request) {
		if rangeSize(r.Header.Get("Range")) == 1 {
			good(w, r)
			return
		}
		parts(w, r)
	}
}

func TestServersThatDislikeRangesStillServe(t *testing.T) {
	content, etag := largeContent(), []string{"ETag", v1}
	good := throttled(&origin{content: content, etag: v1}, slow)
	size := len(content)
	other := partial(fmt.Sprintf("bytes 0-0/%d", size), 1, "ETag", v2)
	lie := partial(fmt.Sprintf("bytes 0-16383/%d", size), 16384, etag...)
	toTheEnd := fmt.Sprintf("-%d", size-1)
	aloneOnly := func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.Header.Get("Range"), toTheEnd) {
			hijack("")(w, r)
			return
		}
		good(w, r)
	}
	var n atomic.Int32
	edges := func(w http.ResponseWriter, r *http.Request) {
		(&origin{content: content, etag: fmt.Sprintf(`"edge %d"`, n.Add(1))}).ServeHTTP(w, r)
	}
	for name, test := range map[string]struct {
		ranges http.HandlerFunc
		starts int
	}{
		"ignored":                     {whole(content, etag...), 1},
		"refused":                     {status(403), 1},
		"other version":               {other, 1},
		"too many":                    {status(429), 1},
		"edges":                       {edges, 1},
		"lies later":                  {later(good, lie), 2},
		"refuses later":               {later(good, status(403)), 2},
		"503 later":                   {later(good, status(503)), 2},
		"changes later":               {later(good, other), 2},
		"overloaded once":             {later(good, stages(new(atomic.Int32), status(429), good)), 1},
		"fails beside others":         {later(good, aloneOnly), 1},
		"connections break at ranges": {later(good, stages(new(atomic.Int32), hijack("HTTP/1.1 206"), good)), 1},
	} {
		t.Run(name, scene{wholes: []http.HandlerFunc{good}, ranges: test.ranges, body: content, starts: test.starts}.play)
	}
}

func TestOneConnectionStaysWhereMoreAreOfNoUse(t *testing.T) {
	content := largeContent()
	one := func(c *fetch.Config) { c.Connections = 1 }
	slowly := func(content []byte, etag string) []http.HandlerFunc {
		return []http.HandlerFunc{throttled(&origin{content: content, etag: etag}, 3*slow)}
	}
	small := content[:54*fetch.SmallPart]
	play(t, map[string]scene{
		"small file":           {wholes: slowly(small, v1), body: small, requests: 1},
		"no validator":         {wholes: slowly(content, ""), body: content, requests: 1},
		"weak validator":       {wholes: slowly(content, `W/"v1"`), body: content, requests: 1},
		"one connection asked": {wholes: slowly(content, v1), config: one, body: content, requests: 1},
		"unbroken":             {wholes: slowly(content, v1), request: fetch.Request{Unbroken: true}, body: content, requests: 1},
	})
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
	var signed atomic.Int32
	var uses [1000]atomic.Int32 // of the signed ones
	serve := throttled(o, slow)
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/file" {
			http.Redirect(w, r, fmt.Sprintf("/signed/%d", signed.Add(1)), http.StatusFound)
			return
		}
		n, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/signed/"))
		if uses[n].Add(1) > 5 {
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

func TestDownloadsThatHoldAllBuffersDoNotHoldUpOthers(t *testing.T) {
	t.Parallel()
	content := random(24, (fetch.MaxChunks+2)*fetch.SmallPart)
	s := server(t, whole(content, "ETag", `"v1"`))
	client := newClient(t, config(&naps{}))
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() { _, _ = client.Get(ctx, fetch.Request{URL: s.URL}, blocked{ctx}) })
	for client.FreeChunks() > 0 {
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

func (blocked) Start(fetch.Head) {}

func TestEndedDownloadsGiveTheirBuffersBack(t *testing.T) {
	s := server(t, throttled(&origin{content: largeContent(), etag: v1}, slow))
	client := newClient(t, config(&naps{}))
	for _, sink := range []*body{{err: io.ErrShortWrite}, {}} {
		_, err := client.Get(t.Context(), fetch.Request{URL: s.URL}, sink)
		if (err != nil) != (sink.err != nil) || client.FreeChunks() != fetch.MaxChunks {
			t.Errorf("got %v, and %d chunks are free", err, client.FreeChunks())
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

func (b blocked) Write(p []byte) (int, error) { <-b.Done(); return len(p), nil }
