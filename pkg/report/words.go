package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// Headline is the outcome in one sentence, without a full stop and without outside text.
func (r *Report) Headline() string {
	s := r.Summary
	failure := r.failure()
	switch {
	case failure != "" && r.Complete && s.Errors == 0 && s.Waived > 0:
		return failure + ": all waived"
	case failure != "":
		return failure
	case !r.Complete:
		return "The run was cut short, so some files were not checked"
	case s.Errors > 0:
		return fmt.Sprintf("The manifests have %s", english.Plural(s.Errors, "error", ""))
	case r.isOffline() && s.Artifacts > 0:
		return fmt.Sprintf("%s not checked (offline)", english.Plural(s.Artifacts, "file", ""))
	case s.Manifests == 0 && r.isChange():
		return "No manifest was changed"
	case s.Artifacts == 0:
		return fmt.Sprintf("Nothing to download in %s", english.Plural(s.Manifests, "manifest", ""))
	}
	return s.success()
}

// isChange reports whether the run judged a change.
func (r *Report) isChange() bool { return r.Scope == "changed" || r.Scope == "entries" }

// isOffline reports whether no file was checked because nothing was downloaded.
func (r *Report) isOffline() bool { return r.Mode == "offline" && r.Summary.Verified == 0 }

// unverified is what an unverified file is.
func (r *Report) unverified() string {
	if r.isOffline() {
		return "not checked (offline)"
	}
	return "without a checksum"
}

// failure counts, in words, the files that failed in each way; "" is none.
func (r *Report) failure() string {
	s := r.Summary
	changed, what := r.changed()
	wrong := s.Mismatch + s.Invalid
	unattested := len(r.failing(func(rule string) bool { return strings.HasPrefix(rule, "provenance/") }))
	var parts []string
	for _, part := range []struct {
		count               int
		one, several, every string
	}{
		{wrong, "is not what was declared", "are not what was declared", "None of the %d files is what was declared"},
		{changed, "changed since the last scan", "changed since the last scan", "All %d " + what + "s changed since the last scan"},
		{unattested, "fails the provenance policy", "fail the provenance policy", "All %d files fail the provenance policy"},
		{s.Gone, "is gone", "are gone", "All %d files are gone"},
		{s.Failed() - wrong - s.Gone, "could not be checked", "could not be checked", "None of the %d files could be checked"},
	} {
		words := english.PluralWord(part.count, part.one, part.several)
		switch {
		case part.count == 0:
		case len(parts) > 0:
			parts = append(parts, fmt.Sprintf("%d %s", part.count, words))
		case part.count > 1 && part.count == s.Artifacts:
			parts = append(parts, fmt.Sprintf(part.every, part.count))
		case part.count == changed && wrong == 0:
			parts = append(parts, english.Plural(changed, what, "")+" "+words)
		default:
			parts = append(parts, ofFiles(part.count, s.Artifacts)+" "+words)
		}
	}
	if n := len(parts); n == 2 {
		return parts[0] + ", and " + parts[1]
	}
	return english.OxfordWordSeries(parts, "and")
}

// failing returns the files with an error by a rule that matches.
func (r *Report) failing(matches func(rule string) bool) []*Artifact {
	failing := func(f finding.Finding) bool { return f.IsError() && matches(f.Rule) }
	if !slices.ContainsFunc(r.Findings, failing) {
		return nil
	}
	var files []*Artifact
	about, seen := r.about(), map[*Artifact]bool{}
	for _, f := range r.Findings {
		if !failing(f) {
			continue
		}
		if a := about(f); a != nil && !seen[a] {
			seen[a] = true
			files = append(files, a)
		}
	}
	return files
}

// changed counts the files, or images where they are all images, whose bytes are not those of the baseline.
func (r *Report) changed() (n int, what string) {
	files := r.failing(func(rule string) bool { return rule == finding.ArtifactChanged })
	if slices.ContainsFunc(files, func(a *Artifact) bool { return a.Role != artifact.Image }) {
		return len(files), "file"
	}
	return len(files), "image"
}

func (s Summary) success() string {
	switch {
	case s.Unverified == 0 && s.Artifacts == 1:
		return "The file is exactly what was declared"
	case s.Unverified == 0:
		return fmt.Sprintf("All %d files are exactly what was declared", s.Artifacts)
	case s.Verified == 0:
		return "No checksum is declared for the " + strings.TrimPrefix(english.Plural(s.Artifacts, "file", ""), "1 ")
	}
	return fmt.Sprintf("%s %s exactly what was declared, and %d %s no checksum", ofFiles(s.Verified, s.Artifacts), english.PluralWord(s.Verified, "is", "are"), s.Unverified, english.PluralWord(s.Unverified, "has", "have"))
}

func ofFiles(n, all int) string {
	switch {
	case n == all && n == 1:
		return "The file"
	case n == all:
		return fmt.Sprintf("All %d files", all)
	}
	return fmt.Sprintf("%d of %d files", n, all)
}

// counts is the summary in words: "4 files: 1 mismatch, 3 verified; 1 error".
func (s Summary) counts() string {
	words := english.Plural(s.Artifacts, "file", "")
	if list := s.statuses(); list != "" {
		words += ": " + list
	}
	return words + "; " + s.severities()
}

