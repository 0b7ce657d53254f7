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

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

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
	Told, Waived            []groupRow
	MoreTold, MoreWaived    string // about the causes that are not shown
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
	Class, Severity string
	Title           anchor
	Host            string
	Says            []remark
	Compared        []labelled // two digests
	Waived          []span
	Places          []placeRow
	MorePlaces      string // about those that are not shown
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

// WriteHTML writes the report as one self-contained page for people: what needs somebody, every file, what it ended as and why,
// and what the scans up to this one found, oldest first. The page loads nothing, and its content security policy allows only its
// own style and script.
func (r *Report) WriteHTML(w io.Writer, scans []Scan) error {
	told, waived := r.groups()
	told, moreTold := atMost(told, pageGroups, "cause")
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
		Told:       r.groupPage(told), MoreTold: moreTold, Waived: r.groupPage(waived), MoreWaived: moreWaived,
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

// atMost returns the beginning of a list, and says how much is left out, "" for nothing.
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

// outcome is one way in which files end, as a reader cares for it.
type outcome struct {
	class, name string
	count       func(Summary) int
	includes    func(Artifact) bool
}

// outcomes are the ways in which files end, from the best to the worst.
func outcomes(unverified string) []outcome {
	with := func(class, name string, statuses ...verify.Status) outcome {
		return outcome{class, name, func(s Summary) (n int) {
			for _, status := range statuses {
				n += *s.status(status)
			}
			return n
		}, func(a Artifact) bool { return slices.Contains(statuses, a.Status) && !a.Gone }}
	}
	list := []outcome{
		with("good", "verified", verify.Verified),
		with("warn", unverified, verify.Unverified),
		with("unknown", "not checked", verify.Unavailable, verify.Unreachable, verify.Refused),
		{"bad", "gone", func(s Summary) int { return s.Gone }, func(a Artifact) bool { return a.Gone }},
		with("bad", "not as declared", verify.Mismatch, verify.Invalid),
	}
	all := list[2].count
	list[2].count = func(s Summary) int { return all(s) - s.Gone }
	return list
}

// figures are the page at a glance.
func (r *Report) figures() []figure {
	var list []figure
	for _, o := range outcomes(r.unverified()) {
		f := figure{Class: o.class, Name: o.name, Count: o.count(r.Summary)}
		for _, a := range r.Artifacts {
			if o.includes(a) && !a.Since.IsZero() && (f.Since == "" || day(a.Since) < f.Since) {
				f.Since = day(a.Since)
			}
		}
		list = append(list, f)
	}
	return list
}

// groupPage tells each cause once.
func (r *Report) groupPage(groups []group) []groupRow {
	var rows []groupRow
	for _, g := range groups {
		first := g[0]
		row := groupRow{Class: g.severity().String(), Severity: g.severity().String(), Host: finding.Clean(g.host()), Title: anchor{Text: g.count()}}
		if len(g) == 1 {
			row.Title = r.service(first.manifest(), first.position().Line)
			if c, differ := first.comparison(); differ {
				row.Compared = []labelled{{c.was, c.wasWord}, {c.is, c.isWord}}
			}
		}
		for _, s := range first.says {
			row.Says = append(row.Says, newRemark(s))
		}
		if w := first.findings[0].Waived; !w.IsZero() {
			row.Waived = []span{{Text: finding.Clean(finding.Shorten(w.Because, messageLimit)), Code: true}}
			if w.Until != "" {
				row.Waived = append([]span{{Text: "until "}, {Text: finding.Clean(finding.Shorten(w.Until, valueLimit)), Code: true}, {Text: ": "}}, row.Waived...)
			}
		}
		var places []entry
		places, row.MorePlaces = atMost([]entry(g), pagePlaces, "place")
		for _, e := range places {
			row.Places = append(row.Places, r.placePage(e))
		}
		rows = append(rows, row)
	}
	return rows
}

func (r *Report) placePage(e entry) placeRow {
	p := placeRow{Source: anchor{finding.Clean(finding.Shorten(e.manifest(), valueLimit) + atLine(e.position().Line)), r.sourceURL(e.manifest(), e.position().Line)},
		Pointer: finding.Clean(finding.Shorten(e.findings[0].Pointer, valueLimit))}
	if e.artifact != nil {
		p.URL = finding.Clean(finding.Shorten(finding.URL(e.artifact.URL), valueLimit))
	}
	return p
}

// files are the page's table, worst first, and what it leaves out.
func (r *Report) files() (rows []fileRow, more string) {
	artifacts := r.byPlace()
	about := map[place][]remark{}
	for _, f := range r.worstFirst() {
		if a, ok := artifactOf(f, artifacts); ok {
			about[a.place()] = append(about[a.place()], remark{Message: spans(brief(f.Rule)), Rules: []anchor{{finding.Clean(f.Rule), ruleURL(f.Rule)}}})
		}
	}
	worst := slices.SortedStableFunc(slices.Values(r.Artifacts), func(a, b Artifact) int { return cmp.Compare(a.rank(), b.rank()) })
	shown, more := atMost(worst, pageFiles, "file")
	for _, a := range shown {
		rows = append(rows, r.fileRow(a, about[a.place()]))
	}
	return rows, more
}

// rank orders artifacts by their status, failures first.
func (a Artifact) rank() int { return slices.Index(verify.Statuses, a.Status) }

// status is the artifact's status, with those that are gone told apart.
func (a Artifact) status() string {
	if a.Gone {
		return "gone"
	}
	return a.Status.String()
}

// manifestColumn is what people call a manifest: where each has a folder of its own, it is a service's.
func (r *Report) manifestColumn() string {
	if slices.ContainsFunc(r.Artifacts, func(a Artifact) bool { return service(a.Manifest) == a.Manifest }) {
		return "Manifest"
	}
	return "Service"
}

// silent says how many manifests the page says nothing of.
func (r *Report) silent() string {
	shown := map[string]bool{}
	for _, f := range r.Findings {
		shown[f.Manifest] = true
	}
	for _, a := range r.Artifacts {
		shown[a.Manifest] = true
	}
	n := r.Summary.Manifests - len(shown)
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf("%d more %s no file to download, and nothing is wrong with %s.",
		n, english.PluralWord(n, "manifest names", "manifests name"), english.PluralWord(n, "it", "them"))
}

func newRemark(s statement) remark {
	r := remark{Message: spans(sentence(s.message)), Fix: spans(sentence(s.fix))}
	for _, rule := range s.rules {
		r.Rules = append(r.Rules, anchor{finding.Clean(rule), ruleURL(rule)})
	}
	return r
}

// service leads to a manifest's line, by the name of its service: the folder.
func (r *Report) service(manifest string, line int) anchor {
	return anchor{finding.Clean(finding.Shorten(service(manifest), valueLimit)), r.sourceURL(manifest, line)}
}

func (r *Report) fileRow(a Artifact, remarks []remark) fileRow {
	row := fileRow{
		Source: r.service(a.Manifest, a.Line), Name: finding.Clean(finding.Shorten(a.name(), valueLimit)),
		URL:    finding.Clean(finding.Shorten(finding.URL(a.URL), valueLimit)),
		Folder: finding.Clean(finding.Shorten(path.Dir(a.Manifest), valueLimit)), Host: finding.Clean(finding.Shorten(a.host(), valueLimit)),
		Status: a.status(), Class: "bad", Sign: "✗", Rank: a.rank(),
		Size: a.size(), Bytes: -1, How: a.how(), Remarks: remarks,
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
	switch a.Status {
	case verify.Verified:
		row.Class, row.Sign = "good", "✓"
	case verify.Unverified:
		row.Class, row.Sign = "warn", "?"
	}
	if !a.Status.Failed() {
		row.Digest = a.Observed.String() // a failure's remark says it
	}
	if a.Note != "" {
		row.Remarks = append(row.Remarks, remark{Message: spans(sentence(a.Note))})
	}
	return row
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
