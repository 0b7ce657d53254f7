package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"
	"github.com/spf13/cobra"

	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/inspect"
	"github.com/premAI-io/verify-manifests/pkg/registry"
	"github.com/premAI-io/verify-manifests/pkg/source"
)

// registriesCommand lists and prints presets, and tests a description on files.
func (p *program) registriesCommand() *cobra.Command {
	test, c := false, defaultConfig()
	cmd := &cobra.Command{
		Use:   "registries [NAME | --test FILE...]",
		Short: "List the presets, print one, or test a description on files",
		Long: `Lists the presets, or prints the description of one to start your own from.

With --test, prints what each pattern of the active description matches in the
given files, and the digests and addresses that no pattern matches. --registry
overrides the description of the configuration file.`,
		Example: `  verify-manifests registries
  verify-manifests registries scoop
  verify-manifests registries --test tools/greet.yaml`,
	}
	addFlags(cmd, c, describing)
	cmd.Flags().BoolVar(&test, "test", false, "print what the active description matches in the given files")
	cmd.RunE = p.do(func(ctx context.Context, args []string) (int, error) {
		switch {
		case test && len(args) == 0:
			return 0, usageError{Err: errors.New("--test needs at least one file")}
		case test:
			return p.testDescription(ctx, c, args)
		case len(args) == 0:
			return ExitOK, p.listPresets()
		}
		text, err := registry.PresetText(strings.Join(args, " "))
		if err != nil {
			return 0, usageError{Err: err}
		}
		_, err = p.Stdout.Write(text)
		return ExitOK, err
	})
	return cmd
}

func (p *program) listPresets() error {
	for _, name := range registry.Presets() {
		text, err := registry.PresetText(name)
		if err != nil {
			return err
		}
		first, _, _ := strings.Cut(string(text), "\n")
		if _, err := fmt.Fprintf(p.Stdout, "%-10s %s\n", name, strings.TrimPrefix(first, "# ")); err != nil {
			return err
		}
	}
	return nil
}

// testDescription prints what the active description matches in manifests. The exit code is 1 if it finds no file in one of them.
func (p *program) testDescription(ctx context.Context, c *Config, args []string) (int, error) {
	code := ExitOK
	var b strings.Builder
	for _, arg := range args { // each has the description of the registry around it
		selected, err := source.Folders{Args: []string{arg}, Environ: p.Environ}.Select(ctx, c.selecting())
		if err != nil {
			return 0, err
		}
		registries, err := inspect.Bind(selected.Settings)
		if err != nil {
			return 0, err
		}
		for _, from := range selected.Manifests {
			if !matchesIn(&b, registries, from) {
				code = ExitFindings
			}
		}
	}
	_, err := io.WriteString(p.Stdout, b.String())
	return code, err
}

// matchesIn writes what a description matches in a manifest, and reports whether it finds a file.
func matchesIn(b *strings.Builder, registries *inspect.Registries, from source.Source) bool {
	r := registries.Of(from.At())
	fmt.Fprintf(b, "%s\n", finding.Clean(from.Path))
	if !r.Selects(from.At()) {
		fmt.Fprintf(b, "  no glob of `manifests` selects this file: %s\n", finding.Quote(strings.Join(r.Manifests, ", ")))
		read := func([]string, int) map[string][]byte { return map[string][]byte{from.At(): from.Text} }
		for _, d := range registry.Detect([]string{from.At()}, read) {
			fmt.Fprintf(b, "  the preset %s selects it and finds a file in it\n", finding.Quote(d.Preset))
		}
	}
	m, findings := registries.Read(from)
	for _, f := range findings {
		if m == nil {
			fmt.Fprintf(b, "  line %d: %s\n", f.Line, finding.Clean(f.Message))
		}
	}
	if m == nil {
		return false
	}
	fmt.Fprintf(b, "  %s\n", english.Plural(len(m.Artifacts), "file", ""))
	for _, match := range r.Test(m) {
		fmt.Fprintf(b, "  %s\n", match)
	}
	others := slices.DeleteFunc(findings, func(f finding.Finding) bool {
		return f.Rule != finding.RegistryNoAddress && f.Rule != finding.RegistryOtherScheme
	})
	for _, f := range append(others, r.UnusedSince(&registry.Manifest{}, m)...) {
		fmt.Fprintf(b, "  line %d: %s\n", f.Line, finding.Clean(f.Message))
	}
	if unused := unusedAddresses(m); len(unused) > 0 {
		fmt.Fprintf(b, "  %s not matched, the first at %s\n", english.Plural(len(unused), "address", "addresses"), finding.Quote(unused[0].Pointer()))
	}
	return len(m.Artifacts) > 0
}

// unusedAddresses returns the strings that look like URLs but belong to no artifact.
func unusedAddresses(m *registry.Manifest) (unused []*document.Value) {
	declared := map[string]bool{}
	for _, a := range m.Artifacts {
		declared[a.Declared] = true
	}
	for _, d := range m.Documents {
		document.NewMatcher().Walk(d.Root, func(v *document.Value, _ []document.Match) bool {
			text, _ := v.Text()
			if isURL := strings.HasPrefix(text, "https://") || strings.HasPrefix(text, "http://"); isURL && !declared[text] {
				unused = append(unused, v)
			}
			return true
		})
	}
	return unused
}
