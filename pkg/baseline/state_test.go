package baseline_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/baseline"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

const url = "https://example.com/server"

// day is three in the morning of a day of the month.
func day(n int) time.Time { return time.Date(2026, 11, n, 3, 0, 0, 0, time.UTC) }

func sum(c string) digest.Digest {
	return digest.Digest{Algorithm: digest.SHA256, Sum: strings.Repeat(c, 64)}
}

// good is a downloaded file with a right checksum, and changed one with another.
func good(c string) verify.Result {
	return verify.Result{
		Artifact: artifact.Artifact{Manifest: "list.yaml", Pointer: "/0", URL: url}, Status: verify.Verified, Source: verify.FromDownload,
		Observation: verify.Observation{Digest: sum(c), Size: 3, ETag: `"` + c + `"`},
	}
}

func changed(c string) verify.Result { return with(good(c), verify.Mismatch) }

func with(r verify.Result, status verify.Status) verify.Result {
	r.Status = status
	return r
}

var (
	gone        = verify.Result{Artifact: good("a").Artifact, Status: verify.Unavailable}
	unreachable = verify.Result{Artifact: good("a").Artifact}
)

// scanned compares a result a day with the baseline of the days before.
func scanned(results ...verify.Result) *baseline.State {
	s := &baseline.State{}
	for i, r := range results {
		s = s.Compare([]verify.Result{r}, true, nil, day(i+1)).Next
	}
	return s
}

func after(results ...verify.Result) baseline.File { return scanned(results...).File(url) }

func TestWhatChangedStaysAProblemUntilItIsGoodAgain(t *testing.T) {
	f := after(good("a"), changed("b"), changed("b"), unreachable, changed("c"))
	if f.Digest != sum("a") || !f.Seen.Equal(day(1)) || f.ETag != `"a"` {
		t.Errorf("the baseline became %+v", f)
	}
	if want := (baseline.Problem{Kind: baseline.Changed, Since: day(2), Digest: sum("c")}); f.Problem != want {
		t.Errorf("the problem is %+v, want %+v", f.Problem, want)
	}
	if f = after(good("a"), changed("b"), good("a")); !f.Problem.IsZero() || !f.Seen.Equal(day(3)) {
		t.Errorf("it changed back, and is %+v", f)
	}
	if f := after(good("a"), changed("b"), gone, gone); f.Problem != (baseline.Problem{Kind: baseline.Gone, Since: day(3)}) {
		t.Errorf("a problem of another kind is %+v", f.Problem)
	}
}

func TestFailuresCountOnlyInARow(t *testing.T) {
	f := after(good("a"), unreachable, unreachable)
	if f.Failures != 2 || !f.FailingSince.Equal(day(2)) || f.Digest != sum("a") {
		t.Errorf("got %+v", f)
	}
	if f = after(unreachable, unreachable, gone, unreachable); f.Failures != 1 || !f.FailingSince.Equal(day(4)) || f.Problem.Kind != baseline.Gone {
		t.Errorf("got %+v", f)
	}
	if f = after(changed("b"), unreachable); f.Problem.Kind != baseline.Changed || f.Failures != 1 {
		t.Errorf("a night without an answer made a change undone: %+v", f)
	}
}

