package report_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

func markdown(in report.Input) string { return report.Build(in).Markdown(commentLimit) }

func TestOneFileIsToldOnceTheCauseFirst(t *testing.T) {
	r := logIn()
	signature := finding.New(finding.SignatureInvalid, service, r.Artifact.Pointer+"/signature", finding.Position{Line: 12, Column: 22}, "The signature does not fit", "")
	mutable := about(r.Artifact, finding.URLMutable, "The URL follows the branch `main`")
	r.Findings = []finding.Finding{signature, mutable, r.Findings[1], r.Findings[0]}
	want := "an HTML page titled `Sign in to Acme Drive` instead of the file, so its digest is not the declared one: don't change the checksum yet, and its signature is invalid."
	for name, got := range map[string]string{
		"text": strings.ReplaceAll(text(t, report.Build(input(r)), report.TextOptions{}), "\n  ", " "), "comment": markdown(input(r)),
		"annotation": annotations(t, report.Build(input(r))),
	} {
		if strings.Count(got, "Sign in to Acme Drive") != 1 || !strings.Contains(got, want) || !strings.Contains(got, "The URL follows the branch `main`") {
			t.Errorf("%s:\n%s", name, got)
		}
	}
}

func TestWhatExplainsAMismatchIsNotLostBehindItsCause(t *testing.T) {
	r := logIn()
	r.Findings[1].Message = "The URL serves a page titled `Sign in. Now`" + ". This is the digest that is declared for `/x. y`: the two may be swapped"
	if got := markdown(input(r)); !strings.Contains(got, "don't change the checksum yet. This is the digest that is declared for `/x. y`: the two may be swapped.") {
		t.Error(got)
	}
}

func TestOneFailingFileIsOneScreen(t *testing.T) {
	r := logIn()
	r.Artifact.URL += "?" + strings.Repeat("x", 100)
	host := about(r.Artifact, finding.ArtifactHostDigest, "The host publishes another digest")
	mutable := about(r.Artifact, finding.URLMutable, "The URL points to the branch `main`: its content can change without a change to the manifest")
	mutable.Fix = "Write a commit in place of `main`: `https://huggingface.co/acme/llama/resolve/<commit>/llama.Q5_0.gguf`. The model's page lists the commits under \"Files and versions\", \"History\""
	r.Findings = append(r.Findings, host, mutable)
	got := text(t, report.Build(input(r, verified(), excused())), report.TextOptions{})
	lines := 0
	for line := range strings.Lines(got) {
		lines += 1 + (len(line)-1)/80
	}
	if lines > 24 || !strings.HasPrefix(got, "1 of 3 files is not what was declared\n") || strings.Count(got, "1 of 3 files") != 2 {
		t.Errorf("%d lines:\n%s", lines, got)
	}
}

func TestAlikeAreToldOnceWithTheirNumberAndPlaces(t *testing.T) {
	r := report.Build(alike(39))
	got := text(t, r, report.TextOptions{})
	if strings.Count(got, "could not be found") != 1 || !strings.Contains(got, "error  26 files of 8 manifests  artifact/unreachable\n") || !strings.Contains(got, "\n  chat-model-00/manifest.json:20, 24, 32, 36\n") {
		t.Error(got)
	}
	if strings.Contains(got, "chat-model-07") || !strings.Contains(text(t, r, report.TextOptions{Verbose: true}), "chat-model-07/manifest.json:20") {
		t.Error("--verbose does not name the rest")
	}
	comment := r.Markdown(commentLimit)
	if strings.Count(comment, "\n| ❌ |") != 2 || !strings.Contains(comment, "| 13 files of 8 manifests `dl.example.org` |") || strings.Count(comment, "\n* [`") != 39 {
		t.Error(comment)
	}
	lines := strings.Split(strings.TrimSpace(annotations(t, r)), "\n")
	if len(lines) != 10 || !strings.Contains(lines[0], "holds for 26 files of 8 manifests") || strings.Contains(lines[1], "Fix:") || !strings.Contains(lines[9], "29 more") {
		t.Error(strings.Join(lines, "\n"))
	}
}

