package github_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/github/githubtest"
)

const bot = githubtest.ActionsBot

func marked(run int64, attempt int, body string) string {
	return fmt.Sprintf("<!-- verify-manifests run=%d attempt=%d -->\n%s", run, attempt, body)
}

// upsert runs one UpsertComment for pull request 7, and fails the test on an error.
func upsert(t *testing.T, client *github.Client, comment github.Comment) (string, github.Outcome) {
	t.Helper()
	comment.Number = 7
	url, outcome, err := client.UpsertComment(t.Context(), comment)
	if err != nil {
		t.Fatal(err)
	}
	return url, outcome
}

func wantComments(t *testing.T, fake *githubtest.Server, want ...string) {
	t.Helper()
	if got := fake.CommentsOn(7); !slices.Equal(got, want) {
		t.Errorf("the comments are %q, want %q", got, want)
	}
}

func TestTheCommentIsMadeOnceAndThenUpdatedInPlace(t *testing.T) {
	fake := newFake(t)
	client, _ := newClient(t, fake)
	url, outcome := upsert(t, client, github.Comment{RunID: 5, Attempt: 1, Body: "bad"})
	if outcome != github.Created || !strings.Contains(url, "/o/r/pull/7#issuecomment-") {
		t.Errorf("%s at %s", outcome, url)
	}
	again, outcome := upsert(t, client, github.Comment{RunID: 6, Attempt: 1, Body: "good"})
	if outcome != github.Updated || again != url {
		t.Errorf("%s at %s, not %s", outcome, again, url)
	}
	wantComments(t, fake, marked(6, 1, "good"))
}

func TestOnlyTheNewestRunHasItsSay(t *testing.T) {
	for name, test := range map[string]struct {
		there, now string
		run        int64
		attempt    int
		want       github.Outcome
	}{
		"a newer run":                      {marked(5, 1, "old"), "new", 6, 1, github.Updated},
		"a newer attempt":                  {marked(5, 1, "old"), "new", 5, 2, github.Updated},
		"the same attempt":                 {marked(5, 1, "old"), "new", 5, 1, github.Updated},
		"an older run":                     {marked(5, 1, "old"), "new", 4, 9, github.Newer},
		"an older attempt":                 {marked(5, 2, "old"), "new", 5, 1, github.Newer},
		"not in the order of text":         {marked(9, 1, "old"), "new", 10, 1, github.Updated},
		"the same words of the same run":   {marked(5, 1, "old"), "old", 5, 1, github.Unchanged},
		"the same words, by GitHub's ends": {"<!-- verify-manifests run=5 attempt=1 -->\r\none\r\ntwo", "one\ntwo\n", 5, 1, github.Unchanged},
		"the same words of a newer run":    {marked(5, 1, "old"), "old", 6, 1, github.Updated},
		"a number that is none":            {"<!-- verify-manifests run=x attempt=1 -->\nold", "new", 1, 1, github.Updated},
		"a number that is too large":       {"<!-- verify-manifests run=99999999999999999999 attempt=1 -->\nold", "new", 1, 1, github.Updated},
		"a marker that was edited":         {"<!-- verify-manifests run=9 -->\nold", "new", 1, 1, github.Updated},
		"two markers on a line":            {"<!-- verify-manifests run=9 attempt=1 --><!-- verify-manifests run=10 attempt=1 -->", "new", 1, 1, github.Updated},
	} {
		t.Run(name, func(t *testing.T) {
			fake := newFake(t)
			there := fake.AddComment(7, bot, test.there)
			client, _ := newClient(t, fake)
			url, outcome := upsert(t, client, github.Comment{RunID: test.run, Attempt: test.attempt, Body: test.now})
			if outcome != test.want || !strings.HasSuffix(url, fmt.Sprint(there.ID)) {
				t.Errorf("%s at %s, want %s", outcome, url, test.want)
			}
			want := test.there
			if test.want == github.Updated {
				want = marked(test.run, test.attempt, test.now)
			}
			wantComments(t, fake, want)
			if n := asked(fake, "PATCH"); (n == 1) != (test.want == github.Updated) {
				t.Errorf("%d updates", n)
			}
		})
	}
}