func TestOnlyADownloadProvesWhatAValidatorStandsFor(t *testing.T) {
	without := func(c, etag string, source verify.Source) verify.Result {
		r := good(c)
		r.ETag, r.Source = etag, source
		return r
	}
	for name, c := range map[string]struct {
		first, next verify.Result
		want        string
	}{
		"the host's word":            {good("a"), without("a", "", verify.FromHost), `"a"`},
		"a report without validator": {good("a"), without("a", "", verify.FromDownload), `"a"`},
		"a weak one":                 {unreachable, without("a", `W/"a"`, verify.FromDownload), ""},
		"one that is no ASCII":       {unreachable, without("a", "\"\xff\"", verify.FromDownload), ""},
		"of a cache":                 {unreachable, without("a", `"a"`, verify.FromCache), ""},
		"other bytes":                {good("a"), without("b", "", verify.FromHost), ""},
		"other bytes, downloaded":    {good("a"), without("b", "", verify.FromDownload), ""},
	} {
		if f := after(c.first, c.next); f.ETag != c.want || len(f.Verified) != min(len(c.want), 1) {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestWhatIsGoodAndUnknownTakesNoRoom(t *testing.T) {
	unknown, long := with(unreachable, verify.Verified), good("a")
	long.Artifact.URL = "https://example.com/" + strings.Repeat("x", 1<<20)
	if s := scanned(unreachable, unknown, long); len(s.Files) != 0 {
		t.Errorf("got %+v", s.Files)
	}
}

func TestAClockSetBackHurtsNobody(t *testing.T) {
	s := &baseline.State{}
	for _, night := range []struct {
		at   time.Time
		seen verify.Result
	}{{day(9), good("a")}, {day(8), changed("b")}, {day(2), changed("b")}, {time.Unix(0, 0), unreachable}} {
		s = s.Compare([]verify.Result{night.seen}, true, nil, night.at).Next
	}
	if f := reread(t, s).File(url); !f.Problem.Since.Equal(day(8)) || f.Failures != 1 {
		t.Errorf("got %+v", f)
	}
}

// many is a state with n URLs, of which every third has a problem.
func many(n int) *baseline.State {
	var first, second []verify.Result
	for i := range n {
		r := good("a")
		r.Artifact.URL = fmt.Sprintf("%s/%04d", url, i)
		first = append(first, r)
		switch i % 6 {
		case 0:
			second = append(second, with(r, verify.Mismatch))
		case 3:
			second = append(second, with(r, verify.Unreachable))
		}
	}
	var s *baseline.State
	return s.Compare(first, true, nil, day(1)).Next.Compare(second, true, nil, day(2)).Next
}

func text(t *testing.T, s *baseline.State) string {
	t.Helper()
	var b bytes.Buffer
	if err := s.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func reread(t *testing.T, s *baseline.State) *baseline.State {
	t.Helper()
	got, err := baseline.Read(strings.NewReader(text(t, s)))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestReadReversesWrite(t *testing.T) {
	want := many(50)
	got := reread(t, want)
	if diff := cmp.Diff(want.Files, got.Files); diff != "" || text(t, want) != text(t, got) {
		t.Error(diff)
	}
	if got := text(t, new(baseline.State)); got != "{\n  \"version\": 1,\n  \"files\": {}\n}\n" {
		t.Errorf("an empty state is %s", got)
	}
}

func TestPruneForgetsTheRest(t *testing.T) {
	s := many(6)
	r := unreachable
	r.Artifact.URL = url + "/0003"
	s.Prune([]verify.Result{r})
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
		"a list":                         "[]",
		"another version":                `{"version": 3, "files": {}}`,
		"an unknown field":               entry(`"trusted": true`),
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
		"a scan without a date":          `{"version": 1, "files": {}, "scans": [{"verified": 1}]}`,
		"scans out of order":             `{"version": 1, "files": {}, "scans": [{"date": "2026-11-02T03:00:00Z"}, {"date": "2026-11-01T03:00:00Z"}]}`,
		"a negative count":               `{"version": 1, "files": {}, "scans": [{"date": "2026-11-02T03:00:00Z", "invalid": -1}]}`,
		"a count out of bounds":          `{"version": 1, "files": {}, "scans": [{"date": "2026-11-02T03:00:00Z", "refused": 9999999999}]}`,
		"more scans than are kept":       `{"version": 1, "files": {}, "scans": [` + strings.Repeat(`{"date": "2026-11-02T03:00:00Z"},`, 90) + `{"date": "2026-11-02T03:00:00Z"}]}`,
	} {
		if s, err := baseline.Read(strings.NewReader(broken)); err == nil {
			t.Errorf("%s is read as %+v", name, s)
		}
	}
	if _, err := baseline.Read(strings.NewReader(entry(seen + `, "size": 3, "etag": "\"a\""`))); err != nil {
		t.Errorf("what is ours is refused: %v", err)
	}
}

func TestWhatReadWouldRefuseIsNotWritten(t *testing.T) {
	for name, s := range map[string]*baseline.State{
		"no URL":            {Files: map[string]baseline.File{"": after(good("a"))}},
		"nothing":           {Files: map[string]baseline.File{url: {}}},
		"a scan of no day":  {Files: map[string]baseline.File{}, Scans: []baseline.Scan{{Verified: 1}}},
		"half of a failure": {Files: map[string]baseline.File{url: {Failures: 1}}},
	} {
		var b bytes.Buffer
		if err := s.Write(&b); err == nil || b.Len() > 0 {
			t.Errorf("%s: %v, %s", name, err, &b)
		}
	}
}

func TestTheLastScansAreKept(t *testing.T) {
	s := &baseline.State{Files: map[string]baseline.File{}}
	s.Record(baseline.Scan{Date: day(400), Mismatch: 7}) // by a clock that was wrong
	for i := range 100 {
		s.Record(baseline.Scan{Date: day(i + 1), Verified: i})
	}
	got := reread(t, s)
	if len(got.Scans) != 90 || got.Scans[0].Verified != 10 || got.Scans[89].Verified != 99 || !got.Scans[89].Date.Equal(day(100)) {
		t.Errorf("%d scans, from %+v to %+v", len(got.Scans), got.Scans[0], got.Scans[len(got.Scans)-1])
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
		s, err := baseline.Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		s = s.Compare([]verify.Result{unreachable}, true, nil, day(3)).Next
		if got := reread(t, s); text(t, got) != text(t, s) {
			t.Errorf("%q is read as %q", text(t, s), text(t, got))
		}
	})
}
