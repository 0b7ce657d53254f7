package report_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// changed is a result with a change.
func changed(r verify.Result, change func(*verify.Result)) verify.Result {
	r.Findings = slices.Clone(r.Findings)
	change(&r)
	return r
}

// gone is a file of which the server answers 404.
func gone() verify.Result { return changed(unavailable(), func(r *verify.Result) { r.Gone = true }) }

// private is a file that requires authentication.
func private() verify.Result {
	return changed(elsewhere(unavailable(), "chat-private"), func(r *verify.Result) { r.Findings[0].Message = "The server answers 401 Unauthorized" })
}

// moved is an image whose tag names another image than before.
func moved() verify.Result {
	a := named("/dockerImages/cpu", "", "ghcr.io/acme/x:1", 3)
	a.Role = artifact.Image
	f := about(a, finding.ArtifactChanged, "The tag names another image than on 2026-11-01").Comparing("before", digestOf("a").String(), "now", digestOf("b").String(), "")
	return verify.Result{Artifact: a, Status: verify.Unverified, Observation: verify.Observation{Digest: digestOf("b"), Size: 10},
		Before: digestOf("a"), Source: verify.FromDownload, Findings: []finding.Finding{f}}
}

// waived is a run whose one mismatch the maintainers know of.
func waived() report.Input {
	r := mismatch()
	r.Findings[0].Waived = finding.Waiver{Because: "Upstream re-released; see issue 12.", Until: "2026-12-31"}
	return input(r, verified())
}

// severalFindings is a file with a cause, what follows from it, and something else.
func severalFindings() report.Input {
	return input(changed(logIn(), func(r *verify.Result) {
		signature := finding.New(finding.SignatureInvalid, service, r.Artifact.Pointer+"/signature", finding.Position{Line: 12, Column: 22}, "The signature does not fit", "")
		mutable := about(r.Artifact, finding.URLMutable, "The URL follows the branch `main`")
		r.Findings = []finding.Finding{signature, mutable, r.Findings[1], r.Findings[0]}
	}))
}

// lintFirst is a dozen lint errors whose manifests come before a wrong file and a missing one.
func lintFirst() report.Input {
	in := input(elsewhere(gone(), "z-gone"), elsewhere(mismatch(), "z-wrong"))
	for i := range 12 {
		in.Findings = append(in.Findings, finding.New(finding.SchemaRequired, fmt.Sprintf("a-%02d/manifest.json", i), "", finding.Position{Line: 1, Column: 1}, fmt.Sprintf("The field `f%d` is missing", i), ""))
	}
	return in
}

// manyHosts is a wrong file, and a warning about 300 hosts.
func manyHosts() report.Input {
	in := input(mismatch())
	for i := range 300 {
		in.Results = append(in.Results, changed(elsewhere(unchecked(), fmt.Sprintf("chat-%03d", i)), func(r *verify.Result) {
			r.Artifact.URL = fmt.Sprintf("https://host-%d.example.com/x", i)
			r.Findings = []finding.Finding{about(r.Artifact, finding.URLMutable, fmt.Sprintf("The URL follows the branch `b%d`", i))}
		}))
	}
	return in
}

func images() report.Input {
	var results []verify.Result
	for i, reference := range []string{"nginx:1.2", "library/redis", "ghcr.io/acme/x:1", "ghcr.io/acme/y:1"} {
		results = append(results, changed(elsewhere(unavailable(), fmt.Sprintf("chat-%d", i)), func(r *verify.Result) {
			r.Artifact.Role, r.Artifact.URL, r.Artifact.Pointer = artifact.Image, reference, "/dockerImages/cpu"
			r.Findings[0].Pointer = r.Artifact.Pointer
		}))
	}
	return input(results...)
}

