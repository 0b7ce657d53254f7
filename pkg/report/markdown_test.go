package report_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

const commentLimit = 59_800

// sgr matches what changes a terminal's colours.
var sgr = regexp.MustCompile(`\x1b\[\d*m`)

func scenarios() map[string]report.Input {
	cut := input(verified(), unavailable())
	cut.Complete = false
	all := mixed()
	all.Scope = "all"
	all.Notes = []string{"The pull request changes more files than GitHub lists (3,000), so every manifest was verified"}
	nothing := input()
	none := input()
	none.Summary.Manifests = 0
	lint := input(verified())
	lint.Findings = []finding.Finding{finding.New(finding.ChecksumInvalid, service, "/binaries/x", finding.Position{Line: 3, Column: 5}, "The checksum can't be read: MD5 is broken", "")}
	local := mixed()
	local.Run = report.Run{Event: "local"}
	fast := input(imageResults()...)
	fast.Mode = "fast"
	return map[string]report.Input{
		"images": fast, "mixed": mixed(), "verified": input(verified()), "excused": input(verified(), excused()), "cut": cut,
		"all": all, "nothing": nothing, "none": none, "lint": lint, "local": local,
	}
}

// TestMarkdownAndTextReadAsTheyShould has something of everything; testdata/scenes at the root has what people meet.
func TestMarkdownAndTextReadAsTheyShould(t *testing.T) {
	r := report.Build(scenarios()["all"])
	golden(t, "mixed.md", r.Markdown(commentLimit))
	plain, colour := rendered(t, r, "text"), rendered(t, r, "colour")
	golden(t, "mixed.txt", plain)
	if sgr.ReplaceAllString(colour, "") != plain || strings.Count(colour, "\x1b[31merror\x1b[0m  chat") != 3 || strings.Count(colour, "\x1b[1m2 of 6 files") != 2 {
		t.Errorf("%q", colour)
	}
}

func TestFindingsAloneAreInTheMiddleOfTheText(t *testing.T) {
	for name, in := range scenarios() {
		r := report.Build(in)
		alone := rendered(t, r, "findings")
		before, after, found := strings.Cut(rendered(t, r, "text"), alone)
		if !found || !strings.Contains(after, r.Headline()) || alone != "" && before != r.Headline()+"\n\n" {
			t.Errorf("%s: %s", name, alone)
		}
	}
}

func TestTextFitsATerminalButForWordsThatDoNot(t *testing.T) {
	long := mismatch()
	long.Artifact.Manifest = strings.Repeat("long/", 10) + "manifest.json"
	long.Findings[0].Manifest = long.Artifact.Manifest
	fine := verified()
	fine.Artifact.Manifest = long.Artifact.Manifest
	fine.Note = strings.Repeat("word ", 30)
	written := rendered(t, report.Build(input(long, fine)), "verbose")
	for line := range strings.Lines(written) {
		line = strings.TrimSuffix(line, "\n")
		if utf8.RuneCountInString(line) > 80 && !strings.HasPrefix(line, "  URL: ") {
			t.Errorf("a line of %d columns: %s", utf8.RuneCountInString(line), line)
		}
	}
	if !strings.Contains(written, "/manifest.json:11:21\n  artifact/mismatch\n") || !strings.Contains(written, "/manifest.json:14:16\n  /binaries/x86_64") {
		t.Error(written)
	}
}

func TestMarkdownIsCutByWholeRows(t *testing.T) {
	const files = 200
	r := report.Build(failures(files))
	for _, limit := range []int{4_096, 5_000, 20_000, commentLimit, 1 << 20} {
		markdown := r.Markdown(limit)
		if len(markdown) > limit {
			t.Errorf("%d bytes, and the limit is %d", len(markdown), limit)
		}
		if strings.Count(markdown, "<details>") != strings.Count(markdown, "</details>") || !strings.HasSuffix(markdown, "`verify-manifests check --base origin/HEAD`\n") {
			t.Errorf("with the limit %d it ends %q", limit, markdown[len(markdown)-100:])
		}
		for what, shown := range map[string]int{"rows": strings.Count(markdown, "\n| ❌ |"), "blocks": strings.Count(markdown, "<summary>❌")} {
			if limit < 1<<20 && (shown < 1 && what == "rows" || !strings.Contains(markdown, fmt.Sprintf("… and %d more: see the [job summary](https://github.com/acme/registry/actions/runs/4242)", files-shown))) {
				t.Errorf("with the limit %d, %d of %d %s are shown, and nothing says so", limit, shown, files, what)
			}
		}
		structure(t, markdown)
	}
	if whole := r.Markdown(1 << 20); strings.Contains(whole, " more: see") || strings.Count(whole, "\n| ❌ |") != files || strings.Count(whole, "```diff") != files {
		t.Error("the summary does not hold everything")
	}
}

