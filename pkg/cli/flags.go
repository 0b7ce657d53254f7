package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// flagValue is an input as a flag: a pflag.Value.
type flagValue struct {
	input
	config *Config
	text   string
	given  bool
}

// addFlags gives a command the inputs of some groups as flags.
func addFlags(cmd *cobra.Command, c *Config, groups group) {
	c.isCommandLine = true
	for _, in := range inputs {
		if in.group&groups == 0 {
			continue
		}
		cmd.Flags().Var(&flagValue{input: in, config: c, text: in.value}, in.name, in.help)
		if in.group&(publishing|network) == publishing { // it has no effect outside Actions
			_ = cmd.Flags().MarkHidden(in.name) // fails for a flag that is not there
		}
		if in.values != nil {
			complete(cmd, in.name, in.values)
		}
	}
}

// Set reads the flag's text. A list may be given by repeating the flag.
func (v *flagValue) Set(s string) error {
	if v.list && v.given {
		s = v.text + "\n" + s
	}
	v.text, v.given, v.config.given[v.name], v.config.texts[v.name] = s, true, true, s
	return v.set(v.config, s)
}

// String returns the text that was set.
func (v *flagValue) String() string { return v.text }

// Type names the kind of value in the help.
func (v *flagValue) Type() string {
	if v.list {
		return "list"
	}
	return "value"
}

// inputPrefix begins the name of the variable that carries an input
// (https://docs.github.com/actions/reference/workflows-and-actions/metadata-syntax#inputs).
const inputPrefix = "INPUT_"

// configFromInputs reads the Action's inputs from INPUT_* variables. An empty one stands for the default.
func (p *program) configFromInputs() (*Config, error) {
	if err := p.refuseUnknownInputs(); err != nil {
		return nil, err
	}
	c := defaultConfig()
	actions := p.actions()
	for _, in := range inputs {
		if s := actions.GetInput(in.name); s != "" {
			if err := in.read(c, s); err != nil {
				return nil, err
			}
		}
	}
	return c, nil
}

// refuseUnknownInputs refuses misspelt inputs. The runner itself sets INPUT_ARGS and INPUT_ENTRYPOINT for container actions.
func (p *program) refuseUnknownInputs() error {
	for _, each := range p.Environ {
		name, value, _ := strings.Cut(each, "=")
		name, isInput := strings.CutPrefix(name, inputPrefix)
		if !isInput || value == "" || name == "ARGS" || name == "ENTRYPOINT" {
			continue
		}
		name = strings.ToLower(name)
		if !slices.ContainsFunc(inputs, func(in input) bool { return in.name == name }) {
			return usageError{Err: fmt.Errorf("unknown input %s%s", name, didYouMean(name))}
		}
	}
	return nil
}

func didYouMean(name string) string {
	var names []string
	for _, in := range inputs {
		names = append(names, in.name)
	}
	if meant := finding.Nearest(name, names); meant != "" {
		return ": did you mean " + meant + "?"
	}
	return ": the inputs are " + strings.Join(names, ", ")
}
