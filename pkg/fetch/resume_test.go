package fetch_test

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
)

func TestInterruptedBodyGoesOnAtItsByte(t *testing.T) {
	content := random(1, 3<<20)
	for name, how := range map[string]func(net.Conn){"reset": reset, "closed": hangUp, "silent": silence} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := &origin{content: content, etag: `"v1"`}
			s := faultyServer(t, o, func(n int) *fault {
				if n < 3 {
					return &fault{after: 700_000, how: how}
				}
				return nil
			})
			c := config(&naps{})
			c.StallTimeout, c.Connections = 300*time.Millisecond, 1
			sink, _, err := get(t, c, fetch.Request{URL: s.URL})
			if err != nil || !bytes.Equal(sink.bytes, content) || sink.starts != 1 {
				t.Fatalf("got %d bytes after %d starts, error %v", len(sink.bytes), sink.starts, err)
			}
			before := 0
			for _, a := range o.asked()[1:] {
				var first, last int
				if _, err := fmt.Sscanf(a.rng, "bytes=%d-%d", &first, &last); err != nil || first <= before || last != len(content)-1 || a.ifRange != `"v1"` {
					t.Errorf("asked for %+v after byte %d", a, before)
				}
				before = first
			}
		})
	}
}

func TestResetAtAnyByte(t *testing.T) {
	content := random(2, 1<<20)
	for _, after := range []int{0, 1, 100, 1000, 1500, 2000, 3000, 5000, 50_000, 500_000, 1<<20 + 1000, 1<<20 + 2000} {
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			t.Parallel()
			o := &origin{content: content, etag: `"v1"`}
			s := faultyServer(t, o, func(n int) *fault {
				if n < 3 {
					return &fault{after: after, how: reset}
				}
				return nil
			})
			sink, _, err := get(t, config(&naps{}), fetch.Request{URL: s.URL})
			if err != nil || !bytes.Equal(sink.bytes, content) {
				t.Errorf("got %d bytes, error %v", len(sink.bytes), err)
			}
		})
	}
}

func TestProgressEarnsMoreTries(t *testing.T) {
	content := random(3, 4<<20)
	o := &origin{content: content, etag: `"v1"`}
	s := faultyServer(t, o, func(int) *fault { return &fault{after: 200_000, how: reset} })
	c := config(&naps{})
	c.Connections = 1
	sink, _, err := get(t, c, fetch.Request{URL: s.URL})
	if err != nil || !bytes.Equal(sink.bytes, content) || sink.starts != 1 {
		t.Errorf("got %d bytes after %d starts, error %v", len(sink.bytes), sink.starts, err)
	}
}

// half sends the first half of what a good server would, then breaks the connection.
func half(content []byte, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		set(w, header)
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		_, _ = w.Write(content[:len(content)/2])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
}

func whole(content []byte, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		set(w, header)
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		_, _ = w.Write(content)
	}
}

// split serves requests for ranges by one handler, those for the whole file by others.
func split(ranges http.HandlerFunc, wholes ...http.HandlerFunc) http.HandlerFunc {
	var requests atomic.Int32
	whole := stages(&requests, wholes...)
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Range") != "" {
			ranges(w, r)
			return
		}
		whole(w, r)
	}
}

// partial answers with a 206 whose bytes are wrong, so that a test shows when they are taken.
func partial(contentRange string, length int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		set(w, header)
		if contentRange != "" {
			w.Header().Set("Content-Range", contentRange)
		}
		w.WriteHeader(http.StatusPartialContent)
		_, _ = w.Write(bytes.Repeat([]byte("!"), length))
	}
}

