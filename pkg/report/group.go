package report

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// entry is what people are told in one piece: everything that is found about one file or, where no file is
// concerned, one finding. The cause comes first.
type entry struct {
	artifact *Artifact // nil: it is about the manifest
	findings []finding.Finding
	says     []statement
}

// group is the entries of one cause, in the order of the report. The first speaks for all.
type group []entry

// groups returns what needs attention, worst first, and what was waived. Every finding is in exactly one entry of one
// of them.
func (r *Report) groups() (told, waived []group) {
	for _, g := range alike(r.entries(), entry.cause) {
		if g[0].findings[0].Waived.IsZero() {
			told = append(told, g)
		} else {
			waived = append(waived, g)
		}
	}
	slices.SortStableFunc(told, func(a, b group) int {
		return cmp.Or(cmp.Compare(a[0].danger(), b[0].danger()), cmp.Compare(a.severity(), b.severity()))
	})
	return told, waived
}

// alike puts together the items with the same key, in the order in which each key is first met.
func alike[T any, L ~[]T](items L, key func(T) string) []L {
	var lists []L
	at := map[string]int{}
	for _, item := range items {
		k := key(item)
		i, known := at[k]
		if !known {
			i = len(lists)
			at[k] = i
			lists = append(lists, nil)
		}
		lists[i] = append(lists[i], item)
	}
	return lists
}

// entries joins the findings about one file. What is waived is told apart.
func (r *Report) entries() []entry {
	artifacts := r.byPlace()
	joined := alike(r.Findings, func(f finding.Finding) string {
		about := placeOf(f)
		rule := f.Rule + f.Message // one of its own
		if a, ok := artifactOf(f, artifacts); ok {
			about, rule = a.place(), ""
		}
		return fmt.Sprintf("%q %d %q %q %q", about.manifest, about.document, about.pointer, rule, f.Waived)
	})
	entries := make([]entry, len(joined))
	for i, findings := range joined {
		slices.SortStableFunc(findings, func(f, g finding.Finding) int {
			return cmp.Or(cmp.Compare(f.Severity, g.Severity), cmp.Compare(rank(f.Rule), rank(g.Rule)))
		})
		entries[i].findings = findings
		if a, ok := artifactOf(findings[0], artifacts); ok {
			entries[i].artifact = &a
		}
		entries[i].says = entries[i].statements()
	}
	return entries
}

// consequences are the rules that an earlier one of the list, or one that is not in it, explains, and how a
// sentence about that one goes on.
var consequences = []struct{ rule, words string }{
	{finding.ArtifactHTMLPage, "so it serves a web page"},
	{finding.ArtifactRefused, "so it was not downloaded"},
	{finding.ArtifactMismatch, "so its digest is not the declared one: leave the checksum as it is"},
	{finding.ArtifactSize, "and its size is not the declared one"},
	{finding.ArtifactHostDigest, "and the host publishes another digest than the declared one"},
	{finding.SignatureInvalid, "and its signature does not hold"},
}

// rank is 0 for a cause, and higher for what follows from one.
func rank(rule string) int {
	for i, c := range consequences {
		if c.rule == rule {
			return i + 1
		}
	}
	return 0
}

// The dangers, worst first.
const (
	wrong     = iota // the file is not what it should be
	unchecked        // the file could not be verified
	lint             // anything else
)

// wrongRules are those of a file that is not what it should be.
var wrongRules = []string{
	finding.ArtifactMismatch, finding.ArtifactChanged, finding.ArtifactHTMLPage, finding.ArtifactLFSPointer, finding.ArtifactEmpty,
	finding.ArtifactWrongPlatform, finding.ArtifactWrongFormat, finding.ArtifactSize, finding.ArtifactDigestConflict, finding.SignatureInvalid,
	finding.ProvenanceInvalid, finding.ProvenanceOtherBuilder,
}

