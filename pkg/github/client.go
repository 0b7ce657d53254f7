// Package github reads the event of a run, and calls GitHub's API: changed files, trees, blobs, release
// digests, the comment and the issue. It contains no logic about manifests.
package github

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	gh "github.com/google/go-github/v57/github"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

const defaultAPIURL = "https://api.github.com"

// Config names the API and the token.
type Config struct {
	// APIURL is GITHUB_API_URL: https://api.github.com if empty, https://HOST/api/v3 on GitHub
	// Enterprise Server. Plain http is the operator's choice.
	APIURL string
	// GraphQLURL is GITHUB_GRAPHQL_URL, on APIURL's host, for Blobs; empty: Blobs reads nothing.
	GraphQLURL string
	// Token goes to APIURL's host only, never along a redirect to another. Empty: no authentication.
	Token string
	// Repository is "owner/name". AssetDigests and Attestations take another one.
	Repository string
	// UserAgent is required by the API.
	UserAgent string
	// Sleep waits for d, or until ctx is done and returns its error. Nil waits in real time.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Client calls GitHub's REST API for one repository. It is safe for concurrent use. Each call retries
// transient failures (connections, 5xx, rate limits on 403 and 429) a few times, and fails with an
// *Error that contains the request, GitHub's answer, and advice.
type Client struct {
	api        *gh.Client
	repository string
	graphql    string
	blobs      string // the GraphQL URL for texts; "" for none
	sleep      func(context.Context, time.Duration) error
	identity   identity
	releases   sync.Map // *release by owner, repository and tag
}

// New returns a client. An invalid API URL or repository is an error.
func New(c Config) (*Client, error) {
	base, err := parseAPIURL(cmp.Or(c.APIURL, defaultAPIURL))
	if err != nil {
		return nil, err
	}
	if c.Repository != "" && !isRepository(c.Repository) {
		return nil, fmt.Errorf("GITHUB_REPOSITORY is %s: expected owner/name", finding.Quote(c.Repository))
	}
	api := gh.NewClient(&http.Client{Timeout: requestTimeout, Transport: newTransport(base, c.Token), CheckRedirect: keepMethod})
	api.BaseURL, api.UserAgent = base, cmp.Or(c.UserAgent, "verify-manifests")
	client := &Client{api: api, repository: c.Repository, graphql: graphqlURL(base), sleep: c.Sleep}
	if client.sleep == nil {
		client.sleep = wait
	}
	if u, err := url.Parse(c.GraphQLURL); err == nil && u.Scheme == base.Scheme && u.Host == base.Host { // the token's host
		client.blobs = c.GraphQLURL
	}
	return client, nil
}

func parseAPIURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("GITHUB_API_URL is %s: expected a URL such as https://api.github.com or https://HOST/api/v3", finding.Quote(s))
	}
	u.Path = strings.TrimSuffix(u.Path, "/") + "/"
	return u, nil
}

// graphqlURL returns the GraphQL URL of a REST API
// (https://docs.github.com/enterprise-server/graphql/guides/forming-calls-with-graphql#the-graphql-endpoint).
func graphqlURL(base *url.URL) string {
	u := *base
	u.Path = strings.TrimSuffix(u.Path, "v3/") + "graphql"
	return u.String()
}

var ownerAndName = regexp.MustCompile(`^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$`)

// isRepository reports whether a name is owner/name and safe in a URL's path.
func isRepository(name string) bool {
	owner, repo, _ := strings.Cut(name, "/")
	isDots := func(segment string) bool { return segment == "." || segment == ".." }
	return ownerAndName.MatchString(name) && !isDots(owner) && !isDots(repo)
}

// path returns the path of a resource of the repository.
func (c *Client) path(format string, args ...any) string {
	return "repos/" + c.repository + "/" + fmt.Sprintf(format, args...)
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
