package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/premAI-io/verify-manifests/pkg/prem"
)

func (p *program) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "schema",
		Short:   "Print the JSON Schema of manifests",
		Example: "  verify-manifests schema >manifest.schema.json",
		Args:    cobra.NoArgs,
		RunE: p.do(func(context.Context, []string) (int, error) {
			_, err := p.Stdout.Write(prem.Schema())
			return ExitOK, err
		}),
	}
}

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  verify-manifests version",
		Args:    cobra.NoArgs,
		RunE: p.do(func(context.Context, []string) (int, error) {
			_, err := fmt.Fprintln(p.Stdout, "verify-manifests", Version())
			return ExitOK, err
		}),
	}
}
