package cli_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/cli"
	"github.com/premAI-io/verify-manifests/pkg/github/githubtest"
)

// attack runs the Action in mode offline on pull request 7, and returns its exit code and its output in the log, the summary and the
// comments.
func attack(t *testing.T, api *githubtest.Server) (code int, log, summary string, comments []string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "summary.md")
	code, log = act(t, api, nil, "pull_request_target", "INPUT_MODE=offline", "GITHUB_STEP_SUMMARY="+file)
	return code, log, readText(t, file), api.CommentsOn(7)
}

// changesOne is a fake on which pull request 7 changes one manifest, which git keeps with a mode.
func changesOne(t *testing.T, mode, kind, text string) *githubtest.Server {
	t.Helper()
	api := githubtest.New()
	t.Cleanup(api.Close)
	api.AddToTree(beforeSHA, "README.md", "")
	f := githubtest.File{Path: "chat-a/manifest.json", SHA: strings.Repeat("5", 40), Status: "modified", Mode: mode, Type: kind}
	if kind != "commit" {
		f.SHA = api.AddBlob(text)
	}
	api.PullRequests[7] = []githubtest.File{f}
	api.Trees[headSHA] = githubtest.Tree{Files: []githubtest.File{f}}
	return api
}

// TestWhatIsNoFileIsNoManifest: of a link and of another repository's commit git has no text that is the manifest's.
func TestWhatIsNoFileIsNoManifest(t *testing.T) {
	good := manifestOf("a", 8101, "other", "")
	for _, test := range []struct {
		name, mode, kind, text, want string
		code                         int
	}{
		{"a submodule", "160000", "commit", "", "The manifest is a submodule", cli.ExitFindings},
		{"a link", "120000", "blob", "../elsewhere.json", "The manifest is a symbolic link", cli.ExitFindings},
		{"a link whose target reads as a manifest", "120000", "blob", good, "The manifest is a symbolic link", cli.ExitFindings},
		{"a file that may be executed", "100755", "blob", good, "1 changed manifest", cli.ExitOK},
	} {
		t.Run(test.name, func(t *testing.T) {
			api := changesOne(t, test.mode, test.kind, test.text)
			code, log, _, comments := attack(t, api)
			if code != test.code || !strings.Contains(log, test.want) || len(comments) != 1 {
				t.Errorf("exit code %d, %d comments:\n%s", code, len(comments), log)
			}
			isRead := slices.ContainsFunc(api.Requests(), func(r githubtest.Request) bool { return strings.Contains(r.Path, "/git/blobs/") })
			if isRead != (code == cli.ExitOK) {
				t.Errorf("its text is asked for: %t", isRead)
			}
		})
	}
}

// TestALockedConversationIsNotTheAuthorsFailure: nobody can comment, and no permission helps.
func TestALockedConversationIsNotTheAuthorsFailure(t *testing.T) {
	api := changesOne(t, "", "", manifestOf("a", 8101, "other", ""))
	api.Fail("POST /repos/{owner}/{repo}/issues/{number}/comments", githubtest.Fault{Status: 403, Message: "Unable to create comment because issue is locked."})
	code, log, summary, comments := attack(t, api)
	if code != cli.ExitOK || len(comments) != 0 || !strings.Contains(log, "::warning::") || !strings.Contains(log, "conversation is locked") || strings.Contains(log, "fork's token") {
		t.Errorf("exit code %d, %d comments:\n%s", code, len(comments), log)
	}
	if !strings.Contains(summary, "conversation is locked") {
		t.Errorf("the summary does not say so:\n%s", summary)
	}
}

// TestAConfigurationThatIsAnotherKindOfFileIsAChange: by a link, a submodule, or another name nobody gets another one to judge by.
func TestAConfigurationThatIsAnotherKindOfFileIsAChange(t *testing.T) {
	const name = ".github/verify-manifests.yaml"
	for _, test := range []struct {
		name string
		head []githubtest.File // of the configuration, beside the manifest
	}{
		{"added as a link", []githubtest.File{{Path: name, SHA: "8", Mode: "120000", Status: "added"}}},
		{"made a link", []githubtest.File{{Path: name, SHA: "8", Mode: "120000", Status: "changed"}}},
		{"made a submodule", []githubtest.File{{Path: name, SHA: "8", Mode: "160000", Type: "commit", Status: "changed"}}},
		{"moved away", []githubtest.File{{Path: "old.yaml", SHA: "8", Status: "renamed", Previous: name}}},
		{"moved here", []githubtest.File{{Path: name, SHA: "8", Status: "renamed", Previous: "old.yaml"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			api := changesOne(t, "", "", manifestOf("a", 8101, "other", ""))
			if !slices.Contains([]string{"added as a link", "moved here"}, test.name) {
				api.AddToTree(beforeSHA, name, "missing-checksum: error\n")
			}
			sha := api.AddBlob("missing-checksum: off\n")
			tree := api.Trees[headSHA]
			for _, f := range test.head {
				f.SHA = sha
				tree.Files, api.PullRequests[7] = append(tree.Files, f), append(api.PullRequests[7], f)
			}
			api.Trees[headSHA] = tree
			_, log, _, _ := attack(t, api)
			if !strings.Contains(log, "config/changed") || !strings.Contains(log, "artifact/missing-checksum") {
				t.Error(log)
			}
		})
	}
}
