package cli

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/report"
)

func (p *program) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:       "explain RULE",
		Short:     "Say what a rule means, with an example, and how to fix it",
		Example:   "  verify-manifests explain artifact/mismatch",
		Args:      oneArgument("the name of a rule"),
		ValidArgs: ruleIDs(),
		RunE: p.do(func(_ context.Context, args []string) (int, error) {
			rule, known := finding.Lookup(args[0])
			if !known {
				return 0, usageError{Err: fmt.Errorf("there is no rule %s%s", finding.Quote(args[0]), meantRule(args[0]))}
			}
			return ExitOK, report.WriteRule(p.Stdout, rule, p.textOptions(p.Stdout))
		}),
	}
}

func ruleIDs() []string {
	var ids []string
	for _, rule := range finding.Rules {
		ids = append(ids, rule.ID)
	}
	return ids
}

// meantRule suggests rules: those that the word is a part of, else the one that is spelt like it.
func meantRule(word string) string {
	var holding []string
	for _, id := range ruleIDs() {
		if word != "" && strings.Contains(id, strings.ToLower(word)) {
			holding = append(holding, id)
		}
	}
	switch {
	case len(holding) == 1:
		return ": did you mean " + holding[0] + "?"
	case len(holding) > 1:
		return ": there are " + strings.Join(holding, ", ")
	}
	names := map[string]string{} // without their family
	for _, id := range ruleIDs() {
		names[id[strings.IndexByte(id, '/')+1:]] = id
	}
	if meant := cmp.Or(finding.Nearest(word, ruleIDs()), names[finding.Nearest(word, slices.Sorted(maps.Keys(names)))]); meant != "" {
		return ": did you mean " + meant + "?"
	}
	return ": docs/rules.md lists them, and a report names them"
}
