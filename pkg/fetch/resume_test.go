package fetch_test

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
)

const v1, v2 = `"v1"`, `"v2"`

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
	for _, after := range []int{0, 1, 100, 1000, 1500, 2000, 3000, 5000, 50_000, 100_000, 500_000, 1<<20 + 1000, 1<<20 + 2000} {
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			t.Parallel()
			o := &origin{content: content, etag: `"v1"`}
			s := faultyServer(t, o, func(n int) *fault {
				if n < 3 || after == 100_000 { // progress earns more tries
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

func TestInterruptedBodies(t *testing.T) {
	content, other, longer := random(4, 1000), random(5, 1000), random(6, 1500)
	good := &origin{content: content, etag: v1}
	broken := half(content, "ETag", v1)
	var n atomic.Int32
	changing := func(w http.ResponseWriter, r *http.Request) {
		half(content, "ETag", fmt.Sprintf(`"v%d"`, n.Add(1)))(w, r)
	}
	now := func(content []byte) http.HandlerFunc { return (&origin{content: content, etag: v2}).ServeHTTP }
	isNew := func(h fetch.Head) bool { return h.ETag == v2 && h.Size == int64(h.Announced) }
	pieced := func(want bool) func(fetch.Head) bool { return func(h fetch.Head) bool { return h.Pieced == want } }
	shorter := func(size int) scene {
		return scene{wholes: []http.HandlerFunc{broken, now(other[:size])}, ranges: now(other[:size]), says: fmt.Sprintf("after %d bytes: expected 1000", size)}
	}
	for name, s := range map[string]scene{
		"resumed":                       {wholes: once(broken), ranges: good.ServeHTTP, body: content, starts: 1, requests: 2, head: pieced(true)},
		"not interrupted":               {wholes: []http.HandlerFunc{whole(content, "ETag", v1)}, body: content, starts: 1, requests: 1, head: pieced(false)},
		"started over, and whole then":  {wholes: []http.HandlerFunc{half(content), whole(content)}, body: content, starts: 2, requests: 2, head: pieced(false)},
		"changed, of the same size":     {wholes: []http.HandlerFunc{broken, now(other)}, ranges: now(other), body: other, starts: 2, head: isNew},
		"changed, longer":               {wholes: []http.HandlerFunc{broken, now(longer)}, ranges: now(longer), body: longer, starts: 2, head: isNew},
		"changed, and interrupted then": {wholes: []http.HandlerFunc{broken, half(other, "ETag", v2)}, ranges: now(other), body: other, starts: 2, requests: 4},
		"changed, and shorter":          shorter(400), // nothing tells that from one that was cut short
		"changed, and empty":            shorter(0),
		"never whole":                   {wholes: once(changing), ranges: changing, says: "tries: 4"},
		"unbroken": {wholes: []http.HandlerFunc{broken, whole(content, "ETag", v1)}, ranges: now(other), request: fetch.Request{Unbroken: true},
			body: content, starts: 2, head: pieced(false)},
		"edges with validators of their own": {wholes: []http.HandlerFunc{half(content, "ETag", `"a"`), half(content, "ETag", `"b"`), whole(content, "ETag", `"c"`)},
			ranges: (&origin{content: content, etag: `"d"`}).ServeHTTP, body: content},
	} {
		t.Run(name, s.play)
		s.isHTTP2 = true
		t.Run(name+", over HTTP/2", s.play)
	}
}

// TestContentThatBecomesShorterIsIncomplete has a second Get that is told what the first one's answers announced.
func TestContentThatBecomesShorterIsIncomplete(t *testing.T) {
	content := random(31, 1000)
	s := server(t, split((&origin{content: content, etag: v1}).ServeHTTP, half(content, "ETag", v1), whole(content[:400], "ETag", v1)))
	sink, head, err := get(t, config(&naps{}), fetch.Request{URL: s.URL})
	if err != nil || len(sink.bytes) != 1000 || head.Announced != 1000 || !head.Pieced {
		t.Fatalf("got %d bytes, %+v, %v", len(sink.bytes), head, err)
	}
	_, _, err = get(t, config(&naps{}), fetch.Request{URL: s.URL, Unbroken: true, Announced: head.Announced})
	mustFail(t, err, fetch.Unreachable)
}

// notTheRange are answers to a request for the bytes from first of 1000 that do not bring them.
func notTheRange(content []byte, first int) map[string]http.HandlerFunc {
	etag := []string{"ETag", v1}
	left := 1000 - first
	at := func(format string) string { return fmt.Sprintf(format, first) }
	return map[string]http.HandlerFunc{
		"ignored":           whole(content, etag...),
		"refused by 400":    status(400),
		"refused by 403":    status(403),
		"refused by 404":    status(404),
		"refused by 416":    status(416, "Content-Range", "bytes */1000"),
		"refused by 501":    status(501),
		"refused by a 429":  status(429),
		"wrong offset":      partial(fmt.Sprintf("bytes %d-999/1000", first-1), left+1, etag...),
		"from the start":    partial("bytes 0-999/1000", 1000, etag...),
		"wrong end":         partial(at("bytes %d-998/1000"), left-1, etag...),
		"wrong total":       partial(at("bytes %d-999/1001"), left, etag...),
		"unknown total":     partial(at("bytes %d-999/*"), left, etag...),
		"too long":          partial(at("bytes %d-999/1000"), left+100, etag...),
		"too short":         partial(at("bytes %d-999/1000"), left-100, etag...),
		"no Content-Range":  partial("", left, etag...),
		"other unit":        partial(at("lines %d-999/1000"), left, etag...),
		"several parts":     partial("", left, "ETag", v1, "Content-Type", "multipart/byteranges; boundary=x"),
		"validator missing": partial(at("bytes %d-999/1000"), left),
		"validator weak":    partial(at("bytes %d-999/1000"), left, "ETag", `W/"v1"`),
		"validator other":   partial(at("bytes %d-999/1000"), left, "ETag", v2),
		"malformed numbers": partial(at("bytes %d-99999999999999999999/1000"), left, etag...),
		"negative numbers":  partial(at("bytes -%d-999/1000"), left, etag...),
	}
}

func TestAnswersThatAreNotTheRangeStartTheFileOver(t *testing.T) {
	content := random(4, 1000)
	for name, ranges := range notTheRange(content, 500) {
		t.Run(name, scene{wholes: []http.HandlerFunc{half(content, "ETag", v1), whole(content, "ETag", v1)}, ranges: ranges, body: content, starts: 2}.play)
	}
	for name, resume := range notTheRange(content, 600) {
		t.Run(name+", of a resumed file", scene{wholes: []http.HandlerFunc{whole(content, "ETag", v1)}, ranges: resume,
			request: fetch.Request{Resume: fetch.Resume{Offset: 600, Size: 1000, Validator: v1}}, body: content, starts: 1,
			head: func(h fetch.Head) bool { return h.Offset == 0 && !h.Pieced }}.play)
	}
}

func TestOnlyAStrongValidatorAllowsToGoOn(t *testing.T) {
	content := random(5, 1000)
	date := func(before time.Duration) string { return time.Now().Add(-before).UTC().Format(http.TimeFormat) }
	for name, test := range map[string]struct {
		header  []string
		resumes bool
	}{
		"strong ETag":             {[]string{"ETag", v1}, true},
		"weak ETag":               {[]string{"ETag", `W/"v1"`}, false},
		"bare ETag":               {[]string{"ETag", `v1`}, false},
		"empty ETag":              {[]string{"ETag", `""`}, false},
		"unquoted end":            {[]string{"ETag", `"v1`}, false},
		"space in an ETag":        {[]string{"ETag", `"v 1"`}, false},
		"long ETag":               {[]string{"ETag", `"` + strings.Repeat("v", 1000) + `"`}, true},
		"longer ETag":             {[]string{"ETag", `"` + strings.Repeat("v", 1001) + `"`}, false},
		"none":                    {nil, false},
		"old Last-Modified":       {[]string{"Last-Modified", date(time.Hour)}, true},
		"fresh Last-Modified":     {[]string{"Last-Modified", date(0)}, false},
		"future Last-Modified":    {[]string{"Last-Modified", date(-time.Hour)}, false},
		"malformed Last-Modified": {[]string{"Last-Modified", "yesterday"}, false},
		"weak ETag, old date":     {[]string{"ETag", `W/"v1"`, "Last-Modified", date(time.Hour)}, true},
	} {
		rest := func(w http.ResponseWriter, r *http.Request) {
			set(w, test.header)
			if got, want := r.Header.Get("If-Range"), test.header[len(test.header)-1]; got != want {
				t.Errorf("If-Range is %q, want %q", got, want)
			}
			w.Header().Set("Content-Range", "bytes 500-999/1000")
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(content[500:])
		}
		starts := 2
		if test.resumes {
			starts = 1
		}
		t.Run(name, scene{wholes: []http.HandlerFunc{half(content, test.header...), whole(content, test.header...)}, ranges: rest,
			body: content, starts: starts, requests: 2, head: func(h fetch.Head) bool { return h.Pieced == test.resumes }}.play)
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
	impatient := func(c *fetch.Config) { c.StallTimeout = time.Second } // in which a busy machine shakes hands
	for _, at := range []int{0, 500, 999} {
		stall := func(w http.ResponseWriter, r *http.Request) {
			set(w, []string{"Content-Length", "1000", "ETag", v1})
			_, _ = w.Write(content[:at])
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}
		good := (&origin{content: content, etag: v1}).ServeHTTP
		play(t, map[string]scene{
			fmt.Sprint("once at ", at):   {wholes: []http.HandlerFunc{stall, good}, ranges: good, config: impatient, body: content},
			fmt.Sprint("always at ", at): {wholes: []http.HandlerFunc{stall}, ranges: stall, config: impatient, says: "stopped answering"},
		})
	}
}

func TestCrawlingBodyIsUnreachable(t *testing.T) {
	drip := func(w http.ResponseWriter, r *http.Request) {
		set(w, []string{"Content-Length", "1000000", "ETag", v1})
		for r.Context().Err() == nil {
			_, _ = w.Write([]byte("x"))
			w.(http.Flusher).Flush()
			time.Sleep(20 * time.Millisecond)
		}
	}
	scene{wholes: []http.HandlerFunc{drip}, ranges: drip, config: func(c *fetch.Config) { c.StallTimeout = time.Second }, // in which a busy machine shakes hands
		says: "less than 1024 bytes a second"}.play(t)
}

func TestResumedFiles(t *testing.T) {
	content := random(32, 1000)
	good := (&origin{content: content, etag: v1}).ServeHTTP
	from := func(offset, size int64, validator string) fetch.Request {
		return fetch.Request{Resume: fetch.Resume{Offset: offset, Size: size, Validator: validator}}
	}
	day := time.Date(2023, 1, 2, 3, 4, 5, 0, time.UTC)
	dated := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `W/"v1"`) // which leaves the Last-Modified
		http.ServeContent(w, r, "", day, bytes.NewReader(content))
	}
	rest := func(offset int64, validator string, ranges http.HandlerFunc) scene {
		return scene{wholes: once(good), ranges: ranges, request: from(offset, 1000, validator), body: content[offset:], starts: 1, requests: 1,
			head: func(h fetch.Head) bool {
				return h.Offset == offset && h.Pieced && h.Size == 1000 && h.Validator == validator
			}}
	}
	fresh := func(requests int, r fetch.Request) scene {
		return scene{wholes: once(good), ranges: good, request: r, body: content, starts: 1, requests: requests,
			head: func(h fetch.Head) bool { return h.Offset == 0 && !h.Pieced }}
	}
	break200 := func(w http.ResponseWriter, _ *http.Request) {
		set(w, []string{"ETag", v1, "Content-Range", "bytes 100-999/1000", "Content-Length", "900"})
		w.WriteHeader(http.StatusPartialContent)
		_, _ = w.Write(content[100:200])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	var first, second, third atomic.Int32
	changed := random(35, 1000)
	play(t, map[string]scene{
		"from its first byte":   rest(1, v1, good),
		"from its last byte":    rest(999, v1, good),
		"from a date":           rest(500, day.Format(http.TimeFormat), dated),
		"another version":       fresh(2, from(600, 1000, `"v0"`)),
		"another size":          fresh(2, from(600, 990, v1)),
		"all is there":          fresh(1, from(1000, 1000, v1)),
		"more is there":         fresh(1, from(1001, 1000, v1)),
		"nothing is there":      fresh(1, from(0, 1000, v1)),
		"a negative offset":     fresh(1, from(-1, 1000, v1)),
		"a weak ETag":           fresh(1, from(1, 1000, `W/"v1"`)),
		"a validator of nought": fresh(1, from(1, 1000, "")),
		"a header in it":        fresh(1, from(1, 1000, "\"v1\"\r\nX: y")),
		"breaks off, and goes on": {wholes: once(good), ranges: stages(&first, break200, good), request: from(100, 1000, v1),
			body: content[100:], starts: 1, requests: 2},
		"breaks off, and changes": {wholes: []http.HandlerFunc{whole(changed, "ETag", v2)}, ranges: stages(&second, break200, (&origin{content: changed, etag: v2}).ServeHTTP),
			request: from(100, 1000, v1), body: changed, starts: 2, head: func(h fetch.Head) bool { return h.Offset == 0 && h.Validator == v2 }},
		"is asked for once": {wholes: once(good), ranges: stages(&third, break200, status(http.StatusRequestedRangeNotSatisfiable), good),
			request: from(100, 1000, v1), body: content, starts: 2, head: func(h fetch.Head) bool { return h.Offset == 0 }},
		"over the limit": {wholes: once(good), ranges: good, request: from(500, 1000, v1), config: func(c *fetch.Config) { c.MaxSize = 999 },
			kind: fetch.Refused},
		"a server that is down": {wholes: []http.HandlerFunc{status(503)}, ranges: status(503), request: from(500, 1000, v1), requests: 8},
	})
}
