package cli

import (
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/premAI-io/verify-manifests/pkg/report"
)

// look is how the program speaks to a person.
type look struct {
	color   string // "auto", "always" or "never"
	quiet   bool   // findings alone
	verbose bool   // every file, every place, and what was waived
}

// addLook gives all commands the flags of look.
func (p *program) addLook(root *cobra.Command) {
	addChoice(root, root.PersistentFlags(), &p.look.color, "color", "when to use colour", "auto", "always", "never")
	root.PersistentFlags().BoolVarP(&p.look.quiet, "quiet", "q", false, "print findings alone: no progress, and nothing where nothing is wrong")
	root.PersistentFlags().BoolVar(&p.look.verbose, "verbose", false, "name every file, every place of a cause, and what was waived")
}

// isTerminal reports whether a person sees what is written to w, in a terminal that can go back in a line.
func (p *program) isTerminal(w io.Writer) bool {
	file, ok := w.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(file.Fd())) && p.Getenv("TERM") != "dumb" && !p.inActions()
}

// textOptions says what a text written to w may hold. Who names --color means it; else NO_COLOR counts
// (https://no-color.org).
func (p *program) textOptions(w io.Writer) report.TextOptions {
	isColorful := p.look.color == "always" || p.look.color == "auto" && p.Getenv("NO_COLOR") == "" && p.isTerminal(w)
	return report.TextOptions{Color: isColorful, Verbose: p.look.verbose}
}

// writeText writes a report for people.
func (p *program) writeText(r *report.Report, w io.Writer) error {
	if p.look.quiet {
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
