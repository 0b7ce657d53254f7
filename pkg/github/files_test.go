package github_test

import (
	stdcmp "cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/github/githubtest"
)

// files makes n files, each with its own blob.
func files(n int) []githubtest.File {
	list := make([]githubtest.File, n)
	for i := range list {
		list[i] = githubtest.File{Path: fmt.Sprintf("s%05d/manifest.json", i), SHA: fmt.Sprintf("%040x", i), Status: "modified"}
	}
	return list
}

var everyStatus = []githubtest.File{
	{Path: "added", SHA: "1", Status: "added"},
	{Path: "removed", SHA: "2", Status: "removed"},
	{Path: "modified", SHA: "3", Status: "modified"},
	{Path: "renamed", SHA: "4", Status: "renamed", Previous: "before"},
	{Path: "copied", SHA: "5", Status: "copied"},
	{Path: "changed", SHA: "6", Status: "changed"},
	{Path: "unchanged", SHA: "7", Status: "unchanged"},
	{Path: "new word", SHA: "8", Status: "a word of next year"},
}

var stillThere = []github.File{
	{Path: "added", BlobSHA: "1", Status: "added"},
	{Path: "modified", BlobSHA: "3", Status: "modified"},
	{Path: "renamed", BlobSHA: "4", Status: "renamed", Previous: "before"},
	{Path: "copied", BlobSHA: "5", Status: "copied"},
	{Path: "changed", BlobSHA: "6", Status: "changed"},
	{Path: "new word", BlobSHA: "8", Status: "a word of next year"},
}

func TestChangedFilesAreThoseThatAreStillThere(t *testing.T) {
	fake := newFake(t)
	fake.PullRequests[7] = everyStatus
	fake.Comparisons[baseSHA+"..."+headSHA] = githubtest.Comparison{Status: "ahead", Files: everyStatus}
	client, _ := newClient(t, fake)
	changed, err := client.PullRequestFiles(t.Context(), 7)
	if err != nil || !changed.Complete {
		t.Fatal(changed, err)
	}
	if diff := cmp.Diff(stillThere, changed.Files); diff != "" {
		t.Error("pull request:", diff)
	}
	if strings.Join(changed.Removed, " ") != "removed before" {
		t.Errorf("removed: %q", changed.Removed)
	}
	compared, err := client.Compare(t.Context(), baseSHA, headSHA)
	if err != nil || !compared.Complete || compared.MergeBase != baseSHA {
		t.Fatal(compared, err)
	}
	if diff := cmp.Diff(stillThere, compared.Files); diff != "" {
		t.Error("comparison:", diff)
	}
}

func TestPullRequestFilesReadsEveryPageAndKnowsTheLimit(t *testing.T) {
	for _, test := range []struct {
		files, want, requests int
		complete              bool
	}{
		{0, 0, 1, true}, {100, 100, 1, true}, {101, 101, 2, true}, {250, 250, 3, true},
		{2999, 2999, 30, true}, {3000, 3000, 30, false}, {3400, 3000, 30, false},
	} {
		t.Run(fmt.Sprint(test.files), func(t *testing.T) {
			fake := newFake(t)
			fake.PullRequests[7] = files(test.files)
			client, _ := newClient(t, fake)
			found, err := client.PullRequestFiles(t.Context(), 7)
			if err != nil {
				t.Fatal(err)
			}
			paths := map[string]bool{}
			for _, f := range found.Files {
				paths[f.Path] = true
			}
			if len(found.Files) != test.want || len(paths) != test.want || found.Complete != test.complete {
				t.Errorf("%d files, %d different, complete %v", len(found.Files), len(paths), found.Complete)
			}
			if n := asked(fake, "GET"); n != test.requests {
				t.Errorf("%d requests, want %d", n, test.requests)
			}
		})
	}
}

