package report_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/report/reporttest"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

func jsonOf(t testing.TB, r *report.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	if err := reporttest.Check(b.Bytes()); err != nil {
		t.Error(err)
	}
	return b.String()
}

func TestTheSchemaIsHeldToWhatReportsMayHold(t *testing.T) {
	r := report.Build(waived())
	r.Artifacts[0].Document, r.Artifacts[0].Mirror, r.Artifacts[0].Since = 1, 1, firstDay
	r.Shard, r.Notes = &report.Shard{Index: 1, Count: 2}, []string{"A note"}
	text := jsonOf(t, r)
	for name, change := range map[string][2]string{
		"another version": {`"version": 1,`, `"version": 2,`}, "a status": {`"mismatch",`, `"odd",`}, "a member": {`"complete": true`, `"complete": true, "odd": 1`},
		"a member of an artifact": {`"role":`, `"odd": 1, "role":`}, "a digest": {`"sha256:`, `"sha256:0`}, "a role": {`"binary"`, `"tool"`},
		"a count": {`"waived": 1`, `"waived": -1`}, "a day": {`"2026-12-31"`, `"soon"`}, "a rule": {`"artifact/mismatch"`, `"mismatch"`},
		"no findings": {`"findings"`, `"finding"`}, "a document": {`"document": 1`, `"document": 0`},
	} {
		broken := strings.Replace(text, change[0], change[1], 1)
		if err := reporttest.Check([]byte(broken)); err == nil || broken == text {
			t.Errorf("%s is not noticed", name)
		}
	}
}

func TestJSONHasTheDocumentedForm(t *testing.T) {
	in := mixed()
	in.Shard = &report.Shard{Index: 1, Count: 4}
	golden(t, "mixed.json", jsonOf(t, report.Build(in)))
}

