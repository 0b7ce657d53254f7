package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize/english"
	"github.com/sethvargo/go-githubactions"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// annotationLimit is how many annotations of each type GitHub shows of one step
// (https://docs.github.com/rest/checks/runs, "Limits").
const annotationLimit = 10

// Annotate writes an annotation for each file, or place, that something is found about, worst first, but not for what is
// waived. GitHub drops what is over its limit without notice, so at most ten of each severity are written, less those that
// the step has already shown, and the last has the number of the others.
func (r *Report) Annotate(w io.Writer, shown map[finding.Severity]int) error {
	var out bytes.Buffer // go-githubactions panics when it can't write
	action := githubactions.New(githubactions.WithWriter(&out), githubactions.WithGetenv(func(string) string { return "" }))
	open, _ := r.groups()
	for _, severity := range severities {
		var messages []annotation
		for _, g := range open {
			if g[0].severity == severity {
				messages = append(messages, g.annotations()...)
			}
		}
		limit := max(annotationLimit-shown[severity], 1)
		for i, message := range messages[:min(limit, len(messages))] {
			if i == limit-1 && len(messages) > limit {
				more := len(messages) - limit
				message.text += fmt.Sprintf("\n\n%d more %s: see the job summary.", more, english.PluralWord(more, severity.String(), ""))
			}
			annotate(action, message)
		}
	}
	_, err := w.Write(out.Bytes())
	return err
}

var severities = []finding.Severity{finding.Error, finding.Warning, finding.Notice}

// worstFirst returns the findings by severity, and by place within one.
func worstFirst(findings []finding.Finding) []finding.Finding {
	findings = slices.Clone(findings)
	slices.SortStableFunc(findings, func(f, g finding.Finding) int { return cmp.Compare(f.Severity, g.Severity) })
	return findings
}

// annotation is a text at the place of an entry. Its line breaks are ours.
type annotation struct {
	entry
	text string
}

// annotations are those of a group: the first has the fix, and the number of places.
func (g group) annotations() []annotation {
	var list []annotation
	for i, e := range g {
		var paragraphs []string
		for _, m := range e.messages {
			paragraphs = append(paragraphs, sentence(m.text))
			if i == 0 && m.fix != "" {
				paragraphs = append(paragraphs, "Fix: "+sentence(m.fix))
			}
		}
		if i == 0 && len(g) > 1 {
			paragraphs = append(paragraphs, "The same holds for "+g.count()+".")
		}
		for i := range paragraphs {
			paragraphs[i] = finding.Clean(paragraphs[i])
		}
		if c := e.compared; c != (comparison{}) {
			paragraphs = append(paragraphs, fmt.Sprintf("%-8s %s\n%-8s %s", c.wasWord, c.was, c.isWord, c.is))
		}
		list = append(list, annotation{e, strings.Join(paragraphs, "\n\n")})
	}
	return list
}

// annotate issues one command. The library escapes values as the runner's toolkit does.
func annotate(action *githubactions.Action, a annotation) {
	fields := map[string]string{"file": finding.Clean(a.manifest), "title": finding.Clean(a.rule())}
	if a.at.Line > 0 {
		fields["line"] = strconv.Itoa(a.at.Line)
		fields["col"] = strconv.Itoa(a.at.Column)
	}
	action = action.WithFieldsMap(fields)
	issue := map[finding.Severity]func(string, ...any){
		finding.Error: action.Errorf, finding.Warning: action.Warningf, finding.Notice: action.Noticef,
	}[a.severity]
	issue("%s", a.text)
}
