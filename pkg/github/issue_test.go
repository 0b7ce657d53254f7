package github_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/github/githubtest"
)

const (
	label = "manifest-drift"

	listIssuesRoute  = "GET /repos/{owner}/{repo}/issues"
	createIssueRoute = "POST /repos/{owner}/{repo}/issues"
	editIssueRoute   = "PATCH /repos/{owner}/{repo}/issues/{number}"
)

// drift is what the scan of a run found: problems of a fingerprint.
func drift(run int64, problems string) github.Issue {
	return github.Issue{
		Label: label, RunID: run, Attempt: 1, Title: "Drift", Body: "found " + problems,
		Fingerprint: problems, Comment: "now " + problems, ClosingComment: "all good",
	}
}

// in is an issue that should be in another state.
func in(state github.DesiredState, issue github.Issue) github.Issue {
	issue.DesiredState = state
	return issue
}

// clean is the issue after a complete scan without problems.
func clean(run int64) github.Issue { return in(github.Closed, drift(run, "none")) }

func driftText(run int64, problems string) string {
	return fmt.Sprintf("<!-- verify-manifests-drift run=%d attempt=1 problems=%s -->\nfound %[2]s", run, problems)
}

func driftComment(run int64, text string) string {
	return fmt.Sprintf("<!-- verify-manifests-drift run=%d attempt=1 -->\n%s", run, text)
}

// ours is an issue as a run left it.
func ours(run int64, problems string) githubtest.Issue {
	return githubtest.Issue{Login: bot, Title: "Drift", Body: driftText(run, problems), Labels: []string{label}}
}

// upsertIssue keeps the issue, and fails the test unless it is of that number.
func upsertIssue(t *testing.T, client *github.Client, issue github.Issue, want int) {
	t.Helper()
	if number, _, err := client.UpsertIssue(t.Context(), issue); number != want || err != nil {
		t.Fatalf("issue %d, %v; want %d", number, err, want)
	}
}

// wantIssue fails the test unless the issue has this state and text, and exactly these comments.
func wantIssue(t *testing.T, fake *githubtest.Server, number int, state, body string, comments ...string) {
	t.Helper()
	issue, found := fake.IssueNumbered(number)
	if !found || issue.State != state || issue.Body != body {
		t.Errorf("issue %d is %+v, want it %s with %q", number, issue, state, body)
	}
	wantComments(t, fake, number, comments...)
}

func TestTheIssueLivesThroughAMonth(t *testing.T) {
	fake, client := newFakeAndClient(t)
	upsertIssue(t, client, clean(1), 0)
	upsertIssue(t, client, in(github.Keep, drift(1, "none")), 0)
	for _, step := range []struct {
		now   github.Issue
		state string
		body  string
		says  string // "" for no comment
	}{
		{drift(2, "a"), "open", driftText(2, "a"), ""},
		{drift(3, "a"), "open", driftText(3, "a"), ""},
		{drift(4, "ab"), "open", driftText(4, "ab"), driftComment(4, "now ab")},
		{in(github.Keep, drift(5, "ab")), "open", driftText(5, "ab"), ""},
		{clean(6), "closed", driftText(6, "none"), driftComment(6, "all good")},
		{clean(7), "closed", driftText(6, "none"), ""},
		{in(github.Keep, drift(7, "none")), "closed", driftText(6, "none"), ""},
		{drift(8, "c"), "open", driftText(8, "c"), driftComment(8, "now c")},
		{drift(8, "c"), "open", driftText(8, "c"), ""},
	} {
		comments := fake.CommentsOn(101)
		if step.says != "" {
			comments = append(comments, step.says)
		}
		upsertIssue(t, client, step.now, 101)
		wantIssue(t, fake, 101, step.state, step.body, comments...)
	}
	if len(fake.Issues) != 1 || !slices.Equal(fake.Issues[0].Labels, []string{label}) || fake.Issues[0].Title != "Drift" {
		t.Errorf("the issues are %+v", fake.Issues[0])
	}
	updates := asked(fake, "PATCH")
	if upsertIssue(t, client, drift(8, "c"), 101); asked(fake, "PATCH") != updates {
		t.Error("the same run updates its own text")
	}
}

func TestALabelThatGitHubDropsIsAddedAfterwards(t *testing.T) {
	fake, client := newFakeAndClient(t)
	fake.DropLabels = true
	upsertIssue(t, client, drift(2, "a"), 101)
	upsertIssue(t, client, drift(3, "a"), 101)
}

func TestAnOlderScanLeavesANewersIssueAlone(t *testing.T) {
	fake, client := newFakeAndClient(t)
	fake.AddIssue(ours(5, "a"))
	for _, issue := range []github.Issue{drift(4, "b"), clean(4)} {
		if n, isNewer, err := client.UpsertIssue(t.Context(), issue); n != 101 || !isNewer || err != nil {
			t.Errorf("issue %d, newer %t, %v", n, isNewer, err)
		}
	}
	wantIssue(t, fake, 101, "open", driftText(5, "a"))
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
			fake, client := newFakeAndClient(t)
			there := ours(9, "a")
			change(&there)
			before := *fake.AddIssue(there)
			upsertIssue(t, client, drift(2, "b"), 102)
			wantIssue(t, fake, 102, "open", driftText(2, "b"))
			if after, _ := fake.IssueNumbered(before.Number); !cmp.Equal(before, after) {
				t.Error(cmp.Diff(before, after))
			}
		})
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
		fake, client := newFakeAndClient(t)
		for _, state := range test.states {
			there := ours(1, "a")
			there.State = state
			fake.AddIssue(there)
		}
		for range 150 {
			fake.AddIssue(githubtest.Issue{Login: "someone", Labels: []string{"Manifest-Drift", label}})
		}
		upsertIssue(t, client, drift(2, "a"), test.want)
		wantIssue(t, fake, test.want, "open", driftText(2, "a"))
	}
}

