package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/premAI-io/verify-manifests/pkg/baseline"
	"github.com/premAI-io/verify-manifests/pkg/publish"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/source"
)

// localEvent is the event of reports outside Actions.
const localEvent = "local"

// check is the command check, which verifies manifests on disk.
type check struct {
	*program
	config *Config
	format string
	local  string
	base   string // a git reference; "" to verify everything
}

func (p *program) checkCommand() *cobra.Command {
	c := &check{program: p, config: defaultConfig()}
	cmd := &cobra.Command{
		Use:   "check [flags] [PATH...]",
		Short: "Verify manifests on disk: those named, or all below this folder",
		Example: `  verify-manifests check
  verify-manifests check chat-mistral-7b-instruct
  verify-manifests check --base origin/main
  verify-manifests check --format json --fail-on warning
  verify-manifests check --local ~/models`,
		RunE: p.do(c.run),
	}
	addFlags(cmd, c.config, selecting|network|outputting|publishing|describing)
	addFormat(cmd, &c.format)
	cmd.Flags().StringVar(&c.local, "local", "", "compare the files below this `folder`, DIR/<id>/<file>, instead of downloading")
	cmd.Flags().StringVar(&c.base, "base", "", "a `branch` such as origin/main: only the manifests changed since it, committed or not, as CI will check them")
	return cmd
}

func (c *check) run(ctx context.Context, args []string) (int, error) {
	if err := c.validate(); err != nil {
		return 0, err
	}
	work, cancel := deadline(ctx, c.config)
	defer cancel()
	j, err := c.job(work, c.config, report.Run{Event: localEvent, ServerURL: c.server()}, c.origin(args), c.local != "")
	if err != nil {
		return 0, err
	}
	if c.config.Plan > 0 {
		made, err := c.plan(work, c.config, j)
		if err == nil {
			_, err = fmt.Fprintln(c.Stdout, made.Matrix())
		}
		return ExitOK, err
	}
	root, err := openLocal(c.local)
	if err != nil {
		return 0, err
	}
	in, err := c.verify(work, c.config, j, root)
	if err != nil {
		return 0, err
	}
	if root != nil {
		return c.print(ctx, c.config, build(in, j.rules), c.format, nil, root.Close())
	}
	r, compared := c.compare(in, j.rules, j.before)
	return c.print(ctx, c.config, r, c.format, compared.Next, saveState(c.config, compared.Next))
}

// validate reports invalid combinations of flags.
func (c *check) validate() error {
	switch scope := c.config.Scope; {
	case len(c.config.Merge) > 0:
		return usageError{Err: errors.New("flag --merge is an input of the Action: use `verify-manifests merge FILE...`")}
	case c.local != "" && (c.config.Shard != nil || c.config.Plan > 0):
		return usageError{Err: errors.New("flag --local excludes --shard and --plan, which divide downloads")}
	case c.base == "" && (scope == source.ScopeChanged || scope == source.ScopeEntries) && !c.config.isPlanned():
		return usageError{Err: fmt.Errorf("flag --scope is `%s`, which needs --base", scope)}
	case c.base != "" && scope == source.ScopeAll:
		return usageError{Err: errors.New("flags --scope=all and --base exclude each other")}
	}
	return c.config.checkPlan()
}

// origin is the source of the manifests in flags and arguments.
func (c *check) origin(args []string) source.Origin {
	if c.base != "" {
		return source.Since{Ref: c.base, Args: args, Environ: c.Environ}
	}
	return source.Folders{Args: args, Environ: c.Environ}
}

// print writes a report's files and prints it. It returns the error of an earlier output after that.
func (p *program) print(ctx context.Context, c *Config, r *report.Report, format string, state *baseline.State, problem error) (int, error) {
	if err := errors.Join(problem, c.Files.Write(r), p.write(r, format, state)); err != nil {
		return 0, err
	}
	return exitCode(ctx, c.FailOn, r.Summary), nil
}

// addFormat adds the flag for a report's output format.
func addFormat(cmd *cobra.Command, format *string) {
	addChoice(cmd.Flags(), format, "format", "output format (html is a status page, badge a shields.io endpoint)",
		"text", "json", "sarif", "markdown", "html", "badge")
}

// write prints a report in a format. The HTML page also shows the scans of a state, which may be nil.
func (p *program) write(r *report.Report, format string, state *baseline.State) error {
	switch format {
	case "json":
		return r.WriteJSON(p.Stdout)
	case "sarif":
		return r.WriteSARIF(p.Stdout)
	case "html":
		var scans []baseline.Scan
		if state != nil {
			scans = state.Scans
		}
		return r.WriteHTML(p.Stdout, scans)
	case "badge":
		return r.WriteBadge(p.Stdout)
	case "markdown":
		_, err := io.WriteString(p.Stdout, r.JobSummary(publish.SummaryLimit))
		return err
	}
	if p.quiet {
		return r.WriteFindings(p.Stdout, p.textOptions(p.Stdout))
	}
	return r.WriteText(p.Stdout, p.textOptions(p.Stdout))
}
