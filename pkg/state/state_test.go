package state_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/state"
)

const url = "https://example.com/server"

// day is three in the morning of a day of the month.
func day(n int) time.Time { return time.Date(2026, 11, n, 3, 0, 0, 0, time.UTC) }

func sum(c string) digest.Digest {
	return digest.Digest{Algorithm: digest.SHA256, Sum: strings.Repeat(c, 64)}
}

func good(c string) state.Sighting {
	return state.Sighting{Kind: state.Good, Digest: sum(c), Size: 3, Downloaded: true, ETag: `"` + c + `"`, Verified: []digest.Digest{sum(c)}}
}

func changed(c string) state.Sighting {
	return state.Sighting{Kind: state.Changed, Digest: sum(c), Size: 4, Downloaded: true, ETag: `"` + c + `"`}
}

var (
	gone        = state.Sighting{Kind: state.Gone}
	unreachable = state.Sighting{Kind: state.Unreachable}
)

// after records one sighting a day, and returns what is known then.
func after(sightings ...state.Sighting) state.File {
	var s state.State
	for i, seen := range sightings {
		s.Record(url, seen, day(i+1))
	}
	return s.File(url)
}

func TestWhatChangedStaysAProblemUntilItIsGoodAgain(t *testing.T) {
	f := after(good("a"), changed("b"), changed("b"), unreachable, changed("c"))
	if f.Digest != sum("a") || !f.Seen.Equal(day(1)) || f.ETag != `"a"` {
		t.Errorf("the baseline became %+v", f)
	}
	if want := (state.Problem{Kind: state.Changed, Since: day(2), Digest: sum("c")}); f.Problem != want {
		t.Errorf("the problem is %+v, want %+v", f.Problem, want)
	}
	if f = after(good("a"), changed("b"), good("a")); !f.Problem.IsZero() || !f.Seen.Equal(day(3)) {
		t.Errorf("it changed back, and is %+v", f)
	}
}

func TestAProblemOfAnotherKindBeginsAnew(t *testing.T) {
	if f := after(good("a"), changed("b"), gone, gone); f.Problem != (state.Problem{Kind: state.Gone, Since: day(3)}) {
		t.Errorf("got %+v", f.Problem)
	}
}

func TestFailuresCountOnlyInARow(t *testing.T) {
	f := after(good("a"), unreachable, unreachable)
	if f.Failures != 2 || !f.FailingSince.Equal(day(2)) || f.Digest != sum("a") {
		t.Errorf("got %+v", f)
	}
	if f = after(unreachable, unreachable, gone, unreachable); f.Failures != 1 || !f.FailingSince.Equal(day(4)) || f.Problem.Kind != state.Gone {
		t.Errorf("got %+v", f)
	}
	if f = after(changed("b"), unreachable); f.Problem.Kind != state.Changed || f.Failures != 1 {
		t.Errorf("a night without an answer made a change undone: %+v", f)
	}
}

