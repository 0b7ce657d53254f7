package config

import (
	"regexp"

	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/provenance"
)

var (
	repositoryShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9_.-]*[A-Za-z0-9_-][A-Za-z0-9_.-]*$`)
	workflowShape   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9_.-]*[A-Za-z0-9_-][A-Za-z0-9_.-]*/\.github/workflows/[^/]+\.ya?ml$`)
)

// provenance reads which files must be attested, and by whom.
func (p *parser) provenance(v *document.Value) {
	r := &provenance.Rules{}
	p.file.Provenance = r
	if v.Kind() == document.Null { // `provenance:` without rules verifies existing attestations
		return
	}
	p.Fields(v, map[string]func(*document.Value){
		"missing": func(v *document.Value) { r.Missing = p.Word(v, levels...) },
		"rules": func(v *document.Value) {
			for _, element := range p.Elements(v) {
				r.List = append(r.List, p.provenanceRule(element))
			}
		},
	})
}

func (p *parser) provenanceRule(v *document.Value) provenance.Rule {
	var r provenance.Rule
	p.Fields(v, map[string]func(*document.Value){
		"url": func(v *document.Value) {
			if globs := p.Globs(v); len(globs) == 1 {
				r.URL = globs[0]
			}
		},
		"missing": func(v *document.Value) { r.Missing = p.Word(v, levels...) },
		"repository": func(v *document.Value) {
			if r.Repository = p.Text(v); !repositoryShape.MatchString(r.Repository) {
				p.Fail(v, "invalid repository %s: expected one such as `acme/tool`", finding.Quote(r.Repository))
			}
		},
		"signers": func(v *document.Value) {
			for _, each := range p.OneOrMore(v) {
				signer := p.Text(each)
				if !workflowShape.MatchString(signer) {
					p.Fail(each, "invalid signer %s: expected a workflow such as `acme/ci/.github/workflows/release.yml`", finding.Quote(signer))
				}
				r.Signers = append(r.Signers, signer)
			}
			if len(r.Signers) == 0 {
				p.Fail(v, "empty `signers`: name a workflow, or leave it out for those of the repository")
			}
		},
		"refs": func(v *document.Value) {
			if r.Refs = p.Globs(v); len(r.Refs) == 0 {
				p.Fail(v, "empty `refs`: name a ref such as `refs/tags/*`, or leave it out for any")
			}
		},
		"self-hosted": func(v *document.Value) { r.SelfHosted = p.Boolean(v) },
	})
	if v.Kind() == document.Object && v.Get("url") == nil {
		p.Fail(v, "missing `url`: the glob of the files that the rule is for")
	}
	return r
}