// mirrors are two addresses of one file, and one of another document.
func mirrors() (first, second, other verify.Result) {
	at := func(pointer string, document, mirror int) verify.Result {
		return changed(unavailable(), func(r *verify.Result) {
			r.Artifact.Pointer, r.Artifact.Document, r.Artifact.Mirror = pointer, document, mirror
			r.Findings[0].Pointer, r.Findings[0].Document = pointer, document
			if mirror > 0 {
				r.Artifact.URL = "https://mirror.example.org/tokenizer.json"
			}
		})
	}
	return at("/url/0", 0, 0), at("/url/1", 0, 1), at("/url/1", 1, 1)
}

// conflicts are two URLs of one host, each declared with two digests.
func conflicts() report.Input {
	var results []verify.Result
	for i, url := range []string{"a", "b", "a", "b"} {
		a := named(fmt.Sprintf("/weights/%d", i), "", "https://dl.example.org/"+url, 10+i)
		f := about(a, finding.ArtifactDigestConflict, "Two digests are declared for this URL: `"+url+"1` and `"+url+"2`")
		results = append(results, verify.Result{Artifact: a, Status: verify.Refused, Observation: verify.Observation{Size: -1}, Findings: []finding.Finding{f}})
	}
	return input(results...)
}

func notices() report.Input {
	in := input(verified())
	in.Findings = []finding.Finding{unit, finding.New(finding.RegistryNoArtifact, "coder-x/manifest.json", "", finding.Position{Line: 1, Column: 1}, "The manifest names no file", ""),
		about(in.Results[0].Artifact, finding.URLOwnerChanged, "The file was `acme`'s, and is `someone`'s")}
	return in
}

func offline() report.Input {
	in := input(verified(), unchecked())
	for i := range in.Results {
		r := &in.Results[i]
		r.Status, r.Observation, r.Source, r.Format, r.Findings = verify.Unverified, verify.Observation{Size: -1}, "", "", nil
	}
	in.Mode = "offline"
	return in
}

// with is an input with a change.
func with(in report.Input, change func(*report.Input)) report.Input {
	change(&in)
	return in
}