func TestOnlyADownloadProvesWhatAValidatorStandsFor(t *testing.T) {
	word := state.Sighting{Kind: state.Good, Digest: sum("a"), Size: 3}
	if f := after(good("a"), word); f.ETag != `"a"` || len(f.Verified) != 1 {
		t.Errorf("the same bytes lost their validator: %+v", f)
	}
	word.Digest = sum("b")
	for name, next := range map[string]state.Sighting{
		"other bytes, by the host's word": word,
		"a download without a validator":  {Kind: state.Good, Digest: sum("a"), Downloaded: true},
		"a weak one":                      {Kind: state.Good, Digest: sum("a"), Downloaded: true, ETag: `W/"a"`, Verified: []digest.Digest{sum("a")}},
		"one that is no ASCII":            {Kind: state.Good, Digest: sum("a"), Downloaded: true, ETag: "\"\xff\"", Verified: []digest.Digest{sum("a")}},
	} {
		if f := after(good("a"), next); f.ETag != "" || f.Verified != nil {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestWhatIsGoodAndUnknownTakesNoRoom(t *testing.T) {
	var s state.State
	s.Record(url, unreachable, day(1))
	s.Record(url, state.Sighting{Kind: state.Good}, day(2))
	s.Record("https://example.com/"+strings.Repeat("x", 1<<20), good("a"), day(2))
	if len(s.Files) != 0 {
		t.Errorf("got %+v", s.Files)
	}
}

func TestAClockSetBackHurtsNobody(t *testing.T) {
	var s state.State
	s.Record(url, good("a"), day(9))
	s.Record(url, changed("b"), day(8))
	s.Record(url, changed("b"), day(2))
	s.Record(url, unreachable, time.Unix(0, 0))
	if f := reread(t, &s).File(url); !f.Problem.Since.Equal(day(8)) || f.Failures != 1 {
		t.Errorf("got %+v", f)
	}
}

// many is a state with n URLs, of which every third is in trouble.
func many(n int) *state.State {
	s := new(state.State)
	for i := range n {
		at := fmt.Sprintf("%s/%04d", url, i)
		s.Record(at, good("a"), day(1))
		switch i % 6 {
		case 0:
			s.Record(at, changed("b"), day(2))
		case 3:
			s.Record(at, unreachable, day(2))
		}
	}
	return s
}

func text(t *testing.T, s *state.State) string {
	t.Helper()
	var b bytes.Buffer
	if err := s.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func reread(t *testing.T, s *state.State) *state.State {
	t.Helper()
	got, err := state.Read(strings.NewReader(text(t, s)))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestReadReversesWrite(t *testing.T) {
	want := many(50)
	got := reread(t, want)
	if diff := cmp.Diff(want, got); diff != "" || text(t, want) != text(t, got) {
		t.Error(diff)
	}
	if got := text(t, new(state.State)); got != "{\n  \"version\": 1,\n  \"files\": {}\n}\n" {
		t.Errorf("an empty state is %s", got)
	}
}

func TestKeepForgetsTheRest(t *testing.T) {
	s := many(6)
	s.Keep(func(at string) bool { return strings.HasSuffix(at, "3") })
	if len(s.Files) != 1 || s.File(url+"/0003").Failures != 1 {
		t.Errorf("got %+v", s.Files)
	}
}

func TestReadRefusesWhatIsNotOurs(t *testing.T) {
	entry := func(fields string) string {
		return `{"version": 1, "files": {"https://example.com/x": {` + fields + `}}}`
	}
	seen := `"digest": "` + sum("a").String() + `", "seen": "2026-11-01T03:00:00Z"`
	for name, broken := range map[string]string{
		"nothing":                        "",
		"no JSON":                        "state",
		"a list":                         "[]",
		"no version":                     `{"files": {}}`,
		"another version":                `{"version": 3, "files": {}}`,
		"cut short":                      `{"version": 1, "files": {"https://example.com/x": {`,
		"two documents":                  `{"version": 1, "files": {}}{}`,
		"a name twice":                   `{"version": 1, "version": 1, "files": {}}`,
		"an unknown field":               entry(`"trusted": true`),
		"no files":                       `{"version": 1, "files": null}`,
		"a URL twice":                    `{"version": 1, "files": {"https://x": {` + seen + `}, "https://x": {` + seen + `}}}`,
		"a URL of which nothing is said": entry(""),
		"no URL":                         `{"version": 1, "files": {"": {` + seen + `}}}`,
		"a digest that is none":          entry(`"digest": "sha256:00"`),
		"a digest without a time":        entry(`"digest": "` + sum("a").String() + `"`),
		"a time without a digest":        entry(`"seen": "2026-11-01T03:00:00Z"`),
		"a time in another zone":         entry(`"digest": "` + sum("a").String() + `", "seen": "2026-11-01T03:00:00+01:00"`),
		"a negative size":                entry(seen + `, "size": -1`),
		"a weak etag":                    entry(seen + `, "etag": "W/\"a\""`),
		"an etag without a digest":       entry(`"etag": "\"a\""`),
		"verified without an etag":       entry(seen + `, "verified": ["` + sum("a").String() + `"]`),
		"a commit that is a branch":      entry(seen + `, "commit": "main"`),
		"failures without a time":        entry(`"failures": 1`),
		"a time without failures":        entry(`"failing_since": "2026-11-01T03:00:00Z"`),
		"endless failures":               entry(`"failures": 9999999999, "failing_since": "2026-11-01T03:00:00Z"`),
		"an unknown problem":             entry(`"problem": {"kind": "odd", "since": "2026-11-01T03:00:00Z"}`),
		"a problem without a time":       entry(`"problem": {"kind": "gone"}`),
		"no UTF-8":                       "{\"version\": 1, \"files\": {\"\xff\": {}}}",
		"nesting without an end":         strings.Repeat(`{"version":`, 100_000),
		"more than the largest size":     strings.Repeat(" ", 33<<20),
		"a size that is no whole one":    entry(seen + `, "size": 1.5`),
		"an entry that is not one":       `{"version": 1, "files": {"https://example.com/x": []}}`,
		"scans that are no list":         `{"version": 1, "files": {}, "scans": {}}`,
		"a scan that is none":            `{"version": 1, "files": {}, "scans": [1]}`,
		"a scan without a date":          `{"version": 1, "files": {}, "scans": [{"verified": 1}]}`,
		"scans out of order":             `{"version": 1, "files": {}, "scans": [{"date": "2026-11-02T03:00:00Z"}, {"date": "2026-11-01T03:00:00Z"}]}`,
		"a negative count":               `{"version": 1, "files": {}, "scans": [{"date": "2026-11-02T03:00:00Z", "invalid": -1}]}`,
		"a count out of bounds":          `{"version": 1, "files": {}, "scans": [{"date": "2026-11-02T03:00:00Z", "refused": 9999999999}]}`,
		"more scans than are kept":       `{"version": 1, "files": {}, "scans": [` + strings.Repeat(`{"date": "2026-11-02T03:00:00Z"},`, 90) + `{"date": "2026-11-02T03:00:00Z"}]}`,
		"an unknown member of a scan":    `{"version": 1, "files": {}, "scans": [{"date": "2026-11-02T03:00:00Z", "bytes": 1}]}`,
		"a problem that is a sentence":   entry(`"problem": "changed"`),
	} {
		if s, err := state.Read(strings.NewReader(broken)); err == nil {
			t.Errorf("%s is read as %+v", name, s)
		}
	}
	if _, err := state.Read(strings.NewReader(entry(seen + `, "size": 3, "etag": "\"a\""`))); err != nil {
		t.Errorf("what is ours is refused: %v", err)
	}
}

func TestWhatReadWouldRefuseIsNotWritten(t *testing.T) {
	for name, s := range map[string]*state.State{
		"no URL":            {Files: map[string]state.File{"": after(good("a"))}},
		"nothing":           {Files: map[string]state.File{url: {}}},
		"a scan of no day":  {Files: map[string]state.File{}, Scans: []state.Scan{{Verified: 1}}},
		"half of a failure": {Files: map[string]state.File{url: {Failures: 1}}},
	} {
		var b bytes.Buffer
		if err := s.Write(&b); err == nil || b.Len() > 0 {
			t.Errorf("%s: %v, %s", name, err, &b)
		}
	}
	var s state.State
	s.Record("", good("a"), day(1))
	if len(s.Files) > 0 {
		t.Errorf("%v", s.Files)
	}
}

func TestTheLastScansAreKept(t *testing.T) {
	s := &state.State{Files: map[string]state.File{}}
	s.Scanned(state.Scan{Date: day(400), Mismatch: 7}) // by a clock that was wrong
	for i := range 100 {
		s.Scanned(state.Scan{Date: day(i + 1), Verified: i})
	}
	got := reread(t, s)
	if len(got.Scans) != 90 || got.Scans[0].Verified != 10 || got.Scans[89].Verified != 99 || !got.Scans[89].Date.Equal(day(100)) {
		t.Errorf("%d scans, from %+v to %+v", len(got.Scans), got.Scans[0], got.Scans[len(got.Scans)-1])
	}
}

func TestNothingIsKnownOfNoState(t *testing.T) {
	var none *state.State
	if !none.File(url).IsZero() {
		t.Error("a nil state knows something")
	}
}

func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	if err := many(4).Write(&b); err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{b.String(), `{"version": 1, "files": {}, "scans": [{"date": "2026-11-02T03:00:00Z", "verified": 1}]}`, "", "{}", `{"version": 1, "files": {"x": {}}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := state.Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		for at := range s.Files {
			s.Record(at, unreachable, day(3))
		}
		if got := reread(t, s); text(t, got) != text(t, s) {
			t.Errorf("%q is read as %q", text(t, s), text(t, got))
		}
	})
}
