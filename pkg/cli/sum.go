package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/inspect"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/source"
	"github.com/premAI-io/verify-manifests/pkg/sum"
)

// sumCommand is the command sum, which fills in missing checksums.
type sumCommand struct {
	*program
	config *Config
	do     sum.Sum
	from   string // a published list of checksums; "" for none
	local  string // a folder of downloaded files; "" to download
}

func (p *program) sumCommand() *cobra.Command {
	s := &sumCommand{program: p, config: defaultConfig()}
	cmd := &cobra.Command{
		Use:   "sum [flags] PATH...",
		Short: "Compute missing checksums and write them into manifests",
		Long: `Reads the files that manifests name without a checksum, and prints their
digests. With --write, writes them into the manifests and leaves all other
bytes unchanged.

You vouch for what is read: compare the digests with those of what you built or
reviewed, or give --from the list that the publisher signs or shows elsewhere.`,
		Example: `  verify-manifests sum chat-mistral-7b-instruct
  verify-manifests sum --write --from SHA256SUMS chat-mistral-7b-instruct
  verify-manifests sum --write --local ~/models chat-mistral-7b-instruct
  verify-manifests sum --write --upgrade chat-mistral-7b-instruct/manifest.json
  verify-manifests sum --write --replace /binaries/aarch64-apple-darwin chat-x`,
		Args: cobra.MinimumNArgs(1),
		RunE: p.do(s.run),
	}
	addFlags(cmd, s.config, network|describing)
	flags := cmd.Flags()
	flags.BoolVar(&s.do.Write, "write", false, "write what is found into the manifests, in place")
	flags.BoolVar(&s.do.Upgrade, "upgrade", false, "rewrite version 1 as 1.1, which has fields for checksums")
	flags.BoolVar(&s.do.Transition, "transition", false, "add the fields of 1.1 beside those of version 1, for old and new Apps")
	flags.BoolVar(&s.do.Pin, "pin", false, "replace a branch in a URL by the commit that was read, if the host reports it (Hugging Face)")
	flags.StringArrayVar(&s.do.Replace, "replace", nil, "recompute the declared checksum at this `pointer`, such as /binaries/aarch64-apple-darwin")
	flags.StringVar(&s.from, "from", "", "take the checksums from this `list`, such as SHA256SUMS, and report files that differ")
	flags.StringVar(&s.local, "local", "", "read the files below this `folder`, DIR/<id>/<file>, instead of downloading")
	return cmd
}

func (s *sumCommand) run(ctx context.Context, args []string) (int, error) {
	if err := s.validate(); err != nil {
		return 0, usageError{Err: err}
	}
	work, cancel := deadline(ctx, s.config)
	defer cancel()
	selected, err := source.Folders{Args: args, Environ: s.Environ}.Select(work, s.config.selecting())
	if err != nil {
		return 0, err
	}
	if s.do.Registries, err = inspect.Bind(selected.Settings); err != nil {
		return 0, err
	}
	if s.do.Verifier, err = s.verifier(s.config, s.rulesOf(s.config, selected.File, selected.Remote)); err != nil {
		return 0, err
	}
	if s.do.List, err = sum.ReadList(s.from); err != nil {
		return 0, usageError{Err: fmt.Errorf("flag --from is %s: %w", finding.Quote(s.from), err)}
	}
	if s.do.Local, err = openLocal(s.local); err != nil {
		return 0, err
	}
	if s.do.Local != nil {
		defer s.do.Local.Close()
	}
	s.do.Server, s.do.Stdout, s.do.Stderr = s.server(), s.Stdout, s.Stderr
	stop := s.watch(s.do.Verifier.Progress)
	found, err := s.do.Run(work, selected.Manifests)
	stop()
	found.ExpectsProvenance = found.ExpectsProvenance || selected.File != nil && selected.File.Provenance != nil
	r := report.Build(report.Input{Results: found.Results, Report: report.Report{Findings: found.Findings, Complete: true}})
	return exitCode(ctx, "error", r.Summary), errors.Join(err, r.WriteFindings(s.Stderr, s.textOptions(s.Stderr)), s.remind(found, r.Summary.Errors))
}

// validate reports invalid combinations of flags.
func (s *sumCommand) validate() error {
	switch {
	case s.config.Mode != modeFull:
		return errors.New("flag --mode is `" + s.config.Mode + "`: sum reads every file; leave --mode out")
	case s.do.Pin && s.local != "":
		return errors.New("flags --pin and --local exclude each other: --pin asks the host for its commit")
	}
	return nil
}

// remind prints what the user vouches for, and whether anything was written.
func (s *sumCommand) remind(found sum.Outcome, errors int) error {
	n, changed := found.Found, found.IsChanged
	var lines []string
	switch {
	case n > 0 && s.from != "":
		lines = append(lines, "The files match the checksums in the list.")
	case n > 0 && s.local != "":
		lines = append(lines, "You vouch for these files, and for their completeness if the manifest declares no size: "+
			"compare the checksums with those of what you built or reviewed.")
	case n > 0:
		lines = append(lines, "You vouch for these files: compare the checksums with those of what you built or reviewed.")
	case !changed && errors == 0:
		lines = append(lines, "No checksum is missing.")
	}
	if !s.do.Write && (n > 0 || changed) {
		lines = append(lines, "Nothing was written: use --write.")
	}
	if n > 0 && found.ExpectsProvenance {
		lines = append(lines, "Provenance was not verified: run `check`.")
	}
	if len(lines) == 0 || s.quiet {
		return nil
	}
	_, err := fmt.Fprintln(s.Stderr, strings.Join(lines, " "))
	return err
}
