package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // for the page's parts
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"path"
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
)

// page is what the template shows, beside the Report. The template passes strings that are not ours through a function of pageFuncs;
// what those return as text it escapes.
type page struct {
	*Report
	Style                            template.CSS
	Script                           template.JS
	Figures                          []figure
	Chart                            chart
	Open, Waived                     []group
	Columns                          []string
	Files                            []fileRow
	MoreOpen, MoreWaived, MoreFiles  string // about what is not shown
	Policy, Sign, Project            string
	Facts, Remarks                   []string
	RepositoryURL, CommitURL, RunURL string
}

// anchor is a text and, where URL is not empty, what it leads to.
type anchor struct{ Text, URL string }

// figure is how many files ended in one way.
type figure struct {
	outcome
	Count int
	Since string // of the oldest that is wrong
}

// fileRow is a file in the table.
type fileRow struct {
	Artifact
	outcome
	Status  string
	Rank    int // of the status, failures first
	Remarks []message
}

// The bounds of a page that a browser still opens in a moment: some 10 MB.
const (
	pageFiles  = 10_000
	pageGroups = 1_000
	pagePlaces = 1_000 // of one group
)

// pageFuncs are what the template calls.
func (r *Report) pageFuncs() template.FuncMap {
	return template.FuncMap{
		"shown": func(s string) string { return finding.Clean(finding.Shorten(s, valueLimit)) },
		"prose": pageProse,
		"manifest": func(manifest string, line int) anchor {
			return anchor{service(manifest), r.sourceURL(manifest, line)}
		},
		"source": func(manifest string, line int) anchor {
			return anchor{manifest + atLine(line), r.sourceURL(manifest, line)}
		},
		"anchor":  func(text, url string) anchor { return anchor{text, url} },
		"ruleURL": ruleURL, "dir": path.Dir, "day": day,
		"url": entry.url, "waiver": group.waiver, "name": Artifact.name, "host": Artifact.host, "size": Artifact.size,
		"places": func(g group) []entry { return g.Entries[:min(len(g.Entries), pagePlaces)] },
		"more":   func(g group) string { return notShown(len(g.Entries)-pagePlaces, "place") },
		"how": func(a Artifact) string {
			if by := a.builtBy(); by != "" {
				return sources[a.Source] + "; " + by
			}
			return sources[a.Source]
		},
		"address": func(a Artifact) string { return finding.URL(a.URL) },
	}
}

// pageProse is a message as a sentence, in which outside text is code.
func pageProse(s string) template.HTML {
	var b strings.Builder
	for i, part := range strings.Split(finding.Clean(finding.Shorten(sentence(s), messageLimit)), "`") {
		part = template.HTMLEscapeString(part)
		if i%2 == 1 {
			part = "<code>" + part + "</code>"
		}
		b.WriteString(part)
	}
	return template.HTML(b.String())
}

// WriteHTML writes the report as one self-contained page for people: what needs attention, every file with its status and why,
// and what the scans up to this one found, oldest first. The page loads nothing, and its content security policy allows only its
// own style and script.
func (r *Report) WriteHTML(w io.Writer, scans []baseline.Scan) error {
	parsed, err := template.New("page").Funcs(r.pageFuncs()).Parse(pageHTML)
	if err != nil {
		return fmt.Errorf("parsing the page's template: %w", err)
	}
	open, waived := r.groups()
	p := page{
		Report: r, Style: template.CSS(pageStyle), Script: template.JS(pageScript), Project: projectURL,
		Policy: "default-src 'none'; style-src " + cspHash(pageStyle) + "; script-src " + cspHash(pageScript) + "; base-uri 'none'; form-action 'none'",
		Sign:   r.sign(), Facts: r.facts(), Remarks: r.remarks(), Figures: r.figures(), Chart: newChart(scans),
		RepositoryURL: strings.TrimRight(r.repositoryURL(""), "/"), CommitURL: r.commitURL(), RunURL: r.runURL(),
		Open: open[:min(len(open), pageGroups)], MoreOpen: notShown(len(open)-pageGroups, "cause"),
		Waived: waived[:min(len(waived), pageGroups)], MoreWaived: notShown(len(waived)-pageGroups, "cause"),
		Columns: []string{"Manifest", "File", "Status", "Since", "Size", "Remarks"},
		Files:   r.files(), MoreFiles: notShown(len(r.Artifacts)-pageFiles, "file"),
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, p); err != nil {
		return fmt.Errorf("making the page: %w", err)
	}
	_, err = w.Write(out.Bytes())
	return err
}

// notShown counts, in words, what a list leaves out; "" for nothing.
func notShown(n int, what string) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf("Not shown: %s more %s, which the report as JSON has.", humanize.Comma(int64(n)), english.PluralWord(n, what, ""))
}

// cspHash allows an inline element with exactly this text (https://www.w3.org/TR/CSP3/#grammardef-hash-source).
func cspHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// outcome is how files end, as a reader groups them.
type outcome struct{ Class, Name, Mark string }

// outcomes are from the best to the worst.
var outcomes = []outcome{
	{"good", "verified", "✓"}, {"warn", "without a checksum", "?"}, {"unknown", "not checked", "✗"}, {"bad", "gone", "✗"}, {"bad", "not as declared", "✗"},
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
		list = append(list, figure{outcome: outcomes[i], Count: count})
	}
	list[1].Name = r.unverified()
	for _, a := range r.Artifacts {
		if f := &list[a.outcome()]; !a.Since.IsZero() && (f.Since == "" || day(a.Since) < f.Since) {
			f.Since = day(a.Since)
		}
	}
	return list
}

// files are the page's table, worst first.
func (r *Report) files() (rows []fileRow) {
	about, _ := r.attribute()
	for rank, status := range verify.Statuses {
		for i, a := range r.Artifacts {
			if a.Status != status || len(rows) == pageFiles {
				continue
			}
			row := fileRow{Artifact: a, outcome: outcomes[a.outcome()], Status: status.String(), Rank: rank}
			if a.Gone {
				row.Status = "gone"
			}
			for _, f := range worstFirst(about[i]) {
				row.Remarks = append(row.Remarks, message{Rule: f.Rule, Text: title(f.Rule, &a)})
			}
			if a.Note != "" {
				row.Remarks = append(row.Remarks, message{Text: a.Note})
			}
			rows = append(rows, row)
		}
	}
	return rows
}