func TestWhatOthersWroteIsNotOurs(t *testing.T) {
	for name, there := range map[string]githubtest.Comment{
		"a forged marker":                {Login: "someone", Body: marked(999, 1, "all good")},
		"another bot's":                  {Login: "other[bot]", Body: marked(999, 1, "all good")},
		"a name like ours":               {Login: "github-actions", Body: marked(999, 1, "all good")},
		"no author":                      {Login: "", Body: marked(999, 1, "all good")},
		"our own, without the marker":    {Login: bot, Body: "hello"},
		"our own, quoting the marker":    {Login: bot, Body: "> " + marked(999, 1, "")},
		"our own, marker on line two":    {Login: bot, Body: "hello\n" + marked(999, 1, "")},
		"our own, of another tool":       {Login: bot, Body: "<!-- verify-manifests-drift v=1 -->\n"},
		"our own, with a blank before":   {Login: bot, Body: " " + marked(999, 1, "")},
		"our own, an empty one":          {Login: bot},
		"our own, in capitals elsewhere": {Login: bot, Body: "<!-- Verify-Manifests run=1 attempt=1 -->"},
	} {
		t.Run(name, func(t *testing.T) {
			fake := newFake(t)
			fake.AddComment(7, there.Login, there.Body)
			client, _ := newClient(t, fake)
			if _, outcome := upsert(t, client, github.Comment{RunID: 5, Attempt: 1, Body: "bad"}); outcome != github.Created {
				t.Error(outcome)
			}
			wantComments(t, fake, there.Body, marked(5, 1, "bad"))
			if _, outcome := upsert(t, client, github.Comment{RunID: 6, Attempt: 1, Body: "worse"}); outcome != github.Updated {
				t.Error(outcome)
			}
			wantComments(t, fake, there.Body, marked(6, 1, "worse"))
		})
	}
}

func TestTheAuthorIsWhoeverTheTokenSpeaksFor(t *testing.T) {
	for name, test := range map[string]struct {
		login, viewer, author string
		graphQL               int
	}{
		"a workflow's token": {"", "", bot, 0},
		"a person's":         {"octocat", "", "octocat", 0},
		"in other capitals":  {"OctoCat", "", "octocat", 0},
		"an App's":           {"", "registry-app[bot]", "registry-app[bot]", 1},
	} {
		t.Run(name, func(t *testing.T) {
			fake := newFake(t)
			fake.Login, fake.Viewer = test.login, test.viewer
			fake.AddComment(7, test.author, marked(5, 1, "bad"))
			client, _ := newClient(t, fake)
			for range 2 {
				if _, outcome := upsert(t, client, github.Comment{RunID: 6, Attempt: 1, Body: "good"}); outcome != github.Updated && outcome != github.Unchanged {
					t.Error(outcome)
				}
			}
			wantComments(t, fake, marked(6, 1, "good"))
			if n := asked(fake, "GET /user"); n != 1 {
				t.Errorf("asked for the user %d times", n)
			}
			if n := asked(fake, "POST /graphql"); n != test.graphQL {
				t.Errorf("asked GraphQL %d times", n)
			}
		})
	}
}

func TestTheAuthorCanNotBeToldIsAnError(t *testing.T) {
	fake := newFake(t)
	fake.AddComment(7, bot, marked(5, 1, "bad"))
	client, _ := newClient(t, fake)
	fake.Fail(userRoute, times(4, githubtest.Fault{Status: 500})...)
	_, _, err := client.UpsertComment(t.Context(), github.Comment{Number: 7, Body: "text"})
	mustSay(t, err, "asking whose token this is")
	wantComments(t, fake, marked(5, 1, "bad"))
}

func TestTheCommentIsFoundOnAnyPage(t *testing.T) {
	fake := newFake(t)
	for i := range 230 {
		fake.AddComment(7, "someone", fmt.Sprintf("comment %d", i))
	}
	fake.AddComment(7, bot, marked(5, 1, "bad"))
	client, _ := newClient(t, fake)
	if _, outcome := upsert(t, client, github.Comment{RunID: 6, Attempt: 1, Body: "good"}); outcome != github.Updated {
		t.Error(outcome)
	}
	if got := fake.CommentsOn(7); len(got) != 231 || got[230] != marked(6, 1, "good") {
		t.Errorf("%d comments, the last %q", len(got), got[len(got)-1])
	}
}

func TestAmongTooManyCommentsASecondIsNotMade(t *testing.T) {
	fake := newFake(t)
	for range 10_001 {
		fake.AddComment(7, "someone", "x")
	}
	client, _ := newClient(t, fake)
	_, _, err := client.UpsertComment(t.Context(), github.Comment{Number: 7, Body: "text"})
	if err == nil || !strings.Contains(err.Error(), "more than 10000 comments") || asked(fake, "POST") != 0 {
		t.Errorf("got %v", err)
	}
}

