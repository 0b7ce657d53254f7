package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// example is the first one of a command's help.
func example(cmd *cobra.Command) string {
	first, _, _ := strings.Cut(strings.TrimSpace(cmd.Example), "\n")
	return ": for example, " + finding.Quote(first)
}

// arguments demands at least one argument.
func arguments(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return fmt.Errorf("%s needs %s%s", cmd.Name(), what, example(cmd))
		}
		return nil
	}
}

// oneArgument demands exactly one.
func oneArgument(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 1 {
			return fmt.Errorf("%s takes %s, and no more%s", cmd.Name(), what, example(cmd))
		}
		return arguments(what)(cmd, args)
	}
}

// noCommand says which command was meant by a word that is none.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, each := range cmd.Commands() {
		if each.IsAvailableCommand() {
			names = append(names, each.Name())
		}
	}
	word := finding.Quote(args[0])
	if meant := finding.Nearest(args[0], names); meant != "" {
		found, _, err := cmd.Find([]string{meant})
		if err == nil {
			return fmt.Errorf("unknown command %s: did you mean %s%s", word, meant, strings.Replace(example(found), ":", "?", 1))
		}
	}
	if _, err := os.Stat(args[0]); err == nil {
		return fmt.Errorf("unknown command %s: to verify what is there, %s", word, finding.Quote("verify-manifests check "+args[0]))
	}
	return fmt.Errorf("unknown command %s: the commands are %s%s", word, strings.Join(names, ", "), example(cmd))
}

// flagError says which flag was meant, or how to use the one that was.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return fmt.Errorf("%w (%s says more)", err, finding.Quote(cmd.CommandPath()+" --help"))
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if meant := finding.Nearest(strings.TrimLeft(unknown.GetSpecifiedName(), "-"), names); meant != "" {
		return fmt.Errorf("%w: did you mean --%s?", err, meant)
	}
	return fmt.Errorf("%w: %s lists them", err, finding.Quote(cmd.CommandPath()+" --help"))
}
