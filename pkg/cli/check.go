package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/source"
)

// localEvent is what reports call a run outside Actions.
const localEvent = "local"

// check is the command of that name: manifests on disk, verified.
type check struct {
	*program
	config *Config
	format string
	local  string
	base   string // a reference of git; "" for everything that is named
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
	work, cancel := deadline(ctx, c.config)
	defer cancel()
	if len(c.config.Merge) > 0 {
		return 0, usageError{errors.New("flag --merge is the Action's input: here `verify-manifests merge FILE...` merges reports")}
	}
	if err := c.config.checkPlan(); err != nil {
		return 0, err
	}
	run, known := report.Run{Event: localEvent, ServerURL: c.server()}, c.recall(c.config)
	if c.config.isPlanned() {
		return c.takePart(ctx, work, run, known)
	}
	selected, err := c.selection(work, args)
	if err != nil {
		return 0, err
	}
	if c.config.Plan > 0 {
		made, err := c.plan(work, c.config, run, selected, known)
		if err == nil {
			_, err = fmt.Fprintln(c.Stdout, made.Matrix())
		}
		return ExitOK, err
	}
	selected.local = c.local
	result, err := c.verify(work, c.config, run, selected, known)
	if err != nil {
		return 0, err
	}
	if selected.isWhole && len(args) == 0 && c.base == "" && c.local == "" {
		known.Ended(result)
	}
	return c.print(ctx, c.config, result, c.format, known)
}

// takePart verifies what a plan gives to this shard.
func (c *check) takePart(ctx, work context.Context, run report.Run, known *memory) (int, error) {
	j, err := c.planned(c.config, run)
	if err != nil {
		return 0, err
	}
	result, err := c.perform(work, c.config, j, known)
	if err != nil {
		return 0, err
	}
	return c.print(ctx, c.config, result, c.format, known)
}

// print writes a report's files and what is known now, and prints the report.
func (p *program) print(ctx context.Context, c *Config, r *report.Report, format string, known *memory) (int, error) {
	if err := errors.Join(known.save(c), writeFiles(c, r), p.write(r, format, known.Past())); err != nil {
		return 0, err
	}
	return exitCode(ctx, c.FailOn, r.Summary), nil
}

// addFormat adds the flag that says how a report is printed.
func addFormat(cmd *cobra.Command, format *string) {
	addChoice(cmd, cmd.Flags(), format, "format", "what to print (html is a status page, badge one of shields.io)",
		"text", "json", "sarif", "markdown", "html", "badge")
}

// write prints a report in a format. The page shows the scans up to this one too.
func (p *program) write(r *report.Report, format string, scans []report.Scan) error {
	switch format {
	case "json":
		return r.WriteJSON(p.Stdout)
	case "sarif":
		return r.WriteSARIF(p.Stdout)
	case "html":
		return r.WriteHTML(p.Stdout, scans)
	case "badge":
		return r.WriteBadge(p.Stdout)
	case "markdown":
		_, err := io.WriteString(p.Stdout, r.JobSummary(summaryLimit))
		return err
	}
	return p.writeText(r, p.Stdout)
}

// selection is what the flags and arguments ask for.
func (c *check) selection(ctx context.Context, args []string) (selection, error) {
	switch scope := c.config.Scope; {
	case c.local != "" && (c.config.Shard != nil || c.config.Plan > 0):
		return selection{}, usageError{errors.New("flags --shard and --plan divide downloads, and with --local there is none: leave --local out, or them")}
	case c.base == "" && scope == scopeChanged:
		return selection{}, usageError{errors.New("flag --scope is `changed`, and nothing says what to compare with: give --base")}
	case c.base != "" && scope == scopeAll:
		return selection{}, usageError{errors.New("flag --scope is `all`, and --base asks for what changed: leave one of them out")}
	case c.base != "":
		return c.selectChanged(ctx, args)
	}
	if len(args) == 0 {
		args = []string{"."}
	}
	return c.onDisk(ctx, c.config, args)
}

// onDisk reads the manifests below the named folders, and the named files whatever they are called. The registry that they belong
// to, found above the first of them, says what manifests are, who the owner is, and what they are compared with.
func (p *program) onDisk(ctx context.Context, c *Config, args []string) (selection, error) {
	s := selection{scope: scopeAll}
	for _, arg := range args {
		root, err := p.registryOf(arg)
		if err != nil {
			return s, usageError{err}
		}
		err = p.selectBelow(ctx, c, root, &s)
		root.Close()
		if err != nil {
			return s, err
		}
	}
	seen := map[string]bool{} // since several arguments may name one
	isAgain := func(each source.Source) bool {
		name, err := filepath.Abs(each.Disk)
		again := err == nil && seen[name]
		seen[name] = true
		return again
	}
	s.sources = slices.DeleteFunc(s.sources, isAgain)
	s.around.others = slices.DeleteFunc(s.around.others, isAgain)
	if len(s.sources) == 0 {
		return s, usageError{fmt.Errorf("no manifest matches %s below %s%s", s.setup.words(), finding.Quote(strings.Join(args, " ")), s.setup.hintBelow(ctx, p, args[0]))}
	}
	return s, nil
}

// hintBelow names the preset that finds manifests in the registry around an argument.
func (s *setup) hintBelow(ctx context.Context, p *program, arg string) string {
	l, err := p.registryOf(arg)
	if err != nil {
		return ""
	}
	defer l.Close()
	files, err := l.List(ctx)
	if err != nil {
		return ""
	}
	return s.presetHint(ctx, l, files)
}

// splitPath returns the folder that an argument names and, where it names a file, the file's name in its folder.
func splitPath(arg string) (dir, name string, err error) {
	arg = filepath.Clean(arg) // so that the path that is shown, and written to, is the one that is read
	info, err := os.Stat(arg)
	if err != nil {
		return "", "", fmt.Errorf("%s can't be read: %w", finding.Quote(arg), finding.WithoutPath(err))
	}
	if info.IsDir() {
		return arg, "", nil
	}
	dir, name = filepath.Split(arg)
	return dir, name, nil
}