// TestTwoFirstRunsLeaveOneComment lets another run comment between a run's list and its comment.
func TestTwoFirstRunsLeaveOneComment(t *testing.T) {
	for name, test := range map[string]struct {
		other        int64
		isFirst      bool
		want         []string
		wantOutcome  github.Outcome
		afterTheNext []string
	}{
		"an older run, first":  {4, true, []string{marked(5, 1, "new")}, github.Updated, nil},
		"an older run, second": {4, false, []string{marked(5, 1, "new")}, github.Created, nil},
		"a newer run, first":   {6, true, []string{marked(6, 1, "other")}, github.Newer, nil},
		"a newer run, second":  {6, false, []string{marked(6, 1, "other"), marked(5, 1, "new")}, github.Newer, []string{marked(6, 1, "other")}},
	} {
		t.Run(name, func(t *testing.T) {
			fake := newFake(t)
			client, _ := newClient(t, fake)
			id := int64(9000)
			if test.isFirst {
				id = 900
			}
			fake.Fail(createCommentRoute, githubtest.Fault{Meanwhile: func() {
				fake.Comments[7] = append(fake.Comments[7], &githubtest.Comment{ID: id, Login: bot, Body: marked(test.other, 1, "other")})
			}})
			if _, outcome := upsert(t, client, github.Comment{RunID: 5, Attempt: 1, Body: "new"}); outcome != test.wantOutcome {
				t.Errorf("the outcome is %q, want %q", outcome, test.wantOutcome)
			}
			if test.afterTheNext != nil {
				wantComments(t, fake, test.want...)
				upsert(t, client, github.Comment{RunID: 6, Attempt: 1, Body: "other"})
				test.want = test.afterTheNext
			}
			wantComments(t, fake, test.want...)
		})
	}
}

func TestOnlyUpdateMakesNoComment(t *testing.T) {
	fake := newFake(t)
	client, _ := newClient(t, fake)
	if url, outcome := upsert(t, client, github.Comment{RunID: 5, Attempt: 1, Body: "good", OnlyUpdate: true}); outcome != github.Absent || url != "" {
		t.Errorf("%q at %q", outcome, url)
	}
	wantComments(t, fake)
	fake.AddComment(7, bot, marked(5, 1, "bad"))
	if _, outcome := upsert(t, client, github.Comment{RunID: 6, Attempt: 1, Body: "good", OnlyUpdate: true}); outcome != github.Updated {
		t.Error(outcome)
	}
	wantComments(t, fake, marked(6, 1, "good"))
}

func TestAnAnswerThatIsLostMakesNoSecondComment(t *testing.T) {
	for name, faults := range map[string][]githubtest.Fault{
		"the connection drops after":    {{After: true}},
		"the connection drops before":   {{}},
		"the answer breaks off":         {{Broken: true}},
		"500, and it is there":          {{Status: 500, After: true}},
		"500, and it is not":            {{Status: 500}},
		"503 twice, then it is":         {{Status: 503}, {Status: 503, After: true}},
		"a rate limit":                  {{Status: 429}, {Status: 403, Header: header("Retry-After", "1")}},
		"three times, and not a fourth": {{}, {}, {}},
	} {
		t.Run(name, func(t *testing.T) {
			fake := newFake(t)
			client, _ := newClient(t, fake)
			fake.Fail(createCommentRoute, faults...)
			if url, _ := upsert(t, client, github.Comment{RunID: 5, Attempt: 1, Body: "bad"}); url == "" {
				t.Error("no URL")
			}
			wantComments(t, fake, marked(5, 1, "bad"))
		})
	}
}

func TestACommentThatIsNeverMadeIsAnErrorAfterAFewTries(t *testing.T) {
	fake := newFake(t)
	client, _ := newClient(t, fake)
	fake.Fail(createCommentRoute, times(100, githubtest.Fault{Status: 500})...)
	_, _, err := client.UpsertComment(t.Context(), github.Comment{Number: 7, Body: "text"})
	mustSay(t, err, "commenting on pull request 7")
	if n := asked(fake, "POST"); n != 4 {
		t.Errorf("%d tries", n)
	}
}

func TestAnUpdateIsTriedAgain(t *testing.T) {
	fake := newFake(t)
	fake.AddComment(7, bot, marked(5, 1, "bad"))
	client, _ := newClient(t, fake)
	fake.Fail(editCommentRoute, githubtest.Fault{}, githubtest.Fault{Status: 502}, githubtest.Fault{Status: 429})
	upsert(t, client, github.Comment{RunID: 6, Attempt: 1, Body: "good"})
	wantComments(t, fake, marked(6, 1, "good"))
}

