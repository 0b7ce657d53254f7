package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/inspect"
	"github.com/premAI-io/verify-manifests/pkg/registry"
	"github.com/premAI-io/verify-manifests/pkg/source"
)

// registriesCommand lists and prints the presets, and tries a description on files.
func (p *program) registriesCommand() *cobra.Command {
	test, c := false, defaultConfig()
	cmd := &cobra.Command{
		Use:   "registries [NAME | --test FILE...]",
		Short: "List the presets, print one, or test a description on files",
		Long: `Lists the presets, or prints the description of one to start your own from.

With --test, prints what each pattern of the description in force matches in
the given files, and which digests and addresses nothing matches. The
description is that of --registry, else of the configuration file.`,
		Example: `  verify-manifests registries
  verify-manifests registries scoop
  verify-manifests registries --test tools/greet.yaml`,
		ValidArgs: registry.Presets(),
	}
	addFlags(cmd, c, describing)
	cmd.Flags().BoolVar(&test, "test", false, "print what the description in force matches in the given files")
	cmd.RunE = p.do(func(ctx context.Context, args []string) (int, error) {
		switch {
		case test && len(args) == 0:
			return 0, usageError{Err: errors.New("--test needs at least one file")}
		case test:
			return p.testDescription(ctx, c, args)
		case len(args) > 1:
			return 0, usageError{Err: errors.New("registries takes one preset's name")}
		case len(args) == 1:
			text, err := registry.PresetText(args[0])
			if err != nil {
				return 0, usageError{Err: err}
			}
			_, err = p.Stdout.Write(text)
			return ExitOK, err
		}
		return ExitOK, p.listPresets()
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

// testDescription prints what the description in force matches in files. The exit code is 1 where it finds no file in one.
func (p *program) testDescription(ctx context.Context, c *Config, args []string) (int, error) {
	code := ExitOK
	for _, arg := range args {
		l, err := source.OpenPlace(ctx, arg, p.Environ)
		if err != nil {
			return 0, usageError{Err: err}
		}
		settings, err := c.selecting().Load(ctx, l)
		l.Close()
		if err != nil {
			return 0, err
		}
		registries, err := inspect.Bind(settings)
		if err != nil {
			return 0, err
		}
		path := l.Within
		r := settings.Of(path)
		text, err := readAtMost(arg, r.MaxSize)
		if err != nil {
			return 0, usageError{Err: fmt.Errorf("%s can't be read: %w", finding.Quote(arg), finding.WithoutPath(err))}
		}
		var b strings.Builder
		if !matchesIn(&b, registries, path, text) {
			code = ExitFindings
		}
		if _, err := io.WriteString(p.Stdout, b.String()); err != nil {
			return 0, err
		}
	}
	return code, nil
}

// readAtMost reads a regular file, and one byte more than the limit of a larger one.
func readAtMost(name string, limit int) ([]byte, error) {
	f, err := os.Open(filepath.Clean(name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(err, errors.New("not a regular file"))
	}
	return io.ReadAll(io.LimitReader(f, int64(limit)+1))
}

// matchesIn writes what a description matches in a manifest, and reports whether it finds a file.
func matchesIn(b *strings.Builder, registries *inspect.Registries, path string, text []byte) bool {
	r := registries.Of(path)
	fmt.Fprintf(b, "%s\n", finding.Clean(path))
	if !r.Selects(path) {
		fmt.Fprintf(b, "  no glob of `manifests` selects this file: %s\n", finding.Quote(strings.Join(r.Manifests, ", ")))
	}
	m, findings := registries.Read(source.Source{Path: path, Text: text})
	for _, f := range findings {
		if m == nil {
			fmt.Fprintf(b, "  line %d: %s\n", f.Line, finding.Clean(f.Message))
		}
	}
	if m == nil {
		return false
	}
	files := "1 file"
	if len(m.Artifacts) != 1 {
		files = fmt.Sprintf("%d files", len(m.Artifacts))
	}
	fmt.Fprintf(b, "  %s\n", files)
	for _, match := range r.Test(m) {
		fmt.Fprintf(b, "  %s\n", match)
	}
	for _, f := range findings {
		if f.Rule == finding.RegistryUnusedDigest || f.Rule == finding.RegistryNoAddress || f.Rule == finding.RegistryOtherScheme {
			fmt.Fprintf(b, "  line %d: %s\n", f.Line, finding.Clean(f.Message))
		}
	}
	if unused := unusedAddresses(m); len(unused) > 0 {
		fmt.Fprintf(b, "  %d texts look like addresses and nothing matches them, the first at %s\n", len(unused), finding.Quote(unused[0].Pointer()))
	}
	return len(m.Artifacts) > 0
}

// unusedAddresses returns the texts that begin like a URL and are no artifact's.
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