func TestAnswersThatAreNotTheRangeStartTheFileOver(t *testing.T) {
	content := random(4, 1000)
	etag := []string{"ETag", `"v1"`}
	for name, ranges := range map[string]http.HandlerFunc{
		"ignored":             whole(content, etag...),
		"refused by 400":      status(400),
		"refused by 403":      status(403),
		"refused by 404":      status(404),
		"refused by 416":      status(416, "Content-Range", "bytes */1000"),
		"refused by 501":      status(501),
		"refused by a 429":    status(429),
		"wrong offset":        partial("bytes 499-999/1000", 501, etag...),
		"from the start":      partial("bytes 0-999/1000", 1000, etag...),
		"wrong end":           partial("bytes 500-998/1000", 499, etag...),
		"wrong total":         partial("bytes 500-999/1001", 500, etag...),
		"unknown total":       partial("bytes 500-999/*", 500, etag...),
		"too long":            partial("bytes 500-999/1000", 600, etag...),
		"too short":           partial("bytes 500-999/1000", 400, etag...),
		"no Content-Range":    partial("", 500, etag...),
		"other unit":          partial("lines 500-999/1000", 500, etag...),
		"several parts":       partial("", 500, "ETag", `"v1"`, "Content-Type", "multipart/byteranges; boundary=x"),
		"validator missing":   partial("bytes 500-999/1000", 500),
		"validator weak":      partial("bytes 500-999/1000", 500, "ETag", `W/"v1"`),
		"validator other":     partial("bytes 500-999/1000", 500, "ETag", `"v2"`),
		"redirect into a bog": status(302, "Location", "/"),
		"cut before header":   hijack(""),
		"malformed numbers":   partial("bytes 500-99999999999999999999/1000", 500, etag...),
		"negative numbers":    partial("bytes -500-999/1000", 500, etag...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := oneAtATime(t, split(ranges, half(content, etag...), whole(content, etag...)))
			sink, _, err := get(t, config(&naps{}), fetch.Request{URL: s.URL})
			if name == "cut before header" || name == "redirect into a bog" {
				return // may fail, and must not succeed wrongly
			}
			if err != nil || !bytes.Equal(sink.bytes, content) || sink.starts != 2 {
				t.Errorf("got %d bytes after %d starts, error %v", len(sink.bytes), sink.starts, err)
			}
		})
	}
}

func TestOnlyAStrongValidatorAllowsToGoOn(t *testing.T) {
	content := random(5, 1000)
	date := func(before time.Duration) string { return time.Now().Add(-before).UTC().Format(http.TimeFormat) }
	for name, test := range map[string]struct {
		header  []string
		resumes bool
	}{
		"strong ETag":             {[]string{"ETag", `"v1"`}, true},
		"weak ETag":               {[]string{"ETag", `W/"v1"`}, false},
		"bare ETag":               {[]string{"ETag", `v1`}, false},
		"empty ETag":              {[]string{"ETag", `""`}, false},
		"none":                    {nil, false},
		"old Last-Modified":       {[]string{"Last-Modified", date(time.Hour)}, true},
		"fresh Last-Modified":     {[]string{"Last-Modified", date(0)}, false},
		"future Last-Modified":    {[]string{"Last-Modified", date(-time.Hour)}, false},
		"malformed Last-Modified": {[]string{"Last-Modified", "yesterday"}, false},
		"weak ETag, old date":     {[]string{"ETag", `W/"v1"`, "Last-Modified", date(time.Hour)}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var ranges atomic.Int32
			rest := func(w http.ResponseWriter, r *http.Request) {
				ranges.Add(1)
				set(w, test.header)
				if got, want := r.Header.Get("If-Range"), test.header[len(test.header)-1]; got != want {
					t.Errorf("If-Range is %q, want %q", got, want)
				}
				w.Header().Set("Content-Range", "bytes 500-999/1000")
				w.WriteHeader(http.StatusPartialContent)
				_, _ = w.Write(content[500:])
			}
			s := server(t, split(rest, half(content, test.header...), whole(content, test.header...)))
			sink, _, err := get(t, config(&naps{}), fetch.Request{URL: s.URL})
			if err != nil || !bytes.Equal(sink.bytes, content) || (ranges.Load() > 0) != test.resumes || (sink.starts == 1) != test.resumes {
				t.Errorf("got %d bytes after %d starts and %d ranges, error %v", len(sink.bytes), sink.starts, ranges.Load(), err)
			}
		})
	}
}

