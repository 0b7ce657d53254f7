package github_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/github/githubtest"
)

const (
	label = "manifest-drift"

	listIssuesRoute  = "GET /repos/{owner}/{repo}/issues"
	createIssueRoute = "POST /repos/{owner}/{repo}/issues"
	editIssueRoute   = "PATCH /repos/{owner}/{repo}/issues/{number}"
	labelIssueRoute  = "POST /repos/{owner}/{repo}/issues/{number}/labels"
)

// drift is what the scan of a run found: problems of a fingerprint.
func drift(run int64, problems string) github.Issue {
	return github.Issue{
		Label: label, RunID: run, Attempt: 1, Title: "Drift", Body: "found " + problems,
		Fingerprint: problems, Comment: "now " + problems, LastWord: "all good",
	}
}

// clean is what a complete scan without problems says.
func clean(run int64) github.Issue {
	i := drift(run, "none")
	i.DesiredState = github.Closed
	return i
}

func driftText(run int64, problems string) string {
	return fmt.Sprintf("<!-- verify-manifests-drift run=%d attempt=1 problems=%s -->\nfound %[2]s", run, problems)
}

func said(run int64, text string) string {
	return fmt.Sprintf("<!-- verify-manifests-drift run=%d attempt=1 -->\n%s", run, text)
}

// ours is an issue as a run left it.
func ours(run int64, problems string) githubtest.Issue {
	return githubtest.Issue{Login: bot, Title: "Drift", Body: driftText(run, problems), Labels: []string{label}}
}

func upsertIssue(t *testing.T, client *github.Client, issue github.Issue, want github.Outcome) int {
	t.Helper()
	number, outcome, err := client.UpsertIssue(t.Context(), issue)
	if err != nil {
		t.Fatal(err)
	}
	if outcome != want {
		t.Errorf("the outcome is %q, want %q", outcome, want)
	}
	return number
}

// wantIssue fails the test unless the issue stands so, and just these comments are on it.
func wantIssue(t *testing.T, fake *githubtest.Server, number int, state, body string, comments ...string) {
	t.Helper()
	issue, found := fake.IssueNumbered(number)
	if !found || issue.State != state || issue.Body != body {
		t.Errorf("issue %d is %+v, want it %s with %q", number, issue, state, body)
	}
	if got := fake.CommentsOn(number); !slices.Equal(got, comments) {
		t.Errorf("the comments on issue %d are %q, want %q", number, got, comments)
	}
}

func TestTheIssueLivesThroughAMonth(t *testing.T) {
	fake := newFake(t)
	client, _ := newClient(t, fake)
	if n := upsertIssue(t, client, clean(1), github.Absent); n != 0 {
		t.Errorf("issue %d is there before any drift", n)
	}
	n := upsertIssue(t, client, drift(2, "a"), github.Created)
	wantIssue(t, fake, n, "open", driftText(2, "a"))

	upsertIssue(t, client, drift(3, "a"), github.Updated)
	wantIssue(t, fake, n, "open", driftText(3, "a"))

	upsertIssue(t, client, drift(4, "ab"), github.Updated)
	wantIssue(t, fake, n, "open", driftText(4, "ab"), said(4, "now ab"))

	incomplete := drift(5, "ab")
	incomplete.DesiredState = github.Keep
	upsertIssue(t, client, incomplete, github.Updated)
	wantIssue(t, fake, n, "open", driftText(5, "ab"), said(4, "now ab"))

	upsertIssue(t, client, clean(6), github.Updated)
	wantIssue(t, fake, n, "closed", driftText(6, "none"), said(4, "now ab"), said(6, "all good"))

	upsertIssue(t, client, clean(7), github.Unchanged)
	wantIssue(t, fake, n, "closed", driftText(6, "none"), said(4, "now ab"), said(6, "all good"))

	if again := upsertIssue(t, client, drift(8, "c"), github.Updated); again != n {
		t.Errorf("issue %d, not %d, was opened again", again, n)
	}
	wantIssue(t, fake, n, "open", driftText(8, "c"), said(4, "now ab"), said(6, "all good"), said(8, "now c"))
	if len(fake.Issues) != 1 || !slices.Equal(fake.Issues[0].Labels, []string{label}) || fake.Issues[0].Title != "Drift" {
		t.Errorf("the issues are %+v", fake.Issues[0])
	}
}

