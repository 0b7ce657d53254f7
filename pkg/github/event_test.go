package github_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/github"
)

const (
	baseSHA = "5f2c3c1f0b7d4a6e8c9d0e1f2a3b4c5d6e7f8091"
	headSHA = "9a8b7c6d5e4f30213243546576879809a1b2c3d4"

	events = "../../testdata/events"
)

func TestReadEventReturnsWhatChanged(t *testing.T) {
	change := github.Event{BaseSHA: baseSHA, HeadSHA: headSHA}
	pullRequest := change
	pullRequest.PullRequest = 7
	for _, test := range []struct {
		file, name string
		want       github.Event
		changes    bool
	}{
		{"pull_request", "pull_request", pullRequest, true},
		{"pull_request_synchronize", "pull_request", pullRequest, true},
		{"pull_request_target_fork", "pull_request_target", pullRequest, true},
		{"pull_request", "pull_request_review", pullRequest, true}, // these two check out the merge, too
		{"pull_request", "pull_request_review_comment", pullRequest, true},
		{"merge_group", "merge_group", change, true},
		{"push", "push", change, true},
		{"push_forced", "push", github.Event{BaseSHA: baseSHA, HeadSHA: headSHA, Forced: true}, true},
		{"push_new_branch", "push", github.Event{HeadSHA: headSHA, New: true}, true},
		{"push_deleted", "push", github.Event{BaseSHA: baseSHA}, false},
		{"schedule", "schedule", github.Event{}, false},
		{"workflow_dispatch", "workflow_dispatch", github.Event{}, false},
		{"push", "release", github.Event{}, false},
	} {
		t.Run(test.file+" as "+test.name, func(t *testing.T) {
			test.want.Name, test.want.DefaultBranch = test.name, "main"
			got, err := github.ReadEvent(test.name, filepath.Join(events, test.file+".json"))
			if err != nil {
				t.Fatal(err)
			}
			if got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
			if got.HasChanges() != test.changes {
				t.Errorf("HasChanges is %v", got.HasChanges())
			}
		})
	}
}

func writeEvent(t *testing.T, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "event.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadEventReturnsTheRunThatIsFollowed(t *testing.T) {
	got, err := github.ReadEvent("workflow_run", writeEvent(t, `{"workflow_run": {"event": "pull_request", "head_sha": "`+headSHA+`", "pull_requests": []}}`))
	want := github.Event{Name: "workflow_run", Follows: github.Follow{Event: "pull_request", HeadSHA: headSHA}}
	if err != nil || got != want || got.HasChanges() {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := github.ReadEvent("schedule", ""); err != nil {
		t.Error(err)
	}
}

func TestReadEventSaysWhatIsMissingAndWhere(t *testing.T) {
	written := func(text string) string { return writeEvent(t, text) }
	for name, test := range map[string]struct {
		event, path string
		want        []string
	}{
		"no name":                {"", "event.json", []string{"GITHUB_EVENT_NAME"}},
		"no path":                {"push", "", []string{"GITHUB_EVENT_PATH", "`push`"}},
		"no file":                {"push", filepath.Join(events, "missing.json"), []string{"missing.json`", "no such file"}},
		"no pull request":        {"pull_request", filepath.Join(events, "pull_request_without_pull_request.json"), []string{"pull_request_without", "expected a pull_request with a number and a head.sha"}},
		"another event's":        {"pull_request_target", filepath.Join(events, "push.json"), []string{"`pull_request_target`", "a pull_request with"}},
		"no number":              {"pull_request", written(`{"pull_request": {"head": {"sha": "1"}}}`), []string{"number"}},
		"a negative number":      {"pull_request", written(`{"pull_request": {"number": -1, "head": {"sha": "1"}}}`), []string{"number"}},
		"no head":                {"pull_request", written(`{"pull_request": {"number": 1}}`), []string{"head.sha"}},
		"null":                   {"pull_request", written(`{"pull_request": null}`), []string{"a pull_request with"}},
		"a merge group's commit": {"merge_group", written(`{"merge_group": {"head_sha": "1"}}`), []string{"base_sha"}},
		"no followed run":        {"workflow_run", written(`{"workflow_run": {"event": "push"}}`), []string{"a workflow_run with an event and a head_sha"}},
		"no before":              {"push", written(`{"after": "1"}`), []string{"a before and an after"}},
		"not JSON":               {"push", written("::error::x\n{"), []string{"invalid JSON"}},
		"wrong types":            {"push", written(`{"before": 1}`), []string{"invalid JSON", "number"}},
		"truncated":              {"push", written(`{"before": "1`), []string{"unexpected end"}},
		"empty":                  {"push", written(""), []string{"unexpected end"}},
		"endless":                {"push", "/dev/zero", []string{"32 MiB"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := github.ReadEvent(test.event, test.path)
			if err == nil {
				t.Fatalf("no error, but %+v", got)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
}

func FuzzReadEvent(f *testing.F) {
	files, err := filepath.Glob(events + "/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal("no events: ", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range []string{"pull_request", "push", "merge_group"} {
			f.Add(name, text)
		}
	}
	path := filepath.Join(f.TempDir(), "event.json")
	f.Fuzz(func(t *testing.T, name string, text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		event, err := github.ReadEvent(name, path)
		switch {
		case err != nil:
			if event != (github.Event{}) {
				t.Errorf("an event beside an error: %+v", event)
			}
			if strings.ContainsAny(err.Error(), "\n\r\x1b") {
				t.Errorf("%q has outside text that is not quoted", err)
			}
		case (name == "pull_request" || name == "pull_request_target") && (event.PullRequest <= 0 || event.HeadSHA == ""):
			t.Errorf("a pull request without number or head: %+v", event)
		case name == "push" && !event.New && event.BaseSHA == "":
			t.Errorf("a push from nowhere: %+v", event)
		}
	})
}
