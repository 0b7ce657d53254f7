package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/spf13/cobra"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/report"
)

// mergeCommand merges the reports of shard runs into one.
func (p *program) mergeCommand() *cobra.Command {
	config := defaultConfig()
	var format string
	cmd := &cobra.Command{
		Use:     "merge [flags] REPORT...",
		Short:   "Merge the reports of shard runs",
		Example: `  verify-manifests merge --report-file report.json shard-*.json`,
		Args:    cobra.MinimumNArgs(1),
	}
	addFlags(cmd, config, outputting)
	cmd.Flags().StringVar(&format, "format", "text", formatHelp)
	cmd.RunE = p.do(func(ctx context.Context, args []string) (int, error) {
		render, err := renderer(format)
		if err != nil {
			return 0, err
		}
		merged, err := mergeReports(args)
		if err != nil {
			return 0, err
		}
		return p.print(ctx, config, merged, render, nil)
	})
	return cmd
}

// merge publishes the reports of shard runs as one, as if a single run had made it.
func (a *action) merge(ctx context.Context) (int, error) {
	names, err := expand(a.config.Merge)
	if err != nil {
		return 0, err
	}
	merged, err := mergeReports(names)
	if err != nil {
		return 0, err
	}
	run := a.run()
	if merged.Run.HeadSHA != run.HeadSHA || merged.Run.PullRequest != run.PullRequest || merged.Run.Repository != run.Repository {
		return 0, fmt.Errorf("the shard reports are of commit %s of %s, and this run is of commit %s of %s",
			finding.Quote(merged.Run.HeadSHA), finding.Quote(merged.Run.Repository), finding.Quote(run.HeadSHA), finding.Quote(run.Repository))
	}
	merged.Run = run
	known := a.recall(ctx)
	known.record(merged, nil)
	return a.publish(ctx, merged, known)
}

// expand returns the files that globs name, sorted. A glob that names none is an error: a shard is missing.
func expand(globs []string) ([]string, error) {
	var names []string
	for _, glob := range globs {
		matches, err := doublestar.FilepathGlob(glob, doublestar.WithFilesOnly())
		if err != nil || len(matches) == 0 {
			return nil, usageError{fmt.Errorf("input merge: no file matches %s", finding.Quote(glob))}
		}
		names = append(names, matches...)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// mergeReports reads shard reports and makes one of them.
func mergeReports(names []string) (*report.Report, error) {
	var shards []report.Named
	var problems []error
	for _, name := range names {
		r, err := readReport(name)
		if err != nil {
			problems = append(problems, fmt.Errorf("the report %s can't be read: %w", finding.Quote(name), err))
			continue
		}
		shards = append(shards, report.Named{Name: name, Report: r})
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return report.Merge(shards)
}

func readReport(name string) (*report.Report, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return report.Read(file)
}