func TestReportsHold(t *testing.T) {
	first, second, other := mirrors()
	ownFixes := input(changed(unavailable(), func(r *verify.Result) { r.Findings[0].Fix = "Use `https://example.com/1`" }),
		changed(elsewhere(unavailable(), "chat-other"), func(r *verify.Result) { r.Findings[0].Fix = "Use `https://example.com/2`" }))
	for _, test := range []struct {
		name  string
		in    report.Input
		forms string
		has   []string
		times map[string]int
	}{
		{"one file once", severalFindings(), "text comment annotations", []string{
			"Don't change the checksum yet", "The signature does not fit", "The URL follows the branch `main`",
		}, map[string]int{"Sign in to Acme Drive": 1, "minisign -S": 0}},
		{"alike ones with their places", alike(39), "text", []string{"error  26 files of 8 manifests  artifact/unreachable\n", "\n  chat-model-00/manifest.json:20, 24, 32, 36\n"}, map[string]int{"could not be found": 1, "chat-model-07": 0}},
		{"all places", alike(39), "verbose", []string{"chat-model-07/manifest.json:20"}, nil},
		{"alike ones in a table", alike(39), "comment", []string{"| 13 files of 8 manifests `dl.example.org` |"}, map[string]int{"\n| ❌ |": 2, "\n* [`": 39}},
		{"alike ones at their lines", alike(39), "annotations", []string{"holds for 26 files of 8 manifests", "29 more"}, map[string]int{"\n": 10, "Fix:": 1}},
		{"a quarter of the room for one cause", alike(3_000), "comment", nil, map[string]int{"\n* and ": 2, "<summary>❌": 2}},
		{"images of one registry", images(), "comment", []string{"| 2 files of 2 manifests `docker.io` |", "| 2 files of 2 manifests `ghcr.io` |"}, nil},
		{"a fix of one file only", ownFixes, "text unmarked", []string{"Fix, for the first: Use `https://example.com/1`"}, nil},
		{"a lowered failure", with(input(gone()), func(in *report.Input) {
			in.Waivers = func() []finding.Finding { return nil }
			in.Policy = func(f finding.Finding, _ string, _ digestType) (finding.Finding, bool) {
				f.Severity = finding.Notice
				return f, true
			}
		}), "comment", []string{"| ℹ️ | [`chat-gorilla`]"}, nil},
		{"what is gone", input(gone(), private(), verified()), "headline", []string{"1 of 3 files is gone, and 1 could not be checked"}, nil},
		{"what is gone", input(gone(), private(), verified()), "comment", []string{"[gone: the server has no such file]"}, nil},
		{"what is gone", input(gone(), private(), verified()), "text", []string{"1 gone, 1 unavailable,"}, nil},
		{"what is gone", input(gone(), private(), verified()), "page", []string{"<strong>1</strong> gone", "✗</span> gone</span>"}, nil},
		{"what is gone", input(gone(), verified()), "badge", []string{`"1 of 2 gone"`}, nil},
		{"files that were not checked", offline(), "headline folds comment page", []string{"not checked"}, map[string]int{"without a checksum": 0}},
		{"a wrong size beside a wrong digest", input(changed(mismatch(), func(r *verify.Result) {
			r.Findings = append(r.Findings, about(r.Artifact, finding.ArtifactSize, "The file has 10 bytes, and 11 are declared"))
		})), "comment", []string{"; 2 errors"}, map[string]int{"\n| ❌ |": 1}},
		{"Windows", with(input(unchecked()), func(in *report.Input) { in.Windows = func(string) bool { return true } }), "text", []string{"`Get-FileHash FILE`"}, map[string]int{"shasum": 0, "on Windows": 0}},
		{"alike warnings of many hosts", manyHosts(), "text", []string{"\nwarning  300 files of 300 manifests  url/mutable\n", "\n  chat-000/manifest.json:17:16  `b0`\n", "\n  … and 294 more",
			"\n    1 error     artifact/mismatch  in 1 manifest\n  300 warnings  url/mutable  in 300 manifests\n\n1 of 301"}, nil},
		{"alike warnings of many hosts", manyHosts(), "comment", []string{"\n| ⚠️ | 300 files of 300 manifests |"}, nil},
		{"notices", notices(), "comment", []string{"The signature was not checked", "The file was `acme`", "· 1 notice in the [job summary]("}, map[string]int{"names no file": 0}},
		{"informational notices", notices(), "summary", []string{"names no file"}, nil},
		{"calls of the API", with(input(mismatch()), func(in *report.Input) { in.APICalls = 24 }), "comment text", []string{"24 GitHub API calls"}, nil},
		{"the summary's own end", different(400), "summary", []string{" more: see the JSON report."}, map[string]int{"job summary": 0}},
		{"what is waived", waived(), "annotations", nil, map[string]int{"::": 0}},
		{"what is waived", waived(), "text", []string{"1 waived"}, map[string]int{"artifact/mismatch": 0}},
		{"what is waived", waived(), "badge", []string{`"1 verified, 1 waived"`}, nil},
		{"what is waived", waived(), "sarif", []string{`"kind": "external"`, `"justification": "Upstream re-released; see issue 12."`}, nil},
		{"mirrors", input(first, second), "comment", []string{"`tokenizer.json (mirror 1)`", "`/url/1` (mirror 1)\n"}, map[string]int{"2 files of": 0}},
		{"documents", input(second, other), "comment", []string{"| 2 files of 1 manifest `mirror.example.org` |"}, nil},
		{"what is fine, folded", input(mismatch(), verified(), excused()), "folds",
			[]string{"\n::group::1 file verified, 1 unverified\nverified  chat-gorilla/manifest.json:14:16  /binaries/x86_64-apple-darwin", "\n::endgroup::\n"}, nil},
		{"each URL with two digests", conflicts(), "text", nil, map[string]int{"Two digests are declared": 2, "`b1`": 1}},
		{"a report that a pull request made", with(mixed(), func(in *report.Input) { in.IsClaimed = true }), "comment", []string{"*Reported by the pull request's own workflow, "}, nil},
		{"a percent sign", with(input(), func(in *report.Input) {
			in.Findings = []finding.Finding{about(named("", "", "", 1), finding.URLMutable, "It is 100%d done")}
		}),
			"annotations", []string{"::It is 100%25d done."}, nil},
		{"a long URL in one piece", input(changed(unavailable(), func(r *verify.Result) { r.Artifact.URL = "https://example.com/" + strings.Repeat("x", 180) })),
			"text", []string{"\n  URL: https://example.com/" + strings.Repeat("x", 180) + "\n"}, nil},
		{"a host in ASCII", input(changed(unchecked(), func(r *verify.Result) { r.Artifact.URL = "https://user:secret@gіthub.com/acme/x" })), "comment", []string{"`https://xn--gthub-n2e.com/acme/x`"}, nil},
		{"why a file without a checksum passes", input(changed(unchecked(), func(r *verify.Result) { r.Findings = nil })), "comment", []string{"| `missing-checksum` is `off` |"}, nil},
		{"a file that was not downloaded", input(changed(verified(), func(r *verify.Result) { r.Source = verify.FromHost })), "comment page", []string{"digest published by the host"}, map[string]int{"downloaded": 0}},
		{"a run that was cut short", scenarios()["cut"], "comment", []string{"> The run was cut short: "}, nil},
		{"a run without a repository", scenarios()["local"], "comment", nil, map[string]int{"acme/registry": 0}},
	} {
		r := report.Build(test.in)
		for form := range strings.FieldsSeq(test.forms) {
			got := rendered(t, r, form)
			for _, want := range test.has {
				if !strings.Contains(got, want) {
					t.Errorf("%s: %s has no %q:\n%s", test.name, form, want, got)
				}
			}
			for what, times := range test.times {
				if n := strings.Count(got, what); n != times {
					t.Errorf("%s: %s has %q %d times, want %d:\n%s", test.name, form, what, n, times, got)
				}
			}
		}
	}
}

