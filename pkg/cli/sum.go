package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/manifest"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// sum is the command of that name: it fills in the checksums that manifests lack. Whoever runs it vouches
// for what is downloaded now; a checksum that is declared already is never touched.
type sum struct {
	*program
	config         *Config
	write, upgrade bool
}

func (p *program) sumCommand() *cobra.Command {
	s := &sum{program: p, config: defaultConfig()}
	cmd := &cobra.Command{
		Use:   "sum [flags] PATH...",
		Short: "Compute the checksums that manifests lack, and write them in",
		Long: `Downloads the files that a manifest names without a checksum, and prints their digests.
With --write the manifest gets them, and its other bytes stay as they are. You vouch
for what is downloaded: compare it with what you built or reviewed.`,
		Example: `  verify-manifests sum chat-mistral-7b-instruct
  verify-manifests sum --write --upgrade chat-mistral-7b-instruct/manifest.json`,
		Args: cobra.MinimumNArgs(1),
		RunE: p.do(s.run),
	}
	addFlags(cmd, s.config, network)
	cmd.Flags().BoolVar(&s.write, "write", false, "write the checksums into the manifests")
	cmd.Flags().BoolVar(&s.upgrade, "upgrade", false, "rewrite version 1 as 1.1, which has a place for checksums")
	return cmd
}

func (s *sum) run(ctx context.Context, args []string) (int, error) {
	verifier, err := s.verifier(s.config)
	if err != nil {
		return 0, err
	}
	verifier.Fast = false // a developer vouches for bytes, not for a host's word
	names, err := s.manifests(ctx, args)
	if err != nil {
		return 0, err
	}
	ctx, cancel := deadline(ctx, s.config)
	defer cancel()
	code := ExitOK
	for _, name := range names {
		findings, err := s.fill(ctx, verifier, name)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", finding.Quote(name), err)
		}
		if len(findings) > 0 {
			code = ExitFindings
			if err := s.complain(findings); err != nil {
				return 0, err
			}
		}
	}
	return code, nil
}

// manifests returns the files that the arguments name: manifests, and all of those below folders.
func (s *sum) manifests(ctx context.Context, args []string) ([]string, error) {
	var names []string
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil {
			return nil, usageError{fmt.Errorf("%s can't be read: %w", finding.Quote(arg), err)}
		}
		if !info.IsDir() {
			names = append(names, arg)
			continue
		}
		below, err := s.below(ctx, arg)
		if err != nil {
			return nil, err
		}
		names = append(names, below...)
	}
	if len(names) == 0 {
		return nil, usageError{errors.New("no manifest.json is below the folders that were named")}
	}
	return names, nil
}

func (s *sum) below(ctx context.Context, dir string) ([]string, error) {
	disk, err := openWorkspace(dir, "")
	if err != nil {
		return nil, err
	}
	defer disk.root.Close()
	files, err := disk.list(ctx)
	var names []string
	for _, f := range selected(files, s.config.Manifests) {
		names = append(names, filepath.Join(dir, filepath.FromSlash(f.Path)))
	}
	return names, err
}

// fill computes what one manifest lacks, prints it and, where it is asked to, writes it in. The findings say
// why something is lacking still.
func (s *sum) fill(ctx context.Context, v *verify.Verifier, name string) ([]finding.Finding, error) {
	dir, base := filepath.Split(name)
	disk, err := openWorkspace(filepath.Clean(dir), "")
	if err != nil {
		return nil, err
	}
	defer disk.root.Close()
	read, err := disk.read(ctx, github.File{Path: base})
	if err != nil {
		return nil, err
	}
	read.path = filepath.ToSlash(name)
	m, findings := read.parse()
	if m == nil {
		return findings, nil
	}
	text := read.text
	if s.upgrade {
		if text, err = manifest.Upgrade(text, false); err != nil {
			return nil, err
		}
		m, _ = manifest.Parse(read.path, text)
	}
	text, findings, err = s.declare(ctx, v, m, text)
	if err != nil || !s.write || slices.Equal(text, read.text) {
		return findings, err
	}
	return findings, replaceFile(name, text)
}

// declare puts the digests of the files that have none into a manifest's text, and prints them.
func (s *sum) declare(ctx context.Context, v *verify.Verifier, m *manifest.Manifest, text []byte) ([]byte, []finding.Finding, error) {
	lacking := slices.DeleteFunc(slices.Clone(m.Artifacts), func(a manifest.Artifact) bool { return a.Checksum != nil })
	results, _ := v.Run(ctx, verify.Plan(lacking))
	var findings []finding.Finding
	for _, r := range results {
		wrong := slices.DeleteFunc(r.Findings, func(f finding.Finding) bool { return f.Severity != finding.Error })
		if r.Status != verify.Unverified || len(wrong) > 0 {
			findings = append(findings, wrong...)
			continue
		}
		if _, err := fmt.Fprintf(s.Stdout, "%s  %s %s\n", r.Observed, finding.Clean(m.Path), finding.Clean(r.Artifact.Pointer)); err != nil {
			return nil, nil, err
		}
		if !s.write {
			continue
		}
		declared, err := manifest.SetChecksum(text, r.Artifact.Pointer, r.Observed, r.Size, false)
		if errors.Is(err, manifest.ErrNoPlace) {
			return nil, nil, errors.New("version 1 has no place for checksums: give --upgrade to rewrite it as 1.1")
		}
		if err != nil {
			return nil, nil, err
		}
		text = declared
	}
	return text, findings, nil
}

// complain prints findings as check does.
func (s *sum) complain(findings []finding.Finding) error {
	return report.Build(report.Input{Version: Version(), Scope: scopeAll, Findings: findings, Manifests: 1, Complete: true}).WriteText(s.Stderr, report.TextOptions{})
}