func TestHeadlines(t *testing.T) {
	for want, s := range map[string]report.Summary{
		"All 12 files are exactly what was declared":                        {Manifests: 1, Artifacts: 12, Verified: 12},
		"The file is exactly what was declared":                             {Manifests: 1, Artifacts: 1, Verified: 1},
		"1 of 4 files is exactly what was declared, and 3 have no checksum": {Manifests: 1, Artifacts: 4, Verified: 1, Unverified: 3},
		"3 of 4 files are exactly what was declared, and 1 has no checksum": {Manifests: 1, Artifacts: 4, Verified: 3, Unverified: 1},
		"No checksum is declared for the 4 files":                           {Manifests: 1, Artifacts: 4, Unverified: 4},
		"No checksum is declared for the file":                              {Manifests: 1, Artifacts: 1, Unverified: 1},
		"2 of 4 files are not what was declared":                            {Manifests: 1, Artifacts: 4, Verified: 2, Mismatch: 1, Invalid: 1, Errors: 2},
		"The file is not what was declared":                                 {Manifests: 1, Artifacts: 1, Mismatch: 1, Errors: 1},
		"1 of 4 files is not what was declared, and 2 could not be checked": {Manifests: 1, Artifacts: 4, Verified: 1, Mismatch: 1, Refused: 2, Errors: 3},
		"4 of 4 files are not what was declared":                            {Manifests: 1, Artifacts: 4, Mismatch: 3, Invalid: 1, Errors: 4},
		"3 of 3 files could not be checked":                                 {Manifests: 1, Artifacts: 3, Unavailable: 1, Unreachable: 1, Refused: 1, Errors: 3},
		"1 of 2 files is not what was declared: all waived":                 {Manifests: 1, Artifacts: 2, Verified: 1, Mismatch: 1, Waived: 1},
		"The manifests have 2 errors":                                       {Manifests: 2, Artifacts: 1, Verified: 1, Errors: 2},
		"Nothing to download in 2 manifests":                                {Manifests: 2},
		"No manifest was changed":                                           {},
	} {
		r := report.Report{Scope: "changed", Complete: true, Summary: s}
		if got := r.Headline(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	offline := report.Report{Mode: "offline", Complete: true, Summary: report.Summary{Manifests: 1, Artifacts: 2, Unverified: 2}}
	if got, want := offline.Headline(), "2 files not checked (offline)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	wrong, stranger := elsewhere(mismatch(), "chat-other"), verified()
	stranger.Findings = []finding.Finding{about(stranger.Artifact, finding.ProvenanceOtherBuilder, "The file was built from `stranger/tool`")}
	for want, results := range map[string][]verify.Result{
		"2 of 2 files are gone":                    {gone(), elsewhere(gone(), "chat-other")},
		"The file is gone":                         {gone()},
		"1 of 2 files fails the provenance policy": {stranger, excused()},
		"1 image changed since the last scan":      {moved()},
		"2 of 4 files are not what was declared, 1 is gone, and 1 could not be checked": {mismatch(), wrong, gone(), private()},
	} {
		if got := report.Build(input(results...)).Headline(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	cut := report.Report{Summary: report.Summary{Manifests: 1, Artifacts: 1, Verified: 1}}
	if got := cut.Headline(); !strings.Contains(got, "cut short") {
		t.Errorf("a run that was cut short is called %q", got)
	}
}