func TestReadReversesWrite(t *testing.T) {
	for name, in := range scenarios() {
		want := report.Build(in)
		got, err := report.Read(strings.NewReader(jsonOf(t, want)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want.Run.ServerURL = ""
		if jsonOf(t, got) != jsonOf(t, want) {
			t.Errorf("%s (-want +got):\n%s", name, cmp.Diff(jsonOf(t, want), jsonOf(t, got)))
		}
	}
	for _, s := range hostile {
		want := report.Build(poisoned(s))
		got, err := report.Read(strings.NewReader(jsonOf(t, want)))
		if err != nil {
			t.Errorf("with %.100q: %v", s, err)
		} else if utf8.ValidString(s) && !slices.Equal(got.Findings, want.Findings) {
			t.Errorf("with %.100q:\n%s", s, cmp.Diff(want.Findings, got.Findings))
		}
	}
}

func TestTheOrderOfFindingsAndResultsDoesNotMatter(t *testing.T) {
	in, reversed := mixed(), mixed()
	slices.Reverse(reversed.Results)
	slices.Reverse(reversed.Findings)
	reversed.Findings = append(reversed.Findings, reversed.Findings...)
	a, b := report.Build(in), report.Build(reversed)
	if jsonOf(t, a) != jsonOf(t, b) || a.Markdown(commentLimit) != b.Markdown(commentLimit) {
		t.Error(cmp.Diff(jsonOf(t, a), jsonOf(t, b)))
	}
}

func TestBuildLeavesNoFailureWithoutAWord(t *testing.T) {
	for _, status := range verify.Statuses {
		r := mismatch()
		r.Status, r.Findings = status, nil
		built := report.Build(input(r))
		if got := built.Summary.Errors == 1; got != status.Failed() {
			t.Errorf("%s has %d errors", status, built.Summary.Errors)
		}
	}
	// Two documents of one YAML file are told apart.
	first := changed(unavailable(), func(r *verify.Result) { r.Findings = nil })
	second := changed(first, func(r *verify.Result) { r.Artifact.Document = 1 })
	if n := report.Build(input(first, second)).Summary.Errors; n != 2 {
		t.Errorf("failures in two documents have %d errors", n)
	}
	refused := mismatch()
	refused.Status, refused.Findings = verify.Refused, nil
	in := input(refused)
	in.Findings = []finding.Finding{finding.New(finding.ChecksumInvalid, service, refused.Artifact.Checksum.Pointer, finding.Position{}, "The checksum can't be read", "")}
	if n := report.Build(in).Summary.Errors; n != 1 {
		t.Errorf("a failure that the manifest's finding explains has %d errors", n)
	}
}

func TestReadRefusesForgedWaivers(t *testing.T) {
	whole := jsonOf(t, report.Build(waived()))
	for name, replaced := range map[string][2]string{
		"an impossible day":     {`"2026-12-31"`, `"9999-99-99"`},
		"no such day":           {`"2026-12-31"`, `"2026-02-30"`},
		"a mismatch for good":   {",\n        \"until\": \"2026-12-31\"", ""},
		"no reason":             {`"Upstream re-released; see issue 12."`, `""`},
		"bytes that nobody saw": {`"observed": "` + digestOf("c").String() + `",`, ""},
	} {
		forged := strings.Replace(whole, replaced[0], replaced[1], 1)
		if _, err := report.Read(strings.NewReader(forged)); err == nil || forged == whole {
			t.Errorf("%s is read: %t", name, forged != whole)
		}
	}
}

// TestResetPolicyBelievesNoReport lowers and waives what a configuration does not.
func TestResetPolicyBelievesNoReport(t *testing.T) {
	in := waived()
	in.Results = append(in.Results, elsewhere(unavailable(), "chat-gone"))
	in.Results[2].Findings[0].Severity = finding.Notice
	merged, err := report.Merge(shards(t, in, 2))
	if err != nil {
		t.Fatal(err)
	}
	reset := func(f finding.Finding) finding.Finding {
		f.Waived, f.Severity = finding.Waiver{}, finding.Error
		return f
	}
	keep := func(f finding.Finding, _ string, _ digestType) (finding.Finding, bool) { return f, true }
	merged.ResetPolicy(reset)
	merged.Policy, merged.Waivers = keep, func() []finding.Finding { return nil }
	if s := report.Build(merged).Summary; s.Waived != 0 || s.Errors < 2 || s.Notices != 0 {
		t.Errorf("%+v", s)
	}
}

func TestReadRefusesWhatNoRunOfOursWrote(t *testing.T) {
	whole := jsonOf(t, report.Build(mixed()))
	for _, test := range []struct{ name, old, new, want string }{
		{"what is no report", whole, "[]", "invalid report"},
		{"another version", `"version": 1,`, `"version": 2,`, "version 2"},
		{"an unknown field", `"scope"`, `"scoop"`, "scoop"},
		{"another program", `"verify-manifests"`, `"other"`, "`other`"},
		{"an unknown status", `"status": "mismatch"`, `"status": "fine"`, "`fine`"},
		{"an unknown severity", `"severity": "error"`, `"severity": "info"`, "`info`"},
		{"a rule of another shape", `"rule": "checksum/weak"`, `"rule": "checksum weak"`, "invalid rule"},
		{"an unknown role", `"role": "weight"`, `"role": "model"`, "invalid role"},
		{"an unknown source", `"source": "download"`, `"source": "belief"`, "invalid in this mode"},
		{"an unknown scope", `"changed"`, `"some"`, "`some`"},
		{"an unknown mode", `"full"`, `"half"`, "`half`"},
		{"a repository elsewhere", `"acme/registry"`, `"acme/.."`, "`acme/..`"},
		{"a commit that is none", `"0123456789012345678901234567890123456789"`, `"main"`, "`main`"},
		{"an event that is none", `"pull_request",`, `"::error::",`, "event"},
		{"a verified file with another digest", `"status": "mismatch"`, `"status": "verified"`, "digests contradict"},
		{"a mismatch without one", digestOf("c").String() + `",` + "\n      \"size\"", digestOf("b").String() + `",` + "\n      \"size\"", "digests contradict"},
		{"an unverified file with a checksum", `"status": "verified"`, `"status": "unverified"`, "digests contradict"},
		{"a silent failure", `"rule": "artifact/unavailable",` + "\n      \"severity\": \"error\",\n      \"manifest\": \"", `"rule": "artifact/unavailable",` + "\n      \"severity\": \"error\",\n      \"manifest\": \"x", "failed without a finding"},
		{"a summary that differs", `"errors": 3`, `"errors": 0`, "its summary has"},
		{"a host's word in full mode", `"source": "download"`, `"source": "host"`, "invalid in this mode"},
		{"an earlier scan's word in full mode", `"source": "download"`, `"source": "cache"`, "invalid in this mode"},
		{"a verified file that nobody read", ",\n      \"source\": \"download\"", "", "its source contradicts"},
		{"a file on a runner's disk", `"source": "download"`, `"source": "local"`, "command line"},
		{"a file that was read offline", `"mode": "full"`, `"mode": "offline"`, "invalid in this mode"},
		{"a negative size", `"size": 4096`, `"size": -1`, "negative"},
		{"a negative line", `"line": 17`, `"line": -17`, "negative"},
		{"a negative count", `"bytes": `, `"bytes": -`, "negative"},
		{"too many bytes", `"bytes": `, `"bytes": 999999`, "more bytes than any run reads"},
		{"a negative place of a finding", "\"line\": 8", "\"line\": -8", "negative position"},
		{"a shard that is none", `"scope"`, `"shard": {"index": 3, "count": 2}, "scope"`, "shard 3 of 2"},
		{"one artifact twice", `"pointer": "/binaries/aarch64-apple-darwin",`, `"pointer": "/binaries/x86_64-apple-darwin",`, "twice"},
	} {
		broken := strings.Replace(whole, test.old, test.new, 1)
		if broken == whole {
			t.Fatalf("%s: nothing was changed", test.name)
		}
		if _, err := report.Read(strings.NewReader(broken)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error that says %s", test.name, err, test.want)
		}
	}
}

// endless is a body without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestAPointerWithoutEndTakesNoTimeWithoutEnd(t *testing.T) {
	r := invalid()
	r.Findings[0].Pointer = r.Artifact.Pointer + strings.Repeat("/x", 1<<23)
	if n := report.Build(input(r)).Summary.Errors; n != 1 {
		t.Errorf("a finding far below its artifact does not explain it: %d errors", n)
	}
}

func TestReadIsBounded(t *testing.T) {
	if _, err := report.ReadAtMost(endless{}, 1<<20); err == nil || !strings.Contains(err.Error(), "larger than 1 MiB") {
		t.Errorf("got %v", err)
	}
}

func FuzzRead(f *testing.F) {
	for _, in := range scenarios() {
		var b bytes.Buffer
		if err := report.Build(in).WriteJSON(&b); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := report.Read(bytes.NewReader(data))
		if err != nil {
			checkLog(t, err.Error())
			return
		}
		structure(t, r.Markdown(commentLimit))
		checkLog(t, rendered(t, r, "text"))
		if again, err := report.Read(strings.NewReader(jsonOf(t, r))); err != nil || jsonOf(t, again) != jsonOf(t, r) {
			t.Errorf("what was read can't be written and read again: %v", err)
		}
	})
}

