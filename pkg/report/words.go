package report

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// Headline is the outcome in one sentence, without a full stop and without outside text.
func (r *Report) Headline() string {
	s := r.Summary
	switch {
	case s.Failed() > 0 && r.Complete && s.Errors == 0 && s.Waived > 0:
		return s.failure() + ": all waived"
	case s.Failed() > 0:
		return s.failure()
	case !r.Complete:
		return "The run was cut short: nothing is known about what is missing here"
	case s.Errors > 0:
		return fmt.Sprintf("The manifests have %s", english.Plural(s.Errors, "error", ""))
	case r.Mode == "offline" && s.Artifacts > 0:
		return fmt.Sprintf("%s listed, and nothing was downloaded", english.Plural(s.Artifacts, "file is", "files are"))
	case s.Manifests == 0 && r.Scope == "changed":
		return "No manifest was changed"
	case s.Artifacts == 0:
		return fmt.Sprintf("Nothing to download in %s", english.Plural(s.Manifests, "manifest", ""))
	}
	return s.success()
}

func (s Summary) failure() string {
	wrong := s.Mismatch + s.Invalid
	unknown := s.Failed() - wrong
	several := s.Artifacts > 1
	switch {
	case several && unknown == s.Artifacts:
		return fmt.Sprintf("None of the %d files could be checked", s.Artifacts)
	case several && wrong == s.Artifacts:
		return fmt.Sprintf("None of the %d files is what was declared", s.Artifacts)
	case wrong == 0:
		return fmt.Sprintf("%s could not be checked", ofFiles(unknown, s.Artifacts))
	case unknown == 0:
		return fmt.Sprintf("%s %s not what was declared", ofFiles(wrong, s.Artifacts), english.PluralWord(wrong, "is", "are"))
	}
	return fmt.Sprintf("%s %s not what was declared, and %d could not be checked", ofFiles(wrong, s.Artifacts), english.PluralWord(wrong, "is", "are"), unknown)
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

// counts says what the summary counts, in words: "4 files: 1 mismatch, 3 verified; 1 error".
func (s Summary) counts() string {
	words := english.Plural(s.Artifacts, "file", "")
	if list := s.statuses(); list != "" {
		words += ": " + list
	}
	return words + "; " + s.severities()
}

func (s Summary) statuses() string {
	var list []string
	for _, status := range verify.Statuses {
		if n := *s.status(status); n > 0 {
			list = append(list, fmt.Sprintf("%d %s", n, status))
		}
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

// manifests says what was read.
func (r *Report) manifests() string {
	words := english.Plural(r.Summary.Manifests, "manifest", "")
	if r.Scope == "changed" {
		return strings.Replace(words, " ", " changed ", 1)
	}
	return words
}

// facts say what the run covered, what came of it, and what was read for it.
func (r *Report) facts() []string {
	if r.Summary == (Summary{}) {
		return nil
	}
	return []string{r.manifests(), r.Summary.counts(), humanize.Bytes(uint64(r.Summary.Bytes)) + " read"}
}

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
	return append([]string{"The run was cut short: whatever was not read to its end counts as `unreachable`"}, r.Notes...)
}

// fix is what to do about a finding: its own word, else its rule's.
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

// how says where the digest of an artifact comes from.
func (a Artifact) how() string {
	switch a.Source {
	case verify.FromDownload:
		return "downloaded"
	case verify.FromHost:
		return "the host's own word"
	case verify.FromCache:
		return "unchanged since an earlier scan"
	case verify.FromLocal:
		return "a file on disk"
	}
	return "not read"
}

// address says what a report calls the place of an artifact's bytes.
func (a Artifact) address() string {
	if a.Role == artifact.Image {
		return "Image"
	}
	return "URL"
}

// briefWords is how many words a table has for what is wrong.
const briefWords = 8

// brief says what is wrong in at most briefWords words, as a message.
func brief(rule string) string {
	r, known := finding.Lookup(rule)
	switch {
	case !known:
		return finding.Quote(rule)
	case r.Brief != "":
		return r.Brief
	}
	words := strings.Fields(strings.ToLower(r.Title[:1]) + r.Title[1:])
	if len(words) > briefWords {
		words = append(words[:briefWords-1:briefWords-1], "…")
	}
	return strings.Join(words, " ")
}

// shortDigits is how many digits of a digest a table shows.
const shortDigits = 8

// shortPair shortens two digests alike, to digits that differ where the digests do. One that is zero is "".
func shortPair(a, b digest.Digest) (string, string) {
	from := 0
	for a != b && from+shortDigits < min(len(a.Sum), len(b.Sum)) && a.Sum[from:from+shortDigits] == b.Sum[from:from+shortDigits] {
		from += shortDigits
	}
	return short(a.Sum, from), short(b.Sum, from)
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

// service is how people call a manifest: by its folder, where the file's name says nothing.
func service(manifest string) string { return strings.TrimSuffix(manifest, "/manifest.json") }

// plainRef is the name of a branch that means itself to a shell.
var plainRef = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$`)

// command does the same on a developer's machine.
func (r *Report) command() string {
	words := "verify-manifests check"
	if r.Scope == "changed" {
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
