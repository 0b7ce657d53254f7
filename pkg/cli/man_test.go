package cli

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestTheManPageIsUpToDate holds docs/verify-manifests.1 to the commands; -update writes it.
func TestTheManPageIsUpToDate(t *testing.T) {
	file := filepath.Join("..", "..", "docs", "verify-manifests.1")
	want := manPage((&program{}).command())
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("go test ./pkg/cli -update writes it anew:\n%s", diff)
	}
}

func TestEveryFlagHasATopic(t *testing.T) {
	for _, cmd := range (&program{}).command().Commands() {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if !f.Hidden && !slices.ContainsFunc(topics, func(topic topic) bool { return slices.Contains(topic.flags, f.Name) }) {
				t.Errorf("%s --%s is in no topic of help.go", cmd.Name(), f.Name)
			}
		})
	}
}

// manPage is a page of section 1 in the macros of man(7), of a command and all those below it.
func manPage(root *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH VERIFY-MANIFESTS 1 \"\" \"\" \"User Commands\"\n.SH NAME\n%s \\- %s\n", roff(root.Name()), roff(root.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\nCOMMAND [flags] [ARGUMENT...]\n.SH DESCRIPTION\n%s\n", roff(root.Name()), roff(strings.TrimPrefix(root.Long, root.Short+"\n\n")))
	fmt.Fprintf(&b, ".SH FLAGS OF ALL COMMANDS\n%s", roffFlags(root.PersistentFlags()))
	for _, cmd := range root.Commands() {
		if !cmd.IsAvailableCommand() || cmd.HasSubCommands() {
			continue
		}
		text := cmd.Long
		if text == "" {
			text = cmd.Short + "."
		}
		fmt.Fprintf(&b, ".SH %s\n.B %s\n.PP\n%s\n", strings.ToUpper(cmd.Name()), roff(cmd.UseLine()), roff(text))
		for _, topic := range flagTopics(cmd) {
			if flags := roffFlags(cmd.LocalNonPersistentFlags(), topic.flags); flags != "" {
				fmt.Fprintf(&b, ".SS %s\n%s", roff(topic.title), flags)
			}
		}
		fmt.Fprintf(&b, ".SS Examples\n.nf\n%s\n.fi\n", roff(cmd.Example))
	}
	return b.String()
}

// roffFlags lists the flags that are in all the sets, but for --help.
func roffFlags(sets ...*pflag.FlagSet) string {
	var b strings.Builder
	sets[len(sets)-1].VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" || sets[0].Lookup(f.Name) == nil {
			return
		}
		name, help := pflag.UnquoteUsage(f)
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "[]" {
			help += " (default " + f.DefValue + ")"
		}
		fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(strings.TrimSpace("--"+f.Name+" "+name)), roff(help))
	})
	return b.String()
}

// roff escapes what groff(7) would read.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "\n.", "\n\\&.", "\n'", "\n\\&'").Replace(strings.TrimSpace(s))
	return strings.ReplaceAll(s, "\n\n", "\n.PP\n")
}