func TestWhatShardsKeepIsInTheSchema(t *testing.T) {
	r := verified()
	r.ETag, r.Commit, r.Others = `"e"`, strings.Repeat("c", 40), []digestType{{Algorithm: "sha1", Sum: strings.Repeat("d", 40)}}
	in := input(r)
	in.Shard, in.Plan, in.Tool.Commit = &report.Shard{Index: 1, Count: 2}, digestOf("b"), strings.Repeat("e", 40)
	text := jsonOf(t, report.Build(in))
	read, err := report.Read(strings.NewReader(text))
	if err != nil || jsonOf(t, read) != text {
		t.Errorf("%v: %s", err, text)
	}
	for _, member := range []string{`"plan"`, `"etag"`, `"commit"`, `"digests"`} {
		if !strings.Contains(text, member) {
			t.Errorf("no %s in %s", member, text)
		}
	}
	for _, forged := range []string{`"size": 7, "etag": "\"e\""`, `"digest": "sha1:` + strings.Repeat("a", 40) + `", "etag": "\"e\""`, `"etag": "W/\"e\""`, `"etag": "\"` + strings.Repeat("e", 1001) + `\""`} {
		other := strings.Replace(text, `"etag": "\"e\""`, forged, 1)
		if _, err := report.Read(strings.NewReader(other)); err == nil || other == text {
			t.Errorf("evidence with %.60s is read", forged)
		}
	}
}