func TestContentThatChangesOnceIsReadAgain(t *testing.T) {
	old := random(6, 1000)
	for name, now := range map[string][]byte{"same size": random(7, 1000), "longer": random(7, 1500)} {
		t.Run(name, func(t *testing.T) {
			o := &origin{content: now, etag: `"v2"`}
			s := server(t, split(o.ServeHTTP, half(old, "ETag", `"v1"`), o.ServeHTTP))
			sink, head, err := get(t, config(&naps{}), fetch.Request{URL: s.URL})
			if err != nil || !bytes.Equal(sink.bytes, now) || sink.starts != 2 || head.ETag != `"v2"` || head.Size != int64(len(now)) {
				t.Errorf("got %d bytes after %d starts, head %+v, error %v", len(sink.bytes), sink.starts, head, err)
			}
		})
	}
}

// TestContentThatBecomesShorterIsIncomplete has a server, or another edge of it, whose file is shorter under another validator:
// nothing tells that from one that was cut short.
func TestContentThatBecomesShorterIsIncomplete(t *testing.T) {
	for _, size := range []int{400, 0} {
		o := &origin{content: random(7, size), etag: `"v2"`}
		s := server(t, split(o.ServeHTTP, half(random(6, 1000), "ETag", `"v1"`), o.ServeHTTP))
		_, _, err := get(t, config(&naps{}), fetch.Request{URL: s.URL})
		mustFail(t, err, fetch.Unreachable)
	}
}

func TestContentThatNoAnswerHoldsWholeIsUnreachable(t *testing.T) {
	var n atomic.Int32
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		half(random(8, 1000), "ETag", fmt.Sprintf(`"v%d"`, n.Add(1)))(w, r)
	})
	_, _, err := get(t, config(&naps{}), fetch.Request{URL: s.URL})
	if failure := mustFail(t, err, fetch.Unreachable); !strings.Contains(failure.Message, "tries: 4") {
		t.Error(failure.Message)
	}
}

// edges are the servers of one name: each gives the same bytes an ETag of its own.
func edges(content []byte, wholes ...http.HandlerFunc) http.HandlerFunc {
	var n, requests atomic.Int32
	whole := stages(&requests, wholes...)
	return func(w http.ResponseWriter, r *http.Request) {
		etag := fmt.Sprintf(`"edge %d"`, n.Add(1))
		if r.Header.Get("Range") == "" {
			w.Header().Set("ETag", etag)
			whole(w, r)
			return
		}
		(&origin{content: content, etag: etag}).ServeHTTP(w, r)
	}
}

func TestEdgesWithValidatorsOfTheirOwnServeTheFile(t *testing.T) {
	content := random(13, 1000)
	s := server(t, edges(content, half(content), half(content), whole(content)))
	sink, _, err := get(t, config(&naps{}), fetch.Request{URL: s.URL})
	if err != nil || !bytes.Equal(sink.bytes, content) {
		t.Errorf("got %d bytes after %d starts, error %v", len(sink.bytes), sink.starts, err)
	}
	s = server(t, edges(largeContent(), throttled(whole(largeContent()), slow)))
	sink, _, err = get(t, config(&naps{}), fetch.Request{URL: s.URL})
	if err != nil || !bytes.Equal(sink.bytes, largeContent()) {
		t.Errorf("over several connections: got %d bytes after %d starts, error %v", len(sink.bytes), sink.starts, err)
	}
}

func TestUnbrokenBodyIsOneAnswer(t *testing.T) {
	content := largeContent()
	lie := &origin{content: random(99, len(content)), etag: `"v1"`}
	s := server(t, split(lie.ServeHTTP, half(content, "ETag", `"v1"`), throttled(whole(content, "ETag", `"v1"`), slow)))
	sink, head, err := get(t, config(&naps{}), fetch.Request{URL: s.URL, Unbroken: true})
	if err != nil || !bytes.Equal(sink.bytes, content) || sink.starts != 2 || head.Pieced {
		t.Errorf("got %d bytes after %d starts, head %+v, error %v", len(sink.bytes), sink.starts, head, err)
	}
}

