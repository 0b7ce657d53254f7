package fetch_test

import (
	"bytes"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
)

func TestResumeAsksForTheRest(t *testing.T) {
	content := random(31, 3<<20)
	for _, etag := range []string{`"v1"`, `W/"v1"`} { // a weak one leaves the Last-Modified
		var asked sync.Map // ranges
		s := server(t, func(w http.ResponseWriter, r *http.Request) {
			asked.Store(r.Header.Get("Range"), true)
			w.Header().Set("ETag", etag)
			http.ServeContent(w, r, "", time.Date(2023, 1, 2, 3, 4, 5, 0, time.UTC), bytes.NewReader(content))
		})
		_, head, err := get(t, config(&naps{}), fetch.Request{URL: s.URL})
		if err != nil || head.Validator == "" || head.Offset != 0 {
			t.Fatalf("got %+v, %v", head, err)
		}
		for _, offset := range []int64{1, 1<<20 + 7, 3<<20 - 1} {
			sink, again, err := get(t, config(&naps{}), fetch.Request{URL: s.URL, Resume: fetch.Resume{Offset: offset, Size: head.Size, Validator: head.Validator}})
			if err != nil || !bytes.Equal(sink.bytes, content[offset:]) || sink.starts != 1 {
				t.Errorf("from %d under %s: got %d bytes after %d starts, error %v", offset, head.Validator, len(sink.bytes), sink.starts, err)
			}
			if sink.head.Offset != offset || !again.Pieced || again.Size != head.Size || again.Validator != head.Validator {
				t.Errorf("from %d: head %+v", offset, again)
			}
			want := fmt.Sprintf("bytes=%d-%d", offset, len(content)-1)
			if _, found := asked.Load(want); !found {
				t.Errorf("nobody asked for %s", want)
			}
		}
	}
}

func TestWhatCanNotBeResumedIsReadFromItsFirstByte(t *testing.T) {
	content := random(32, 100_000)
	good := fetch.Resume{Offset: 60_000, Size: 100_000, Validator: `"v1"`}
	rest := func(contentRange string) http.HandlerFunc {
		return partial(contentRange, 40_000, "ETag", `"v1"`)
	}
	origin := &origin{content: content, etag: `"v1"`}
	for name, c := range map[string]struct {
		resume fetch.Resume
		ranges http.HandlerFunc
		asks   int // for ranges
	}{
		"another version":       {fetch.Resume{Offset: 60_000, Size: 100_000, Validator: `"v0"`}, origin.ServeHTTP, 1},
		"another size":          {fetch.Resume{Offset: 60_000, Size: 99_000, Validator: `"v1"`}, origin.ServeHTTP, 1},
		"no ranges":             {good, whole(content, "ETag", `"v1"`), 1},
		"another place":         {good, rest("bytes 59999-99998/100000"), 1},
		"another total":         {good, rest("bytes 60000-99999/100001"), 1},
		"no place":              {good, rest(""), 1},
		"another validator":     {good, partial("bytes 60000-99999/100000", 40_000, "ETag", `"v2"`), 1},
		"no validator":          {good, partial("bytes 60000-99999/100000", 40_000), 1},
		"a range refused":       {good, status(http.StatusRequestedRangeNotSatisfiable), 1},
		"a range not found":     {good, status(http.StatusNotFound), 1},
		"ranges that fail":      {good, status(http.StatusInternalServerError), 4},
		"all is there":          {fetch.Resume{Offset: 100_000, Size: 100_000, Validator: `"v1"`}, origin.ServeHTTP, 0},
		"more is there":         {fetch.Resume{Offset: 100_001, Size: 100_000, Validator: `"v1"`}, origin.ServeHTTP, 0},
		"nothing is there":      {fetch.Resume{Size: 100_000, Validator: `"v1"`}, origin.ServeHTTP, 0},
		"a negative offset":     {fetch.Resume{Offset: -1, Size: 100_000, Validator: `"v1"`}, origin.ServeHTTP, 0},
		"a weak ETag":           {fetch.Resume{Offset: 1, Size: 100_000, Validator: `W/"v1"`}, origin.ServeHTTP, 0},
		"a validator of nought": {fetch.Resume{Offset: 1, Size: 100_000}, origin.ServeHTTP, 0},
		"a header in it":        {fetch.Resume{Offset: 1, Size: 100_000, Validator: "\"v1\"\r\nX: y"}, origin.ServeHTTP, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asks atomic.Int32
			s := server(t, split(func(w http.ResponseWriter, r *http.Request) {
				asks.Add(1)
				c.ranges(w, r)
			}, whole(content, "ETag", `"v1"`)))
			sink, head, err := get(t, config(&naps{}), fetch.Request{URL: s.URL, Resume: c.resume})
			if err != nil || !bytes.Equal(sink.bytes, content) || sink.starts != 1 || head.Offset != 0 || head.Pieced || int(asks.Load()) != c.asks {
				t.Errorf("got %d bytes after %d starts and %d ranges, %+v, error %v", len(sink.bytes), sink.starts, asks.Load(), head, err)
			}
		})
	}
}

