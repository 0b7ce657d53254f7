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

func TestNewTakesAPIsAndRepositories(t *testing.T) {
	for config, isRight := range map[[2]string]bool{
		{"", "o/r.js-_1"}:                            true,
		{"https://api.github.com", "o/r"}:            true,
		{"https://ghe.example.com/api/v3", "o/r"}:    true,
		{"http://ghe.local:8080/api/v3/", "o/r"}:     true,
		{"api.github.com", "o/r"}:                    false,
		{"ftp://api.github.com", "o/r"}:              false,
		{"https://", "o/r"}:                          false,
		{"https://user:password@api.github.com", ""}: false,
		{"https://api.github.com?x=1", "o/r"}:        false,
		{"https://[::1", "o/r"}:                      false,
		{"", "owner"}:                                false,
		{"", "a/b/c"}:                                false,
		{"", "../r"}:                                 false,
		{"", "o/.."}:                                 false,
		{"", "o/r?x"}:                                false,
		{"", "https://github.com/o/r"}:               false,
	} {
		_, err := github.New(github.Config{APIURL: config[0], Repository: config[1]})
		if (err == nil) != isRight || err != nil && !(strings.Contains(err.Error(), "expected") && strings.Contains(err.Error(), "GITHUB_")) {
			t.Errorf("%q: %v", config, err)
		}
	}
}

func TestAnEnterpriseServersPathPrefixIsKept(t *testing.T) {
	fake := newFake(t)
	fake.AddChange(7, "added", "a/manifest.json", "{}")
	url := serve(t, http.StripPrefix("/api/v3", fake.Config.Handler))
	found, err := clientAt(t, github.Config{APIURL: url + "/api/v3", Token: fake.Token}).PullRequestFiles(t.Context(), 7)
	if err != nil || !found.Complete || len(found.Files) != 1 {
		t.Errorf("got %v, %v", found, err)
	}
}

func TestTheTokenNeverFollowsARedirectToAnotherHost(t *testing.T) {
	var elsewhere atomic.Value
	other := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { elsewhere.Store(r.Header.Get("Authorization")) }))
	api := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer s3cret" {
			t.Error("the API's own host did not get the token")
		}
		http.Redirect(w, r, other, http.StatusFound)
	}))
	if _, err := clientAt(t, github.Config{APIURL: api, Token: "s3cret"}).Blob(t.Context(), headSHA, 10); err != nil {
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
	if got := github.Authorization(api, "", api); got != "" {
		t.Errorf("without a token %q is sent", got)
	}
}

// TestARedirectWithinTheAPI: that of a renamed repository is followed with the token, but may not turn a write into a read.
func TestARedirectWithinTheAPI(t *testing.T) {
	fake := newFake(t)
	sha := fake.AddBlob("text")
	mux := http.NewServeMux()
	mux.Handle("/", fake.Config.Handler)
	mux.Handle("GET /repos/old/r/git/blobs/", http.RedirectHandler("/repos/o/r/git/blobs/"+sha, http.StatusMovedPermanently))
	mux.Handle("POST /repos/old/r/issues/7/comments", http.RedirectHandler("/repos/o/r/issues/7/comments", http.StatusMovedPermanently))
	mux.Handle("GET /repos/loop/r/", http.RedirectHandler("/repos/loop/r/git/blobs/x", http.StatusFound))
	url := serve(t, mux)
	client := clientAt(t, github.Config{APIURL: url, Token: fake.Token, Repository: "old/r"})
	if text, err := client.Blob(t.Context(), sha, 10); err != nil || string(text) != "text" {
		t.Errorf("got %q, %v", text, err)
	}
	_, _, err := client.UpsertComment(t.Context(), newComment(1, "text"))
	mustSay(t, err, "a redirect is not followed: it would turn POST into GET", "moved")
	_, err = clientAt(t, github.Config{APIURL: url, Token: fake.Token, Repository: "loop/r"}).Blob(t.Context(), sha, 10)
	mustSay(t, err, "more than 10 redirects")
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
	fake, client := newFakeAndClient(t)
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
		want  time.Duration // 0: a pause of ours
	}{
		"soon":           {githubtest.Fault{Status: 429, Header: header("Retry-After", "soon")}, 0},
		"less than none": {githubtest.Fault{Status: 429, Header: header("Retry-After", "-1")}, 0},
		"too large":      {githubtest.Fault{Status: 429, Header: header("Retry-After", "99999999999999999999")}, 0},
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
			if len(naps.took) != 1 || naps.took[0] != test.want && (test.want != 0 || naps.took[0] > time.Second) {
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

func TestTheLastRequestOfALimitDoesNotStopTheNext(t *testing.T) {
	fake := newFake(t)
	sha := fake.AddBlob("text")
	client := clientAt(t, github.Config{Token: fake.Token, APIURL: serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10))
		fake.Config.Handler.ServeHTTP(w, r)
	}))})
	for range 2 {
		if _, err := client.Blob(t.Context(), sha, 10); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatIsFinalIsNotTriedAgainAndSaysWhatToDo(t *testing.T) {
	for _, test := range []struct {
		status int
		say    string
	}{
		{400, "a retry would not help"},
		{401, "github-token"},
		{403, "the token needs the permission `pull-requests: read`"},
		{404, "it does not exist, or the token lacks the permission `pull-requests: read`"},
		{409, "a retry would not help"},
		{422, "a retry would not help"},
	} {
		t.Run(strconv.Itoa(test.status), func(t *testing.T) {
			fake, client := newFakeAndClient(t)
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
		client := clientAt(t, github.Config{APIURL: serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }))})
		_, filesErr := client.PullRequestFiles(t.Context(), 7)
		_, compareErr := client.Compare(t.Context(), baseSHA, headSHA)
		_, treeErr := client.Tree(t.Context(), headSHA)
		_, _, commentErr := client.UpsertComment(t.Context(), github.Comment{Number: 7, OnlyUpdate: true})
		isList := name == "null" // null is an empty list
		if compareErr == nil || treeErr == nil || (filesErr == nil) != isList || (commentErr == nil) != isList {
			t.Errorf("%s: %v, %v, %v, %v", name, filesErr, compareErr, treeErr, commentErr)
		}
	}
}