func (s Summary) statuses() string {
	var list []string
	add := func(n int, what string) {
		if n > 0 {
			list = append(list, fmt.Sprintf("%d %s", n, what))
		}
	}
	for _, status := range verify.Statuses {
		n := *s.status(status)
		if status == verify.Unavailable {
			add(s.Gone, "gone")
			n -= s.Gone
		}
		add(n, status.String())
	}
	return strings.Join(list, ", ")
}

func (s Summary) severities() string {
	var list []string
	for _, severity := range severities {
		if n := *s.severity(severity); n > 0 {
			list = append(list, english.Plural(n, severity.String(), ""))
		}
	}
	if s.Waived > 0 {
		list = append(list, fmt.Sprintf("%d waived", s.Waived))
	}
	if len(list) == 0 {
		return "no findings"
	}
	return strings.Join(list, ", ")
}

// manifests is the number of manifests that were read, in words.
func (r *Report) manifests() string {
	words := english.Plural(r.Summary.Manifests, "manifest", "")
	if r.isChange() {
		return strings.Replace(words, " ", " changed ", 1)
	}
	return words
}

// facts are what the run covered, its results, and what was read for it.
func (r *Report) facts() []string {
	if r.Summary == (Summary{}) {
		return nil
	}
	facts := []string{r.manifests(), r.Summary.counts(), humanize.Bytes(uint64(r.Summary.Bytes)) + " read"}
	if n := r.Summary.Attested; n > 0 {
		facts = append(facts, fmt.Sprintf("%d attested", n))
	}
	if r.APICalls >= manyCalls {
		facts = append(facts, fmt.Sprintf("%d GitHub API calls (none after actions/checkout)", r.APICalls))
	}
	if n := r.Summary.Unchanged; n > 0 {
		facts = append(facts, fmt.Sprintf("%s unchanged %s not read", humanize.Comma(int64(n)), english.PluralWord(n, "file was", "files were")))
	}
	return facts
}

// manyCalls is how many API calls are worth mentioning: a workflow's token has 1,000 an hour for one repository
// (https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api).
const manyCalls = 20

// size is the size of the file in words, "" where it is not known.
func (a Artifact) size() string {
	if a.Size == nil {
		return ""
	}
	return humanize.Bytes(uint64(*a.Size))
}

// remarks are the sentences about the run as a whole: the report's notes, and whether it is complete.
func (r *Report) remarks() []string {
	if r.Complete {
		return r.Notes
	}
	return append([]string{"The run was cut short: files that were not read completely count as `unreachable`"}, r.Notes...)
}

// fix is what to do about a finding: its own fix, else its rule's.
func fix(f finding.Finding) string {
	if f.Fix != "" {
		return f.Fix
	}
	rule, _ := finding.Lookup(f.Rule)
	return rule.Fix
}

// sentence ends s with a full stop unless it has an end.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".!?") {
		return s
	}
	return s + "."
}

// how tells where the digest of an artifact comes from.
func (a Artifact) how() string {
	switch a.Source {
	case verify.FromDownload:
		return "downloaded"
	case verify.FromHost:
		return "digest published by the host"
	case verify.FromCache:
		return "unchanged since an earlier scan"
	case verify.FromLocal:
		return "a file on disk"
	}
	return "not read"
}

// address is what a report calls an artifact's address.
func (a Artifact) address() string {
	if a.Role == artifact.Image {
		return "Image"
	}
	return "URL"
}

// title is what a finding by a rule means for a file, nil for none, in at most eight words. It is as a message.
func title(id string, about *Artifact) string {
	rule, known := finding.Lookup(id)
	switch {
	case id == finding.ArtifactUnavailable && about != nil && about.Gone:
		return "gone: the server has no such file"
	case !known:
		return finding.Quote(id)
	}
	return strings.ToLower(rule.Title[:1]) + rule.Title[1:]
}

// isInformational reports whether a notice by a rule requires no action.
func isInformational(id string) bool {
	rule, _ := finding.Lookup(id)
	return rule.Informational
}

// shortDigits is how many digits of a digest a table shows.
const shortDigits = 8

// digits are those of a digest, without its algorithm.
var digits = regexp.MustCompile(`[^:-]*$`)

// shortPair shortens two digests alike, to digits that differ where the digests do.
func shortPair(a, b string) (string, string) {
	a, b = digits.FindString(a), digits.FindString(b)
	from := 0
	for a != b && from+shortDigits < min(len(a), len(b)) && a[from:from+shortDigits] == b[from:from+shortDigits] {
		from += shortDigits
	}
	return short(a, from), short(b, from)
}

func short(digits string, from int) string {
	if from >= len(digits) {
		return ""
	}
	shown := digits[from:min(from+shortDigits, len(digits))] + "…"
	if from > 0 {
		shown = "…" + shown
	}
	return shown
}

// service is how people call a manifest: by its folder, where the file's name is always the same.
func service(manifest string) string { return strings.TrimSuffix(manifest, "/manifest.json") }

// plainRef is the name of a branch that means itself to a shell.
var plainRef = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$`)

// command does the same on a developer's machine.
func (r *Report) command() string {
	words := "verify-manifests check"
	if r.isChange() {
		branch := "HEAD" // of the remote: its default branch
		if plainRef.MatchString(r.Run.BaseRef) {
			branch = r.Run.BaseRef
		}
		words += " --base origin/" + branch
	}
	if r.Mode != "full" && r.Mode != "" {
		words += " --mode " + r.Mode
	}
	return words
}
