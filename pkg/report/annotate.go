package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/sethvargo/go-githubactions"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// annotationLimit is how many annotations of each type GitHub shows of one step
// (https://docs.github.com/rest/checks/runs, "Limits").
const annotationLimit = 10

// Annotate writes the findings as workflow commands, worst first. GitHub drops what is over its limit without
// a word, so of each severity ten are written, and the tenth says how many more there are.
func (r *Report) Annotate(w io.Writer) error {
	var out bytes.Buffer // go-githubactions panics when it can't write
	action := githubactions.New(githubactions.WithWriter(&out), githubactions.WithGetenv(func(string) string { return "" }))
	for _, severity := range severities {
		var of []finding.Finding
		for _, f := range r.Findings {
			if f.Severity == severity {
				of = append(of, f)
			}
		}
		for i, f := range of[:min(annotationLimit, len(of))] {
			message := annotation(f)
			if i == annotationLimit-1 && len(of) > annotationLimit {
				message += fmt.Sprintf("\n\nThere are %d more of severity %s: see the job summary.", len(of)-annotationLimit, severity)
			}
			annotate(action, f, message)
		}
	}
	_, err := w.Write(out.Bytes())
	return err
}

var severities = []finding.Severity{finding.Error, finding.Warning, finding.Notice}

// worstFirst returns the findings by severity, and by place within one.
func (r *Report) worstFirst() []finding.Finding {
	findings := slices.Clone(r.Findings)
	slices.SortStableFunc(findings, func(f, g finding.Finding) int { return int(f.Severity) - int(g.Severity) })
	return findings
}

// annotation is the finding's text. Its line breaks are ours.
func annotation(f finding.Finding) string {
	text := finding.Clean(sentence(f.Message))
	if fix := fix(f); fix != "" {
		text += "\n\nFix: " + finding.Clean(sentence(fix))
	}
	return text
}

// annotate issues one command. The library escapes values as the runner's toolkit does.
func annotate(action *githubactions.Action, f finding.Finding, message string) {
	fields := map[string]string{"file": finding.Clean(f.Manifest), "title": finding.Clean(f.Rule)}
	if f.Line > 0 {
		fields["line"] = strconv.Itoa(f.Line)
		fields["col"] = strconv.Itoa(f.Column)
	}
	action = action.WithFieldsMap(fields)
	issue := map[finding.Severity]func(string, ...any){
		finding.Error: action.Errorf, finding.Warning: action.Warningf, finding.Notice: action.Noticef,
	}[f.Severity]
	issue("%s", message)
}
