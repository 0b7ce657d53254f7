package provenance

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

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
	workflow := f.Workflow()
	switch {
	case f.Release:
		return errors.New("GitHub attests the release and not a build")
	case p.Repository == "" || !strings.EqualFold(f.Repository, p.Repository):
		return fmt.Errorf("it was built from %s: expected %s", finding.Quote(f.Repository), finding.Quote(p.Repository))
	case !p.allows(workflow):
		return fmt.Errorf("the workflow %s signed it: expected %s", finding.Quote(workflow), p.expected())
	case len(p.Refs) > 0 && !slices.ContainsFunc(p.Refs, func(glob string) bool { return doublestar.MatchUnvalidated(glob, f.Ref) }):
		return fmt.Errorf("it was built from the ref %s: expected %s", finding.Quote(f.Ref), quoted(p.Refs))
	case f.Runner != "github-hosted" && (!p.SelfHosted || f.Runner != "self-hosted"):
		return fmt.Errorf("it was built on a %s runner: expected `github-hosted`", finding.Quote(f.Runner))
	}
	return nil
}

func (p Policy) allows(workflow string) bool {
	if p.AnySigner {
		return true
	}
	if len(p.Signers) == 0 {
		own := p.Repository + "/.github/workflows/"
		return len(workflow) > len(own) && strings.EqualFold(workflow[:len(own)], own)
	}
	return slices.ContainsFunc(p.Signers, func(s string) bool { return strings.EqualFold(s, workflow) })
}

func (p Policy) expected() string {
	if len(p.Signers) == 0 {
		return "a workflow of " + finding.Quote(p.Repository)
	}
	return quoted(p.Signers)
}

func quoted(all []string) string {
	var texts []string
	for _, s := range all {
		texts = append(texts, finding.Quote(s))
	}
	return strings.Join(texts, " or ")
}
