package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagValue is a flag of the command line: a pflag.Value.
type flagValue struct {
	kind string // names the value in the help
	text string
	set  func(string) error
}

// Set reads the flag's text.
func (f *flagValue) Set(s string) error {
	f.text = s
	return f.set(s)
}

// String returns the text that was set, else the default.
func (f *flagValue) String() string { return f.text }

// Type names the kind of value in the help.
func (f *flagValue) Type() string { return f.kind }

// addFlags gives a command the inputs of some groups as flags. A list may be given by repeating its flag.
func addFlags(cmd *cobra.Command, c *Config, groups group) {
	c.isCommandLine = true
	for _, in := range c.inputs {
		if in.group&groups == 0 {
			continue
		}
		f := &flagValue{kind: "value", text: in.value}
		if in.list {
			f.kind = "list"
		}
		f.set = func(s string) error {
			if in.list && c.given[in.name] {
				s = c.texts[in.name] + "\n" + s
			}
			c.given[in.name], c.texts[in.name] = true, s
			return in.set(s)
		}
		cmd.Flags().Var(f, in.name, in.help)
		cmd.Flags().Lookup(in.name).Hidden = in.group&(publishing|network) == publishing // it has no effect outside Actions
	}
}

// addChoice adds a flag of one of several words. The first is the default.
func addChoice(flags *pflag.FlagSet, value *string, name, help string, values ...string) {
	*value = values[0]
	flags.Var(&flagValue{"word", values[0], func(s string) (err error) {
		*value, err = oneOf(values...)(s)
		return err
	}}, name, help+": "+english.WordSeries(values, "or"))
}

// inputPrefix begins the name of the variable that carries an input
// (https://docs.github.com/actions/reference/workflows-and-actions/metadata-syntax#inputs).
const inputPrefix = "INPUT_"

// configFromInputs reads the Action's inputs from INPUT_* variables, and refuses unknown ones. An empty one means the default.
func (p *program) configFromInputs() (*Config, error) {
	c, known, actions := defaultConfig(), []string{"args", "entrypoint"}, p.actions() // the runner itself sets these two for container actions
	for _, in := range c.inputs {
		known = append(known, in.name)
		if s := actions.GetInput(in.name); s != "" {
			if err := c.read(in, s); err != nil {
				return nil, err
			}
		}
	}
	for _, each := range p.Environ {
		name, value, _ := strings.Cut(each, "=")
		name, isInput := strings.CutPrefix(name, inputPrefix)
		if name = strings.ToLower(name); isInput && value != "" && !slices.Contains(known, name) {
			return nil, usageError{Err: fmt.Errorf("unknown input %s", name)}
		}
	}
	return c, nil
}
