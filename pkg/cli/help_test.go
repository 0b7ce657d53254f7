package cli_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/premAI-io/verify-manifests/pkg/cli"
)

// say returns what the program prints, on both its outputs.
func say(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	cli.Main(t.Context(), cli.Env{Args: args, Stdout: &out, Stderr: &out})
	return out.String()
}

func TestHelpFitsATerminalAndShowsExamples(t *testing.T) {
	for _, command := range []string{"", "check", "sum", "merge", "schema", "version"} {
		help := say(t, append(strings.Fields(command), "--help")...)
		if !strings.Contains(help, "Examples:\n  verify-manifests") {
			t.Errorf("%s: the help has no example", command)
		}
		for line := range strings.Lines(help) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 {
				t.Errorf("%s: a line of %d columns: %s", command, n, line)
			}
		}
	}
}

func TestShellsCompleteWhatCanBeSaid(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"check", "--format", ""}, "text\njson\nsarif\nmarkdown\nhtml\nbadge\n:4\n"},
		{[]string{"check", "--mode", "f"}, "full\nfast\noffline\n:4\n"},
		{[]string{"merge", "--color", "a"}, "auto\nalways\nnever\n:4\n"},
		{[]string{"sum", "--mode", ""}, "full\nfast\noffline\n:4\n"},
		{[]string{"check", "--report-file", ""}, ":0\n"}, // the shell's own: files
		{[]string{"check", ""}, ":0\n"},
	} {
		if got := say(t, append([]string{"__complete"}, test.args...)...); !strings.HasPrefix(got, test.want) {
			t.Errorf("%q: %q, want %q", test.args, got, test.want)
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if script := say(t, "completion", shell); !strings.Contains(script, "verify-manifests") {
			t.Errorf("%s: %s", shell, script)
		}
	}
}