func TestTheSameRunChangesNothing(t *testing.T) {
	fake := newFake(t)
	client, _ := newClient(t, fake)
	upsertIssue(t, client, drift(2, "a"), github.Created)
	upsertIssue(t, client, drift(2, "a"), github.Unchanged)
	if n := asked(fake, "PATCH"); n != 0 {
		t.Errorf("%d updates", n)
	}
}

func TestAnOlderScanLeavesANewersIssueAlone(t *testing.T) {
	fake := newFake(t)
	n := fake.AddIssue(ours(5, "a")).Number
	client, _ := newClient(t, fake)
	for _, issue := range []github.Issue{drift(4, "b"), clean(4)} {
		if got := upsertIssue(t, client, issue, github.Newer); got != n {
			t.Errorf("issue %d", got)
		}
	}
	wantIssue(t, fake, n, "open", driftText(5, "a"))
}

func TestWhatIsNotOurIssueIsLeftAlone(t *testing.T) {
	for name, change := range map[string]func(*githubtest.Issue){
		"someone's with our marker": func(i *githubtest.Issue) { i.Login = "someone" },
		"another bot's":             func(i *githubtest.Issue) { i.Login = "other[bot]" },
		"without the marker":        func(i *githubtest.Issue) { i.Body = "drift" },
		"a marker further down":     func(i *githubtest.Issue) { i.Body = "\n" + i.Body },
		"another label":             func(i *githubtest.Issue) { i.Labels = []string{"bug"} },
		"the label taken off":       func(i *githubtest.Issue) { i.Labels = nil },
		"a pull request":            func(i *githubtest.Issue) { i.PullRequest = true },
		"closed and locked":         func(i *githubtest.Issue) { i.State, i.Locked = "closed", true },
	} {
		t.Run(name, func(t *testing.T) {
			fake := newFake(t)
			there := ours(9, "a")
			change(&there)
			before := *fake.AddIssue(there)
			client, _ := newClient(t, fake)
			n := upsertIssue(t, client, drift(2, "b"), github.Created)
			wantIssue(t, fake, n, "open", driftText(2, "b"))
			if after, _ := fake.IssueNumbered(before.Number); !cmp.Equal(before, after) {
				t.Error(cmp.Diff(before, after))
			}
		})
	}
}

func TestTheIssueIsFoundAmongOthers(t *testing.T) {
	fake := newFake(t)
	n := fake.AddIssue(ours(1, "a")).Number
	for range 150 {
		fake.AddIssue(githubtest.Issue{Login: "someone", Labels: []string{"Manifest-Drift", label}})
	}
	client, _ := newClient(t, fake)
	if got := upsertIssue(t, client, drift(2, "a"), github.Updated); got != n {
		t.Errorf("issue %d, want %d", got, n)
	}
}

func TestTheOpenIssueIsUpdatedElseTheLastClosedOne(t *testing.T) {
	for _, test := range []struct {
		states []string
		want   int
	}{
		{[]string{"closed", "open", "closed"}, 102}, {[]string{"open", "closed", "closed"}, 101}, {[]string{"closed", "closed", "open"}, 103},
		{[]string{"closed", "closed"}, 102},
	} {
		fake := newFake(t)
		for _, state := range test.states {
			there := ours(1, "a")
			there.State = state
			fake.AddIssue(there)
		}
		client, _ := newClient(t, fake)
		if got := upsertIssue(t, client, drift(2, "a"), github.Updated); got != test.want {
			t.Errorf("%v: issue %d", test, got)
		}
		wantIssue(t, fake, test.want, "open", driftText(2, "a"))
	}
}