func TestOfTwoOpenIssuesOneGoesOn(t *testing.T) {
	for _, issue := range []github.Issue{drift(2, "a"), clean(2)} {
		fake, client := newFakeAndClient(t)
		fake.AddIssue(ours(1, "a"))
		fake.AddIssue(ours(1, "a"))
		upsertIssue(t, client, issue, 101)
		wantIssue(t, fake, 102, "closed", driftText(1, "a"), driftComment(2, "Continued in #101."))
		if other, _ := fake.IssueNumbered(102); other.Reason != "not_planned" {
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
			fake, client := newFakeAndClient(t)
			there := ours(1, "a")
			there.Body = body
			fake.AddIssue(there)
			upsertIssue(t, client, drift(2, "b"), 101)
			wantIssue(t, fake, 101, "open", driftText(2, "b"), driftComment(2, "now b"))
		})
	}
}

func TestAnAnswerThatIsLostMakesNoSecondIssueAndSaysNothingTwice(t *testing.T) {
	for name, faults := range lostAnswers {
		t.Run(name, func(t *testing.T) {
			fake, client := newFakeAndClient(t)
			fake.Fail(createIssueRoute, faults...)
			upsertIssue(t, client, drift(1, "a"), 101)
			for _, route := range []string{createCommentRoute, editIssueRoute} {
				fake.Fail(route, faults...)
			}
			upsertIssue(t, client, drift(2, "b"), 101)
			wantIssue(t, fake, 101, "open", driftText(2, "b"), driftComment(2, "now b"))
			if len(fake.Issues) != 1 {
				t.Errorf("%d issues", len(fake.Issues))
			}
		})
	}
}

func TestARunThatFailedHalfWaySaysItOnceWhenRunAgain(t *testing.T) {
	fake, client := newFakeAndClient(t)
	fake.AddIssue(ours(1, "a"))
	fake.Fail(editIssueRoute, times(4, githubtest.Fault{Status: 500})...)
	_, _, err := client.UpsertIssue(t.Context(), clean(2))
	mustSay(t, err, "updating issue 101")
	upsertIssue(t, client, clean(2), 101)
	wantIssue(t, fake, 101, "closed", driftText(2, "none"), driftComment(2, "all good"))
}

func TestALockedIssueIsUpdatedWithoutAComment(t *testing.T) {
	fake, client := newFakeAndClient(t)
	there := ours(1, "a")
	there.Locked = true
	fake.AddIssue(there)
	upsertIssue(t, client, drift(2, "b"), 101)
	wantIssue(t, fake, 101, "open", driftText(2, "b"))
}

func TestAnIssueThatIsGoneIsMadeAnew(t *testing.T) {
	for _, status := range []int{404, 410, 301} {
		for _, route := range []string{editIssueRoute, createCommentRoute} {
			fake, client := newFakeAndClient(t)
			fake.AddIssue(ours(1, "a"))
			fake.Fail(route, githubtest.Fault{Status: status, Header: header("Location", "/repos/o/r/issues")})
			upsertIssue(t, client, drift(2, "b"), 102)
			fake.Fail(editIssueRoute, githubtest.Fault{Status: 404})
			if _, _, err := client.UpsertIssue(t.Context(), clean(3)); err == nil || len(fake.Issues) != 2 {
				t.Errorf("%d for %s: %d issues, %v", status, route, len(fake.Issues), err)
			}
		}
	}
}

func TestWhyThereIsNoIssue(t *testing.T) {
	for name, test := range map[string]struct {
		there        bool // an issue
		fail         func(*githubtest.Server)
		isPermission bool
		say          string
	}{
		"no issues in the repository": {false, func(fake *githubtest.Server) { fake.NoIssues = true }, true, "`issues: write`"},
		"404 for listing":             {false, func(fake *githubtest.Server) { fake.Fail(listIssuesRoute, githubtest.Fault{Status: 404}) }, true, "`issues: write`"},
		"read-only, none there":       {false, func(fake *githubtest.Server) { fake.ReadOnly = true }, true, "`issues: write`"},
		"read-only, one there":        {true, func(fake *githubtest.Server) { fake.ReadOnly = true }, true, "`issues: write`"},
		"comments that fail": {true, func(fake *githubtest.Server) {
			fake.Fail(createCommentRoute, times(100, githubtest.Fault{Status: 500})...)
		}, false, "commenting on issue 101"},
	} {
		t.Run(name, func(t *testing.T) {
			fake, client := newFakeAndClient(t)
			if test.there {
				fake.AddIssue(ours(1, "a"))
			}
			test.fail(fake)
			_, _, err := client.UpsertIssue(t.Context(), drift(2, "b"))
			mustSay(t, err, test.say)
			if errors.Is(err, github.ErrPermission) != test.isPermission || asked(fake, "POST") > 4 {
				t.Errorf("%v after %d requests", err, len(fake.Requests()))
			}
		})
	}
}
