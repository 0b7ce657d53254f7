package provenance

import (
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/premAI-io/verify-manifests/pkg/hosts"
)

// Rules is what a registry expects of its files' provenance.
type Rules struct {
	// Missing is the level at which a release asset without an attestation is reported ("error", "warning", "notice" or
	// "off"; "" is "off"), where the rule that fits has none.
	Missing string
	List    []Rule // the first whose URL fits decides
}

// Rule is what is expected of some files.
type Rule struct {
	URL     string // a glob
	Missing string // "" is that of the Rules
	Policy         // its Repository may be "": that of the release
}

// Demands reports whether a file without an attestation is an error.
func (r Rule) Demands() bool { return r.Missing == "error" }

// For returns what is expected of the file at an address that a repository ("" for none) has released, and whether a rule fits it. A
// URL is compared in its canonical form and without case: hosts take several forms of one URL. Nil Rules have no rule.
func (r *Rules) For(address, repository string) (rule Rule, fits bool) {
	if r != nil {
		rule.Missing = r.Missing
		forms := hosts.Forms(address)
		for _, each := range r.List {
			matches := func(form string) bool { return doublestar.MatchUnvalidated(strings.ToLower(each.URL), form) }
			if fits = slices.ContainsFunc(forms, matches); fits {
				rule.URL, rule.Policy = each.URL, each.Policy
				if each.Missing != "" {
					rule.Missing = each.Missing
				}
				break
			}
		}
	}
	if rule.Repository == "" {
		rule.Repository = repository
	}
	return rule, fits
}