func TestOfTwoOpenIssuesOneGoesOn(t *testing.T) {
	for _, issue := range []github.Issue{drift(2, "a"), clean(2)} {
		fake := newFake(t)
		first, second := fake.AddIssue(ours(1, "a")).Number, fake.AddIssue(ours(1, "a")).Number
		client, _ := newClient(t, fake)
		if got := upsertIssue(t, client, issue, github.Updated); got != first {
			t.Errorf("issue %d, want %d", got, first)
		}
		wantIssue(t, fake, second, "closed", driftText(1, "a"), said(2, fmt.Sprintf("Continued in #%d.", first)))
		if other, _ := fake.IssueNumbered(second); other.Reason != "not_planned" {
			t.Errorf("closed as %q", other.Reason)
		}
	}
}

func TestAHiddenLineThatPeopleEditedIsRebuilt(t *testing.T) {
	for name, body := range map[string]string{
		"the marker":   "<!-- verify-manifests-drift was here -->\nfixed it!",
		"the numbers":  "<!-- verify-manifests-drift run=99999999999999999999 attempt=1 problems=a -->\nfixed",
		"the rest":     driftText(1, "a") + " and fixed",
		"Windows ends": strings.ReplaceAll(driftText(1, "a"), "\n", "\r\n"),
		"all but one":  "<!-- verify-manifests-drift ",
	} {
		t.Run(name, func(t *testing.T) {
			fake := newFake(t)
			there := ours(1, "a")
			there.Body = body
			n := fake.AddIssue(there).Number
			client, _ := newClient(t, fake)
			upsertIssue(t, client, drift(2, "b"), github.Updated)
			wantIssue(t, fake, n, "open", driftText(2, "b"), said(2, "now b"))
		})
	}
}

func TestOnlyDriftOpensAnIssue(t *testing.T) {
	for _, state := range []github.DesiredState{github.Keep, github.Closed} {
		fake := newFake(t)
		client, _ := newClient(t, fake)
		issue := drift(1, "none")
		issue.DesiredState = state
		upsertIssue(t, client, issue, github.Absent)
		upsertIssue(t, client, drift(2, "a"), github.Created)
		upsertIssue(t, client, clean(3), github.Updated)
		issue.RunID = 4
		upsertIssue(t, client, issue, github.Unchanged)
		if len(fake.Issues) != 1 || fake.Issues[0].State != "closed" {
			t.Errorf("the issues are %+v", fake.Issues)
		}
	}
}

func TestAnAnswerThatIsLostMakesNoSecondIssue(t *testing.T) {
	for name, faults := range map[string][]githubtest.Fault{
		"the connection drops after": {{After: true}},
		"the connection drops":       {{}},
		"502, and it is there":       {{Status: 502, After: true}},
		"502, and it is not":         {{Status: 502}},
		"a rate limit":               {{Status: 403, Header: header("Retry-After", "1")}},
	} {
		t.Run(name, func(t *testing.T) {
			fake := newFake(t)
			client, _ := newClient(t, fake)
			fake.Fail(createIssueRoute, faults...)
			n, _, err := client.UpsertIssue(t.Context(), drift(2, "a"))
			if err != nil || len(fake.Issues) != 1 || n != fake.Issues[0].Number {
				t.Errorf("issue %d of %d, %v", n, len(fake.Issues), err)
			}
		})
	}
}

func TestAnAnswerThatIsLostSaysNothingTwice(t *testing.T) {
	for name, faults := range map[string]map[string][]githubtest.Fault{
		"while commenting": {createCommentRoute: {{After: true}, {Status: 502, After: true}}},
		"while updating":   {editIssueRoute: {{After: true}, {Status: 502, After: true}, {}}},
	} {
		t.Run(name, func(t *testing.T) {
			fake := newFake(t)
			n := fake.AddIssue(ours(1, "a")).Number
			client, _ := newClient(t, fake)
			for route, faults := range faults {
				fake.Fail(route, faults...)
			}
			upsertIssue(t, client, drift(2, "b"), github.Updated)
			wantIssue(t, fake, n, "open", driftText(2, "b"), said(2, "now b"))
		})
	}
}

