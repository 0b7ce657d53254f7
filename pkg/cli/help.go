package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helpWidth is how wide help is, in columns.
const helpWidth = 80

// topic is a group of flags in help.
type topic struct {
	title string
	flags []string
}

var topics = []topic{
	{"What to check", []string{"base", "local", "platform", "role", "registry", "config", "manifests", "scope", "shard", "plan", "plan-file"}},
	{"How", []string{"mode", "missing-checksum", "trusted-urls", "public-keys", "trusted-root", "state-file", "fail-on", "from", "replace", "allow-unverified", "test"}},
	{"What to write", []string{"to", "format", "report-file", "sarif-file", "write", "upgrade", "transition", "pin", "color", "quiet", "verbose", "version", "help"}},
	{"The network", []string{"concurrency", "connections", "max-file-size", "stall-timeout", "timeout", "allow-networks", "github-token"}},
}

// flagTopic is the flags of a command under one title.
type flagTopic struct {
	title string
	flags *pflag.FlagSet
}

// flagTopics are the flags that a command's help shows, by topic.
func flagTopics(cmd *cobra.Command) (list []flagTopic) {
	for _, topic := range topics {
		set := pflag.NewFlagSet("", pflag.ContinueOnError)
		set.SortFlags = false
		for _, name := range topic.flags {
			if f := cmd.Flag(name); f != nil {
				set.AddFlag(f)
			}
		}
		if set.HasAvailableFlags() {
			list = append(list, flagTopic{topic.title, set})
		}
	}
	return list
}

// usage writes the part of a command's help that is the same for all: how it is called, examples, commands and flags.
func usage(cmd *cobra.Command) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage:\n  %s\n", cmd.UseLine())
	if cmd.HasExample() {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
	}
	if cmd.HasAvailableSubCommands() {
		b.WriteString("\nCommands:\n")
		for _, each := range cmd.Commands() {
			if each.IsAvailableCommand() {
				fmt.Fprintf(&b, "  %-10s %s\n", each.Name(), each.Short)
			}
		}
	}
	for _, topic := range flagTopics(cmd) {
		fmt.Fprintf(&b, "\n%s:\n%s", topic.title, topic.flags.FlagUsagesWrapped(helpWidth))
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\n%q says more about a command.\n", cmd.CommandPath()+" COMMAND --help")
	}
	_, err := fmt.Fprint(cmd.OutOrStderr(), b.String())
	return err
}
