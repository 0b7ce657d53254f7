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

// newComment is what a run says, in its first attempt.
func newComment(run int64, body string) github.Comment {
	return github.Comment{Number: 7, RunID: run, Attempt: 1, Body: body}
}

// upsert keeps the comment of pull request 7, and fails the test on an error.
func upsert(t *testing.T, client *github.Client, comment github.Comment) (url string, isNewer bool) {
	t.Helper()
	url, isNewer, err := client.UpsertComment(t.Context(), comment)
	if err != nil {
		t.Fatal(err)
	}
	return url, isNewer
}

func wantComments(t *testing.T, fake *githubtest.Server, number int, want ...string) {
	t.Helper()
	if got := fake.CommentsOn(number); !slices.Equal(got, want) {
		t.Errorf("the comments on %d are %q, want %q", number, got, want)
	}
}

func TestTheCommentIsMadeOnceAndThenUpdatedInPlace(t *testing.T) {
	fake, client := newFakeAndClient(t)
	onlyUpdate := newComment(4, "good")
	onlyUpdate.OnlyUpdate = true
	if url, _ := upsert(t, client, onlyUpdate); url != "" {
		t.Errorf("a comment was made at %s", url)
	}
	url, _ := upsert(t, client, newComment(5, "bad"))
	if !strings.Contains(url, "/o/r/pull/7#issuecomment-") {
		t.Errorf("at %s", url)
	}
	for range 230 {
		fake.AddComment(7, "someone", "of the next pages")
	}
	onlyUpdate.RunID = 6
	if again, _ := upsert(t, client, onlyUpdate); again != url {
		t.Errorf("at %s, not %s", again, url)
	}
	if got := fake.CommentsOn(7); len(got) != 231 || got[0] != marked(6, 1, "good") {
		t.Errorf("%d comments, the first %q", len(got), got[0])
	}
}

func TestOnlyTheNewestRunHasItsSay(t *testing.T) {
	for name, test := range map[string]struct {
		there, now string
		run        int64
		attempt    int
		want       string // "newer", "updated" or "unchanged"
	}{
		"a newer run":                      {marked(5, 1, "old"), "new", 6, 1, "updated"},
		"a newer attempt":                  {marked(5, 1, "old"), "new", 5, 2, "updated"},
		"the same attempt":                 {marked(5, 1, "old"), "new", 5, 1, "updated"},
		"an older run":                     {marked(5, 1, "old"), "new", 4, 9, "newer"},
		"an older attempt":                 {marked(5, 2, "old"), "new", 5, 1, "newer"},
		"not in the order of text":         {marked(9, 1, "old"), "new", 10, 1, "updated"},
		"the same words of the same run":   {marked(5, 1, "old"), "old", 5, 1, "unchanged"},
		"the same words, by GitHub's ends": {"<!-- verify-manifests run=5 attempt=1 -->\r\none\r\ntwo", "one\ntwo\n", 5, 1, "unchanged"},
		"the same words of a newer run":    {marked(5, 1, "old"), "old", 6, 1, "updated"},
		"an invalid number":                {"<!-- verify-manifests run=x attempt=1 -->\nold", "new", 1, 1, "updated"},
		"a number that is too large":       {"<!-- verify-manifests run=99999999999999999999 attempt=1 -->\nold", "new", 1, 1, "updated"},
		"a marker that was edited":         {"<!-- verify-manifests run=9 -->\nold", "new", 1, 1, "updated"},
		"two markers on a line":            {"<!-- verify-manifests run=9 attempt=1 --><!-- verify-manifests run=10 attempt=1 -->", "new", 1, 1, "updated"},
	} {
		fake, client := newFakeAndClient(t)
		there := fake.AddComment(7, bot, test.there)
		url, isNewer := upsert(t, client, github.Comment{Number: 7, RunID: test.run, Attempt: test.attempt, Body: test.now})
		if isNewer != (test.want == "newer") || !strings.HasSuffix(url, fmt.Sprint(there.ID)) {
			t.Errorf("%s: newer %t, at %s", name, isNewer, url)
		}
		want, updates := test.there, 0
		if test.want == "updated" {
			want, updates = marked(test.run, test.attempt, test.now), 1
		}
		wantComments(t, fake, 7, want)
		if n := asked(fake, "PATCH"); n != updates {
			t.Errorf("%s: %d updates", name, n)
		}
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
			fake, client := newFakeAndClient(t)
			fake.AddComment(7, there.Login, there.Body)
			upsert(t, client, newComment(5, "bad"))
			wantComments(t, fake, 7, there.Body, marked(5, 1, "bad"))
			upsert(t, client, newComment(6, "worse"))
			wantComments(t, fake, 7, there.Body, marked(6, 1, "worse"))
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
		fake, client := newFakeAndClient(t)
		fake.Login, fake.Viewer = test.login, test.viewer
		fake.AddComment(7, test.author, marked(5, 1, "bad"))
		for range 2 {
			upsert(t, client, newComment(6, "good"))
		}
		wantComments(t, fake, 7, marked(6, 1, "good"))
		if users, graphQL := asked(fake, "GET /user"), asked(fake, "POST /graphql"); users != 1 || graphQL != test.graphQL {
			t.Errorf("%s: asked for the user %d times, GraphQL %d times", name, users, graphQL)
		}
	}
}

