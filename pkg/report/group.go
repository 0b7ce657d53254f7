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

// entry is what is wrong with one file or, where no file is concerned, one finding.
type entry struct {
	artifact          *Artifact // nil: it is about the manifest
	severity          finding.Severity
	danger            danger
	manifest, pointer string // where the cause is
	at                finding.Position
	title             string // as a message, in at most eight words
	messages          []message
	compared          comparison
	since             string // a day, "" where it is not known
	waived            finding.Waiver
}

// message is one thing that is wrong, the cause first. Its texts are as in a Finding.
type message struct {
	severity         finding.Severity
	rules            []string // the cause's first; none in a Drift
	text, cause, fix string
}

// comparison is two digests, as the manifest writes them, and what they are. In the zero comparison nothing differs.
type comparison struct{ was, is, wasWord, isWord string }

// group is the entries of one cause, in the order of the report: what every output shows once. The first stands for all.
type group []entry

// groups returns what needs attention, worst first, and what was waived. Every finding is in exactly one entry.
func (r *Report) groups() (open, waived []group) {
	waived, open = split(alike(group(r.entries()), entry.key), func(g group) bool { return !g[0].waived.IsZero() })
	slices.SortStableFunc(open, func(a, b group) int {
		return cmp.Or(cmp.Compare(a[0].danger, b[0].danger), cmp.Compare(a[0].severity, b[0].severity))
	})
	return open, waived
}