// danger ranks what endangers those who install the file above lint.
func (e entry) danger() int {
	danger := lint
	failed := e.artifact != nil && e.artifact.Status.Failed()
	for _, f := range e.findings {
		switch {
		case (failed || f.Severity == finding.Error) && slices.Contains(wrongRules, f.Rule):
			return wrong
		case failed && (f.Severity == finding.Error || strings.HasPrefix(f.Rule, "artifact/")):
			danger = unchecked
		}
	}
	return danger
}

// variable is what may differ in the messages of one cause: what is quoted, sizes, counts, and how often something was tried.
var variable = regexp.MustCompile("`[^`]*`|[0-9,]+ bytes|tries: [0-9]+| \\([0-9]+ URLs here point to it\\)")

// cause is the same for entries that differ only in their place and in what their messages quote; of failures also their host.
func (e entry) cause() string {
	var key strings.Builder
	danger, host := e.danger(), ""
	if danger < lint {
		host = e.host()
	}
	fmt.Fprintf(&key, "%d %q %q", danger, host, e.findings[0].Waived)
	for _, s := range e.says {
		message := s.message
		isConflict := slices.Contains(s.rules, finding.ArtifactDigestConflict) // its digests and places are the cause
		if !isConflict && (danger < lint || s.severity != finding.Error) {     // an error is the author's to fix, each by itself
			message = variable.ReplaceAllString(message, "")
		}
		fmt.Fprintf(&key, " %q %q %q", s.severity, s.rules, message)
	}
	if c, differ := e.comparison(); differ && slices.Contains([]string{finding.ArtifactMismatch, finding.ArtifactChanged}, e.says[0].rules[0]) {
		key.WriteString(c.was + c.is) // no other cause explains them
	}
	return key.String()
}

// varying tells the statements whose messages differ among the group's entries.
func (g group) varying() []bool {
	list := make([]bool, len(g[0].says))
	for _, e := range g[1:] {
		for i, s := range e.says {
			list[i] = list[i] || s.message != g[0].says[i].message
		}
	}
	return list
}

// quotes is what the entry's messages quote, where those of its group differ; "" where they are all the same.
func (e entry) quotes(varying []bool) string {
	var quoted []string
	for i, s := range e.says {
		if varying[i] {
			quoted = append(quoted, variable.FindAllString(s.message, -1)...)
		}
	}
	return strings.Join(quoted, ", ")
}

// host is the one that serves the file, as people may read it; "" where there is none.
func (e entry) host() string {
	if e.artifact == nil {
		return ""
	}
	return e.artifact.host()
}

// host is the one host of all the group's files, "" where there are several.
func (g group) host() string {
	host := g[0].host()
	if slices.ContainsFunc(g, func(e entry) bool { return e.host() != host }) {
		return ""
	}
	return host
}

// imageHost is where an image comes from whose reference names no registry.
const imageHost = "docker.io"

