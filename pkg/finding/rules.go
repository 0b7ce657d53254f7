package finding

import "slices"

// Rule is a stable reason for a finding, as docs/rules.md shows it.
type Rule struct {
	ID       string   // "family/name"; never changes once published
	Severity Severity // the default
	Title    string   // one line
	Brief    string   // the same in at most eight words, for tables; "" where the title has no more
	Why      string   // what it costs users
	Example  string   // JSON that breaks the rule, or what the server does
	Fix      string   // what to write instead
	// Informational is set if a notice by the rule requires no action: pull-request comments leave it out.
	Informational bool
	// Varies says that more than the configuration decides on the severity.
	Varies bool
}

// Rules is every rule, family by family: those of every registry, and those that packages have registered.
var Rules = slices.Concat(jsonRules, yamlRules, tomlRules, schemaRules, artifactRules, checksumRules, provenanceRules, urlRules, imageRules, registryRules, readingRules)

// Register adds the rules of one registry's own package, before the program begins.
func Register(rules ...Rule) { Rules = append(Rules, rules...) }

// Lookup returns the rule with the ID.
func Lookup(id string) (Rule, bool) {
	i := slices.IndexFunc(Rules, func(r Rule) bool { return r.ID == id })
	if i < 0 {
		return Rule{}, false
	}
	return Rules[i], true
}
