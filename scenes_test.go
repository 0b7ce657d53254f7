package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/net/html"
)

// scenes is where what people read lies, as Markdown.
const scenes = "testdata/scenes"

// scene NAME DIR [BASE] proposes a folder, scans it on a schedule, and checks it. It holds the comment, the issue, the text and the page to
// testdata/scenes/NAME.md, without the targets of links and what is different in each run.
func scene(root string) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, _ bool, args []string) {
		name, dir := args[0], args[1]
		run := func(event string, args ...string) string {
			ts.Setenv("GITHUB_ACTIONS", map[bool]string{true: "true"}[event != ""])
			ts.Setenv("GITHUB_EVENT_NAME", event)
			ts.Setenv("GITHUB_WORKSPACE", ts.MkAbs(dir))
			_ = ts.Exec("verify-manifests", args...) // its exit code is that of the findings
			return ts.ReadFile("stdout")
		}
		propose(ts, false, []string{dir})
		base(ts, false, args[len(args)-1:])
		run("pull_request")
		comments(ts, false, []string{"comments"})
		check := []string{"check", "--allow-networks=127.0.0.0/8", "--trusted-root=" + ts.Getenv("INPUT_TRUSTED-ROOT"), "--state-file=" + ts.Getenv("INPUT_STATE-FILE")}
		got := "# Comment\n\n" + strings.TrimPrefix(ts.ReadFile("comments"), "comment:\n") +
			"\n# Text\n\n```\n" + run("", append(check, dir)...) + "```\n" +
			"\n# Page\n\n```\n" + readable(ts, run("", append(check, "--format=html", dir)...)) + "```\n"
		ts.Setenv("INPUT_DRIFT-ISSUE", "true")
		run("schedule")
		issues(ts, false, []string{"issues"})
		got += "\n# Issue\n\n" + ts.ReadFile("issues")
		got = dates.ReplaceAllString(strings.ReplaceAll(got, ts.Getenv("HOST"), "files.example"), "2026-11-29")
		got = elided(variable.ReplaceAllString(got, "$1"))
		file := filepath.Join(root, scenes, name+".md")
		if *update {
			ts.Check(os.WriteFile(file, []byte(got), 0o600))
		}
		ts.Check(os.WriteFile(ts.MkAbs("got"), []byte(got), 0o600))
		ts.Exec("diff", "-u", file, "got")
		if diff := ts.ReadFile("stdout"); diff != "" {
			ts.Fatalf("%s:\n%s", name, diff)
		}
	}
}

// variable is what is different in each run, and the targets of links.
var (
	variable = regexp.MustCompile(`(\])\(https://[^)]*\)| · in [0-9a-z]+s\b| problems=[0-9a-f]+`)
	dates    = regexp.MustCompile(`\b20[0-9]{2}-[0-9]{2}-[0-9]{2}\b`)
)

// elided is a text with three of each run of alike lines: those that differ in digits only.
func elided(text string) string {
	var b strings.Builder
	before, alike := "", 0
	for line := range strings.Lines(text) {
		if shape := digits.ReplaceAllString(line, "0"); shape != before {
			before, alike = shape, 0
		}
		if alike++; alike <= 3 {
			b.WriteString(line)
		} else if alike == 4 {
			b.WriteString("…\n")
		}
	}
	return b.String()
}

var digits = regexp.MustCompile(`[0-9]+`)

// readable is a page without its elements: a row, or another block, a line.
func readable(ts *testscript.TestScript, page string) string {
	root, err := html.Parse(strings.NewReader(page))
	ts.Check(err)
	var text strings.Builder
	for n := range root.Descendants() {
		switch {
		case n.Type == html.TextNode && n.Parent.Data != "style" && n.Parent.Data != "script":
			text.WriteString(strings.Join(strings.Fields(n.Data), " ") + " ")
		case n.Data == "td" || n.Data == "th":
			text.WriteString("| ")
		case strings.Contains(" td th ", " "+n.Parent.Data+" "):
		case strings.Contains(" p li h1 h2 tr summary title br section ", " "+n.Data+" "):
			text.WriteString("\n")
		}
	}
	lines := regexp.MustCompile(`[ \n]*\n`).ReplaceAllString(text.String(), "\n")
	return strings.TrimSpace(strings.ReplaceAll(lines, " :", ":")) + "\n"
}
