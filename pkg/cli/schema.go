package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/premAI-io/verify-manifests/pkg/config"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/prem"
	"github.com/premAI-io/verify-manifests/pkg/registry"
	"github.com/premAI-io/verify-manifests/pkg/report"
)

// schemas are the JSON Schemas that are published, by what they are of; "" is that of prem-registry's manifests.
var schemas = map[string]func() []byte{"": prem.Schema, "config": config.Schema, "report": report.Schema}

func (p *program) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema [report | config]",
		Short: "Print the JSON Schema of manifests, reports or the configuration",
		Example: `  verify-manifests schema >manifest.schema.json
  verify-manifests schema report
  verify-manifests schema config`,
		Args:      cobra.MaximumNArgs(1),
		ValidArgs: slices.DeleteFunc(slices.Sorted(maps.Keys(schemas)), func(of string) bool { return of == "" }),
		RunE: p.do(func(_ context.Context, args []string) (int, error) {
			of := strings.Join(args, "")
			text, known := schemas[of]
			if !known {
				return 0, usageError{fmt.Errorf("there is no schema of %s: expected report, config, or nothing for that of manifests", finding.Quote(of))}
			}
			_, err := p.Stdout.Write(text())
			return ExitOK, err
		}),
	}
}

// registriesCommand shows the presets, as what to start a description from.
func (p *program) registriesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "registries [NAME]",
		Short: "List the registries that are known, or print how one is described",
		Example: `  verify-manifests registries
  verify-manifests registries scoop`,
		Args:      cobra.MaximumNArgs(1),
		ValidArgs: registry.Presets(),
		RunE: p.do(func(_ context.Context, args []string) (int, error) {
			if len(args) == 1 {
				text, err := registry.PresetText(args[0])
				if err != nil {
					return 0, usageError{err}
				}
				_, err = p.Stdout.Write(text)
				return ExitOK, err
			}
			for _, name := range registry.Presets() {
				text, err := registry.PresetText(name)
				if err != nil {
					return 0, err
				}
				first, _, _ := strings.Cut(string(text), "\n")
				if _, err := fmt.Fprintf(p.Stdout, "%-9s %s\n", name, strings.TrimPrefix(first, "# ")); err != nil {
					return 0, err
				}
			}
			return ExitOK, nil
		}),
	}
}

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version, and the commit that it was built from",
		Example: "  verify-manifests version",
		Args:    cobra.NoArgs,
		RunE: p.do(func(context.Context, []string) (int, error) {
			said := "verify-manifests " + Version()
			if commit := Commit(); commit != "" {
				said += " (commit " + commit + ")"
			}
			_, err := fmt.Fprintln(p.Stdout, said)
			return ExitOK, err
		}),
	}
}
