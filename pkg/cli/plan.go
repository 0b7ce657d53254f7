package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"github.com/premAI-io/verify-manifests/pkg/config"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/plan"
	"github.com/premAI-io/verify-manifests/pkg/publish"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/source"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// decisions returns the texts of the inputs that must be equal in a plan and its shards.
func (c *Config) decisions() map[string]string {
	decided := map[string]string{}
	for _, in := range c.inputs {
		if in.group&deciding != 0 {
			decided[in.name] = strings.TrimSpace(c.texts[in.name])
		}
	}
	return decided
}

// checkPlan reports invalid combinations of inputs.
func (c *Config) checkPlan() error {
	switch {
	case c.Plan > 0 && c.Shard != nil:
		return usageError{Err: errors.New("inputs plan and shard exclude each other: make the plan first, then give each job of its matrix a shard")}
	case c.Plan > 0 && len(c.Merge) > 0:
		return usageError{Err: errors.New("inputs plan and merge exclude each other: plan comes before the shards, and merge after them")}
	case c.PlanFile != "" && c.Plan == 0 && c.Shard == nil && len(c.Merge) == 0:
		return usageError{Err: errors.New("input plan-file needs one of plan, shard and merge")}
	}
	return nil
}

// isPlanned reports whether a run reads its files from a plan instead of the registry.
func (c *Config) isPlanned() bool { return c.PlanFile != "" && c.Shard != nil }

// plan estimates the sizes of the selected manifests' files, divides them among shards, and writes the plan.
func (p *program) plan(ctx context.Context, c *Config, j *job) (*plan.Plan, error) {
	verifier, err := p.verifier(c, j.rules)
	if err != nil {
		return nil, err
	}
	verifier.Baseline = j.before.Baseline
	loads := verifier.Loads(ctx, j.downloads)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("the plan was not finished: %w", context.Cause(ctx))
	}
	made, longest := plan.New(j.downloads, loads, c.Plan)
	made.Tool, made.Run, made.Scope, made.Mode = tool(), j.in.Run, j.in.Scope, c.Mode
	made.ConfigFile, made.TrustedRoot, made.Beside = j.settings.ConfigFile, j.settings.Roots, j.beside
	made.Inputs, made.Config, made.TrustedURLs, made.MissingChecksum = c.decisions(), string(j.settings.Text), j.rules.trustedURLs, j.rules.missingChecksum
	made.Manifests, made.Unchanged, made.Notes, made.Findings = j.in.Summary.Manifests, j.in.Summary.Unchanged, j.in.Notes, j.in.Findings
	if !p.quiet {
		fmt.Fprintln(p.Stderr, describePlan(loads, made.Shards, longest, c.Plan))
	}
	return made, publish.WriteFile("plan-file", c.PlanFile, made.Write)
}

// describePlan summarises a plan.
func describePlan(loads []verify.Load, shards int, longest, asked time.Duration) string {
	bytes, unknown := 0.0, 0
	for _, l := range loads {
		bytes += float64(max(l.Size, 0))
		if l.Size < 0 {
			unknown++
		}
	}
	text := fmt.Sprintf("%s, %s in total (%d of unknown size): %s, the longest about %s",
		english.Plural(len(loads), "file", ""), humanize.Bytes(uint64(min(bytes, 1<<63))), unknown, english.Plural(shards, "shard", ""), longest.Round(time.Second))
	if longest > asked+asked/4 {
		text += fmt.Sprintf(". That is longer than the requested %s: a matrix has at most %d jobs, and one job reads a whole file", asked, verify.MaxShards)
	}
	return text
}

// planned returns a shard's job from its plan, without reading the registry.
func (p *program) planned(c *Config, run report.Run) (*job, error) {
	made, sum, err := readPlan(c.PlanFile)
	if err != nil {
		return nil, err
	}
	if err := made.Fits(Version(), run, *c.Shard, c.decisions()); err != nil {
		return nil, fmt.Errorf("the plan %s can't be used: %w", finding.Quote(c.PlanFile), err)
	}
	file, err := configOf(made, c)
	if err != nil {
		return nil, err
	}
	roots, err := rootsOf(made.TrustedRoot)
	if err != nil {
		return nil, err
	}
	by := p.rulesOf(c, file, "")
	by.trustedURLs, by.missingChecksum = made.TrustedURLs, made.MissingChecksum
	return &job{
		in: report.Input{Report: report.Report{
			Plan: sum, Scope: made.Scope, Summary: report.Summary{Manifests: made.Manifests, Unchanged: made.Unchanged}, Notes: made.Notes, Findings: made.Findings,
		}},
		downloads: made.Downloads(c.Shard.Index), rules: by, roots: roots, beside: made.Beside, asset: made.Asset(p.server()),
	}, nil
}

// configOf returns the configuration file of a plan; nil for none.
func configOf(made *plan.Plan, c *Config) (*config.File, error) {
	if made.Config == "" {
		return nil, nil
	}
	file, err := config.Parse(cmp.Or(made.ConfigFile, c.ConfigFile), []byte(made.Config))
	if err != nil {
		return nil, fmt.Errorf("the configuration in the plan %s can't be used: %w", finding.Quote(c.PlanFile), err)
	}
	return file, nil
}

func readPlan(name string) (*plan.Plan, digest.Digest, error) {
	file, err := source.OpenRegular(name)
	if err != nil {
		return nil, digest.Digest{}, fmt.Errorf("the plan %s can't be read: %w", finding.Quote(name), err)
	}
	defer file.Close()
	made, sum, err := plan.Read(file)
	if err != nil {
		return nil, digest.Digest{}, fmt.Errorf("the plan %s can't be used: %w", finding.Quote(name), err)
	}
	return made, sum, nil
}

// plan answers an event with a plan instead of a verification.
func (a *action) plan(ctx context.Context, j *job) (int, error) {
	made, err := a.program.plan(ctx, a.config, j)
	if err != nil {
		return 0, err
	}
	fmt.Fprintln(a.Stdout, made.Matrix())
	return a.end(ExitOK, a.writeNote("This run made a plan and verified nothing"), map[string]string{"matrix": made.Matrix()})
}
