package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"regexp"

	"github.com/spf13/cobra"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/registry"
	"github.com/premAI-io/verify-manifests/pkg/source"
)

func (p *program) initCommand() *cobra.Command {
	var preset string
	cmd := &cobra.Command{
		Use:   "init [--registry NAME]",
		Short: "Write a configuration file and a workflow for this registry",
		Long: `Write a configuration file and a workflow for this registry.

init tries each preset on the files of the registry and picks the one that
finds the most manifests. It overwrites nothing.`,
		Example: `  verify-manifests init
  verify-manifests init --registry scoop`,
		Args: cobra.NoArgs,
		RunE: p.do(func(ctx context.Context, _ []string) (int, error) { return ExitOK, p.init(ctx, preset) }),
	}
	cmd.Flags().StringVar(&preset, "registry", "", "the `preset` to use instead of the one that is found")
	return cmd
}

// init writes both files below the root of the registry around the current folder.
func (p *program) init(ctx context.Context, preset string) error {
	l, err := source.OpenArgument(ctx, ".", p.Environ)
	if err != nil {
		return usageError{Err: err}
	}
	defer l.Close()
	files, err := l.List(ctx)
	if err != nil {
		return err
	}
	if preset, err = p.choosePreset(ctx, l, files, preset); err != nil {
		return usageError{Err: err}
	}
	root, err := os.OpenRoot(l.Dir)
	if err != nil {
		return err
	}
	defer root.Close()
	err = errors.Join(
		p.writeNew(root, fmt.Sprintf(initConfig, preset), ".github/verify-manifests.yaml", ".github/verify-manifests.yml"),
		p.writeNew(root, fmt.Sprintf(initWorkflow, pinnedAction(built())), ".github/workflows/verify-manifests.yml", ".github/workflows/verify-manifests.yaml"),
	)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.Stdout, "Next: see what `verify-manifests check --mode offline` reports, then commit both files")
	return err
}

// choosePreset returns the named preset, or the one that finds the most manifests, and prints what was found.
func (p *program) choosePreset(ctx context.Context, t source.Tree, files []github.File, name string) (string, error) {
	if name != "" {
		_, err := registry.Preset(name)
		return name, err
	}
	found := source.Detect(ctx, t, files)
	if len(found) == 0 {
		return "", errors.New("no preset matches the files here: name one with --registry (`verify-manifests registries` lists them), or describe the registry in .github/verify-manifests.yaml: https://github.com/premAI-io/verify-manifests/blob/main/docs/registries.md")
	}
	for _, d := range found {
		if _, err := fmt.Fprintln(p.Stdout, "Found:", d); err != nil {
			return "", err
		}
	}
	return found[0].Preset, nil
}

// writeNew writes the first of several names of one file, unless one of them exists.
func (p *program) writeNew(root *os.Root, text string, names ...string) error {
	for _, name := range names {
		if _, err := root.Lstat(name); err == nil {
			_, err = fmt.Fprintf(p.Stdout, "Kept %s, which already exists\n", name)
			return err
		}
	}
	err := root.MkdirAll(path.Dir(names[0]), 0o755)
	var f *os.File
	if err == nil {
		f, err = root.OpenFile(names[0], os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	}
	if err == nil {
		_, err = f.WriteString(text)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return fmt.Errorf("%s can't be written: %w", finding.Quote(names[0]), finding.WithoutPath(err))
	}
	_, err = fmt.Fprintln(p.Stdout, "Wrote", names[0])
	return err
}

var (
	release    = regexp.MustCompile(`^v[0-9]+\.[0-9]+\.[0-9]+$`)
	fullCommit = regexp.MustCompile(`^[0-9a-f]{40}$`)
)

// pinnedAction is the Action at this program's commit, else its release, else version 1.
func pinnedAction(o origin) string {
	const action = "premAI-io/verify-manifests@"
	switch {
	case fullCommit.MatchString(o.commit):
		return action + o.commit + " # " + o.version
	case release.MatchString(o.version):
		return action + o.version
	}
	return action + "v1"
}

const initConfig = `# The configuration of verify-manifests:
# https://github.com/premAI-io/verify-manifests/blob/main/docs/configuration.md
registry: %s
`

const initWorkflow = `# Verifies the files that manifests name. Nothing of a pull request is checked out or executed.
name: verify manifests
on:
  pull_request_target:
  merge_group: # for a merge queue
  push:
    branches: [main, master]
permissions: {}
concurrency:
  group: verify-manifests-${{ github.event.pull_request.number || github.sha }}
  cancel-in-progress: true
jobs:
  verify:
    runs-on: ubuntu-latest
    timeout-minutes: 360
    permissions:
      contents: read
      pull-requests: write # the comment
    steps:
      - uses: %s
`