func TestARunThatFailedHalfWaySaysItOnceWhenRunAgain(t *testing.T) {
	fake := newFake(t)
	n := fake.AddIssue(ours(1, "a")).Number
	client, _ := newClient(t, fake)
	fake.Fail(editIssueRoute, times(4, githubtest.Fault{Status: 500})...)
	_, _, err := client.UpsertIssue(t.Context(), clean(2))
	mustSay(t, err, fmt.Sprintf("updating issue %d", n))
	upsertIssue(t, client, clean(2), github.Updated)
	wantIssue(t, fake, n, "closed", driftText(2, "none"), said(2, "all good"))
}

func TestCommentingThatNeverWorksEndsAfterAFewTries(t *testing.T) {
	fake := newFake(t)
	fake.AddIssue(ours(1, "a"))
	client, _ := newClient(t, fake)
	fake.Fail(createCommentRoute, times(100, githubtest.Fault{Status: 500})...)
	_, _, err := client.UpsertIssue(t.Context(), drift(2, "b"))
	mustSay(t, err, "commenting on issue 101")
	if n := asked(fake, "POST"); n != 4 {
		t.Errorf("%d tries", n)
	}
}

func TestALabelThatGitHubDropsIsAddedAfterwards(t *testing.T) {
	fake := newFake(t)
	fake.DropLabels = true
	client, _ := newClient(t, fake)
	fake.Fail(labelIssueRoute, githubtest.Fault{Status: 500})
	n := upsertIssue(t, client, drift(2, "a"), github.Created)
	if again := upsertIssue(t, client, drift(3, "a"), github.Updated); again != n {
		t.Errorf("issue %d, not %d", again, n)
	}
}

func TestALabelThatCanNotBeAddedIsSaid(t *testing.T) {
	fake := newFake(t)
	fake.DropLabels = true
	client, _ := newClient(t, fake)
	fake.Fail(labelIssueRoute, githubtest.Fault{Status: 403})
	_, _, err := client.UpsertIssue(t.Context(), drift(2, "a"))
	mustSay(t, err, "labelling issue 101", "add the label `manifest-drift` by hand, or the next run makes another issue")
}

func TestAServerThatDoesNotTellLabelsIsBelieved(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case "GET":
			fmt.Fprint(w, "[]")
		case "POST":
			fmt.Fprint(w, `{"number": 12}`)
		}
		if r.URL.Path != "/repos/o/r/issues" {
			t.Errorf("asked for %s", r.URL)
		}
	}))
	defer server.Close()
	client, err := github.New(github.Config{APIURL: server.URL, Repository: "o/r"})
	if err != nil {
		t.Fatal(err)
	}
	if n := upsertIssue(t, client, drift(2, "a"), github.Created); n != 12 {
		t.Errorf("issue %d", n)
	}
}

func TestALockedIssueIsUpdatedWithoutAComment(t *testing.T) {
	fake := newFake(t)
	there := ours(1, "a")
	there.Locked = true
	n := fake.AddIssue(there).Number
	client, _ := newClient(t, fake)
	upsertIssue(t, client, drift(2, "b"), github.Updated)
	wantIssue(t, fake, n, "open", driftText(2, "b"))
	fake.Fail(editIssueRoute, githubtest.Fault{Status: 403, Message: "Resource not accessible by integration"})
	_, _, err := client.UpsertIssue(t.Context(), drift(3, "b"))
	mustSay(t, err, "the issue is locked: unlock it")
	var denied *github.PermissionError
	if !errors.As(err, &denied) {
		t.Errorf("got %v", err)
	}
}