func split(groups []group, isFirst func(group) bool) (first, second []group) {
	for _, g := range groups {
		if isFirst(g) {
			first = append(first, g)
		} else {
			second = append(second, g)
		}
	}
	return first, second
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

// entries joins the findings about one file, those waived apart from the others.
func (r *Report) entries() []entry {
	about := r.about()
	joined := alike(r.Findings, func(f finding.Finding) string {
		at, own := f.Location(), f.Rule+f.Message
		if a := about(f); a != nil {
			at, own = a.Location(), ""
		}
		return fmt.Sprintf("%q %d %q %q %q", at.Manifest, at.Document, at.Pointer, own, f.Waived)
	})
	entries := make([]entry, len(joined))
	for i, findings := range joined {
		entries[i] = newEntry(findings, about(findings[0]))
	}
	return entries
}

func newEntry(findings []finding.Finding, about *Artifact) entry {
	slices.SortStableFunc(findings, func(f, g finding.Finding) int {
		return cmp.Or(cmp.Compare(f.Severity, g.Severity), cmp.Compare(rank(f.Rule), rank(g.Rule)))
	})
	first := findings[0]
	e := entry{artifact: about, severity: first.Severity, danger: dangerOf(findings, about), manifest: first.Manifest, pointer: first.Pointer,
		at: first.Position, title: title(first.Rule, about), waived: first.Waived}
	if about != nil {
		e.compared = about.comparison()
	}
	for i, f := range findings {
		if i > 0 && first.Severity == finding.Error && rank(f.Rule) > rank(first.Rule) {
			e.messages[0].add(f)
			continue
		}
		m := message{severity: f.Severity, rules: []string{f.Rule}, text: f.Message, fix: fix(f)}
		if e.compared != (comparison{}) && f.Short != "" {
			m.text = f.Short
		}
		e.messages = append(e.messages, m)
	}
	return e
}

// consequences are the rules that follow from one that is earlier in the list, or not in it, and the clause that adds them to it.
var consequences = []struct{ rule, clause string }{
	{finding.ArtifactHTMLPage, "so it serves a web page"},
	{finding.ArtifactRefused, "so it was not downloaded"},
	{finding.ArtifactMismatch, "so its digest is not the declared one: don't change the checksum yet"},
	{finding.ArtifactSize, "and its size is not the declared one"},
	{finding.ArtifactHostDigest, "and the host publishes another digest than the declared one"},
	{finding.SignatureInvalid, "and its signature is invalid"},
}

// rank is 0 for a cause, and higher for what follows from one.
func rank(rule string) int {
	return 1 + slices.IndexFunc(consequences, func(c struct{ rule, clause string }) bool { return c.rule == rule })
}

// add adds a consequence to its cause.
func (m *message) add(f finding.Finding) {
	if slices.Contains(m.rules, f.Rule) {
		return
	}
	m.rules = append(m.rules, f.Rule)
	m.text += ", " + consequences[rank(f.Rule)-1].clause
	if more := afterSentence(f.Message); more != "" {
		m.text += ". " + more
	}
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

// danger orders what endangers those who install a file before everything else.
type danger int

const (
	wrong     danger = iota // the file is not what it should be
	unchecked               // the file could not be verified
	lint                    // anything else
)

// wrongRules are those of a file that is not what it should be.
var wrongRules = []string{
	finding.ArtifactMismatch, finding.ArtifactChanged, finding.ArtifactHTMLPage, finding.ArtifactLFSPointer, finding.ArtifactEmpty,
	finding.ArtifactWrongPlatform, finding.ArtifactWrongFormat, finding.ArtifactSize, finding.ArtifactDigestConflict, finding.SignatureInvalid,
	finding.ProvenanceInvalid, finding.ProvenanceOtherBuilder,
}

func dangerOf(findings []finding.Finding, about *Artifact) danger {
	worst := lint
	failed := about != nil && about.Status.Failed()
	for _, f := range findings {
		switch {
		case (failed || f.Severity == finding.Error) && slices.Contains(wrongRules, f.Rule):
			return wrong
		case failed && (f.Severity == finding.Error || strings.HasPrefix(f.Rule, "artifact/")):
			worst = unchecked
		}
	}
	return worst
}

// variable is what may differ in the messages of one cause: what is quoted, sizes, counts, and how often something was tried.
var variable = regexp.MustCompile("`[^`]*`|[0-9,]+ bytes|tries: [0-9]+| \\([0-9,]+ [a-zA-Z ]+\\)")

// key is the same for entries that differ only in their place and in what their messages quote; for failures, also their host is
// the same. The quotes of a lint error count: its author has to fix each by itself.
func (e entry) key() string {
	var key strings.Builder
	host := ""
	if e.danger < lint {
		host = e.host()
	}
	fmt.Fprintf(&key, "%d %q %q %q %q", e.danger, host, e.title, e.since, e.waived)
	for _, m := range e.messages {
		isConflict := slices.Contains(m.rules, finding.ArtifactDigestConflict) // its digests and places are the cause
		if !isConflict && (e.danger < lint || m.severity != finding.Error) {
			m.text = variable.ReplaceAllString(m.text, "")
		}
		fmt.Fprintf(&key, " %q %q %q %q", m.severity, m.rules, m.text, m.cause)
	}
	if rules := e.messages[0].rules; len(rules) == 0 || rules[0] == finding.ArtifactMismatch || rules[0] == finding.ArtifactChanged {
		key.WriteString(e.compared.was + e.compared.is) // no other cause explains them
	}
	return key.String()
}

// host is the one that serves the file, "" where there is none.
func (e entry) host() string {
	if e.artifact == nil {
		return ""
	}
	return e.artifact.host()
}

// name is what a reader calls the file; for a finding about no file, where it is in the manifest.
func (e entry) name() string {
	if e.artifact == nil {
		return e.pointer
	}
	return e.artifact.name()
}

// rule is that of the cause, "" in a Drift.
func (e entry) rule() string {
	if rules := e.messages[0].rules; len(rules) > 0 {
		return rules[0]
	}
	return ""
}

// varying tells which messages are not the same in all of the group.
func (g group) varying() []bool {
	list := make([]bool, len(g[0].messages))
	for _, e := range g[1:] {
		for i, m := range e.messages {
			list[i] = list[i] || m.text != g[0].messages[i].text
		}
	}
	return list
}

// quotes returns what the messages that vary in the entry's group quote.
func (e entry) quotes(varying []bool) string {
	var words string
	for i, m := range e.messages {
		if varying[i] {
			for _, found := range variable.FindAllString(m.text, -1) {
				if words != "" && found[0] != ' ' { // a count belongs to what it stands behind
					words += ", "
				}
				words += found
			}
		}
	}
	return strings.TrimSpace(words)
}

// host is the one host of all the group's files, "" where there are several.
func (g group) host() string {
	host := g[0].host()
	if slices.ContainsFunc(g, func(e entry) bool { return e.host() != host }) {
		return ""
	}
	return host
}

// file is the file of all the group's entries, nil where their URLs differ.
func (g group) file() *Artifact {
	first := g[0].artifact
	if first == nil || slices.ContainsFunc(g, func(e entry) bool { return e.artifact == nil || e.artifact.URL != first.URL }) {
		return nil
	}
	return first
}

// compared is the comparison of all the group's files, zero where they differ.
func (g group) compared() comparison {
	if slices.ContainsFunc(g, func(e entry) bool { return e.compared != g[0].compared }) {
		return comparison{}
	}
	return g[0].compared
}

// sameFix reports whether what fixes the first fixes all.
func (g group) sameFix(i int) bool {
	return !slices.ContainsFunc(g, func(e entry) bool { return e.messages[i].fix != g[0].messages[i].fix })
}

// count is the number of the group's places, in words: "25 files of 8 manifests".
func (g group) count() string {
	what := "file"
	if g[0].artifact == nil {
		what = "place"
	}
	return english.Plural(len(g), what, "") + " of " + english.Plural(len(g.byManifest()), "manifest", "")
}

// byManifest splits the group at its manifests.
func (g group) byManifest() []group { return alike(g, func(e entry) string { return e.manifest }) }

// comparison compares the served digest with the declared one or, where none is declared, with the baseline's.
func (a Artifact) comparison() comparison {
	c := comparison{a.spell(a.Declared), a.spell(a.Observed), "declared", "served"}
	if a.Declared.IsZero() {
		c = comparison{a.spell(a.Before), a.spell(a.Observed), "before", "now"}
	}
	if c.was == "" || c.is == "" || c.was == c.is {
		return comparison{}
	}
	return c
}

// spell writes a digest as the artifact's manifest does.
func (a Artifact) spell(d digest.Digest) string {
	return a.Spelling.Write(d)
}

// name is the file's platform or, without one, what it is called.
func (a Artifact) name() string {
	name := a.Platform
	if name == "" {
		name = a.Pointer[strings.LastIndexByte(a.Pointer, '/')+1:]
		name = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
	}
	if name == "" || strings.Trim(name, "0123456789") == "" { // an element of a list
		file, _, _ := strings.Cut(finding.URL(a.URL), "?")
		name = file[strings.LastIndexByte(file, '/')+1:]
	}
	return name + a.mirror()
}

// mirror names which further address of the same bytes the artifact is, "" for the first.
func (a Artifact) mirror() string {
	if a.Mirror == 0 {
		return ""
	}
	return fmt.Sprintf(" (mirror %d)", a.Mirror)
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