func TestOnlyAlikeAreToldOnce(t *testing.T) {
	base := unavailable()
	for name, change := range map[string]func(*verify.Result){
		"the host":    func(r *verify.Result) { r.Artifact.URL = "https://example.com/x" },
		"the message": func(r *verify.Result) { r.Findings[0].Message = "The server answers 410 Gone" },
		"the rule":    func(r *verify.Result) { r.Status, r.Findings[0].Rule = verify.Refused, finding.ArtifactRefused },
		"a waiver":    func(r *verify.Result) { r.Findings[0].Waived = finding.Waiver{Because: "known"} },
		"another finding": func(r *verify.Result) {
			r.Findings = append(r.Findings, about(r.Artifact, finding.URLMutable, "It follows a branch"))
		},
	} {
		other := changed(elsewhere(base, "chat-other"), change)
		if got := markdown(input(base, other)); strings.Contains(got, "2 files of 2 manifests") {
			t.Errorf("%s differs, and both are told as one:\n%s", name, got)
		}
	}
	if got := markdown(input(base, elsewhere(base, "chat-other"))); !strings.Contains(got, "| 2 files of 2 manifests `huggingface.co` |") {
		t.Error(got)
	}
}

func TestTheCauseComesFirst(t *testing.T) {
	r := report.Build(severalFindings())
	for _, form := range []string{"annotations", "text", "comment", "page"} {
		got := rendered(t, r, form)
		if cause, digest := strings.Index(got, "Sign in to Acme Drive"), strings.Index(got, "not the declared one"); cause < 0 || digest < cause {
			t.Errorf("%s: %s", form, got)
		}
	}
}

func TestWhatEndangersComesFirst(t *testing.T) {
	r := report.Build(lintFirst())
	for _, form := range []string{"annotations", "text", "comment"} {
		got := rendered(t, r, form)
		wrong, missing, lint := strings.Index(got, "z-wrong"), strings.Index(got, "z-gone"), strings.Index(got, "a-00")
		if wrong < 0 || missing < wrong || lint < missing {
			t.Errorf("%s: wrong at %d, missing at %d, lint at %d", form, wrong, missing, lint)
		}
	}
}

