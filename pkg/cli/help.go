package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helpWidth is how wide help is, in columns.
const helpWidth = 80

// topics is how help groups flags. A flag that is in none stands at the end.
var topics = []struct {
	title string
	flags []string
}{
	{"What to check", []string{"base", "local", "platform", "role", "registry", "config", "manifests", "scope", "shard", "plan", "plan-file"}},
	{"How", []string{"mode", "missing-checksum", "trusted-urls", "public-keys", "trusted-root", "state-file", "fail-on", "from", "replace", "allow-unverified"}},
	{"What to write", []string{"to", "format", "report-file", "sarif-file", "write", "upgrade", "transition", "pin", "color", "quiet", "verbose"}},
	{"The network", []string{"concurrency", "connections", "max-file-size", "stall-timeout", "timeout", "allow-networks", "github-token"}},
	{"More", nil},
}

// flagTopic is the flags of a command under one title.
type flagTopic struct {
	title string
	flags *pflag.FlagSet
}

// flagTopics are the flags that a command's help shows, by topic.
func flagTopics(cmd *cobra.Command) []flagTopic {
	sets := make([]*pflag.FlagSet, len(topics))
	for i := range sets {
		sets[i] = pflag.NewFlagSet("", pflag.ContinueOnError)
		sets[i].SortFlags = false
	}
	for i, topic := range topics {
		for _, name := range topic.flags {
			if f := cmd.Flag(name); f != nil {
				sets[i].AddFlag(f)
			}
		}
	}
	add := func(f *pflag.Flag) {
		if !slices.ContainsFunc(sets, func(set *pflag.FlagSet) bool { return set.Lookup(f.Name) != nil }) {
			sets[len(sets)-1].AddFlag(f)
		}
	}
	cmd.LocalFlags().VisitAll(add)
	cmd.InheritedFlags().VisitAll(add)
	var list []flagTopic
	for i, set := range sets {
		if set.HasAvailableFlags() {
			list = append(list, flagTopic{topics[i].title, set})
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
