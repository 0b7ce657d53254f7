package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/premAI-io/verify-manifests/pkg/config"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/prem"
	"github.com/premAI-io/verify-manifests/pkg/report"
)

func (p *program) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "explain RULE",
		Short:   "Explain a rule, with an example and how to fix it",
		Example: "  verify-manifests explain artifact/mismatch",
		Args:    cobra.ExactArgs(1),
		RunE: p.do(func(_ context.Context, args []string) (int, error) {
			rule, known := finding.Lookup(args[0])
			if !known {
				return 0, usageError{Err: fmt.Errorf("unknown rule %s: see docs/rules.md", finding.Quote(args[0]))}
			}
			return ExitOK, report.WriteRule(p.Stdout, rule, p.textOptions(p.Stdout))
		}),
	}
}

// schemas are the published JSON Schemas, by subject; "" is that of prem-registry's manifests.
var schemas = map[string]func() []byte{"": prem.Schema, "config": config.Schema, "report": report.Schema}

func (p *program) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema [report | config]",
		Short: "Print the JSON Schema of manifests, reports or the configuration",
		Example: `  verify-manifests schema >manifest.schema.json
  verify-manifests schema report
  verify-manifests schema config`,
		Args: cobra.MaximumNArgs(1),
		RunE: p.do(func(_ context.Context, args []string) (int, error) {
			of := strings.Join(args, "")
			text, known := schemas[of]
			if !known {
				return 0, usageError{Err: fmt.Errorf("unknown schema %s: expected report, config, or no argument for the manifest schema", finding.Quote(of))}
			}
			_, err := p.Stdout.Write(text())
			return ExitOK, err
		}),
	}
}

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version and the commit that it was built from",
		Example: "  verify-manifests version",
		Args:    cobra.NoArgs,
		RunE: p.do(func(context.Context, []string) (int, error) {
			line := "verify-manifests " + Version()
			if commit := built().commit; commit != "" {
				line += " (commit " + commit + ")"
			}
			_, err := fmt.Fprintln(p.Stdout, line)
			return ExitOK, err
		}),
	}
}
