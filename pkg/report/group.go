package report

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// entry is what is wrong with one file or, where no file is concerned, one finding. The Finding is the cause; in a Drift it has no rule.
type entry struct {
	finding.Finding
	File     *Artifact // nil: it is about the manifest
	danger   danger
	Title    string // as a message, in at most eight words
	Messages []message
	Compared comparison
	Host     string // that serves the file; "" where there is none
	Since    string // a day, "" where it is not known
}

// message is one thing that is wrong, the cause first. Its texts are as in a Finding.
type message struct {
	Rule, Text, Fix string
	FixLabel        string
	severity        finding.Severity
	varies          bool // the texts of a group's entries differ in what they quote
}

// group is the entries of one cause, in the order of the report: what every output shows once. The first entry stands for all, but for
// what is not the same in all of them.
type group struct {
	entry
	Entries []entry
	Count   string // "25 files of 8 manifests"
}

// groups returns what needs attention, worst first, and what was waived. Every finding is in exactly one entry.
func (r *Report) groups() (open, waived []group) {
	waived, open = split(grouped(r.entries()), func(g group) bool { return !g.Waived.IsZero() })
	slices.SortStableFunc(open, func(a, b group) int {
		return cmp.Or(cmp.Compare(a.danger, b.danger), cmp.Compare(a.Severity, b.Severity))
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
func alike[T any](items []T, key func(T) string) [][]T {
	var lists [][]T
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
	var entries []entry
	about, others := r.attribute()
	for i, findings := range about {
		for _, joined := range alike(findings, func(f finding.Finding) string { return fmt.Sprint(f.Waived) }) {
			entries = append(entries, newEntry(joined, &r.Artifacts[i]))
		}
	}
	for _, f := range others {
		entries = append(entries, newEntry([]finding.Finding{f}, nil))
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return a.Finding.Compare(b.Finding) })
	return entries
}

func newEntry(findings []finding.Finding, about *Artifact) entry {
	slices.SortStableFunc(findings, func(f, g finding.Finding) int {
		return cmp.Or(cmp.Compare(f.Severity, g.Severity), cmp.Compare(slices.Index(consequences, f.Rule), slices.Index(consequences, g.Rule)))
	})
	first := findings[0]
	e := entry{Finding: first, File: about, danger: dangerOf(findings, about), Title: title(first.Rule, about)}
	if about != nil {
		e.Compared, e.Host = about.comparison(), about.host()
	}
	for i, f := range findings {
		m := message{severity: f.Severity, Rule: f.Rule, Text: f.Message, Fix: fix(f), FixLabel: "Fix"}
		if i > 0 && slices.Contains(consequences, f.Rule) {
			m.Fix = f.Fix // the rule's own is for a cause
		}
		if e.Compared != (comparison{}) && f.Short != "" {
			m.Text = f.Short
		}
		e.Messages = append(e.Messages, m)
	}
	return e
}

// consequences are rules about what follows from a cause, which is named first: one that is earlier in the list, or not in it.
var consequences = []string{
	finding.ArtifactHTMLPage, finding.ArtifactRefused, finding.ArtifactMismatch, finding.ArtifactSize, finding.ArtifactHostDigest, finding.SignatureInvalid,
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

// key is the same for entries that differ only in their location and in what their messages quote; for failures, also their host is
// the same. The quotes of a lint error count: its author has to fix each by itself.
func (e entry) key() string {
	var key strings.Builder
	host := ""
	if e.danger < lint {
		host = e.Host
	}
	fmt.Fprintf(&key, "%d %q %q %q %q", e.danger, host, e.Title, e.Since, e.Waived)
	for _, m := range e.Messages {
		isConflict := m.Rule == finding.ArtifactDigestConflict // its digests and locations are the cause
		if !isConflict && (e.danger < lint || m.severity != finding.Error) {
			m.Text = variable.ReplaceAllString(m.Text, "")
		}
		fmt.Fprintf(&key, " %q %q %q", m.severity, m.Rule, m.Text)
	}
	if e.Rule == "" || e.Rule == finding.ArtifactMismatch || e.Rule == finding.ArtifactChanged {
		key.WriteString(e.Compared.Expected + e.Compared.Served) // no other cause explains them
	}
	return key.String()
}

// name is what a reader calls the file; for a finding about no file, where it is in the manifest.
func (e entry) name() string {
	if e.File == nil {
		return e.Pointer
	}
	return e.File.name()
}

// url is the address of the file, "" where there is none.
func (e entry) url() string {
	if e.File == nil {
		return ""
	}
	return finding.URL(e.File.URL)
}

// grouped puts together the entries of one cause.
func grouped(entries []entry) []group {
	var groups []group
	for _, list := range alike(entries, entry.key) {
		groups = append(groups, newGroup(list))
	}
	return groups
}

func newGroup(entries []entry) group {
	g := group{entry: entries[0], Entries: entries}
	g.Messages = slices.Clone(g.Messages)
	for _, e := range entries[1:] {
		if e.Host != g.Host {
			g.Host = ""
		}
		if e.Compared != g.Compared {
			g.Compared = comparison{}
		}
		for i, m := range e.Messages {
			g.Messages[i].varies = g.Messages[i].varies || m.Text != g.Messages[i].Text
			if m.Fix != g.Messages[i].Fix {
				g.Messages[i].FixLabel = "Fix, for the first"
			}
		}
	}
	what := "file"
	if g.File == nil {
		what = "place"
	}
	g.Count = english.Plural(len(entries), what, "") + " of " + english.Plural(len(g.byManifest()), "manifest", "")
	return g
}

// byManifest returns the entries of each manifest.
func (g group) byManifest() [][]entry {
	return alike(g.Entries, func(e entry) string { return e.Manifest })
}

// hasOneURL reports whether all entries are about the file of the first.
func (g group) hasOneURL() bool {
	return g.File != nil && !slices.ContainsFunc(g.Entries, func(e entry) bool { return e.File == nil || e.File.URL != g.File.URL })
}

// quotes returns what the messages that vary in the group quote in one of its entries.
func (g group) quotes(e entry) string {
	var words string
	for i, m := range e.Messages {
		if !g.Messages[i].varies {
			continue
		}
		for _, found := range variable.FindAllString(m.Text, -1) {
			if words != "" && found[0] != ' ' { // a count belongs to what it stands behind
				words += ", "
			}
			words += found
		}
	}
	return strings.TrimSpace(words)
}

// waiver says why the entry is waived, as a message; "" where it is not.
func (e entry) waiver() string {
	w, until := e.Waived, ""
	if w.IsZero() {
		return ""
	}
	if w.Until != "" {
		until = " until " + finding.Quote(w.Until)
	}
	return "Waived" + until + ": " + finding.Quote(w.Because)
}
