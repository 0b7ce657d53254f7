package report

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed" // for the page's parts
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"github.com/premAI-io/verify-manifests/pkg/baseline"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

var (
	//go:embed page/page.html
	pageHTML string
	//go:embed page/page.css
	pageStyle string
	//go:embed page/page.js
	pageScript string

	pageTemplate = template.Must(template.New("page").Parse(pageHTML))
)

// page is what the template shows. Every string that is not ours has gone through finding.Clean; the
// template escapes what HTML would read.
type page struct {
	Policy                  string
	Style                   template.CSS
	Script                  template.JS
	Sign, Headline          string
	Repository, Commit, Run anchor
	Facts                   []string
	Figures                 []figure
	Remarks                 []remark
	Chart                   chart
	Open, Waived            []groupRow
	MoreOpen, MoreWaived    string // about the causes that are not shown
	Columns                 []string
	Files                   []fileRow
	MoreFiles               string // about the files that are not shown
	Silent                  string // about the manifests that are not shown
	Project, Version        string
}

// anchor is a text and, where URL is not empty, what it leads to.
type anchor struct{ Text, URL string }

// labelled is a digest and what it is.
type labelled struct{ Digest, Word string }

// span is a part of a message: outside text is Code.
type span struct {
	Text string
	Code bool
}

// figure is how many files ended in one way.
type figure struct {
	Class, Name string
	Count       int
	Since       string // of the oldest that is wrong
}

// groupRow is one cause.
type groupRow struct {
	Severity, Host string
	Title          anchor
	Messages       []remark
	Compared       []labelled // two digests
	Waived         []span
	Places         []placeRow
	MorePlaces     string // about those that are not shown
}

type placeRow struct {
	Source       anchor
	Pointer, URL string
}

type fileRow struct {
	Source              anchor
	Name, URL, Digest   string
	Folder, Host        string
	Status, Class, Sign string
	Rank                int
	Since               string
	Size, How           string
	Bytes               int64
	Remarks             []remark
}

// remark is a message, the rules behind it, and what to do.
type remark struct {
	Message []span
	Rules   []anchor
	Fix     []span
}

// The bounds of a page that a browser still opens in a moment: some 10 MB.
const (
	pageFiles  = 10_000
	pageGroups = 1_000
	pagePlaces = 1_000 // of one group
)

// WriteHTML writes the report as one self-contained page for people: what needs attention, every file with its status and why,
// and what the scans up to this one found, oldest first. The page loads nothing, and its content security policy allows only its
// own style and script.
func (r *Report) WriteHTML(w io.Writer, scans []baseline.Scan) error {
	open, waived := r.groups()
	open, moreOpen := atMost(open, pageGroups, "cause")
	waived, moreWaived := atMost(waived, pageGroups, "cause")
	files, moreFiles := r.files()
	p := page{
		Policy: "default-src 'none'; style-src " + cspHash(pageStyle) + "; script-src " + cspHash(pageScript) + "; base-uri 'none'; form-action 'none'",
		Style:  template.CSS(pageStyle), Script: template.JS(pageScript),
		Sign: r.sign(), Headline: r.Headline(), Facts: r.facts(), Figures: r.figures(),
		Repository: anchor{r.Run.Repository, strings.TrimRight(r.repositoryURL(""), "/")},
		Commit:     anchor{r.Run.HeadSHA[:min(7, len(r.Run.HeadSHA))], r.commitURL()},
		Run:        anchor{fmt.Sprintf("run %d", r.Run.RunID), r.runURL()},
		Chart:      newChart(scans),
		Open:       r.groupRows(open), MoreOpen: moreOpen, Waived: r.groupRows(waived), MoreWaived: moreWaived,
		Columns: []string{r.manifestColumn(), "File", "Status", "Since", "Size", "Remarks"}, Files: files, MoreFiles: moreFiles, Silent: r.silent(),
		Project: projectURL, Version: finding.Clean(r.Tool.Version),
	}
	for _, text := range r.remarks() {
		p.Remarks = append(p.Remarks, remark{Message: spans(sentence(text))})
	}
	var out bytes.Buffer
	if err := pageTemplate.Execute(&out, p); err != nil {
		return fmt.Errorf("making the page: %w", err)
	}
	_, err := w.Write(out.Bytes())
	return err
}

