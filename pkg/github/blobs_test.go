package github_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/github/githubtest"
)

func TestBlobsAreReadInFewRequests(t *testing.T) {
	for _, test := range []struct {
		files    int
		size     int64
		requests int
	}{{250, 0, 3}, {6, 3 << 20, 6}} {
		s := newFake(t)
		var files []github.File
		for i := range test.files {
			files = append(files, github.File{BlobSHA: s.AddBlob(fmt.Sprintf("text %d é", i)), Size: test.size})
		}
		texts, requests := withGraphQL(t, s, s.URL+"/graphql").Blobs(t.Context(), files)
		if len(texts) != test.files || string(texts[files[5].BlobSHA]) != "text 5 é" || len(s.Requests()) != test.requests || requests != test.requests {
			t.Errorf("%+v: %d texts after %d requests, %d counted", test, len(texts), len(s.Requests()), requests)
		}
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
	if texts, _ := withGraphQL(t, s, s.URL+"/graphql").Blobs(t.Context(), files); len(texts) != 1 || string(texts[small]) != "small" {
		t.Errorf("got %d texts", len(texts))
	}
	s.Fail("POST /graphql", githubtest.Fault{Status: 401})
	if texts, _ := withGraphQL(t, s, s.URL+"/graphql").Blobs(t.Context(), files); len(texts) != 0 {
		t.Errorf("got %d texts of an API that refuses", len(texts))
	}
	for _, elsewhere := range []string{"", "https://elsewhere.example.com/graphql"} {
		if texts, requests := withGraphQL(t, s, elsewhere).Blobs(t.Context(), files); len(texts) != 0 || requests != 0 {
			t.Errorf("%q was asked", elsewhere)
		}
	}
}

func withGraphQL(t *testing.T, s *githubtest.Server, url string) *github.Client {
	t.Helper()
	return clientAt(t, github.Config{APIURL: s.URL, GraphQLURL: url, Token: s.Token})
}
