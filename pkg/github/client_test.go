package github_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/github/githubtest"
)

func TestNewRefusesWhatIsNoAPIOrRepository(t *testing.T) {
	for name, config := range map[string]github.Config{
		"no scheme":          {APIURL: "api.github.com", Repository: "o/r"},
		"another scheme":     {APIURL: "ftp://api.github.com", Repository: "o/r"},
		"no host":            {APIURL: "https://", Repository: "o/r"},
		"a user":             {APIURL: "https://user:password@api.github.com", Repository: "o/r"},
		"a query":            {APIURL: "https://api.github.com?x=1", Repository: "o/r"},
		"unreadable":         {APIURL: "https://[::1", Repository: "o/r"},
		"no name":            {Repository: "owner"},
		"three parts":        {Repository: "a/b/c"},
		"dots for an owner":  {Repository: "../r"},
		"dots for a name":    {Repository: "o/.."},
		"a question mark":    {Repository: "o/r?x"},
		"a repository's URL": {Repository: "https://github.com/o/r"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := github.New(config)
			if err == nil || !strings.Contains(err.Error(), "expected") || !strings.Contains(err.Error(), "GITHUB_") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestNewTakesPublicAndEnterpriseAPIs(t *testing.T) {
	for _, url := range []string{"", "https://api.github.com", "https://ghe.example.com/api/v3", "http://ghe.local:8080/api/v3/"} {
		if _, err := github.New(github.Config{APIURL: url, Repository: "o/r.js-_1"}); err != nil {
			t.Errorf("%q: %v", url, err)
		}
	}
}

func TestAnEnterpriseServersPathPrefixIsKept(t *testing.T) {
	fake := newFake(t)
	fake.AddChange(7, "added", "a/manifest.json", "{}")
	server := httptest.NewServer(http.StripPrefix("/api/v3", fake.Config.Handler))
	defer server.Close()
	client, err := github.New(github.Config{APIURL: server.URL + "/api/v3", Token: fake.Token, Repository: "o/r"})
	if err != nil {
		t.Fatal(err)
	}
	found, err := client.PullRequestFiles(t.Context(), 7)
	if err != nil || !found.Complete || len(found.Files) != 1 {
		t.Errorf("got %v, %v", found, err)
	}
}

func TestTheTokenNeverFollowsARedirectToAnotherHost(t *testing.T) {
	var elsewhere atomic.Value
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		elsewhere.Store(r.Header.Get("Authorization"))
	}))
	defer other.Close()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer s3cret" {
			t.Error("the API's own host did not get the token")
		}
		http.Redirect(w, r, other.URL, http.StatusFound)
	}))
	defer api.Close()
	client, err := github.New(github.Config{APIURL: api.URL, Token: "s3cret", Repository: "o/r"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Blob(t.Context(), headSHA, 10); err != nil {
		t.Error(err)
	}
	if got := elsewhere.Load(); got != "" {
		t.Errorf("the other host got Authorization %v", got)
	}
}

func TestTheTokenIsForTheAPIsOriginAlone(t *testing.T) {
	const api = "https://ghe.example.com/api/v3/"
	for url, want := range map[string]string{
		"https://ghe.example.com/api/v3/user":         "Bearer s3cret",
		"https://ghe.example.com/api/graphql":         "Bearer s3cret",
		"http://ghe.example.com/api/v3/user":          "",
		"https://ghe.example.com:8443/api/v3/user":    "",
		"https://ghe.example.com.evil.example/api/v3": "",
		"https://api.ghe.example.com/":                "",
	} {
		if got := github.Authorization(api, "s3cret", url); got != want {
			t.Errorf("%s gets %q", url, got)
		}
	}
}

func TestARedirectWithinTheAPIIsFollowedWithTheToken(t *testing.T) {
	fake := newFake(t)
	sha := fake.AddBlob("text")
	mux := http.NewServeMux()
	mux.Handle("/", fake.Config.Handler)
	mux.HandleFunc("/repos/old/r/git/blobs/", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/repos/o/r/git/blobs/"+sha, http.StatusMovedPermanently)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	client, err := github.New(github.Config{APIURL: server.URL, Token: fake.Token, Repository: "old/r"})
	if err != nil {
		t.Fatal(err)
	}
	if text, err := client.Blob(t.Context(), sha, 10); err != nil || string(text) != "text" {
		t.Errorf("got %q, %v", text, err)
	}
}

func TestARedirectMayNotTurnAWriteIntoARead(t *testing.T) {
	fake := newFake(t)
	mux := http.NewServeMux()
	mux.Handle("/", fake.Config.Handler)
	mux.HandleFunc("POST /repos/old/r/issues/7/comments", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/repos/o/r/issues/7/comments", http.StatusMovedPermanently)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	client, err := github.New(github.Config{APIURL: server.URL, Token: fake.Token, Repository: "old/r", Sleep: new(naps).sleep})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = client.UpsertComment(t.Context(), github.Comment{Number: 7, Body: "text"})
	mustSay(t, err, "a redirect is not followed: it would turn POST into GET", "moved")
}

func TestARedirectLoopEnds(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Path, http.StatusFound)
	}))
	defer server.Close()
	client, err := github.New(github.Config{APIURL: server.URL, Repository: "o/r", Sleep: new(naps).sleep})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Blob(t.Context(), headSHA, 10)
	mustSay(t, err, "more than 10 redirects")
}

