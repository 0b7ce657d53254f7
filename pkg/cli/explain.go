package cli

import (
	"context"
	"fmt"
	"strings"

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
				return 0, usageError{Err: fmt.Errorf("unknown rule %s: %s", finding.Quote(args[0]), suggest(args[0], ids))}
			}
			return ExitOK, report.WriteRule(p.Stdout, rule, p.textOptions(p.Stdout))
		}),
	}
}

// suggest names the rules of which a word is a part, else the one that is spelt like it.
func suggest(word string, ids []string) string {
	var similar []string
	for _, id := range ids {
		if strings.Contains(id, strings.ToLower(word)) {
			similar = append(similar, id)
		}
	}
	if nearest := finding.Nearest(word, ids); len(similar) == 0 && nearest != "" {
		similar = append(similar, nearest)
	}
	if len(similar) == 0 {
		return "see docs/rules.md"
	}
	return "did you mean " + strings.Join(similar, ", ") + "?"
}