func TestWhatIsWaivedIsFoldedAndFailsNothing(t *testing.T) {
	alike := elsewhere(unavailable(), "chat-gone")
	alike.Findings[0].Waived.Because = "They are known"
	in := waived()
	in.Results = append(in.Results, alike, elsewhere(alike, "chat-gone-too"))
	r := report.Build(in)
	golden(t, "waived.md", r.Markdown(commentLimit))
	golden(t, "waived.txt", rendered(t, r, "verbose"))
	if r.Summary.Errors != 0 || r.Summary.Waived != 3 {
		t.Errorf("%+v", r.Summary)
	}
}

func TestDigestsAreShownAsTheManifestWritesThem(t *testing.T) {
	for spelling, want := range map[digest.Spelling]struct{ row, full string }{
		digest.SRI:    {"| `u7u7u7u7…` | `zMzMzMzM…` |", "- sha256-u7u7"},
		"":            {"| `bbbbbbbb…` | `cccccccc…` |", "- sha256:bbbb"},
		"hex":         {"| `bbbbbbbb…` | `cccccccc…` |", "- bbbb"},
		"SHA-256:HEX": {"| `BBBBBBBB…` | `CCCCCCCC…` |", "- SHA-256:BBBB"},
	} {
		r := mismatch()
		r.Artifact.Spelling = spelling
		got := markdown(input(r, unchecked()))
		if !strings.Contains(got, want.row) || !strings.Contains(got, want.full) || strings.Contains(got, "| `ffffffff…`") {
			t.Errorf("%s: %s", spelling, got)
		}
	}
}

func TestDigestsThatDifferAreShownDiffering(t *testing.T) {
	m := mismatch()
	m.Artifact.Checksum.Value.Sum = "deadbeef" + strings.Repeat("1", 56)
	m.Digest.Sum = "deadbeef" + strings.Repeat("1", 48) + strings.Repeat("2", 8)
	m.Findings = []finding.Finding{differs(m.Artifact, m.Digest)}
	if got := report.Build(input(m)).Markdown(60_000); !strings.Contains(got, "| `…11111111` | `…22222222` |") {
		t.Error(got)
	}
}

func TestACommentSaysHowToRunTheSame(t *testing.T) {
	for want, change := range map[string]func(*report.Input){
		"check --base origin/HEAD":                func(in *report.Input) {},
		"check --base origin/release-1.x":         func(in *report.Input) { in.Run.BaseRef = "release-1.x" },
		"check --base origin/HEAD --mode fast":    func(in *report.Input) { in.Mode, in.Run.BaseRef = "fast", "$(reboot)" },
		"check":                                   func(in *report.Input) { in.Scope = "all" },
		"check --base origin/HEAD --mode offline": func(in *report.Input) { in.Mode = "offline" },
	} {
		if got := markdown(with(input(verified()), change)); !strings.HasSuffix(got, "`verify-manifests "+want+"`\n") {
			t.Errorf("%s: %s", want, got[len(got)-100:])
		}
	}
}

// TestManyFindingsAboutOneFileAreTold counts bytes of memory: a finding must not cost more the more there are.
func TestManyFindingsAboutOneFileAreTold(t *testing.T) {
	cost := func(n int) uint64 {
		r := logIn()
		for i := range n {
			r.Findings = append(r.Findings, about(r.Artifact, finding.SignatureInvalid, fmt.Sprintf("No. %d", i)), about(r.Artifact, finding.URLMutable, fmt.Sprintf("No. %d", i)))
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if got := markdown(input(r)); len(got) > commentLimit {
			t.Errorf("%d bytes", len(got))
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	if few, many := cost(100), cost(800); many > 12*few {
		t.Errorf("200 findings cost %d bytes, and 8 times as many %d", few, many)
	}
}