func TestAMissingPermissionIsTyped(t *testing.T) {
	for name, fail := range map[string]func(*githubtest.Server){
		"read-only, no comment yet": func(fake *githubtest.Server) { fake.ReadOnly = true },
		"read-only, one there": func(fake *githubtest.Server) {
			fake.ReadOnly = true
			fake.AddComment(7, bot, marked(5, 1, "bad"))
		},
		"404 for writing": func(fake *githubtest.Server) { fake.Fail(createCommentRoute, githubtest.Fault{Status: 404}) },
		"404 for updating": func(fake *githubtest.Server) {
			fake.AddComment(7, bot, marked(5, 1, "bad"))
			fake.Fail(editCommentRoute, githubtest.Fault{Status: 404})
		},
		"403 for listing": func(fake *githubtest.Server) { fake.Fail(listCommentsRoute, githubtest.Fault{Status: 403}) },
	} {
		t.Run(name, func(t *testing.T) {
			fake := newFake(t)
			fail(fake)
			client, _ := newClient(t, fake)
			_, _, err := client.UpsertComment(t.Context(), github.Comment{Number: 7, RunID: 6, Attempt: 1, Body: "text"})
			var denied *github.PermissionError
			if !errors.As(err, &denied) || denied.Permission != "pull-requests: write" {
				t.Fatalf("got %v", err)
			}
			mustSay(t, err, "`pull-requests: write`", "pull request 7")
		})
	}
}

func TestWhatIsNotAMissingPermissionIsNotCalledOne(t *testing.T) {
	for name, faults := range map[string][]githubtest.Fault{
		"a rate limit on 403": times(4, githubtest.Fault{Status: 403, Header: header("Retry-After", "1")}),
		"a wrong token":       {{Status: 401}},
		"a server's error":    times(4, githubtest.Fault{Status: 500}),
	} {
		t.Run(name, func(t *testing.T) {
			fake := newFake(t)
			client, _ := newClient(t, fake)
			fake.Fail(listCommentsRoute, faults...)
			_, _, err := client.UpsertComment(t.Context(), github.Comment{Number: 7, Body: "text"})
			var denied *github.PermissionError
			if errors.As(err, &denied) {
				t.Errorf("got %v", err)
			}
			mustSay(t, err, "listing the comments on pull request 7")
		})
	}
}

func TestACommentThatIsTooLongSaysSo(t *testing.T) {
	fake := newFake(t)
	client, _ := newClient(t, fake)
	_, _, err := client.UpsertComment(t.Context(), github.Comment{Number: 7, Body: strings.Repeat("x", 65536)})
	mustSay(t, err, "422 `Validation Failed; IssueComment data unprocessable Body is too long (maximum is 65536 characters)`")
}

func FuzzRunOf(f *testing.F) {
	f.Add(marked(5, 1, "body"))
	f.Add("<!-- verify-manifests run=5 attempt=1 -->")
	f.Add("<!-- verify-manifests run=-5 attempt=1 -->\r\n")
	f.Add("x\n" + marked(5, 1, "body"))
	f.Fuzz(func(t *testing.T, body string) {
		id, attempt := github.RunOf(body)
		if id < 0 || attempt < 0 {
			t.Errorf("%d, %d", id, attempt)
		}
		if (id != 0 || attempt != 0) && !strings.HasPrefix(body, "<!-- verify-manifests run=") {
			t.Errorf("run %d, attempt %d of a first line that is no marker", id, attempt)
		}
	})
}

func TestEachWorkflowHasACommentOfItsOwn(t *testing.T) {
	fake := newFake(t)
	client, _ := newClient(t, fake)
	fake.AddComment(7, bot, marked(4, 1, "of an earlier version"))
	_, first := upsert(t, client, github.Comment{RunID: 5, Attempt: 1, Workflow: "o/r/.github/workflows/a.yml", Body: "a"})
	_, second := upsert(t, client, github.Comment{RunID: 5, Attempt: 1, Workflow: "o/r/.github/workflows/b.yml", Body: "b"})
	_, again := upsert(t, client, github.Comment{RunID: 6, Attempt: 1, Workflow: "o/r/.github/workflows/a.yml", Body: "a again"})
	_, older := upsert(t, client, github.Comment{RunID: 4, Attempt: 1, Workflow: "o/r/.github/workflows/b.yml", Body: "b older"})
	if got := []github.Outcome{first, second, again, older}; !slices.Equal(got, []github.Outcome{github.Updated, github.Created, github.Updated, github.Newer}) {
		t.Errorf("got %s", got)
	}
	comments := fake.CommentsOn(7)
	if len(comments) != 2 || !strings.HasSuffix(comments[0], "\na again") || !strings.HasSuffix(comments[1], "\nb") {
		t.Errorf("the comments are %q", comments)
	}
}
