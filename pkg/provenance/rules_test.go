package provenance_test

import (
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/provenance"
)

func TestTheFirstRuleThatFitsDecides(t *testing.T) {
	rules := &provenance.Rules{Missing: "notice", List: []provenance.Rule{
		{URL: "https://github.com/acme/tool/**", Missing: "error"},
		{URL: "https://github.com/acme/**", Policy: provenance.Policy{Repository: "acme/builds"}},
		{URL: "https://github.com/**", Missing: "warning"},
	}}
	for _, test := range []struct{ url, repository, missing string }{
		{"https://github.com/acme/tool/releases/download/v1/a", "o/r", "error"},
		{"https://GitHub.com:443/ACME/%74ool/releases/download/v1/a", "o/r", "error"},
		{"https://www.github.com/acme/tool/releases/download/v1/a", "o/r", "error"},
		{"https://github.com/acme/other/releases/download/v1/a", "acme/builds", "notice"},
		{"https://github.com/acme-evil/tool/releases/download/v1/a", "o/r", "warning"},
		{"https://example.com/a", "o/r", "notice"},
	} {
		rule, fits := rules.For(test.url, "o/r")
		if rule.Repository != test.repository || rule.Missing != test.missing || fits != (test.url != "https://example.com/a") {
			t.Errorf("%s: %+v", test.url, rule)
		}
	}
	var none *provenance.Rules
	if rule, fits := none.For("https://example.com/a", "o/r"); rule.Repository != "o/r" || rule.Missing != "" || fits {
		t.Errorf("no rules: %+v", rule)
	}
}
