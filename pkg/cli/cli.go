// Package cli is the program: it reads flags, inputs and events, wires the other packages, and turns
// findings into output and an exit code.
package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/sethvargo/go-githubactions"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/source"
)

// The exit codes.
const (
	ExitOK       = 0 // nothing at or above fail-on
	ExitFindings = 1 // findings at or above fail-on
	ExitUsage    = 2 // wrong usage or configuration
	ExitFailure  = 3 // the program could not do its work
)

// Env is the environment that the program runs in.
type Env struct {
	Args           []string // without the program's name
	Stdout, Stderr io.Writer
	Environ        []string       // "NAME=value"
	RootCAs        *x509.CertPool // nil: the system's certificate authorities

	// Substitutes for tests; nil is the system's.
	Now      func() time.Time
	Sleep    func(ctx context.Context, d time.Duration) error // returns the cause of ctx's end, if that comes first
	Resolver *net.Resolver
}

// Getenv returns a variable's value, "" when it is not set.
func (e Env) Getenv(name string) string {
	for _, each := range e.Environ {
		if value, found := strings.CutPrefix(each, name+"="); found {
			return value
		}
	}
	return ""
}

func (e Env) now() time.Time {
	if e.Now != nil {
		return e.Now()
	}
	return time.Now()
}

// inActions reports whether a workflow runner started the program
// (https://docs.github.com/actions/reference/variables-reference).
func (e Env) inActions() bool { return e.Getenv("GITHUB_ACTIONS") == "true" }

// usageError is an invalid flag, input or argument.
type usageError = source.UsageError

// failure is an error of the work itself, as opposed to one of usage.
type failure struct{ error }

func (e failure) Unwrap() error { return e.error }

// program is one run.
type program struct {
	Env
	color          string // "auto", "always" or "never"
	quiet, verbose bool   // print findings only; print every file, every location, and waived findings
	code           int
}

// Main runs the program and returns its exit code. When ctx ends, it reports the results so far and returns
// within seconds.
func Main(ctx context.Context, env Env) int {
	p := &program{Env: env}
	err := p.command().ExecuteContext(ctx)
	if err == nil {
		return p.code
	}
	p.printError(err)
	if errors.As(err, new(failure)) {
		return ExitFailure
	}
	return ExitUsage
}

// printError prints one line for each error.
func (p *program) printError(err error) {
	var lines []string
	for line := range strings.SplitSeq(err.Error(), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, finding.Clean(line))
		}
	}
	if p.inActions() {
		p.actions().Errorf("%s", strings.Join(lines, "\n"))
		return
	}
	fmt.Fprintf(p.Stderr, "verify-manifests: %s\n", strings.Join(lines, "\n  "))
}

func (p *program) actions() *githubactions.Action {
	return githubactions.New(githubactions.WithWriter(p.Stdout), githubactions.WithGetenv(p.Getenv))
}

// helpWidth is the width of help, in columns.
const helpWidth = 80

// command builds the command line. Without arguments the program is the Action.
func (p *program) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "verify-manifests",
		Short: "Is what every manifest points at still exactly what was reviewed?",
		Long: `Is what every manifest points at still exactly what was reviewed?

verify-manifests streams every binary and model that a registry's manifests
name, and compares their digests with the declared checksums.

Exit codes: 0 nothing at or above fail-on; 1 findings; 2 wrong usage; 3 the
program could not do its work.`,
		Example: `  verify-manifests check
  verify-manifests check --base origin/main
  verify-manifests sum --write chat-mistral-7b-instruct`,
		Version:       Version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          p.root,
	}
	root.SetArgs(append([]string{}, p.Args...)) // cobra reads os.Args in place of nil
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	flags := root.PersistentFlags()
	addChoice(flags, &p.color, "color", "when to use colour", "auto", "always", "never")
	flags.BoolVarP(&p.quiet, "quiet", "q", false, "print only findings, and no progress")
	flags.BoolVar(&p.verbose, "verbose", false, "print every file, every location of a finding, and waived findings")
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages", fmt.Sprint(".FlagUsagesWrapped ", helpWidth)))
	root.AddCommand(p.checkCommand(), p.sumCommand(), p.getCommand(), p.mergeCommand(), p.initCommand(), p.registriesCommand(), p.explainCommand(), p.schemaCommand(), p.versionCommand())
	return root
}

func (p *program) root(cmd *cobra.Command, _ []string) error {
	if p.inActions() {
		return p.do(p.action)(cmd, nil)
	}
	if err := cmd.Help(); err != nil {
		return failure{err}
	}
	p.code = ExitUsage
	return nil
}

// do adapts a function that returns an exit code to cobra. Its errors are failures unless they are usage
// errors.
func (p *program) do(work func(ctx context.Context, args []string) (int, error)) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) (err error) {
		if err := refuseEmpty(cmd); err != nil {
			return err
		}
		p.code, err = work(cmd.Context(), args)
		if err != nil && !errors.As(err, new(usageError)) {
			return failure{err}
		}
		return err
	}
}

// refuseEmpty refuses a flag such as --from "$UNSET", which would otherwise count as omitted. An empty input means its default.
func refuseEmpty(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if f.Value.Type() == "string" && f.Value.String() == "" {
			err = usageError{Err: fmt.Errorf("flag --%s is empty: give it a value, or leave it out", f.Name)}
		}
	})
	return err
}