func TestWithoutATokenNoneIsSent(t *testing.T) {
	fake := newFake(t)
	fake.Token = ""
	sha := fake.AddBlob("text")
	client, _ := newClient(t, fake)
	if _, err := client.Blob(t.Context(), sha, 10); err != nil {
		t.Fatal(err)
	}
	if got := fake.Requests()[0].Authorization; got != "" {
		t.Errorf("Authorization was %q", got)
	}
}

func TestWhatIsTransientIsTriedAgain(t *testing.T) {
	for name, fault := range map[string]githubtest.Fault{
		"a dropped connection":          {},
		"an answer broken off":          {Broken: true},
		"500":                           {Status: 500},
		"502 of a proxy":                {Status: 502},
		"408":                           {Status: 408},
		"429":                           {Status: 429},
		"a primary limit on 403":        {Status: 403, Header: header("X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "1")},
		"a secondary limit on 403":      {Status: 403, Header: header("Retry-After", "1")},
		"a secondary limit without one": {Status: 403, Message: "You have exceeded a secondary rate limit."},
	} {
		t.Run(name, func(t *testing.T) {
			fake := newFake(t)
			fake.AddChange(7, "added", "a/manifest.json", "{}")
			client, naps := newClient(t, fake)
			fake.Fail(filesRoute, fault, fault, fault)
			found, err := client.PullRequestFiles(t.Context(), 7)
			if err != nil || !found.Complete || len(found.Files) != 1 {
				t.Errorf("got %v, %v", found, err)
			}
			if len(naps.took) != 3 || naps.took[0] < 200*time.Millisecond || naps.took[2] <= naps.took[0] {
				t.Errorf("paused for %v", naps.took)
			}
		})
	}
}

func TestTriesAreCounted(t *testing.T) {
	fake := newFake(t)
	client, _ := newClient(t, fake)
	fake.Fail(filesRoute, times(100, githubtest.Fault{Status: 503, Message: "No server is currently available"})...)
	_, err := client.PullRequestFiles(t.Context(), 7)
	mustSay(t, err, "503 `No server is currently available`", "listing the files of pull request 7", "4 times")
	if n := asked(fake, "GET"); n != 4 {
		t.Errorf("asked %d times", n)
	}
}

func TestWhatGitHubAsksToWaitIsWaited(t *testing.T) {
	date := "Sun, 22 Nov 2026 12:00:00 GMT"
	reset := strconv.FormatInt(time.Date(2026, 11, 22, 12, 0, 42, 0, time.UTC).Unix(), 10)
	for name, test := range map[string]struct {
		fault githubtest.Fault
		want  time.Duration
	}{
		"seconds":        {githubtest.Fault{Status: 429, Header: header("Retry-After", "60")}, time.Minute},
		"a date":         {githubtest.Fault{Status: 403, Header: header("Retry-After", "Sun, 22 Nov 2026 12:00:42 GMT", "Date", date)}, 42 * time.Second},
		"a limit's end":  {githubtest.Fault{Status: 429, Header: header("X-RateLimit-Remaining", "0", "X-RateLimit-Reset", reset, "Date", date)}, 42 * time.Second},
		"a busy server":  {githubtest.Fault{Status: 503, Header: header("Retry-After", "20")}, 20 * time.Second},
		"both: the word": {githubtest.Fault{Status: 403, Header: header("Retry-After", "30", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", reset, "Date", date)}, 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			fake := newFake(t)
			sha := fake.AddBlob("text")
			client, naps := newClient(t, fake)
			fake.Fail(blobRoute, test.fault)
			if _, err := client.Blob(t.Context(), sha, 10); err != nil {
				t.Fatal(err)
			}
			if len(naps.took) != 1 || naps.took[0] != test.want {
				t.Errorf("waited for %v, want %v", naps.took, test.want)
			}
		})
	}
}

func TestAWaitThatIsTooLongEndsTheCallAndSaysHowLong(t *testing.T) {
	fake := newFake(t)
	client, naps := newClient(t, fake)
	fake.Fail(blobRoute, githubtest.Fault{Status: 403, Message: "API rate limit exceeded", Header: header("Retry-After", "1800")})
	_, err := client.Blob(t.Context(), headSHA, 10)
	mustSay(t, err, "403 `API rate limit exceeded`", "run the workflow again in 30m")
	if len(naps.took) != 0 {
		t.Errorf("waited for %v", naps.took)
	}
}

func TestAnUnreadableWaitIsAPause(t *testing.T) {
	for _, after := range []string{"soon", "-1", "99999999999999999999"} {
		fake := newFake(t)
		sha := fake.AddBlob("text")
		client, naps := newClient(t, fake)
		fake.Fail(blobRoute, githubtest.Fault{Status: 429, Header: header("Retry-After", after)})
		if _, err := client.Blob(t.Context(), sha, 10); err != nil || len(naps.took) != 1 || naps.took[0] > time.Second {
			t.Errorf("Retry-After %s: waited for %v, %v", after, naps.took, err)
		}
	}
}

func TestTheLastRequestOfALimitDoesNotStopTheNext(t *testing.T) {
	fake := newFake(t)
	sha := fake.AddBlob("text")
	var n int
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n++
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10))
		fake.Config.Handler.ServeHTTP(w, r)
	}))
	defer server.Close()
	client, err := github.New(github.Config{APIURL: server.URL, Token: fake.Token, Repository: "o/r"})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := client.Blob(t.Context(), sha, 10); err != nil {
			t.Error(err)
		}
	}
	if n != 2 {
		t.Errorf("%d requests came", n)
	}
}

