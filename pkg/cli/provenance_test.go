package cli_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/github/githubtest"
	"github.com/premAI-io/verify-manifests/pkg/provenance/provenancetest"
)

// TestAPullRequestBringsNoTrustedRoot names trusted roots in a workspace that holds the checkout of a pull request.
func TestAPullRequestBringsNoTrustedRoot(t *testing.T) {
	r := newServices(t, 1)
	valid := string(provenancetest.New().Root())
	r.api.AddToTree(beforeSHA, "base.json", valid)
	r.api.AddToTree(beforeSHA, "base-invalid.json", "invalid")
	outside := filepath.Join(t.TempDir(), "outside.json")
	for name, text := range map[string]string{outside: valid, r.head + "/base.json": "a pull request's", r.head + "/base-invalid.json": valid, r.head + "/added.json": valid, r.head + "/empty.json": ""} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	folder := filepath.Join(t.TempDir(), "link")
	for link, to := range map[string]string{r.head + "/link.json": outside, outside + ".link": r.head + "/added.json", folder: r.head} {
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct{ event, name, want string }{
		{"pull_request", r.head + "/base.json", ""},
		{"pull_request", outside, ""},
		{"pull_request", r.head + "/base-invalid.json", "trusted root 1 of 1 can't be read"},
		{"pull_request_target", r.head + "/added.json", "the file does not exist"},
		{"pull_request", r.head + "/link.json", "the file does not exist"},
		{"pull_request", outside + ".link", "the file does not exist"},
		{"pull_request", folder + "/link.json", "the file does not exist"},
		{"pull_request", outside + ".gone", "the file does not exist"},
		{"schedule", r.head + "/added.json", ""},
		{"schedule", outside, ""},
		{"schedule", r.head + "/base.json", "trusted root 1 of 1 can't be read"},
		{"schedule", r.head + "/empty.json", "0 trusted roots"},
	} {
		r.calls(t, test.event, r.head, "INPUT_TRUSTED-ROOT="+test.name)
		if failed := strings.Contains(r.out, "trusted-root"); failed != (test.want != "") || !strings.Contains(r.out, test.want) {
			t.Errorf("%s, %s: want %q, got %s", test.event, test.name, test.want, r.out)
		}
	}
}

// TestAPullRequestBringsNoState names state files in a workspace that holds the checkout of a pull request.
func TestAPullRequestBringsNoState(t *testing.T) {
	r := newServices(t, 1)
	for _, file := range []struct{ sha, path, text string }{
		{headSHA, "added.json", "{}"}, {headSHA, "folder/added.json", "{}"}, {headSHA, "kept.json", "{}"}, {beforeSHA, "kept.json", "{}"},
	} {
		r.api.AddToTree(file.sha, file.path, file.text)
	}
	if err := errors.Join(os.Mkdir(r.head+"/folder", 0o700), os.Symlink("folder", r.head+"/link")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"added.json", "folder/added.json", "kept.json", "cached.json"} {
		if err := os.WriteFile(filepath.Join(r.head, name), []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		event, name string
		isBrought   bool
	}{
		{"pull_request", "added.json", true}, {"pull_request_review", "added.json", true}, {"pull_request", "link/added.json", true},
		{"pull_request", "kept.json", false}, {"pull_request", "cached.json", false}, {"schedule", "added.json", false},
	} {
		r.calls(t, test.event, r.head, "INPUT_STATE-FILE="+filepath.Join(r.head, test.name))
		if got := strings.Contains(strings.Join(strings.Fields(r.out), " "), "since the pull request contains it"); got != test.isBrought {
			t.Errorf("%s, %s: %s", test.event, test.name, r.out)
		}
	}
}

// TestAPullRequestThatRemovesBundles deletes the file that attested what stays beside it.
func TestAPullRequestThatRemovesBundles(t *testing.T) {
	r := &ofServices{api: githubtest.New()}
	t.Cleanup(r.api.Close)
	const folder, bundles = "modules/x/1.0/", `{"attestations": {"source.json": {"url": "https://example.com/a"}, "gone.patch": {"url": "https://example.com/b"}}}`
	for name, text := range map[string]string{"source.json": `{"url": "https://example.com/x.tar.gz"}`, "attestations.json": bundles} {
		r.api.AddToTree(beforeSHA, folder+name, text)
	}
	r.api.AddToTree(headSHA, folder+"source.json", `{"url": "https://example.com/x.tar.gz"}`)
	r.api.AddChange(7, "removed", folder+"attestations.json", bundles)
	_, _, report := r.calls(t, "pull_request", "", "INPUT_REGISTRY=bcr")
	if n := strings.Count(report, `"rule": "provenance/lost"`); n != 2 || !strings.Contains(report, "`source.json`") {
		t.Errorf("%d losses: %s", n, report)
	}
}

// TestAPullRequestThatLeavesBundlesAsTheyAre touches files whose bundles it leaves as they are. Only the registry's attestations make it
// read more than the change.
func TestAPullRequestThatLeavesBundlesAsTheyAre(t *testing.T) {
	const folder, bundles = "modules/x/1.0/", `{"attestations": {"source.json": {"url": "https://example.com/a"}, "MODULE.bazel": {"url": "https://example.com/b"}}}`
	for _, test := range []struct {
		registry, path, want string // the files whose bundles are judged
		blobs, others        int
	}{
		{"bcr", folder + "source.json", "source.json", 4, 4},   // three of the folder, one before; files, merge base, two trees
		{"bcr", folder + "MODULE.bazel", "MODULE.bazel", 3, 4}, // three of the folder; files, the newest head, two trees
		{"bcr", "modules/x/metadata.json", "", 1, 3},           // to suggest a preset; without the head's tree
		{"prem", folder + "source.json", "", 1, 4},
	} {
		r := &ofServices{api: githubtest.New()}
		t.Cleanup(r.api.Close)
		for name, text := range map[string]string{"source.json": `{"url": "https://example.com/x.tar.gz"}`, "MODULE.bazel": "module()", "attestations.json": bundles} {
			r.api.AddToTree(beforeSHA, folder+name, text)
			if folder+name != test.path {
				r.api.AddToTree(headSHA, folder+name, text)
			}
		}
		const changed = `{"url": "https://example.com/x.tar.gz", "patches": {"x.patch": ""}}`
		r.api.AddToTree(headSHA, test.path, changed)
		r.api.AddChange(7, "modified", test.path, changed)
		blobs, others, report := r.calls(t, "pull_request", "", "INPUT_REGISTRY="+test.registry)
		var judged []string
		for _, bundle := range []string{"source.json", "MODULE.bazel"} {
			if strings.Contains(report, `"pointer": "/attestations/`+bundle+`"`) {
				judged = append(judged, bundle)
			}
		}
		if strings.Join(judged, " ") != test.want || blobs != test.blobs || others != test.others {
			t.Errorf("%s, %s: %d blobs, %d other calls: %s", test.registry, test.path, blobs, others, report)
		}
	}
}
