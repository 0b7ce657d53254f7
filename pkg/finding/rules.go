package finding

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/premAI-io/verify-manifests/docs"
)

// Rule is a stable reason for a finding, as docs/rules.md documents it.
type Rule struct {
	ID       string   // "family/name"; never changes once published
	Severity Severity // the default
	Title    string   // at most eight words
	Why      string   // the consequence for users
	Example  string   // what breaks the rule
	Fix      string
	// Informational is set if a notice by the rule requires no action: pull-request comments leave it out.
	Informational bool
	// Varies is set if the severity depends on what was found too.
	Varies bool
}

// Rules returns every rule, in the order of docs/rules.md. The page is parsed by the first call: many runs need no rule.
var Rules = sync.OnceValue(func() []Rule { return parseRules(docs.Rules) })

// parseRules reads the rules from the page that documents them. It panics on a section of another form.
func parseRules(page string) (rules []Rule) {
	section := regexp.MustCompile(`^(\S+)

\*\*(.+)\*\* \((error|warning|notice)(, informational)?(, varies)?\)

(.+)

Example:

` + "```" + `
((?s:.+))
` + "```" + `

Fix: (.+)\n+$`)
	for _, text := range strings.Split(page, "\n## ")[1:] {
		m := section.FindStringSubmatch(text)
		if m == nil {
			panic(fmt.Sprintf("finding: invalid section of docs/rules.md: %.80q", text))
		}
		rule := Rule{ID: m[1], Title: m[2], Informational: m[4] != "", Varies: m[5] != "", Why: m[6], Example: m[7], Fix: m[8]}
		_ = rule.Severity.UnmarshalText([]byte(m[3])) // the pattern allows only names
		rules = append(rules, rule)
	}
	return rules
}

// Lookup returns the rule with the ID.
func Lookup(id string) (Rule, bool) {
	rules := Rules()
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.ID == id })
	if i < 0 {
		return Rule{}, false
	}
	return rules[i], true
}
