package cli

import (
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/premAI-io/verify-manifests/pkg/report"
)

// outputOptions are how the program prints for people.
type outputOptions struct {
	color   string // "auto", "always" or "never"
	quiet   bool   // findings only
	verbose bool   // every file, every location, and waived findings
}

// addOutputFlags gives all commands the output options as flags.
func (p *program) addOutputFlags(root *cobra.Command) {
	addChoice(root, root.PersistentFlags(), &p.outputOptions.color, "color", "when to use colour", "auto", "always", "never")
	root.PersistentFlags().BoolVarP(&p.outputOptions.quiet, "quiet", "q", false, "print only findings, and no progress")
	root.PersistentFlags().BoolVar(&p.outputOptions.verbose, "verbose", false, "print every file, every location of a finding, and waived findings")
}

// isTerminal reports whether w is a terminal that can move its cursor.
func (p *program) isTerminal(w io.Writer) bool {
	file, ok := w.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(file.Fd())) && p.Getenv("TERM") != "dumb" && !p.inActions()
}

// textOptions returns the options for a text written to w. --color wins over NO_COLOR (https://no-color.org).
func (p *program) textOptions(w io.Writer) report.TextOptions {
	isColorful := p.outputOptions.color == "always" || p.outputOptions.color == "auto" && p.Getenv("NO_COLOR") == "" && p.isTerminal(w)
	return report.TextOptions{Color: isColorful, Verbose: p.outputOptions.verbose}
}

// writeText writes a report for people.
func (p *program) writeText(r *report.Report, w io.Writer) error {
	if p.outputOptions.quiet {
		return r.WriteFindings(w, p.textOptions(w))
	}
	return r.WriteText(w, p.textOptions(w))
}

// choice is a flag of one of several words: pflag.Value.
type choice struct {
	value  *string
	values []string
}

// addChoice adds a flag whose default is the first of its values, and which a shell completes.
func addChoice(cmd *cobra.Command, flags *pflag.FlagSet, value *string, name, help string, values ...string) {
	*value = values[0]
	flags.Var(&choice{value, values}, name, help+": "+orList(values))
	complete(cmd, name, values)
}

// complete lets a shell complete a flag's values.
func complete(cmd *cobra.Command, name string, values []string) {
	_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)) // fails for a flag that is not there
}

// Set takes one of the values.
func (c *choice) Set(s string) error {
	value, err := oneOf(c.values...)(s)
	if err == nil {
		*c.value = value
	}
	return err
}

// String returns the value.
func (c *choice) String() string {
	if c.value == nil { // of the zero choice, which pflag asks for
		return ""
	}
	return *c.value
}

// Type names the kind of value in the help.
func (c *choice) Type() string { return "word" }
