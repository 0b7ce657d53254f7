package github_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/github/githubtest"
)

func TestBlobsAreReadAHundredAtATime(t *testing.T) {
	s := newFake(t)
	var files []github.File
	for i := range 250 {
		files = append(files, github.File{BlobSHA: s.AddBlob(fmt.Sprintf("text %d é", i))})
	}
	c := withGraphQL(t, s, s.URL+"/graphql")
	texts := c.Blobs(t.Context(), files)
	if len(texts) != 250 || string(texts[files[7].BlobSHA]) != "text 7 é" || len(s.Requests()) != 3 || c.Calls() != 3 {
		t.Errorf("%d texts after %d requests, %d counted", len(texts), len(s.Requests()), c.Calls())
	}
}

func TestBlobsAreOfABoundedSizeTogether(t *testing.T) {
	s := newFake(t)
	var files []github.File
	for i := range 6 {
		files = append(files, github.File{BlobSHA: s.AddBlob(fmt.Sprint(i)), Size: 3 << 20})
	}
	if texts := withGraphQL(t, s, s.URL+"/graphql").Blobs(t.Context(), files); len(texts) != 6 || len(s.Requests()) != 6 {
		t.Errorf("%d texts after %d requests", len(texts), len(s.Requests()))
	}
}

// TestBlobsHoldNothingThatIsNotTheText: what GraphQL cuts, decodes or does not know is left to Blob.
func TestBlobsHoldNothingThatIsNotTheText(t *testing.T) {
	s := newFake(t)
	small := s.AddBlob("small")
	var files []github.File
	for _, sha := range []string{small, s.AddBlob(strings.Repeat("x", 600_000)), s.AddBlob("\xff\x00"), strings.Repeat("0", 40), `"){x}`, ""} {
		files = append(files, github.File{BlobSHA: sha})
	}
	if texts := withGraphQL(t, s, s.URL+"/graphql").Blobs(t.Context(), files); len(texts) != 1 || string(texts[small]) != "small" {
		t.Errorf("got %d texts", len(texts))
	}
	s.Fail("POST /graphql", githubtest.Fault{Status: 401})
	if texts := withGraphQL(t, s, s.URL+"/graphql").Blobs(t.Context(), files); len(texts) != 0 {
		t.Errorf("got %d texts of an API that refuses", len(texts))
	}
	for _, elsewhere := range []string{"", "https://elsewhere.example.com/graphql"} {
		before := len(s.Requests())
		if texts := withGraphQL(t, s, elsewhere).Blobs(t.Context(), files); len(texts) != 0 || len(s.Requests()) != before {
			t.Errorf("%q was asked", elsewhere)
		}
	}
}

func withGraphQL(t *testing.T, s *githubtest.Server, url string) *github.Client {
	t.Helper()
	c, err := github.New(github.Config{APIURL: s.URL, GraphQLURL: url, Token: s.Token, Repository: "acme/registry"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