// atMost returns the beginning of a list, and how much is left out in words, "" for nothing.
func atMost[T any](list []T, limit int, what string) (shown []T, more string) {
	if len(list) <= limit {
		return list, ""
	}
	return list[:limit], fmt.Sprintf("Not shown: %s more %s, which the report as JSON has.", humanize.Comma(int64(len(list)-limit)), english.PluralWord(len(list)-limit, what, ""))
}

// cspHash allows an inline element with exactly this text (https://www.w3.org/TR/CSP3/#grammardef-hash-source).
func cspHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// outcomes are how files end, from the best to the worst, as a reader groups them.
var outcomes = []struct{ class, name string }{
	{"good", "verified"}, {"warn", "without a checksum"}, {"unknown", "not checked"}, {"bad", "gone"}, {"bad", "not as declared"},
}

// Scan returns the counts as those of a scan at a time.
func (s Summary) Scan(at time.Time) baseline.Scan {
	return baseline.Scan{Date: at, Verified: s.Verified, Mismatch: s.Mismatch, Unverified: s.Unverified,
		Unavailable: s.Unavailable, Gone: s.Gone, Unreachable: s.Unreachable, Refused: s.Refused, Invalid: s.Invalid}
}

// outcomesOf counts the files of each outcome.
func outcomesOf(s baseline.Scan) []int {
	return []int{s.Verified, s.Unverified, s.Unavailable - s.Gone + s.Unreachable + s.Refused, s.Gone, s.Mismatch + s.Invalid}
}

// outcome is the artifact's, as an index.
func (a Artifact) outcome() int {
	if a.Gone {
		return 3
	}
	return [...]int{verify.Verified: 0, verify.Unverified: 1, verify.Unavailable: 2, verify.Unreachable: 2, verify.Refused: 2, verify.Mismatch: 4, verify.Invalid: 4}[a.Status]
}

// figures are the page at a glance.
func (r *Report) figures() []figure {
	var list []figure
	for i, count := range outcomesOf(r.Summary.Scan(time.Time{})) {
		list = append(list, figure{Class: outcomes[i].class, Name: outcomes[i].name, Count: count})
	}
	list[1].Name = r.unverified()
	for _, a := range r.Artifacts {
		if f := &list[a.outcome()]; !a.Since.IsZero() && (f.Since == "" || day(a.Since) < f.Since) {
			f.Since = day(a.Since)
		}
	}
	return list
}

// shown is outside text as the page shows it.
func shown(s string) string { return finding.Clean(finding.Shorten(s, valueLimit)) }

// groupRows show each cause once.
func (r *Report) groupRows(groups []group) []groupRow {
	var rows []groupRow
	for _, g := range groups {
		first := g[0]
		row := groupRow{Severity: first.severity.String(), Host: finding.Clean(g.host()), Title: anchor{Text: g.count()}}
		if len(g) == 1 {
			row.Title = r.service(first.manifest, first.at.Line)
		}
		if c := g.compared(); c != (comparison{}) {
			row.Compared = []labelled{{c.was, c.wasWord}, {c.is, c.isWord}}
		}
		for _, m := range first.messages {
			row.Messages = append(row.Messages, newRemark(m))
		}
		if w := first.waived; !w.IsZero() {
			row.Waived = []span{{Text: finding.Clean(finding.Shorten(w.Because, messageLimit)), Code: true}}
			if w.Until != "" {
				row.Waived = append([]span{{Text: "until "}, {Text: shown(w.Until), Code: true}, {Text: ": "}}, row.Waived...)
			}
		}
		var places []entry
		places, row.MorePlaces = atMost([]entry(g), pagePlaces, "place")
		for _, e := range places {
			p := placeRow{Source: anchor{shown(e.manifest) + atLine(e.at.Line), r.sourceURL(e.manifest, e.at.Line)}, Pointer: shown(e.pointer)}
			if e.artifact != nil {
				p.URL = shown(finding.URL(e.artifact.URL))
			}
			row.Places = append(row.Places, p)
		}
		rows = append(rows, row)
	}
	return rows
}

