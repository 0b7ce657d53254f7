package github_test

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/github/githubtest"
)

const (
	filesRoute         = "GET /repos/{owner}/{repo}/pulls/{number}/files"
	treeRoute          = "GET /repos/{owner}/{repo}/git/trees/{sha}"
	blobRoute          = "GET /repos/{owner}/{repo}/git/blobs/{sha}"
	listCommentsRoute  = "GET /repos/{owner}/{repo}/issues/{number}/comments"
	createCommentRoute = "POST /repos/{owner}/{repo}/issues/{number}/comments"
	editCommentRoute   = "PATCH /repos/{owner}/{repo}/issues/comments/{id}"
	userRoute          = "GET /user"
)

// naps records how long a client would have slept, and sleeps not at all.
type naps struct {
	mu   sync.Mutex
	took []time.Duration
}

func (n *naps) sleep(ctx context.Context, d time.Duration) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.took = append(n.took, d)
	return ctx.Err()
}

// newFake starts a fake that fails the test where it is asked for what GitHub's API is not asked for.
func newFake(t *testing.T) *githubtest.Server {
	t.Helper()
	fake := githubtest.New()
	fake.Token = "s3cret"
	t.Cleanup(func() {
		fake.Close()
		if unknown := fake.Unknown(); len(unknown) > 0 {
			t.Errorf("requests for unknown routes: %s", strings.Join(unknown, ", "))
		}
	})
	return fake
}

func newClient(t *testing.T, fake *githubtest.Server) (*github.Client, *naps) {
	t.Helper()
	n := new(naps)
	return clientAt(t, github.Config{APIURL: fake.URL, Token: fake.Token, Sleep: n.sleep}), n
}

// clientAt returns a client of o/r, where the configuration names no other repository.
func clientAt(t *testing.T, c github.Config) *github.Client {
	t.Helper()
	c.Repository = cmp.Or(c.Repository, "o/r")
	if c.Sleep == nil {
		c.Sleep = new(naps).sleep
	}
	client, err := github.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// serve returns the URL of a server.
func serve(t *testing.T, handler http.Handler) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func newFakeAndClient(t *testing.T) (*githubtest.Server, *github.Client) {
	t.Helper()
	fake := newFake(t)
	client, _ := newClient(t, fake)
	return fake, client
}

// asked counts the requests whose text begins with prefix, such as "GET /user".
func asked(fake *githubtest.Server, prefix string) int {
	n := 0
	for _, r := range fake.Requests() {
		if strings.HasPrefix(r.String(), prefix) {
			n++
		}
	}
	return n
}

// mustSay fails the test unless err is an *Error whose text has every one of the words.
func mustSay(t *testing.T, err error, words ...string) {
	t.Helper()
	var failure *github.Error
	if !errors.As(err, &failure) {
		t.Fatalf("%v is no *Error", err)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not say %q", err, word)
		}
	}
	if strings.Contains(err.Error(), "s3cret") {
		t.Errorf("%q contains the token", err)
	}
}

func times(n int, f githubtest.Fault) []githubtest.Fault {
	faults := make([]githubtest.Fault, n)
	for i := range faults {
		faults[i] = f
	}
	return faults
}

func header(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return h
}