func TestWhatIsFinalIsNotTriedAgainAndSaysWhatToDo(t *testing.T) {
	for _, test := range []struct {
		status int
		say    string
	}{
		{400, "another try would not help"},
		{401, "github-token"},
		{403, "the token needs the permission `pull-requests: read`"},
		{404, "it does not exist, or the token lacks the permission `pull-requests: read`"},
		{409, "another try would not help"},
		{422, "another try would not help"},
	} {
		t.Run(strconv.Itoa(test.status), func(t *testing.T) {
			fake := newFake(t)
			client, _ := newClient(t, fake)
			fake.Fail(filesRoute, githubtest.Fault{Status: test.status, Message: "no\n::error::`no`"})
			_, err := client.PullRequestFiles(t.Context(), 7)
			mustSay(t, err, fmt.Sprintf("GitHub answered %d `no\\n::error::'no'` when listing the files of pull request 7: ", test.status), test.say)
			if errors.Is(err, github.ErrNotFound) != (test.status == 404) {
				t.Error("ErrNotFound is for 404 alone")
			}
			if n := asked(fake, "GET"); n != 1 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

func TestAnAnswerOfNoUseIsAnError(t *testing.T) {
	for name, body := range map[string]string{
		"empty": "", "null": "null", "another type": `{"message": "hello"}`, "a page": "<html>", "one value cut short": `[{"filename": "a`,
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }))
			defer server.Close()
			client, err := github.New(github.Config{APIURL: server.URL, Repository: "o/r", Sleep: new(naps).sleep})
			if err != nil {
				t.Fatal(err)
			}
			for call, err := range map[string]error{
				"PullRequestFiles": second(client.PullRequestFiles(t.Context(), 7)),
				"Compare":          second(client.Compare(t.Context(), baseSHA, headSHA)),
				"Tree":             second(client.Tree(t.Context(), headSHA)),
				"UpsertComment":    last(client.UpsertComment(t.Context(), github.Comment{Number: 7, OnlyUpdate: true})),
			} {
				isList := call == "PullRequestFiles" || call == "UpsertComment" // null is an empty list
				if (err == nil) != (name == "null" && isList) {
					t.Errorf("%s: %v", call, err)
				}
			}
		})
	}
}

func last[A, B any](_ A, _ B, err error) error { return err }
func second[A any](_ A, err error) error       { return err }

func TestAnEndlessAnswerIsCutOff(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		spaces := []byte(strings.Repeat(" ", 1<<20))
		for {
			if _, err := w.Write(spaces); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	client, err := github.New(github.Config{APIURL: server.URL, Repository: "o/r", Sleep: new(naps).sleep})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Tree(t.Context(), headSHA)
	mustSay(t, err, "more than 64 MiB")
}

func TestAnEndedRunIsNotTriedAgain(t *testing.T) {
	fake := newFake(t)
	client, naps := newClient(t, fake)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := client.Blob(ctx, headSHA, 10)
	mustSay(t, err, "the run was ended")
	if !errors.Is(err, context.Canceled) || len(naps.took) > 0 {
		t.Errorf("got %v after %v", err, naps.took)
	}
}

func TestARunThatEndsDuringAPauseEndsTheCall(t *testing.T) {
	fake := newFake(t)
	fake.Fail(blobRoute, githubtest.Fault{Status: 500})
	ctx, cancel := context.WithCancel(t.Context())
	client, err := github.New(github.Config{APIURL: fake.URL, Token: fake.Token, Repository: "o/r",
		Sleep: func(ctx context.Context, _ time.Duration) error { cancel(); return github.Wait(ctx, time.Hour) }})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Blob(ctx, headSHA, 10)
	mustSay(t, err, "500")
	if n := asked(fake, "GET"); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestWithoutASeamAPauseIsRealAndEnds(t *testing.T) {
	if err := github.Wait(t.Context(), time.Nanosecond); err != nil {
		t.Error(err)
	}
}

func TestNoServerIsNoAnswer(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	client, err := github.New(github.Config{APIURL: server.URL, Repository: "o/r", Sleep: new(naps).sleep})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Blob(t.Context(), headSHA, 10)
	mustSay(t, err, "GitHub gave no answer when reading the file of blob `"+headSHA+"`", "connection refused", "run the workflow again later")
}