func TestAResumedBodyThatBreaksOffGoesOn(t *testing.T) {
	content := random(33, 2<<20)
	o := &origin{content: content, etag: `"v1"`}
	s := faultyServer(t, o, func(n int) *fault {
		if n < 3 {
			return &fault{after: 300_000, how: reset}
		}
		return nil
	})
	sink, _, err := get(t, config(&naps{}), fetch.Request{URL: s.URL, Resume: fetch.Resume{Offset: 1000, Size: 2 << 20, Validator: `"v1"`}})
	if err != nil || !bytes.Equal(sink.bytes, content[1000:]) || sink.starts != 1 {
		t.Errorf("got %d bytes after %d starts, error %v", len(sink.bytes), sink.starts, err)
	}
}

func TestAResumedBodyWhoseFileChangesIsReadFromItsFirstByte(t *testing.T) {
	before, after := random(34, 2<<20), random(35, 2<<20)
	o := &origin{content: before, etag: `"v1"`}
	s := faultyServer(t, o, func(n int) *fault {
		if n > 0 {
			o.become(after, `"v2"`)
			return nil
		}
		return &fault{after: 300_000, how: reset}
	})
	sink, head, err := get(t, config(&naps{}), fetch.Request{URL: s.URL, Resume: fetch.Resume{Offset: 1000, Size: 2 << 20, Validator: `"v1"`}})
	if err != nil || !bytes.Equal(sink.bytes, after) || sink.starts != 2 || head.Offset != 0 || head.Validator != `"v2"` {
		t.Errorf("got %d bytes after %d starts, %+v, error %v", len(sink.bytes), sink.starts, head, err)
	}
}

func TestResumeObeysTheLimits(t *testing.T) {
	s := server(t, (&origin{content: random(36, 10_000), etag: `"v1"`}).ServeHTTP)
	c := config(&naps{})
	c.MaxSize = 9_999
	sink, _, err := get(t, c, fetch.Request{URL: s.URL, Resume: fetch.Resume{Offset: 5000, Size: 10_000, Validator: `"v1"`}})
	mustFail(t, err, fetch.Refused)
	if sink.starts != 0 {
		t.Error("a body was announced")
	}
	naps := &naps{}
	s = server(t, status(http.StatusServiceUnavailable))
	sink, _, err = get(t, config(naps), fetch.Request{URL: s.URL, Resume: fetch.Resume{Offset: 5000, Size: 10_000, Validator: `"v1"`}})
	mustFail(t, err, fetch.Unreachable)
	if sink.starts != 0 || len(naps.taken()) > 8 {
		t.Errorf("%d starts, %d pauses", sink.starts, len(naps.taken()))
	}
}

func TestResumeIsAskedForOnce(t *testing.T) {
	content := random(37, 1000)
	o := &origin{content: content, etag: `"v1"`}
	var requests atomic.Int32
	broken := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Content-Range", "bytes 100-999/1000")
		w.Header().Set("Content-Length", "900")
		w.WriteHeader(http.StatusPartialContent)
		_, _ = w.Write(content[100:200])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	s := server(t, split(stages(&requests, broken, status(http.StatusRequestedRangeNotSatisfiable), o.ServeHTTP), o.ServeHTTP))
	sink, head, err := get(t, config(&naps{}), fetch.Request{URL: s.URL, Resume: fetch.Resume{Offset: 100, Size: 1000, Validator: `"v1"`}})
	if err != nil || !bytes.Equal(sink.bytes, content) || sink.starts != 2 || head.Offset != 0 {
		t.Errorf("got %d bytes after %d starts, %+v, error %v", len(sink.bytes), sink.starts, head, err)
	}
}
