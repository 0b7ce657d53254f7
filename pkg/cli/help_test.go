package cli_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/premAI-io/verify-manifests/pkg/cli"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// say returns the output of the program on both streams.
func say(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	cli.Main(t.Context(), cli.Env{Args: args, Stdout: &out, Stderr: &out})
	return out.String()
}

func TestHelpFitsATerminalAndShowsExamples(t *testing.T) {
	for _, command := range []string{"", "check", "sum", "get", "merge", "registries", "explain", "schema", "version"} {
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

func TestHelpLeavesOutWhatMeansNothingHere(t *testing.T) {
	for _, command := range []string{"check", "sum", "merge"} {
		help := say(t, command, "--help")
		for _, flag := range []string{"--comment", "--annotations", "--drift-issue", "--merge ", "--scope"} {
			if strings.Contains(help, flag) {
				t.Errorf("%s: the help holds %s, which means nothing outside Actions", command, flag)
			}
		}
	}
	if got := say(t, "check", "--comment=sometimes"); !strings.Contains(got, "always, on-failure or never") {
		t.Errorf("--comment is not a flag: %s", got)
	}
}

func TestAMistakeIsNamed(t *testing.T) {
	for command, want := range map[string]string{
		"chekc":            "Did you mean this?\n  check\n",
		"nothing-like-it":  "unknown command \"nothing-like-it\"",
		"check --base":     "flag needs an argument: --base",
		"sum":              "requires at least 1 arg",
		"explain a b":      "accepts 1 arg",
		"explain zzzzzzzz": "see docs/rules.md",
		"explain \x1b[31m": "unknown rule `\\u001b[31m`",
		"schema reports":   "or no argument for the manifest schema",

		"check --mode=":                                           "expected full, fast or offline",
		"check --fail-on=":                                        "expected error, warning or never",
		"check --timeout=":                                        "expected a duration",
		"check --concurrency=":                                    "expected a whole number",
		"check --config= help_test.go":                            "the configuration file (empty) can't be used",
		"check --registry= --shard= --plan= none":                 "`none` can't be read",
		"registries --registry=a --registry= --test":              "--test needs at least one file",
		"registries --registry=a --registry= --test help_test.go": "no glob of `manifests` selects this file: `**/manifest.json`",
	} {
		if got := say(t, strings.Fields(command)...); !strings.Contains(got, want) {
			t.Errorf("%s: %s", command, got)
		}
	}
}

func TestExplainPrintsEveryRule(t *testing.T) {
	for _, rule := range finding.Rules() {
		got := say(t, "explain", rule.ID)
		words := strings.Join(strings.Fields(got), " ")
		for _, want := range []string{rule.ID, rule.Severity.String(), rule.Title, rule.Why, "Fix: " + rule.Fix, "rules.md#" + strings.ReplaceAll(rule.ID, "/", "")} {
			if !strings.Contains(words, strings.Join(strings.Fields(want), " ")) {
				t.Errorf("%s: no %q in\n%s", rule.ID, want, got)
			}
		}
		if first, _, _ := strings.Cut(rule.Example, "\n"); !strings.Contains(got, "    "+first+"\n") {
			t.Errorf("%s: no example in\n%s", rule.ID, got)
		}
	}
}
