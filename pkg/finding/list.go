package finding

import (
	"fmt"
	"strings"
)

// MaxOfRule bounds the findings of one rule about one manifest.
const MaxOfRule = 100

// List collects the findings about one manifest: the first MaxOfRule of each rule, and one that counts the others. The zero List
// is empty.
type List struct {
	all   []Finding
	found map[string]int // by rule
}

// Report adds the finding that build returns. It calls build for those findings only that are listed, since building one can cost
// much more than counting it.
func (l *List) Report(rule string, build func() Finding) {
	if l.found == nil {
		l.found = map[string]int{}
	}
	if l.found[rule]++; l.found[rule] <= MaxOfRule+1 {
		l.all = append(l.all, build())
	}
}

// Add adds findings that are built already.
func (l *List) Add(findings ...Finding) {
	for _, f := range findings {
		l.Report(f.Rule, func() Finding { return f })
	}
}

// Findings returns the findings in the order in which they were added. Where a rule has more than MaxOfRule, its last one has
// the number of the others.
func (l *List) Findings() []Finding {
	listed := map[string]int{}
	for i := range l.all {
		f := &l.all[i]
		if listed[f.Rule]++; listed[f.Rule] > MaxOfRule {
			f.Message = fmt.Sprintf("%d", l.found[f.Rule]-MaxOfRule) + notListed
			f.Short = ""
			f.Fix = "Fix the listed ones and run the check again."
		}
	}
	return l.all
}

const notListed = " more findings of this rule are not listed"

// IsCount reports whether the finding stands for those that are not listed.
func (f Finding) IsCount() bool { return strings.HasSuffix(f.Message, notListed) }

// Bounded returns findings as a List has them.
func Bounded(findings []Finding) []Finding {
	var l List
	l.Add(findings...)
	return l.Findings()
}