// TestTwoFirstRunsLeaveOneComment lets another run comment between a run's list and its comment.
func TestTwoFirstRunsLeaveOneComment(t *testing.T) {
	for name, test := range map[string]struct {
		other        int64
		id           int64
		want         []string
		isNewer      bool
		afterTheNext string
	}{
		"an older run, first":  {4, 900, []string{marked(5, 1, "new")}, false, marked(6, 1, "other")},
		"an older run, second": {4, 9000, []string{marked(5, 1, "new")}, false, marked(6, 1, "other")},
		"a newer run, first":   {6, 900, []string{marked(6, 1, "other")}, true, marked(6, 1, "other")},
		"a newer run, second":  {6, 9000, []string{marked(6, 1, "other"), marked(5, 1, "new")}, true, marked(6, 1, "other")},
	} {
		t.Run(name, func(t *testing.T) {
			fake, client := newFakeAndClient(t)
			fake.Fail(createCommentRoute, githubtest.Fault{Meanwhile: func() {
				fake.Comments[7] = append(fake.Comments[7], &githubtest.Comment{ID: test.id, Login: bot, Body: marked(test.other, 1, "other")})
			}})
			if _, isNewer := upsert(t, client, newComment(5, "new")); isNewer != test.isNewer {
				t.Errorf("newer %t", isNewer)
			}
			wantComments(t, fake, 7, test.want...)
			upsert(t, client, newComment(6, "other"))
			wantComments(t, fake, 7, test.afterTheNext)
		})
	}
}

// lostAnswers are faults after which a request may have been carried out.
var lostAnswers = map[string][]githubtest.Fault{
	"the connection drops after":    {{After: true}},
	"the connection drops before":   {{}},
	"the answer breaks off":         {{Broken: true}},
	"500, and it is there":          {{Status: 500, After: true}},
	"500, and it is not":            {{Status: 500}},
	"503 twice, then it is":         {{Status: 503}, {Status: 503, After: true}},
	"a rate limit":                  {{Status: 429}, {Status: 403, Header: header("Retry-After", "1")}},
	"three times, and not a fourth": {{}, {}, {}},
}

func TestAnAnswerThatIsLostMakesNoSecondComment(t *testing.T) {
	for name, faults := range lostAnswers {
		for route, there := range map[string][]string{createCommentRoute: nil, editCommentRoute: {marked(4, 1, "good")}} {
			fake, client := newFakeAndClient(t)
			for _, body := range there {
				fake.AddComment(7, bot, body)
			}
			fake.Fail(route, faults...)
			if url, _ := upsert(t, client, newComment(5, "bad")); url == "" {
				t.Errorf("%s: no URL", name)
			}
			wantComments(t, fake, 7, marked(5, 1, "bad"))
		}
	}
}

