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
	out, action := commands()
	open, _ := r.groups()
	for _, severity := range allSeverities {
		var annotations []annotation
		for _, g := range open {
			if g.Severity == severity {
				annotations = append(annotations, g.annotations()...)
			}
		}
		limit := max(annotationLimit-shown[severity], 1)
		for i, a := range annotations[:min(limit, len(annotations))] {
			if i == limit-1 && len(annotations) > limit {
				more := len(annotations) - limit
				a.text += fmt.Sprintf("\n\n%d more %s: see the job summary.", more, english.PluralWord(more, severity.String(), ""))
			}
			a.issue(action)
		}
	}
	_, err := w.Write(out.Bytes())
	return err
}

// commands returns an action that writes its commands to a buffer: go-githubactions panics when it can't write.
func commands() (*bytes.Buffer, *githubactions.Action) {
	var out bytes.Buffer
	return &out, githubactions.New(githubactions.WithWriter(&out), githubactions.WithGetenv(func(string) string { return "" }))
}

var allSeverities = []finding.Severity{finding.Error, finding.Warning, finding.Notice}

// worstFirst returns the findings by severity, in their order within one.
func worstFirst(findings []finding.Finding) []finding.Finding {
	return slices.SortedStableFunc(slices.Values(findings), func(f, g finding.Finding) int { return cmp.Compare(f.Severity, g.Severity) })
}

// annotation is a text at the position of an entry. Its line breaks are ours.
type annotation struct {
	entry
	text string
}

// annotations are those of a group: the first has the fix, and the number of places.
func (g group) annotations() []annotation {
	var list []annotation
	for i, e := range g.Entries {
		var paragraphs []string
		for _, m := range e.Messages {
			paragraphs = append(paragraphs, finding.Clean(sentence(m.Text)))
			if i == 0 && m.Fix != "" {
				paragraphs = append(paragraphs, finding.Clean("Fix: "+sentence(m.Fix)))
			}
		}
		if i == 0 && len(g.Entries) > 1 {
			paragraphs = append(paragraphs, "The same holds for "+g.Count+".")
		}
		if c := e.Compared; c != (comparison{}) {
			paragraphs = append(paragraphs, fmt.Sprintf("%-8s %s\n%-8s %s", c.Origin, c.Expected, "served", c.Served))
		}
		list = append(list, annotation{e, strings.Join(paragraphs, "\n\n")})
	}
	return list
}

// issue issues the command. The library escapes values as the runner's toolkit does.
func (a annotation) issue(action *githubactions.Action) {
	fields := map[string]string{"file": finding.Clean(a.Manifest), "title": finding.Clean(a.Rule)}
	if a.Line > 0 {
		fields["line"], fields["col"] = strconv.Itoa(a.Line), strconv.Itoa(a.Column)
	}
	action = action.WithFieldsMap(fields)
	switch a.Severity {
	case finding.Error:
		action.Errorf("%s", a.text)
	case finding.Warning:
		action.Warningf("%s", a.text)
	default:
		action.Noticef("%s", a.text)
	}
}
