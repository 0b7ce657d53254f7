package github

import (
	"net/http"
	"net/url"

	gh "github.com/google/go-github/v57/github"
)

// Wait is the real one of Config.Sleep.
var Wait = wait

// RunOf reads a comment's marker line.
func RunOf(body string) (id int64, attempt int) {
	r := runOf(body)
	return r.id, r.attempt
}

// ReadIssue reads the fingerprint of an issue's hidden line.
func ReadIssue(body string) (fingerprint string) {
	return readIssue(&gh.Issue{Body: &body}).fingerprint
}

// TextOf is an issue's body below its hidden line.
func TextOf(i Issue) string { return i.text() }

// Authorization is the header that a request for a URL gets, where the API is at another.
func Authorization(api, token, target string) string {
	base, err := url.Parse(api)
	if err != nil {
		return err.Error()
	}
	req, err := http.NewRequest("GET", target, nil)
	if err != nil {
		return err.Error()
	}
	return newTransport(base, token).authorize(req).Header.Get("Authorization")
}
