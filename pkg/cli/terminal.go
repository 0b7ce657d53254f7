package cli

import (
	"io"

	"github.com/spf13/cobra"
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
	addChoice(root.PersistentFlags(), &p.outputOptions.color, "color", "when to use colour", "auto", "always", "never")
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