func newRemark(m message) remark {
	r := remark{Message: spans(sentence(m.text)), Fix: spans(sentence(m.fix))}
	for _, rule := range m.rules {
		r.Rules = append(r.Rules, anchor{finding.Clean(rule), ruleURL(rule)})
	}
	return r
}

// files are the page's table, worst first, and what it leaves out.
func (r *Report) files() (rows []fileRow, more string) {
	findings := r.Said()
	worst := slices.SortedStableFunc(slices.Values(r.Artifacts), func(a, b Artifact) int { return cmp.Compare(a.rank(), b.rank()) })
	files, more := atMost(worst, pageFiles, "file")
	for _, a := range files {
		rows = append(rows, r.fileRow(a, findings(a)))
	}
	return rows, more
}

// rank orders artifacts by their status, failures first.
func (a Artifact) rank() int { return slices.Index(verify.Statuses, a.Status) }

func (r *Report) fileRow(a Artifact, findings []finding.Finding) fileRow {
	row := fileRow{
		Source: r.service(a.Manifest, a.Line), Name: shown(a.name()), URL: shown(finding.URL(a.URL)), Folder: shown(path.Dir(a.Manifest)), Host: shown(a.host()),
		Status: a.Status.String(), Class: "bad", Sign: "✗", Rank: a.rank(), Size: a.size(), Bytes: -1, How: a.how(),
	}
	if by := a.builtBy(); by != "" {
		row.How += "; " + by
	}
	if a.Size != nil {
		row.Bytes = *a.Size
	}
	if !a.Since.IsZero() {
		row.Since = day(a.Since)
	}
	switch {
	case a.Gone:
		row.Status = "gone"
	case a.Status == verify.Verified:
		row.Class, row.Sign = "good", "✓"
	case a.Status == verify.Unverified:
		row.Class, row.Sign = "warn", "?"
	}
	if !a.Status.Failed() {
		row.Digest = a.Observed.String() // a failure's remark has it
	}
	for _, f := range worstFirst(findings) {
		row.Remarks = append(row.Remarks, newRemark(message{rules: []string{f.Rule}, text: title(f.Rule, &a)}))
	}
	if a.Note != "" {
		row.Remarks = append(row.Remarks, newRemark(message{text: a.Note}))
	}
	return row
}

// manifestColumn is what people call a manifest: where each has a folder of its own, it is a service's.
func (r *Report) manifestColumn() string {
	if slices.ContainsFunc(r.Artifacts, func(a Artifact) bool { return service(a.Manifest) == a.Manifest }) {
		return "Manifest"
	}
	return "Service"
}

// service leads to a manifest's line, by the name of its service: the folder.
func (r *Report) service(manifest string, line int) anchor {
	return anchor{shown(service(manifest)), r.sourceURL(manifest, line)}
}

// silent counts, in words, the manifests that the page does not mention.
func (r *Report) silent() string {
	mentioned := map[string]bool{}
	for _, f := range r.Findings {
		mentioned[f.Manifest] = true
	}
	for _, a := range r.Artifacts {
		mentioned[a.Manifest] = true
	}
	n := r.Summary.Manifests - len(mentioned)
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf("%s no file to download, and nothing is wrong with %s.",
		english.Plural(n, "more manifest names", "more manifests name"), english.PluralWord(n, "it", "them"))
}

// spans cuts a message at its backticks.
func spans(s string) []span {
	var list []span
	for i, part := range strings.Split(finding.Shorten(s, messageLimit), "`") {
		if part != "" {
			list = append(list, span{Text: finding.Clean(part), Code: i%2 == 1})
		}
	}
	return list
}
