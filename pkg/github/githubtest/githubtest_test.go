package githubtest_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/github/githubtest"
)

func get(t *testing.T, url, token string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func TestAnUnknownRouteIsRecorded(t *testing.T) {
	fake := githubtest.New()
	defer fake.Close()
	if status, _ := get(t, fake.URL+"/repos/o/r/pulls?state=open", ""); status != http.StatusNotImplemented {
		t.Errorf("answered %d", status)
	}
	if got := fake.Unknown(); !slices.Equal(got, []string{"GET /repos/o/r/pulls?state=open"}) {
		t.Errorf("recorded %q", got)
	}
}

func TestAWrongTokenIsTurnedAway(t *testing.T) {
	fake := githubtest.New()
	defer fake.Close()
	fake.Token = "right"
	for token, want := range map[string]int{"": 401, "wrong": 401, "right": 403} {
		if status, _ := get(t, fake.URL+"/user", token); status != want {
			t.Errorf("%q: answered %d, want %d", token, status, want)
		}
	}
}

func TestATreeAndItsFilesAreServed(t *testing.T) {
	fake := githubtest.New()
	defer fake.Close()
	fake.AddToTree("c0ffee", "a/manifest.json", "{}")
	// git hash-object of "{}" without a line end.
	if _, body := get(t, fake.URL+"/repos/o/r/git/trees/c0ffee?recursive=1", ""); !strings.Contains(body, "9e26dfeeb6e641a33dae4961196235bdb965b21b") {
		t.Errorf("answered %s", body)
	}
	if _, body := get(t, fake.URL+"/repos/o/r/git/blobs/9e26dfeeb6e641a33dae4961196235bdb965b21b", ""); !strings.Contains(body, `"content":"e30=\n"`) {
		t.Errorf("answered %s", body)
	}
}

func TestFailKnowsItsRoutes(t *testing.T) {
	fake := githubtest.New()
	defer fake.Close()
	defer func() {
		if recover() == nil {
			t.Error("a route that is not served was taken")
		}
	}()
	fake.Fail("GET /users")
}