func TestAnIssueThatIsGoneIsMadeAnew(t *testing.T) {
	for _, status := range []int{404, 410, 301} {
		for name, route := range map[string]string{"the update": editIssueRoute, "the comment": createCommentRoute} {
			t.Run(fmt.Sprintf("%d for %s", status, name), func(t *testing.T) {
				fake := newFake(t)
				fake.AddIssue(ours(1, "a"))
				client, _ := newClient(t, fake)
				fake.Fail(route, githubtest.Fault{Status: status, Header: header("Location", "/repos/o/r/issues")})
				if n := upsertIssue(t, client, drift(2, "b"), github.Created); n != 102 {
					t.Errorf("issue %d", n)
				}
				fake.Fail(editIssueRoute, githubtest.Fault{Status: 404})
				if _, _, err := client.UpsertIssue(t.Context(), clean(3)); err == nil || len(fake.Issues) != 2 {
					t.Errorf("%d issues, %v", len(fake.Issues), err)
				}
			})
		}
	}
}

func TestAMissingPermissionForIssuesIsTyped(t *testing.T) {
	for name, fail := range map[string]func(*githubtest.Server){
		"no issues in the repository": func(fake *githubtest.Server) { fake.NoIssues = true },
		"404 for listing":             func(fake *githubtest.Server) { fake.Fail(listIssuesRoute, githubtest.Fault{Status: 404}) },
		"read-only, none there":       func(fake *githubtest.Server) { fake.ReadOnly = true },
		"read-only, one there": func(fake *githubtest.Server) {
			fake.ReadOnly = true
			fake.AddIssue(ours(1, "a"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			fake := newFake(t)
			fail(fake)
			client, _ := newClient(t, fake)
			_, _, err := client.UpsertIssue(t.Context(), drift(2, "a"))
			var denied *github.PermissionError
			if !errors.As(err, &denied) || denied.Permission != "issues: write" {
				t.Fatalf("got %v", err)
			}
			mustSay(t, err, "`issues: write`", "issue")
		})
	}
}

func TestATextThatGitHubWouldNotTakeIsNotSent(t *testing.T) {
	long := strings.Repeat("é", github.MaxText)
	for name, test := range map[string]struct {
		change func(*github.Issue)
		say    string
	}{
		"a long text":        {func(i *github.Issue) { i.Body = long }, "the text of the issue `manifest-drift` has 655"},
		"a long comment":     {func(i *github.Issue) { i.Comment = long }, "the comment"},
		"a long last word":   {func(i *github.Issue) { i.LastWord = long }, "the last word"},
		"a fingerprint's --": {func(i *github.Issue) { i.Fingerprint = "a -->" }, "invalid fingerprint `a -->`"},
	} {
		t.Run(name, func(t *testing.T) {
			fake := newFake(t)
			client, _ := newClient(t, fake)
			issue := drift(2, "a")
			test.change(&issue)
			_, _, err := client.UpsertIssue(t.Context(), issue)
			if err == nil || !strings.Contains(err.Error(), test.say) || len(fake.Requests()) > 0 {
				t.Errorf("got %v after %v", err, fake.Requests())
			}
		})
	}
}

func TestATextThatJustFitsIsTaken(t *testing.T) {
	fake := newFake(t)
	client, _ := newClient(t, fake)
	issue := drift(2, "a")
	issue.Body = ""
	upsertIssue(t, client, issue, github.Created)
	room := github.MaxText - utf8.RuneCountInString(fake.Issues[0].Body)
	if room < github.MaxText-200 {
		t.Errorf("the marker takes %d characters", github.MaxText-room)
	}
	issue.RunID, issue.Body = 3, strings.Repeat("é", room)
	upsertIssue(t, client, issue, github.Updated)
}

func FuzzReadIssue(f *testing.F) {
	f.Add(driftText(1, "a"))
	f.Add("<!-- verify-manifests-drift run=1 attempt=1 problems= -->")
	f.Add("<!-- verify-manifests-drift run=1 attempt=1 problems=a_-9 state=e30= -->\r\ntext")
	f.Fuzz(func(t *testing.T, body string) {
		if got := github.ReadIssue(body); got != "" && !strings.HasPrefix(body, "<!-- verify-manifests-drift run=") {
			t.Errorf("the fingerprint is %q", got)
		}
		if got := github.ReadIssue(github.TextOf(github.Issue{Body: body, Fingerprint: "f"})); got != "f" {
			t.Errorf("the fingerprint is %q", got)
		}
	})
}
