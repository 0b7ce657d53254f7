package report

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
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
		return "The manifests have " + english.Plural(s.Errors, "error", "")
	case r.isOffline() && s.Artifacts > 0:
		return english.Plural(s.Artifacts, "file", "") + " not checked (offline)"
	case s.Manifests == 0 && r.isChange():
		return "No manifest was changed"
	case s.Artifacts == 0:
		return "Nothing to download in " + english.Plural(s.Manifests, "manifest", "")
	case s.Unverified == 0 && s.Artifacts > 1:
		return fmt.Sprintf("All %d files are exactly what was declared", s.Artifacts)
	case s.Verified == 0:
		return "No checksum is declared for the " + strings.TrimPrefix(english.Plural(s.Artifacts, "file", ""), "1 ")
	}
	return listed([]count{
		{s.Verified, ofFiles(s.Verified, s.Artifacts), "is exactly what was declared", "are exactly what was declared"},
		{s.Unverified, "", "has no checksum", "have no checksum"},
	})
}

// isChange reports whether the run checked a change.
func (r *Report) isChange() bool { return r.Scope == "changed" || r.Scope == "entries" }

// isOffline reports whether no file was checked because nothing was downloaded.
func (r *Report) isOffline() bool { return r.Mode == "offline" && r.Summary.Verified == 0 }

// unverified describes unverified files.
func (r *Report) unverified() string {
	if r.isOffline() {
		return "not checked (offline)"
	}
	return "without a checksum"
}

// failure counts, in words, the files that failed in each way; "" is none.
func (r *Report) failure() string {
	s := r.Summary
	changed := r.failing(func(rule string) bool { return rule == finding.ArtifactChanged })
	unattested := len(r.failing(func(rule string) bool { return strings.HasPrefix(rule, "provenance/") }))
	wrong := s.Mismatch + s.Invalid
	unchecked := s.Failed() - wrong - s.Gone
	return listed([]count{
		{wrong, ofFiles(wrong, s.Artifacts), "is not what was declared", "are not what was declared"},
		{len(changed), kinds(changed), "changed since the last scan", ""},
		{unattested, ofFiles(unattested, s.Artifacts), "fails the provenance policy", "fail the provenance policy"},
		{s.Gone, ofFiles(s.Gone, s.Artifacts), "is gone", "are gone"},
		{unchecked, ofFiles(unchecked, s.Artifacts), "could not be checked", ""},
	})
}

// failing returns the files with an error by a rule that matches.
func (r *Report) failing(matches func(rule string) bool) (files []Artifact) {
	failing := func(f finding.Finding) bool { return f.IsError() && matches(f.Rule) }
	if !slices.ContainsFunc(r.Findings, failing) {
		return nil
	}
	about, _ := r.attribute()
	for i, a := range r.Artifacts {
		if slices.ContainsFunc(about[i], failing) {
			files = append(files, a)
		}
	}
	return files
}

// kinds counts files, which are images where they are all images.
func kinds(files []Artifact) string {
	if slices.ContainsFunc(files, func(a Artifact) bool { return a.Role != artifact.Image }) {
		return english.Plural(len(files), "file", "")
	}
	return english.Plural(len(files), "image", "")
}

func ofFiles(n, all int) string {
	if all == 1 {
		return "The file"
	}
	return fmt.Sprintf("%d of %d files", n, all)
}

// count is a number of files: the subject of a sentence about them, and what is true of one and, where that differs, of several.
type count struct {
	n                     int
	subject, one, several string
}

// listed lists the counts that are not zero. Only the first has its whole subject.
func listed(counts []count) string {
	var parts []string
	for _, c := range counts {
		if c.n == 0 {
			continue
		}
		subject := c.subject
		if len(parts) > 0 {
			subject = strconv.Itoa(c.n)
		}
		parts = append(parts, subject+" "+english.PluralWord(c.n, c.one, cmp.Or(c.several, c.one)))
	}
	if last := len(parts) - 1; last > 0 {
		parts[last] = "and " + parts[last]
	}
	return strings.Join(parts, ", ")
}

// counts is the summary in words: "4 files: 1 mismatch, 3 verified; 1 error".
func (s Summary) counts() string {
	var statuses, severities []string
	for _, status := range verify.Statuses {
		n, word := *s.status(status), status.String()
		if status == verify.Unavailable {
			statuses = counted(statuses, s.Gone, "gone")
			n -= s.Gone
		}
		statuses = counted(statuses, n, word)
	}
	for _, severity := range allSeverities {
		n := *s.severity(severity)
		severities = counted(severities, n, english.PluralWord(n, severity.String(), ""))
	}
	severities = counted(severities, s.Waived, "waived")
	words := english.Plural(s.Artifacts, "file", "")
	if len(statuses) > 0 {
		words += ": " + strings.Join(statuses, ", ")
	}
	return words + "; " + cmp.Or(strings.Join(severities, ", "), "no findings")
}

// counted adds a number to a list unless it is zero.
func counted(list []string, n int, what string) []string {
	if n == 0 {
		return list
	}
	return append(list, fmt.Sprintf("%d %s", n, what))
}

// manyCalls is how many API calls are worth mentioning: a workflow's token has 1,000 an hour for one repository
// (https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api).
const manyCalls = 20

// facts are what the run covered, its results, and what was read for it.
func (r *Report) facts() []string {
	s := r.Summary
	if s == (Summary{}) {
		return nil
	}
	manifest := "manifest"
	if r.isChange() {
		manifest = "changed manifest"
	}
	facts := []string{english.Plural(s.Manifests, manifest, ""), s.counts(), humanize.Bytes(uint64(s.Bytes)) + " read"}
	facts = counted(facts, s.Attested, "attested")
	if r.APICalls >= manyCalls {
		facts = append(facts, fmt.Sprintf("%d GitHub API calls (none after actions/checkout)", r.APICalls))
	}
	if n := s.Unchanged; n > 0 {
		facts = append(facts, fmt.Sprintf("%s unchanged %s not read", humanize.Comma(int64(n)), english.PluralWord(n, "file was", "files were")))
	}
	return facts
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
	rule, _ := finding.Lookup(f.Rule)
	return cmp.Or(f.Fix, rule.Fix)
}

// sentence ends s with a full stop unless it has an end.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".!?") {
		return s
	}
	return s + "."
}

// goneTitle is what a 404 or 410 means.
const goneTitle = "gone: the server has no such file"

// title is what a finding by a rule means for a file, nil for none. It is as a message.
func title(id string, about *Artifact) string {
	rule, known := finding.Lookup(id)
	switch {
	case id == finding.ArtifactUnavailable && about != nil && about.Gone:
		return goneTitle
	case !known:
		return finding.Quote(id)
	}
	return strings.ToLower(rule.Title[:1]) + rule.Title[1:]
}

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
