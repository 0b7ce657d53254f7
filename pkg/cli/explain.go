package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/report"
)

func (p *program) explainCommand() *cobra.Command {
	var ids []string
	for _, rule := range finding.Rules {
		ids = append(ids, rule.ID)
	}
	return &cobra.Command{
		Use:       "explain RULE",
		Short:     "Explain a rule, with an example and how to fix it",
		Example:   "  verify-manifests explain artifact/mismatch",
		Args:      cobra.ExactArgs(1),
		ValidArgs: ids,
		RunE: p.do(func(_ context.Context, args []string) (int, error) {
			rule, known := finding.Lookup(args[0])
			if !known {
				return 0, usageError{Err: fmt.Errorf("unknown rule %s: see docs/rules.md", finding.Quote(args[0]))}
			}
			return ExitOK, report.WriteRule(p.Stdout, rule, p.textOptions(p.Stdout))
		}),
	}
}