func TestCompareIsIncompleteWhereGitHubsListIsNotTheWholeDifference(t *testing.T) {
	for name, test := range map[string]struct {
		comparison githubtest.Comparison
		want       bool
	}{
		"few":                        {githubtest.Comparison{Status: "ahead", Files: files(299)}, true},
		"the same commit":            {githubtest.Comparison{Status: "identical"}, true},
		"the limit":                  {githubtest.Comparison{Status: "ahead", Files: files(300)}, false},
		"over the limit":             {githubtest.Comparison{Status: "ahead", Files: files(400)}, false},
		"base is not an ancestor":    {githubtest.Comparison{Status: "diverged", Files: files(1)}, false},
		"head is an ancestor":        {githubtest.Comparison{Status: "behind"}, false},
		"a server without the field": {githubtest.Comparison{Files: files(1)}, true},
	} {
		t.Run(name, func(t *testing.T) {
			fake := newFake(t)
			fake.Comparisons[baseSHA+"..."+headSHA] = test.comparison
			client, _ := newClient(t, fake)
			if got, err := client.Compare(t.Context(), baseSHA, headSHA); err != nil || got.Complete != test.want {
				t.Errorf("complete %v, %v", got.Complete, err)
			}
		})
	}
}

func TestCompareWithACommitThatIsGoneIsNotFound(t *testing.T) {
	client, _ := newClient(t, newFake(t))
	_, err := client.Compare(t.Context(), baseSHA, headSHA)
	mustSay(t, err, "comparing commit `"+baseSHA+"` with `"+headSHA+"`", "contents: read")
	if !errors.Is(err, github.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestTreeListsEveryFileSorted(t *testing.T) {
	fake := newFake(t)
	fake.Trees[headSHA] = githubtest.Tree{Files: []githubtest.File{
		{Path: "b", SHA: "t1", Mode: "040000", Type: "tree"},
		{Path: "b/manifest.json", SHA: "1"},
		{Path: "a/manifest.json", SHA: "2", Mode: "100755"},
		{Path: "link", SHA: "3", Mode: "120000"},
		{Path: "module", SHA: "4", Mode: "160000", Type: "commit"},
	}}
	client, _ := newClient(t, fake)
	got, err := client.Tree(t.Context(), headSHA)
	if err != nil {
		t.Fatal(err)
	}
	want := []github.File{
		{Path: "a/manifest.json", BlobSHA: "2"}, {Path: "b/manifest.json", BlobSHA: "1"},
		{Path: "link", BlobSHA: "3", Symlink: true}, {Path: "module", BlobSHA: "4", Submodule: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := fake.Requests()[0].String(); got != "GET /repos/o/r/git/trees/"+headSHA+"?recursive=1" {
		t.Error(got)
	}
}

func TestATreeCutShortIsPutTogetherFromItsFolders(t *testing.T) {
	fake := newFake(t)
	folder := func(path, sha string) githubtest.File {
		return githubtest.File{Path: path, SHA: sha, Mode: "040000", Type: "tree"}
	}
	fake.Trees[headSHA] = githubtest.Tree{Truncated: true, Files: files(2), Top: []githubtest.File{{Path: "README.md", SHA: "1"}, folder("a", "ta"), folder("b", "tb")}}
	fake.Trees["ta"] = githubtest.Tree{Files: []githubtest.File{folder("x", "tx"), {Path: "x/manifest.json", SHA: "2"}}}
	fake.Trees["tb"] = githubtest.Tree{Truncated: true, Top: []githubtest.File{folder("y", "ty")}}
	fake.Trees["ty"] = githubtest.Tree{Files: []githubtest.File{{Path: "manifest.json", SHA: "3"}}}
	client, _ := newClient(t, fake)
	got, err := client.Tree(t.Context(), headSHA)
	if err != nil {
		t.Fatal(err)
	}
	want := []github.File{{Path: "README.md", BlobSHA: "1"}, {Path: "a/x/manifest.json", BlobSHA: "2"}, {Path: "b/y/manifest.json", BlobSHA: "3"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestATreeThatCanNotBeListedWholeIsAnError(t *testing.T) {
	for _, test := range []struct{ sha, say string }{{headSHA, "more than 1000 requests"}, {"gone", "listing the files of commit `" + headSHA + "`"}} {
		fake, client := newFakeAndClient(t)
		fake.Trees[headSHA] = githubtest.Tree{Truncated: true, Top: []githubtest.File{{Path: "file", SHA: "1"}, {Path: "folder", SHA: test.sha, Mode: "040000", Type: "tree"}}}
		if files, err := client.Tree(t.Context(), headSHA); err == nil || files != nil || !strings.Contains(err.Error(), test.say) {
			t.Errorf("%s: got %v", test.sha, err)
		}
	}
}

// TestBlobReturnsTheTextInEitherForm also of a text that is at once a valid answer in JSON with another text in it: git's name for it
// tells, in either object format.
func TestBlobReturnsTheTextInEitherForm(t *testing.T) {
	envelope := `{"encoding": "base64", "content": "e30=", "id": "evil"}`
	sha256Name := fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "blob %d\x00%s", len(envelope), envelope)))
	for name, test := range map[string]struct{ sha, text string }{
		"plain":                            {"", "{\"id\": \"a\"}\n"},
		"empty":                            {"", ""},
		"binary":                           {"", "\x00\xff\xfe"},
		"long":                             {"", strings.Repeat("0123456789", 1000)},
		"like the JSON form":               {"", envelope},
		"like the JSON form, with SHA-256": {sha256Name, envelope},
		"another name":                     {"blob1", "{}"},
		"a name of 40 digits":              {strings.Repeat("ab", 20), "{}"},
		"a name of 64 digits":              {strings.Repeat("ab", 32), "{}"},
	} {
		for _, inJSON := range []bool{false, true} {
			fake, client := newFakeAndClient(t)
			fake.BlobsInJSON = inJSON
			sha := stdcmp.Or(test.sha, fake.AddBlob(test.text))
			fake.Blobs[sha] = test.text
			if got, err := client.Blob(t.Context(), sha, 1<<20); err != nil || string(got) != test.text {
				t.Errorf("%s, in JSON %t: got %q, %v", name, inJSON, got, err)
			}
		}
	}
}

func TestABlobOverTheLimitIsCutAndNeverUnwrapped(t *testing.T) {
	const limit = 1000
	padding := strings.Repeat(" ", 2*limit+128<<10)
	for _, text := range []string{strings.Repeat("x", limit+1), padding, `{"encoding": "base64", "content": "e30="}` + padding} {
		for _, inJSON := range []bool{false, true} {
			fake := newFake(t)
			fake.BlobsInJSON = inJSON
			sha := fake.AddBlob(text)
			client, _ := newClient(t, fake)
			got, err := client.Blob(t.Context(), sha, limit)
			if err != nil || len(got) != limit {
				t.Errorf("in JSON %v: %d bytes, %v", inJSON, len(got), err)
			}
			if !inJSON && string(got) != text[:limit] {
				t.Errorf("got %.40q, want %.40q", got, text)
			}
		}
	}
}

func TestAFileWithoutABlobIsAnError(t *testing.T) {
	fake, client := newFakeAndClient(t)
	if _, err := client.Blob(t.Context(), "", 10); err == nil {
		t.Error("no error")
	}
	_, err := client.Blob(t.Context(), "../../../user", 10)
	if !errors.Is(err, github.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if slices.ContainsFunc(fake.Requests(), func(r githubtest.Request) bool { return r.Path == "/user" }) {
		t.Error("a name led to another route")
	}
}

func TestPullRequestIsAsItIsNow(t *testing.T) {
	fake, client := newFakeAndClient(t)
	fake.Heads[7], fake.Bases[7] = headSHA, baseSHA
	if head, base, err := client.PullRequest(t.Context(), 7); head != headSHA || base != baseSHA || err != nil {
		t.Errorf("got %q, %q, %v", head, base, err)
	}
	_, _, err := client.PullRequest(t.Context(), 8)
	mustSay(t, err, "reading pull request 8", "pull-requests: read")
	if !errors.Is(err, github.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}