func TestImagesOfOneRegistryAreToldOnce(t *testing.T) {
	var results []verify.Result
	for i, reference := range []string{"nginx:1.2", "library/redis", "ghcr.io/acme/x:1", "ghcr.io/acme/y:1"} {
		r := elsewhere(unavailable(), fmt.Sprintf("chat-%d", i))
		r.Artifact.Role, r.Artifact.URL, r.Artifact.Pointer = artifact.Image, reference, "/dockerImages/cpu"
		r.Findings[0].Pointer = r.Artifact.Pointer
		results = append(results, r)
	}
	got := markdown(input(results...))
	for _, want := range []string{"| 2 files of 2 manifests `docker.io` |", "| 2 files of 2 manifests `ghcr.io` |"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
}

func TestOnlyAlikeAreToldOnce(t *testing.T) {
	base := unavailable()
	for name, change := range map[string]func(*verify.Result){
		"the host":     func(r *verify.Result) { r.Artifact.URL = "https://example.com/x" },
		"what is said": func(r *verify.Result) { r.Findings[0].Message = "The server answers 410 Gone" },
		"the rule":     func(r *verify.Result) { r.Status, r.Findings[0].Rule = verify.Refused, finding.ArtifactRefused },
		"a waiver":     func(r *verify.Result) { r.Findings[0].Waived = finding.Waiver{Because: "known"} },
		"another finding": func(r *verify.Result) {
			r.Findings = append(r.Findings, about(r.Artifact, finding.URLMutable, "It follows a branch"))
		},
	} {
		other := elsewhere(base, "chat-other")
		change(&other)
		other.Findings = slices.Clone(other.Findings)
		for i := range other.Findings {
			other.Findings[i].Manifest = other.Artifact.Manifest
		}
		if got := markdown(input(base, other)); strings.Contains(got, "2 files of 2 manifests") {
			t.Errorf("%s is another, and both are told as one:\n%s", name, got)
		}
	}
	if got := markdown(input(base, elsewhere(base, "chat-other"))); !strings.Contains(got, "| 2 files of 2 manifests `huggingface.co` |") {
		t.Error(got)
	}
}

func TestAFixThatIsOneFilesOwnIsNotCalledThatOfAll(t *testing.T) {
	one, two := unavailable(), elsewhere(unavailable(), "chat-other")
	one.Findings[0].Fix, two.Findings[0].Fix = "Use `https://example.com/1`", "Use `https://example.com/2`"
	for name, got := range map[string]string{"text": text(t, report.Build(input(one, two)), report.TextOptions{}), "comment": strings.ReplaceAll(markdown(input(one, two)), "*", "")} {
		if !strings.Contains(got, "Fix, for the first: Use `https://example.com/1`") {
			t.Errorf("%s:\n%s", name, got)
		}
	}
}

// gone is a file of which the server answers 404.
func gone() verify.Result {
	r := unavailable()
	r.Gone = true
	return r
}

// moved is an image whose tag is at another image than before.
func moved() *report.Report {
	a := named("/dockerImages/cpu", "", "ghcr.io/acme/x:1", 3)
	a.Role = artifact.Image
	f := about(a, finding.ArtifactChanged, "The tag names another image than on 2026-11-01").Comparing("before", digestOf("a").String(), "now", digestOf("b").String(), "")
	in := input(verify.Result{Artifact: a, Status: verify.Unverified, Observation: verify.Observation{Digest: digestOf("b"), Size: 10}, Source: verify.FromDownload, Findings: []finding.Finding{f}})
	r := report.Build(in)
	r.Artifacts[0].Before = digestOf("a")
	return r
}

// TestWhatEndangersComesFirst has a dozen lint errors that stand before a wrong file and a missing one.
func TestWhatEndangersComesFirst(t *testing.T) {
	in := input(elsewhere(gone(), "z-gone"), elsewhere(mismatch(), "z-wrong"))
	for i := range 12 {
		in.Findings = append(in.Findings, finding.New(finding.SchemaRequired, fmt.Sprintf("a-%02d/manifest.json", i), "", finding.Position{Line: 1, Column: 1}, fmt.Sprintf("The field `f%d` is missing", i), ""))
	}
	r := report.Build(in)
	for name, got := range map[string]string{"annotations": annotations(t, r), "text": text(t, r, report.TextOptions{}), "comment": r.Markdown(commentLimit)} {
		wrong, missing, lint := strings.Index(got, "z-wrong"), strings.Index(got, "z-gone"), strings.Index(got, "a-00")
		if wrong < 0 || missing < wrong || lint < missing {
			t.Errorf("%s: wrong at %d, missing at %d, lint at %d", name, wrong, missing, lint)
		}
	}
}

func TestAFailureThatWasLoweredIsNoNoticeToFold(t *testing.T) {
	in := input(gone())
	in.Waivers = func() []finding.Finding { return nil }
	in.Judge = func(f finding.Finding, _ string, _ digestType) (finding.Finding, bool) {
		f.Severity = finding.Notice
		return f, true
	}
	if got := markdown(in); !strings.Contains(got, "| ℹ️ | [`chat-gorilla`]") {
		t.Error(got)
	}
}

func TestFortyLogInPagesAreOneGroup(t *testing.T) {
	var results []verify.Result
	for i := range 40 {
		r := elsewhere(logIn(), fmt.Sprintf("chat-%02d", i))
		r.Digest.Sum = fmt.Sprintf("%064x", i)
		r.Findings[0].Message = fmt.Sprintf("The URL serves an HTML page titled `Sign in to get %d` of %d bytes instead of the file", i, 100+i)
		results = append(results, r)
	}
	r := report.Build(input(results...))
	comment := r.Markdown(commentLimit)
	if strings.Count(comment, "\n| ❌ |") != 1 || !strings.Contains(comment, "· `Sign in to get 39`, 139 bytes\n") {
		t.Error(comment)
	}
	got := text(t, r, report.TextOptions{})
	if strings.Count(got, "\nerror  40 files of 40 manifests  ") != 1 || !strings.Contains(got, "\n  chat-05/manifest.json:10:16  `Sign in to get 5`, 105 bytes\n  … and 34 more") {
		t.Error(got)
	}
}

func TestGoneIsSaidEverywhere(t *testing.T) {
	r := report.Build(input(gone(), unavailable2(), verified()))
	var badge, page strings.Builder
	if err := errors.Join(report.Build(input(gone(), verified())).WriteBadge(&badge), r.WriteHTML(&page, nil)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string][2]string{
		"headline": {r.Headline(), "1 of 3 files is gone, and 1 could not be checked"},
		"table":    {r.Markdown(commentLimit), "[gone: the server has no such file]"},
		"counts":   {text(t, r, report.TextOptions{}), "1 gone, 1 unavailable,"},
		"tile":     {page.String(), "<strong>1</strong> gone"},
		"row":      {page.String(), "✗</span> gone</span>"},
		"badge":    {badge.String(), `"1 of 2 gone"`},
	} {
		if !strings.Contains(c[0], c[1]) {
			t.Errorf("%s: no %q in\n%s", name, c[1], c[0])
		}
	}
}

// unavailable2 is a file that requires authentication.
func unavailable2() verify.Result {
	r := elsewhere(unavailable(), "chat-private")
	r.Findings[0].Message = "The server answers 401 Unauthorized"
	return r
}

// TestAMovedTagIsNoErrorOfTheManifest is beside testdata/scenes/moved-tag.md, which has what people read.
func TestAMovedTagIsNoErrorOfTheManifest(t *testing.T) {
	r := moved()
	if got, want := r.Headline(), "1 image changed since the last scan"; got != want {
		t.Errorf("the headline is %q, want %q", got, want)
	}
	if _, err := report.Read(strings.NewReader(jsonOf(t, r))); err != nil {
		t.Error(err)
	}
}

func TestHeadlinesOfFailures(t *testing.T) {
	wrong, stranger := elsewhere(mismatch(), "chat-other"), verified()
	stranger.Findings = []finding.Finding{about(stranger.Artifact, finding.ProvenanceOtherBuilder, "The file was built from `stranger/tool`")}
	for want, results := range map[string][]verify.Result{
		"2 of 2 files are not what was declared":   {mismatch(), wrong},
		"2 of 2 files are gone":                    {gone(), elsewhere(gone(), "chat-other")},
		"The file is gone":                         {gone()},
		"1 of 2 files fails the provenance policy": {stranger, excused()},
		"2 of 2 files could not be checked":        {unavailable(), unavailable2()},
		"2 of 4 files are not what was declared, 1 is gone, and 1 could not be checked": {mismatch(), wrong, gone(), unavailable2()},
	} {
		if got := report.Build(input(results...)).Headline(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestOfflineFilesAreNotChecked(t *testing.T) {
	a, b := verified(), unchecked()
	for _, r := range []*verify.Result{&a, &b} {
		r.Status, r.Observation, r.Source, r.Format, r.Findings = verify.Unverified, verify.Observation{Size: -1}, "", "", nil
	}
	in := input(a, b)
	in.Mode = "offline"
	r := report.Build(in)
	var page strings.Builder
	if err := r.WriteHTML(&page, nil); err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]string{"headline": r.Headline(), "text": text(t, r, report.TextOptions{Folds: true}), "comment": r.Markdown(commentLimit), "tile": page.String()} {
		if !strings.Contains(got, "not checked") || strings.Contains(got, "without a checksum") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestDigestsAreShownWhereTheyDifferAsTheManifestWritesThem(t *testing.T) {
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

func TestAWrongSizeBesideAWrongDigestIsOneRow(t *testing.T) {
	r := mismatch()
	f := about(r.Artifact, finding.ArtifactSize, "The file has 10 bytes, and 11 are declared")
	f.Pointer += "/size"
	r.Findings = append(r.Findings, f)
	built := report.Build(input(r))
	if got := built.Markdown(commentLimit); built.Summary.Errors != 2 || strings.Count(got, "\n| ❌ |") != 1 {
		t.Error(got)
	}
}

func TestReadersOnWindowsHaveGetFileHash(t *testing.T) {
	in := input(unchecked())
	in.Windows = func(string) bool { return true }
	if got := text(t, report.Build(in), report.TextOptions{}); !strings.Contains(got, "`Get-FileHash FILE`") || strings.Contains(got, "shasum") || strings.Contains(got, "on Windows") {
		t.Error(got)
	}
}

// TestAlikeWarningsAreOneBlockWhateverTheirNumberAndHosts also sees a line for each rule at the end.
func TestAlikeWarningsAreOneBlockWhateverTheirNumberAndHosts(t *testing.T) {
	in := input(mismatch())
	for i := range 300 {
		r := unchecked()
		r.Artifact.URL = fmt.Sprintf("https://host-%d.example.com/x", i)
		r.Findings = []finding.Finding{about(r.Artifact, finding.URLMutable, fmt.Sprintf("The URL follows the branch `b%d`", i))}
		in.Results = append(in.Results, elsewhere(r, fmt.Sprintf("chat-%03d", i)))
	}
	r := report.Build(in)
	got := text(t, r, report.TextOptions{})
	for _, want := range []string{"\nwarning  300 files of 300 manifests  url/mutable\n", "\n  chat-000/manifest.json:17:16  `b0`\n", "\n  … and 294 more", "\n    1 error     artifact/mismatch  in 1 manifest\n  300 warnings  url/mutable  in 300 manifests\n\n1 of 301"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if n := strings.Count(got, "\n"); n > 40 || strings.Count(r.Markdown(commentLimit), "\n| ⚠️ | 300 files of 300 manifests |") != 1 {
		t.Errorf("%d lines:\n%s", n, r.Markdown(commentLimit))
	}
}

func TestNoticesThatRequireNoActionAreOnlyInTheSummary(t *testing.T) {
	in := input(verified())
	in.Findings = []finding.Finding{unit, finding.New(finding.RegistryNoArtifact, "coder-x/manifest.json", "", finding.Position{Line: 1, Column: 1}, "The manifest names no file", ""),
		about(in.Results[0].Artifact, finding.URLOwnerChanged, "The file was `acme`'s, and is `someone`'s")}
	for i := range in.Findings {
		in.Findings[i].Severity = finding.Notice
	}
	r := report.Build(in)
	comment, summary := r.Markdown(commentLimit), r.JobSummary(commentLimit)
	if strings.Contains(comment, "names no file") || !strings.Contains(comment, "The signature was not checked") || !strings.Contains(comment, "The file was `acme`") || !strings.Contains(comment, "· 1 notice in the [job summary](") || !strings.Contains(summary, "names no file") {
		t.Error(comment, summary)
	}
}

func TestAPICallsStandAtTheFoot(t *testing.T) {
	in := input(mismatch())
	in.APICalls = 24
	for name, got := range map[string]string{"comment": markdown(in), "text": text(t, report.Build(in), report.TextOptions{})} {
		if i := strings.LastIndex(got, "24 GitHub API calls"); i < len(got)-200 {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestTheSummaryDoesNotReferToItself(t *testing.T) {
	r := report.Build(different(400))
	if got := r.JobSummary(commentLimit); strings.Contains(got, "job summary") || !strings.Contains(got, " more: see the JSON report.") {
		t.Error(got[len(got)-1000:])
	}
}

// waived is a run whose one mismatch the maintainers know of.
func waived() report.Input {
	r := mismatch()
	r.Findings[0].Waived = finding.Waiver{Because: "Upstream re-released; see issue 12.", Until: "2026-12-31"}
	return input(r, verified())
}

func TestWhatIsWaivedIsFoldedAndFailsNothing(t *testing.T) {
	alike := elsewhere(unavailable(), "chat-gone")
	alike.Findings[0].Waived.Because = "They are known"
	in := waived()
	in.Results = append(in.Results, alike, elsewhere(alike, "chat-gone-too"))
	r := report.Build(in)
	golden(t, "waived.md", r.Markdown(commentLimit))
	golden(t, "waived.txt", text(t, r, report.TextOptions{Verbose: true}))
	if r.Summary.Errors != 0 || r.Summary.Waived != 3 || annotations(t, r) != "" {
		t.Errorf("%+v, %s", r.Summary, annotations(t, r))
	}
	var badge, sarif strings.Builder
	if err := errors.Join(r.WriteBadge(&badge), r.WriteSARIF(&sarif)); err != nil || !strings.Contains(badge.String(), `"1 verified, 3 waived"`) ||
		strings.Count(sarif.String(), `"kind": "external"`) != 3 || !strings.Contains(sarif.String(), `"justification": "They are known"`) {
		t.Errorf("%v, %s", err, &badge)
	}
	if got := text(t, r, report.TextOptions{}); strings.Contains(got, "artifact/mismatch") || !strings.Contains(got, "3 waived") {
		t.Error(got)
	}
}

func TestMirrorsAndDocumentsAreToldApart(t *testing.T) {
	first, second := unavailable(), unavailable()
	first.Artifact.Pointer, second.Artifact.Pointer = "/url/0", "/url/1"
	second.Artifact.Mirror, second.Artifact.URL = 1, "https://mirror.example.org/tokenizer.json"
	other := second
	other.Artifact.Document = 1
	for _, r := range []*verify.Result{&first, &second, &other} {
		r.Findings = slices.Clone(r.Findings)
		r.Findings[0].Pointer, r.Findings[0].Document = r.Artifact.Pointer, r.Artifact.Document
	}
	if got := markdown(input(first, second)); !strings.Contains(got, "`tokenizer.json (mirror 1)`") || !strings.Contains(got, "`/url/1` (mirror 1)\n") || strings.Contains(got, "2 files of") {
		t.Error(got)
	}
	if got := markdown(input(second, other)); !strings.Contains(got, "| 2 files of 1 manifest `mirror.example.org` |") {
		t.Error(got)
	}
}

func TestALogOfActionsFoldsWhatIsFine(t *testing.T) {
	got := text(t, report.Build(input(mismatch(), verified(), excused())), report.TextOptions{Folds: true})
	begin, end := strings.Index(got, "\n::group::1 file verified, 1 unverified\n"), strings.Index(got, "\n::endgroup::\n")
	fine := strings.Index(got, "verified  chat-gorilla/manifest.json:14:16  /binaries/x86_64-apple-darwin")
	if begin < strings.Index(got, "artifact/mismatch") || fine < begin || end < fine {
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
		in := input(verified())
		change(&in)
		if got := markdown(in); !strings.HasSuffix(got, "`verify-manifests "+want+"`\n") {
			t.Errorf("%s: %s", want, got[len(got)-100:])
		}
	}
}

func TestACauseOfManyPlacesTakesAQuarterOfTheRoom(t *testing.T) {
	got := markdown(alike(3_000))
	if len(got) > commentLimit || strings.Count(got, "\n* and ") != 2 || strings.Count(got, "<summary>❌") != 2 {
		t.Errorf("%d bytes, %d cut", len(got), strings.Count(got, "\n* and "))
	}
}

// It runs out of time where one finding costs more the more there are.
func TestManyFindingsAboutOneFileAreTold(t *testing.T) {
	r := logIn()
	for i := range 5_000 {
		f := about(r.Artifact, finding.SignatureInvalid, fmt.Sprintf("No. %d", i))
		g := about(r.Artifact, finding.URLMutable, fmt.Sprintf("No. %d", i))
		r.Findings = append(r.Findings, f, g)
	}
	if got := markdown(input(r)); len(got) > commentLimit {
		t.Errorf("%d bytes", len(got))
	}
}

// TestEachURLWithTwoDigestsIsOneCause has two URLs of one host, each declared twice.
func TestEachURLWithTwoDigestsIsOneCause(t *testing.T) {
	conflict := func(url, pointer string, line int) verify.Result {
		a := named(pointer, "", "https://dl.example.org/"+url, line)
		return verify.Result{Artifact: a, Status: verify.Refused, Observation: verify.Observation{Size: -1},
			Findings: []finding.Finding{about(a, finding.ArtifactDigestConflict, "Two digests are declared for this URL: `"+url+"1` and `"+url+"2`")}}
	}
	in := input(conflict("a", "/weights/1", 10), conflict("b", "/weights/2", 11), conflict("a", "/weights/3", 12), conflict("b", "/weights/4", 13))
	got := text(t, report.Build(in), report.TextOptions{})
	if strings.Count(got, "Two digests are declared") != 2 || strings.Count(got, "`b1`") != 1 {
		t.Error(got)
	}
}
