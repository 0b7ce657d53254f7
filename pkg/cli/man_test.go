package cli

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
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
		if flags := roffFlags(cmd.LocalNonPersistentFlags()); flags != "" {
			fmt.Fprintf(&b, ".SS Flags\n%s", flags)
		}
		fmt.Fprintf(&b, ".SS Examples\n.nf\n%s\n.fi\n", roff(cmd.Example))
	}
	return b.String()
}

// roffFlags lists flags, but for --help.
func roffFlags(set *pflag.FlagSet) string {
	var b strings.Builder
	set.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
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
