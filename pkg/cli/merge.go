package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/spf13/cobra"

	"github.com/premAI-io/verify-manifests/pkg/config"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/plan"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/source"
)

// mergeCommand is the command merge, for the reports of shards.
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
	addFormat(cmd, &format)
	cmd.RunE = p.do(func(ctx context.Context, args []string) (int, error) {
		in, _, err := mergeReports(args, config.PlanFile)
		if err != nil {
			return 0, err
		}
		in.Run.ServerURL = p.server()
		known, notes := loadState(ctx, config, nil)
		in.Notes = append(in.Notes, notes...)
		return p.print(ctx, config, report.Build(in), format, known, nil)
	})
	return cmd
}

// merge publishes the reports of shards as if one run had made them.
func (a *action) merge(ctx context.Context) (int, error) {
	names, err := expand(a.config.Merge)
	if err != nil {
		return 0, err
	}
	in, made, err := mergeReports(names, a.config.PlanFile)
	if err != nil {
		return 0, err
	}
	if current, err := a.follow(ctx, in.Run); err != nil {
		return 0, err
	} else if !current {
		return a.end(ExitOK, a.writeNote("The workflow run is not of the pull request's head: nothing was published"), map[string]string{})
	}
	run := a.run()
	if in.Run.HeadSHA != run.HeadSHA || in.Run.PullRequest != run.PullRequest || in.Run.Repository != run.Repository {
		return 0, fmt.Errorf("the shard reports are of commit %s of %s, and this run is of commit %s of %s",
			finding.Quote(in.Run.HeadSHA), finding.Quote(in.Run.Repository), finding.Quote(run.HeadSHA), finding.Quote(run.Repository))
	}
	in.Run, in.IsClaimed = run, a.event.Follows.Event != ""
	by, notes, err := a.mergeRules(ctx, made, in.IsClaimed)
	if err != nil {
		return 0, err
	}
	before, stateNotes := loadState(ctx, a.config, a.origin())
	in.Notes = slices.Concat(in.Notes, notes, stateNotes)
	in.ResetPolicy(by.withoutPolicy)
	return a.finish(ctx, in, by, before)
}

// mergeRules returns the rules for merged reports: those of the plan, which the same run made, else those at the base. The severities and
// waivers in the reports are ignored.
func (a *action) mergeRules(ctx context.Context, made *plan.Plan, isClaimed bool) (by rules, notes []string, err error) {
	if made != nil && !isClaimed {
		file, err := configOf(made, a.config)
		return a.rulesOf(a.config, file, ""), nil, err
	}
	settings, err := a.origin().Settings(ctx, a.config.selecting())
	if err != nil {
		return by, nil, err
	}
	return a.rulesOf(a.config, settings.File, ""), settings.Notes, nil
}

// withoutPolicy removes a finding's waiver and restores its default severity.
func (r rules) withoutPolicy(f finding.Finding) finding.Finding {
	f = config.WithoutPolicy(f)
	if f.Rule == finding.ArtifactMissingChecksum || f.Rule == finding.ImageUnpinned {
		_ = f.Severity.UnmarshalText([]byte(r.missingChecksum)) // "off" changes nothing
	}
	return f
}

// follow finds the pull request of the run that a workflow_run follows. The report claims one; GitHub confirms that the run's commit is
// still its head. Otherwise nothing is published.
func (a *action) follow(ctx context.Context, claimed report.Run) (current bool, err error) {
	followed := a.event.Follows
	if followed.Event == "" {
		return true, nil
	}
	if followed.Event != "pull_request" || claimed.PullRequest == 0 {
		return false, usageError{Err: fmt.Errorf("the workflow run was started by %s: on workflow_run, only reports of a pull_request can be merged", finding.Quote(followed.Event))}
	}
	head, base, err := a.api.PullRequest(ctx, claimed.PullRequest)
	if err != nil {
		return false, err
	}
	if head != followed.HeadSHA {
		a.actions().Noticef("The workflow run is of commit %s, which is not the head of pull request %d: nothing was published", finding.Clean(followed.HeadSHA), claimed.PullRequest)
		return false, nil
	}
	a.event.PullRequest, a.event.HeadSHA, a.event.BaseSHA = claimed.PullRequest, head, cmp.Or(base, a.Getenv("GITHUB_SHA"))
	return true, nil
}

// expand returns the files that globs match, sorted. A glob without a match is an error: a shard is missing.
func expand(globs []string) ([]string, error) {
	var names []string
	for _, glob := range globs {
		matches, err := doublestar.FilepathGlob(glob, doublestar.WithFilesOnly())
		if err != nil || len(matches) == 0 {
			return nil, usageError{Err: fmt.Errorf("input merge: no file matches %s", finding.Quote(glob))}
		}
		names = append(names, matches...)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// mergeReports reads and merges shard reports. With a plan, which it also returns, they must cover all of its files.
func mergeReports(names []string, planFile string) (in report.Input, made *plan.Plan, err error) {
	var shards []report.Named
	var problems []error
	left := int64(maxReports)
	for _, name := range names {
		r, err := readReport(name, &left)
		if err != nil {
			problems = append(problems, fmt.Errorf("the report %s can't be read: %w", finding.Quote(name), err))
			continue
		}
		shards = append(shards, report.Named{Name: name, Report: r})
	}
	if err := errors.Join(problems...); err != nil {
		return in, nil, err
	}
	if in, err = report.Merge(shards); err != nil || planFile == "" {
		return in, nil, err
	}
	made, sum, err := readPlan(planFile)
	if err == nil {
		err = made.Covers(shards, sum)
	}
	return in, made, err
}

// maxReports bounds the total size of the reports of one merge, in bytes.
const maxReports = 1 << 30

// readReport reads a report of at most left bytes, and subtracts its size from left.
func readReport(name string, left *int64) (*report.Report, error) {
	file, err := source.OpenRegular(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if *left -= info.Size(); *left < 0 {
		return nil, fmt.Errorf("the reports exceed %d MiB in total", maxReports>>20)
	}
	return report.Read(file)
}