func (a Artifact) host() string {
	if a.Role == artifact.Image {
		first, _, isPath := strings.Cut(a.URL, "/")
		if isPath && strings.ContainsAny(first, ".:") || first == "localhost" {
			return first
		}
		return imageHost
	}
	u, err := url.Parse(finding.URL(a.URL))
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// statement is one thing that is said of a file: in Message and Fix as in a Finding.
type statement struct {
	severity     finding.Severity
	rules        []string // the cause's first
	message, fix string
}

// statements say all that is found: the cause and, in half a sentence, what follows from it; then what is wrong besides.
func (e entry) statements() []statement {
	var list []statement
	for i, f := range e.findings {
		if words, follows := e.follows(f); i > 0 && follows {
			if !slices.Contains(list[0].rules, f.Rule) {
				list[0].rules = append(list[0].rules, f.Rule)
				list[0].message += words
			}
			continue
		}
		list = append(list, statement{f.Severity, []string{f.Rule}, e.withoutDigests(f.Message), fix(f)})
	}
	return list
}

// follows tells how the cause's sentence goes on with f, where f follows from it.
func (e entry) follows(f finding.Finding) (words string, follows bool) {
	n := rank(f.Rule)
	if first := e.findings[0]; first.Severity != finding.Error || n <= rank(first.Rule) {
		return "", false
	}
	words = ", " + consequences[n-1].words
	if more := afterSentence(f.Message); more != "" {
		words += ". " + more
	}
	return words, true
}

// afterSentence returns what follows the first sentence of a message, outside of its quotations.
func afterSentence(message string) string {
	quoted := false
	for i, r := range message {
		switch {
		case r == '`':
			quoted = !quoted
		case !quoted && strings.HasPrefix(message[i:], ". "):
			return message[i+2:]
		}
	}
	return ""
}

// withoutDigests is a message without the clause that names two digests: they are shown one below the other.
func (e entry) withoutDigests(message string) string {
	a := e.artifact
	if _, differ := e.comparison(); !differ {
		return message
	}
	for _, c := range []struct {
		clause   string
		one, two digest.Digest
	}{
		{" whose digest is %s, and %s is declared", a.Observed, a.Declared},
		{" (the pointer's digest is %s, and %s is declared)", a.Observed, a.Declared},
		{": its digest was %s then, and is %s now", a.Before, a.Observed},
		{": it was at %s then, and is at %s now", a.Before, a.Observed},
	} {
		message = strings.Replace(message, fmt.Sprintf(c.clause, finding.Quote(c.one.String()), finding.Quote(c.two.String())), "", 1)
	}
	return message
}

// comparison is two digests that differ, as the manifest writes them, and what they are.
type comparison struct{ was, is, wasWord, isWord string }

// comparison compares what was declared with what is served, or the baseline with what is served now.
func (e entry) comparison() (c comparison, differ bool) {
	if e.artifact == nil {
		return comparison{}, false
	}
	return e.artifact.comparison()
}

func (a Artifact) comparison() (c comparison, differ bool) {
	switch {
	case a.Observed.IsZero():
		return comparison{}, false
	case !a.Declared.IsZero():
		return comparison{a.spell(a.Declared), a.spell(a.Observed), "declared", "served"}, a.Declared != a.Observed
	}
	return comparison{a.spell(a.Before), a.spell(a.Observed), "before", "now"}, !a.Before.IsZero()
}

// spell writes a digest as the artifact's manifest does.
func (a Artifact) spell(d digest.Digest) string {
	return a.Spelling.Write(d)
}

// position is where the cause stands.
func (e entry) position() finding.Position { return e.findings[0].Position }

func (e entry) manifest() string { return e.findings[0].Manifest }

// name is what a reader calls the file: its platform or, without one, what it is called; for a finding about no
// file, where it stands in the manifest.
func (e entry) name() string {
	if e.artifact == nil {
		return e.findings[0].Pointer
	}
	return e.artifact.name()
}

func (a Artifact) name() string {
	name := a.Platform
	if name == "" {
		name = a.Pointer[strings.LastIndexByte(a.Pointer, '/')+1:]
		name = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
	}
	if u, err := url.Parse(a.URL); err == nil && (name == "" || strings.Trim(name, "0123456789") == "") { // an element of a list
		name = u.Path[strings.LastIndexByte(u.Path, '/')+1:]
	}
	if a.Mirror > 0 {
		name += fmt.Sprintf(" (mirror %d)", a.Mirror)
	}
	return name
}

func (g group) severity() finding.Severity { return g[0].findings[0].Severity }

// count says how many places the group speaks of: "25 files of 8 manifests".
func (g group) count() string {
	manifests := map[string]bool{}
	for _, e := range g {
		manifests[e.manifest()] = true
	}
	what := "file"
	if g[0].artifact == nil {
		what = "place"
	}
	return english.Plural(len(g), what, "") + " of " + english.Plural(len(manifests), "manifest", "")
}

// sameFix reports whether what fixes the first fixes all.
func (g group) sameFix(i int) bool {
	return !slices.ContainsFunc(g, func(e entry) bool { return e.says[i].fix != g[0].says[i].fix })
}

// byManifest splits the group at its manifests.
func (g group) byManifest() []group { return alike(g, entry.manifest) }