// TestAnAnswerThatIsCutShortIsAskedForAgain: an empty or incomplete one of a server that says it is whole, as some proxies do.
func TestAnAnswerThatIsCutShortIsAskedForAgain(t *testing.T) {
	fake := newFake(t)
	fake.AddToTree(headSHA, "manifest.json", "{}")
	for _, cut := range []string{"", `{"tree":[{`, "{}", `{"id":1,"html_url":"https://`} {
		var isCut atomic.Bool
		client := clientAt(t, github.Config{Token: fake.Token, APIURL: serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method+r.URL.RawQuery == "GETper_page=100" || isCut.Swap(true) {
				fake.Config.Handler.ServeHTTP(w, r)
				return
			}
			fake.Config.Handler.ServeHTTP(httptest.NewRecorder(), r)
			fmt.Fprint(w, cut)
		}))})
		if _, err := client.Tree(t.Context(), headSHA); err != nil || !isCut.Load() {
			t.Errorf("%q: %v", cut, err)
		}
		isCut.Store(cut == "{}") // that is a comment
		if url, _, err := client.UpsertComment(t.Context(), newComment(5, cut)); err != nil || url == "" || len(fake.CommentsOn(7)) != 1 {
			t.Errorf("%q: comment %q, %v", cut, url, err)
		}
		fake.Comments = map[int][]*githubtest.Comment{}
	}
}

func TestAnEndlessAnswerIsCutOff(t *testing.T) {
	spaces := []byte(strings.Repeat(" ", 1<<20))
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(spaces); err != nil {
				return
			}
		}
	}))
	_, err := clientAt(t, github.Config{APIURL: url}).Tree(t.Context(), headSHA)
	mustSay(t, err, "more than 64 MiB")
}

func TestARunThatEndsEndsTheCall(t *testing.T) {
	fake := newFake(t)
	fake.Fail(blobRoute, githubtest.Fault{Status: 500})
	ctx, cancel := context.WithCancel(t.Context())
	var slept int
	client := clientAt(t, github.Config{APIURL: fake.URL, Token: fake.Token, Sleep: func(ctx context.Context, _ time.Duration) error {
		slept++
		cancel()
		return github.Wait(ctx, time.Hour)
	}})
	_, err := client.Blob(ctx, headSHA, 10)
	mustSay(t, err, "500")
	_, err = client.Blob(ctx, headSHA, 10)
	mustSay(t, err, "the run was ended")
	if !errors.Is(err, context.Canceled) || slept != 1 || asked(fake, "GET") != 1 {
		t.Errorf("got %v after %d pauses, %d requests", err, slept, asked(fake, "GET"))
	}
	if err := github.Wait(t.Context(), time.Nanosecond); err != nil {
		t.Error(err)
	}
}

func TestNoServerIsNoAnswer(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	_, err := clientAt(t, github.Config{APIURL: server.URL}).Blob(t.Context(), headSHA, 10)
	mustSay(t, err, "GitHub did not respond when reading the file of blob `"+headSHA+"`", "connection refused", "run the workflow again later")
}
