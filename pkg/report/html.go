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
	Headline                string
	Repository, Commit, Run anchor
	Facts                   []string
	Remarks                 []remark
	Columns                 []string
	Files                   []fileRow
	Others                  []otherRow
	Silent                  string // about the manifests that are not shown
	Project, Version        string
}

// anchor is a text and, where URL is not empty, what it leads to.
type anchor struct{ Text, URL string }

// span is a part of a message: outside text is Code.
type span struct {
	Text string
	Code bool
}

type fileRow struct {
	Source               anchor
	Pointer, URL, Digest string
	Status, Class, Sign  string
	Rank                 int // of the status, failures first
	Since                string
	Size, How            string
	Bytes                int64
	Remarks              []remark
}

type otherRow struct {
	Severity string
	Source   anchor
	Remark   remark
}

// remark is a message and the rule behind it, if any.
type remark struct {
	Message []span
	Rule    anchor
}

// WriteHTML writes the report as one self-contained page for people: every file, what it ended as and why.
// The page loads nothing, and its content security policy allows only its own style and script.
func (r *Report) WriteHTML(w io.Writer) error {
	p := page{
		Policy: "default-src 'none'; style-src " + cspHash(pageStyle) + "; script-src " + cspHash(pageScript) + "; base-uri 'none'; form-action 'none'",
		Style:  template.CSS(pageStyle), Script: template.JS(pageScript),
		Headline: r.Headline(), Facts: r.facts(),
		Repository: anchor{r.Run.Repository, strings.TrimRight(r.repositoryURL(""), "/")},
		Commit:     anchor{r.Run.HeadSHA[:min(7, len(r.Run.HeadSHA))], r.commitURL()},
		Run:        anchor{fmt.Sprintf("run %d", r.Run.RunID), r.runURL()},
		Columns:    []string{"Service", "File", "Status", "Since", "Size", "Remarks"},
		Project:    projectURL, Version: finding.Clean(r.Tool.Version),
	}
	for _, text := range r.remarks() {
		p.Remarks = append(p.Remarks, newRemark(text, ""))
	}
	p.Files, p.Others, p.Silent = r.rows()
	var out bytes.Buffer
	if err := pageTemplate.Execute(&out, p); err != nil {
		return fmt.Errorf("making the page: %w", err)
	}
	_, err := w.Write(out.Bytes())
	return err
}

// cspHash allows an inline element with exactly this text (https://www.w3.org/TR/CSP3/#grammardef-hash-source).
func cspHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// rows are the page's files, worst first, and the findings that are about none of them.
func (r *Report) rows() (files []fileRow, others []otherRow, silent string) {
	artifacts := r.byPlace()
	remarks := map[place][]remark{}
	shown := map[string]bool{}
	for _, f := range r.worstFirst() {
		shown[f.Manifest] = true
		if a, ok := artifactOf(f, artifacts); ok {
			at := a.place()
			remarks[at] = append(remarks[at], newRemark(f.Message, f.Rule))
			continue
		}
		others = append(others, otherRow{f.Severity.String(), r.service(f.Manifest, f.Line), newRemark(f.Message, f.Rule)})
	}
	for _, a := range r.Artifacts {
		shown[a.Manifest] = true
		files = append(files, r.fileRow(a, remarks[a.place()]))
	}
	slices.SortStableFunc(files, func(a, b fileRow) int { return cmp.Compare(a.Rank, b.Rank) })
	if n := r.Summary.Manifests - len(shown); n > 0 {
		silent = fmt.Sprintf("%d more %s no file to download, and nothing is wrong with %s.",
			n, english.PluralWord(n, "manifest names", "manifests name"), english.PluralWord(n, "it", "them"))
	}
	return files, others, silent
}

func newRemark(message, rule string) remark {
	return remark{spans(sentence(message)), anchor{finding.Clean(rule), ruleURL(rule)}}
}

// service leads to a manifest's line, by the name of its service: the folder.
func (r *Report) service(manifest string, line int) anchor {
	name := path.Dir(manifest)
	if name == "." {
		name = manifest
	}
	return anchor{finding.Clean(finding.Shorten(name, valueLimit)), r.sourceURL(manifest, line)}
}

func (r *Report) fileRow(a Artifact, remarks []remark) fileRow {
	row := fileRow{
		Source: r.service(a.Manifest, a.Line), Pointer: finding.Clean(finding.Shorten(a.Pointer, valueLimit)),
		URL:    finding.Clean(finding.Shorten(displayURL(a.URL), valueLimit)),
		Status: a.Status.String(), Class: "bad", Sign: "✗", Rank: slices.Index(verify.Statuses, a.Status),
		Size: a.size(), Bytes: -1, How: a.how(), Remarks: remarks,
	}
	if a.Size != nil {
		row.Bytes = *a.Size
	}
	if !a.Since.IsZero() {
		row.Since = a.Since.UTC().Format("2006-01-02")
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
		row.Remarks = append(row.Remarks, newRemark(a.Note, ""))
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