func TestPiecedBodyIsCalledThat(t *testing.T) {
	content := random(14, 1000)
	o := &origin{content: content, etag: `"v1"`}
	for name, wholes := range map[string][]http.HandlerFunc{
		"interrupted":                  {half(content, "ETag", `"v1"`)},
		"whole":                        {whole(content, "ETag", `"v1"`)},
		"started over, and whole then": {half(content), whole(content)},
	} {
		s := server(t, split(o.ServeHTTP, wholes...))
		if _, head, err := get(t, config(&naps{}), fetch.Request{URL: s.URL}); err != nil || head.Pieced != (name == "interrupted") {
			t.Errorf("%s: head %+v, error %v", name, head, err)
		}
	}
}

func TestChangedContentThatIsInterruptedIsResumed(t *testing.T) {
	old, now := random(9, 1000), random(10, 1000)
	o := &origin{content: now, etag: `"v2"`}
	s := server(t, split(o.ServeHTTP, half(old, "ETag", `"v1"`), half(now, "ETag", `"v2"`)))
	sink, _, err := get(t, config(&naps{}), fetch.Request{URL: s.URL})
	if err != nil || !bytes.Equal(sink.bytes, now) || sink.starts != 2 || !slices.Equal(o.ranges(), []string{"bytes=500-999", "bytes=500-999"}) {
		t.Errorf("got %d bytes after %d starts, ranges %v, error %v", len(sink.bytes), sink.starts, o.ranges(), err)
	}
}

func TestResumeStartsFromTheURLSinceRedirectsExpire(t *testing.T) {
	content := random(11, 1000)
	o := &origin{content: content, etag: `"v1"`}
	var signed atomic.Int32
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/file":
			http.Redirect(w, r, fmt.Sprintf("/signed/%d", signed.Add(1)), http.StatusFound)
		case r.URL.Path != fmt.Sprintf("/signed/%d", signed.Load()):
			w.WriteHeader(http.StatusForbidden)
		case r.Header.Get("Range") == "":
			half(content, "ETag", `"v1"`)(w, r)
		default:
			o.ServeHTTP(w, r)
		}
	})
	sink, _, err := get(t, config(&naps{}), fetch.Request{URL: s.URL + "/file"})
	if err != nil || !bytes.Equal(sink.bytes, content) || sink.starts != 1 || signed.Load() != 2 {
		t.Errorf("got %d bytes after %d starts and %d redirects, error %v", len(sink.bytes), sink.starts, signed.Load(), err)
	}
}

func TestStalls(t *testing.T) {
	content := random(12, 1000)
	for _, at := range []int{0, 500, 999} {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			t.Parallel()
			stall := func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Length", "1000")
				w.Header().Set("ETag", `"v1"`)
				_, _ = w.Write(content[:at])
				w.(http.Flusher).Flush()
				<-r.Context().Done()
			}
			c := config(&naps{})
			c.StallTimeout = 200 * time.Millisecond
			o := &origin{content: content, etag: `"v1"`}
			s := server(t, split(o.ServeHTTP, stall))
			if sink, _, err := get(t, c, fetch.Request{URL: s.URL}); err != nil || !bytes.Equal(sink.bytes, content) {
				t.Errorf("stalls once: got %d bytes, error %v", len(sink.bytes), err)
			}
			s = server(t, stall)
			_, _, err := get(t, c, fetch.Request{URL: s.URL})
			if failure := mustFail(t, err, fetch.Unreachable); !strings.Contains(failure.Message, "stopped answering") {
				t.Errorf("stalls always: %s", failure.Message)
			}
		})
	}
}

func TestCrawlingBodyIsUnreachable(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000000")
		w.Header().Set("ETag", `"v1"`)
		drip := time.NewTicker(20 * time.Millisecond)
		defer drip.Stop()
		for r.Context().Err() == nil {
			_, _ = w.Write([]byte("x"))
			w.(http.Flusher).Flush()
			<-drip.C
		}
	})
	c := config(&naps{})
	c.StallTimeout = 200 * time.Millisecond
	_, _, err := get(t, c, fetch.Request{URL: s.URL})
	if failure := mustFail(t, err, fetch.Unreachable); !strings.Contains(failure.Message, "less than 1024 bytes a second") {
		t.Error(failure.Message)
	}
}