func TestWhyThereIsNoComment(t *testing.T) {
	fault := func(route string, faults ...githubtest.Fault) func(*githubtest.Server) {
		return func(fake *githubtest.Server) { fake.Fail(route, faults...) }
	}
	isReadOnly := func(fake *githubtest.Server) { fake.ReadOnly = true }
	for name, test := range map[string]struct {
		there        bool // a comment
		fail         func(*githubtest.Server)
		isPermission bool
		say          string
	}{
		"read-only, no comment yet": {false, isReadOnly, true, "commenting on pull request 7: the token needs the permission `pull-requests: write`"},
		"read-only, one there":      {true, isReadOnly, true, "updating the comment on pull request 7: the token needs the permission `pull-requests: write`"},
		"404 for writing":           {false, fault(createCommentRoute, githubtest.Fault{Status: 404}), true, "`pull-requests: write`"},
		"404 for updating":          {true, fault(editCommentRoute, githubtest.Fault{Status: 404}), true, "`pull-requests: write`"},
		"403 for listing":           {false, fault(listCommentsRoute, githubtest.Fault{Status: 403}), true, "`pull-requests: write`"},
		"a rate limit on 403":       {false, fault(listCommentsRoute, times(4, githubtest.Fault{Status: 403, Header: header("Retry-After", "1")})...), false, "listing the comments on pull request 7"},
		"a wrong token":             {false, fault(listCommentsRoute, githubtest.Fault{Status: 401}), false, "github-token"},
		"a server's error":          {false, fault(listCommentsRoute, times(4, githubtest.Fault{Status: 500})...), false, "listing the comments on pull request 7"},
		"an unknown author":         {true, fault(userRoute, times(4, githubtest.Fault{Status: 500})...), false, "identifying the token's user"},
		"an error after all tries":  {false, fault(createCommentRoute, times(100, githubtest.Fault{Status: 500})...), false, "commenting on pull request 7"},
	} {
		t.Run(name, func(t *testing.T) {
			fake, client := newFakeAndClient(t)
			if test.there {
				fake.AddComment(7, bot, marked(5, 1, "bad"))
			}
			test.fail(fake)
			_, _, err := client.UpsertComment(t.Context(), newComment(6, "text"))
			mustSay(t, err, test.say)
			if errors.Is(err, github.ErrPermission) != test.isPermission || asked(fake, "POST") > 4 {
				t.Errorf("%v after %d requests", err, len(fake.Requests()))
			}
		})
	}
}

func TestWhatDoesNotFitMakesNoComment(t *testing.T) {
	fake, client := newFakeAndClient(t)
	_, _, err := client.UpsertComment(t.Context(), newComment(1, strings.Repeat("x", 65536)))
	mustSay(t, err, "422 `Validation Failed; IssueComment data unprocessable Body is too long (maximum is 65536 characters)`")
	for range 10_001 {
		fake.AddComment(7, "someone", "x")
	}
	posted := asked(fake, "POST")
	_, _, err = client.UpsertComment(t.Context(), newComment(1, "text"))
	if err == nil || !strings.Contains(err.Error(), "more than 10000 comments") || asked(fake, "POST") != posted {
		t.Errorf("got %v", err)
	}
}

func TestEachWorkflowHasACommentOfItsOwn(t *testing.T) {
	fake, client := newFakeAndClient(t)
	for _, test := range []struct {
		run            int64
		workflow, body string
		isNewer        bool
	}{{5, "a.yml", "a", false}, {5, "b.yml", "b", false}, {5, "", "unnamed", false}, {6, "a.yml", "a again", false}, {4, "b.yml", "b older", true}} {
		comment := newComment(test.run, test.body)
		comment.Workflow = test.workflow
		if _, isNewer := upsert(t, client, comment); isNewer != test.isNewer {
			t.Errorf("%+v: newer %t", test, isNewer)
		}
	}
	comments := fake.CommentsOn(7)
	if len(comments) != 3 || !strings.HasSuffix(comments[0], "\na again") || !strings.HasSuffix(comments[1], "\nb") || comments[2] != marked(5, 1, "unnamed") {
		t.Errorf("the comments are %q", comments)
	}
}

func FuzzReadMarker(f *testing.F) {
	for _, seed := range []string{
		marked(5, 1, "body"), "<!-- verify-manifests run=5 attempt=1 -->", "<!-- verify-manifests run=-5 attempt=1 -->\r\n", "x\n" + marked(5, 1, "body"),
		driftText(1, "a"), "<!-- verify-manifests-drift run=1 attempt=1 problems= -->",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		id, attempt, fingerprint := github.ReadMarker(body)
		if id < 0 || attempt < 0 || (id != 0 || attempt != 0 || fingerprint != "") && !strings.HasPrefix(body, "<!-- verify-manifests") {
			t.Errorf("run %d, attempt %d, problems %q", id, attempt, fingerprint)
		}
	})
}
