package provenance

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/premAI-io/verify-manifests/pkg/finding"
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

// For returns the rule for the file at an address that a repository ("" for none) has released, and whether a rule fits it. A
// URL is compared in its canonical form and without case: hosts take several forms of one URL. Nil Rules have no rule.
func (r *Rules) For(address, repository string) (rule Rule, fits bool) {
	if r != nil {
		forms := hosts.Forms(address)
		i := slices.IndexFunc(r.List, func(each Rule) bool {
			return slices.ContainsFunc(forms, func(form string) bool { return doublestar.MatchUnvalidated(strings.ToLower(each.URL), form) })
		})
		if fits = i >= 0; fits {
			rule = r.List[i]
		}
		if rule.Missing == "" {
			rule.Missing = r.Missing
		}
	}
	if rule.Repository == "" {
		rule.Repository = repository
	}
	return rule, fits
}

// Policy restricts who may build a file. The zero Policy accepts no builder.
type Policy struct {
	Repository string   // that has to be built, as "acme/tool"; without case
	Signers    []string // workflows that may sign, as "acme/ci/.github/workflows/release.yml"; without case; none: any of Repository's own
	AnySigner  bool     // any workflow of GitHub Actions may sign
	Refs       []string // globs of refs to build; `*` matches no slash, `**` does; none: any
	SelfHosted bool     // self-hosted runners may build, beside GitHub's
}

// Check returns nil for an accepted build, else an error that names the difference.
func (p Policy) Check(f Facts) error {
	workflow, own := f.Workflow(), p.Repository+"/.github/workflows/"
	isOwn := len(workflow) > len(own) && strings.EqualFold(workflow[:len(own)], own)
	isNamed := slices.ContainsFunc(p.Signers, func(s string) bool { return strings.EqualFold(s, workflow) })
	switch {
	case f.Release:
		return errors.New("GitHub attests the release, not a build")
	case p.Repository == "" || !strings.EqualFold(f.Repository, p.Repository):
		return fmt.Errorf("it was built from %s: expected %s", finding.Quote(f.Repository), finding.Quote(p.Repository))
	case !p.AnySigner && len(p.Signers) == 0 && !isOwn:
		return fmt.Errorf("the workflow %s signed it: expected a workflow of %s", finding.Quote(workflow), finding.Quote(p.Repository))
	case !p.AnySigner && len(p.Signers) > 0 && !isNamed:
		return fmt.Errorf("the workflow %s signed it: expected %s", finding.Quote(workflow), quoted(p.Signers))
	case len(p.Refs) > 0 && !slices.ContainsFunc(p.Refs, func(glob string) bool { return doublestar.MatchUnvalidated(glob, f.Ref) }):
		return fmt.Errorf("it was built from the ref %s: expected %s", finding.Quote(f.Ref), quoted(p.Refs))
	case f.Runner != "github-hosted" && (!p.SelfHosted || f.Runner != "self-hosted"):
		return fmt.Errorf("it was built on a %s runner: expected `github-hosted`", finding.Quote(f.Runner))
	}
	return nil
}

func quoted(all []string) string {
	var texts []string
	for _, s := range all {
		texts = append(texts, finding.Quote(s))
	}
	return strings.Join(texts, " or ")
}
