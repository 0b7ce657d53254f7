// Package github reads what started a run, and moves bytes between the program and GitHub's REST API:
// changed files, trees, blobs, release digests, the one comment and the one issue. It decides nothing
// about manifests.
package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	gh "github.com/google/go-github/v57/github"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

const (
	defaultAPIURL = "https://api.github.com"

	requestTimeout = 30 * time.Second // one try, its body included
	maxTries       = 4                // of one request
	firstPause     = 500 * time.Millisecond
	maxPause       = 8 * time.Second  // between tries, where GitHub names no time
	maxWait        = 90 * time.Second // that GitHub may name; secondary limits usually ask for 60 s

	perPage  = 100 // the API's own maximum
	maxPages = 100 // of one list
)

// Config names the API and the token.
type Config struct {
	// APIURL is GITHUB_API_URL: https://api.github.com where empty, https://HOST/api/v3 on GitHub
	// Enterprise Server. Plain http is the operator's choice.
	APIURL string
	// GraphQLURL is GITHUB_GRAPHQL_URL, on APIURL's host, for Blobs; empty: Blobs reads nothing.
	GraphQLURL string
	// Token goes to APIURL's host only, never along a redirect to another. Empty: no authentication.
	Token string
	// Repository is "owner/name", what every call but AssetDigests is about; it may be empty where
	// nothing else is called.
	Repository string
	// UserAgent is required of every client of the API.
	UserAgent string
	// Sleep waits for d or until ctx is done, and then returns its error. Nil is a real wait.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Client talks to GitHub's REST API about one repository. It is safe for concurrent use. Each call tries
// again what is transient (connections, 5xx, rate limits on 403 and 429) a few times, and fails with an
// *Error that says what was asked, what GitHub answered, and what to do.
type Client struct {
	api         *gh.Client
	owner, repo string
	graphql     string
	blobs       string // where they are asked for in one request; "" for nowhere
	sleep       func(context.Context, time.Duration) error
	calls       atomic.Int64
	identity    identity
	releases    sync.Map // *release by owner, repository and tag
}

var ownerAndName = regexp.MustCompile(`^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$`)

// New returns a client. An API URL or a repository of the wrong form is an error.
func New(c Config) (*Client, error) {
	base, err := parseAPIURL(cmp.Or(c.APIURL, defaultAPIURL))
	if err != nil {
		return nil, err
	}
	var owner, repo string
	if c.Repository != "" {
		if !isRepository(c.Repository) {
			return nil, fmt.Errorf("GITHUB_REPOSITORY is %s: expected owner/name", finding.Quote(c.Repository))
		}
		owner, repo, _ = strings.Cut(c.Repository, "/")
	}
	api := gh.NewClient(&http.Client{
		Timeout:       requestTimeout,
		Transport:     newTransport(base, c.Token),
		CheckRedirect: keepMethod,
	})
	api.BaseURL = base
	api.UserAgent = cmp.Or(c.UserAgent, "verify-manifests")
	sleep := c.Sleep
	if sleep == nil {
		sleep = wait
	}
	return &Client{api: api, owner: owner, repo: repo, graphql: graphqlURL(base), blobs: sameHost(c.GraphQLURL, base), sleep: sleep}, nil
}

func parseAPIURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("GITHUB_API_URL is %s: expected a URL such as https://api.github.com or https://HOST/api/v3", finding.Quote(s))
	}
	u.Path = strings.TrimSuffix(u.Path, "/") + "/"
	return u, nil
}

// graphqlURL is where GraphQL lives beside a REST API
// (https://docs.github.com/enterprise-server/graphql/guides/forming-calls-with-graphql#the-graphql-endpoint).
func graphqlURL(base *url.URL) string {
	u := *base
	u.Path = strings.TrimSuffix(u.Path, "v3/") + "graphql"
	return u.String()
}

// sameHost returns a URL that is on the API's host, where the token goes, else "".
func sameHost(s string, base *url.URL) string {
	if u, err := url.Parse(s); err != nil || u.Scheme != base.Scheme || u.Host != base.Host {
		return ""
	}
	return s
}

// isRepository reports whether a name is owner/name, and leads nowhere else in a URL.
func isRepository(name string) bool {
	owner, repo, _ := strings.Cut(name, "/")
	isDots := func(segment string) bool { return segment == "." || segment == ".." }
	return ownerAndName.MatchString(name) && !isDots(owner) && !isDots(repo)
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// task names a request for the error that it may end in.
type task struct {
	doing string // "listing the files of pull request 7"
	needs string // the permission, as a workflow writes it: "contents: read"
}

// call makes a request that may be made twice without harm, until it is answered for good or the tries
// are used up.
func (c *Client) call(ctx context.Context, t task, request func() (*gh.Response, error)) error {
	return c.retry(ctx, (*Error).isTransient, func() error { return t.failure(request()) })
}

// read is call for a request whose answer is of interest. An answer that lacks what was asked for, by isWhole (which may be nil), is an
// error: read as an empty list, it would pass as "nothing changed".
func read[T any](ctx context.Context, c *Client, t task, isWhole func(T) bool, request func() (T, *gh.Response, error)) (answer T, err error) {
	err = c.call(ctx, t, func() (resp *gh.Response, err error) {
		answer, resp, err = request()
		if err == nil && isWhole != nil && !isWhole(answer) {
			err = errIncomplete
		}
		return resp, err
	})
	return answer, err
}

// send makes one request that go-github has no method for.
func send[T any](ctx context.Context, c *Client, method, path string, body any) (answer T, resp *gh.Response, err error) {
	req, err := c.api.NewRequest(method, path, body)
	if err == nil {
		resp, err = c.api.Do(ctx, req, &answer)
	}
	return answer, resp, err
}

// once makes a request that must not be made twice. It is made again only where GitHub turned it away
// for its rate limit; an error that leaves open whether it was carried out is unsure.
func (c *Client) once(ctx context.Context, t task, request func() (*gh.Response, error)) error {
	err := c.retry(ctx, (*Error).isLimit, func() error { return t.failure(request()) })
	var failure *Error
	if errors.As(err, &failure) {
		failure.unsure = failure.transient && !failure.isLimit()
	}
	return err
}

// settle does work that looks for something before it makes it once, again while it is unsure.
func (c *Client) settle(ctx context.Context, work func() error) error {
	err := c.retry(ctx, (*Error).isUnsure, work)
	var failure *Error
	if errors.As(err, &failure) {
		failure.unsure = false
	}
	return err
}

// Calls is how many requests were made, whatever came of them; those that a redirect leads to apart.
func (c *Client) Calls() int64 { return c.calls.Load() }

func (c *Client) retry(ctx context.Context, again func(*Error) bool, work func() error) error {
	pauses := newPauses()
	for try := 1; ; try++ {
		c.calls.Add(1)
		err := work()
		var failure *Error
		if !errors.As(err, &failure) || !again(failure) || try == maxTries || c.pause(ctx, failure, pauses) != nil {
			return err
		}
	}
}

var errLongWait = errors.New("GitHub asks for a longer wait")

// pause waits before another try: as long as GitHub asked for, else a little longer each time.
func (c *Client) pause(ctx context.Context, failure *Error, pauses *backoff.ExponentialBackOff) error {
	if failure.wait > maxWait {
		return errLongWait
	}
	return c.sleep(ctx, max(failure.wait, pauses.NextBackOff()))
}

func newPauses() *backoff.ExponentialBackOff {
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.MaxInterval, pauses.Multiplier = firstPause, maxPause, 2
	pauses.Reset()
	return pauses
}

// errIncomplete is a 200 without what was asked for.
var errIncomplete = fmt.Errorf("the answer holds no list: %w", io.ErrUnexpectedEOF)

// pages collects a list, page after page; all is false where it is longer than limit pages.
func pages[T any](ctx context.Context, c *Client, t task, limit int, list func(gh.ListOptions) ([]T, *gh.Response, error)) (items []T, all bool, err error) {
	options := gh.ListOptions{PerPage: perPage}
	for range limit {
		err := c.call(ctx, t, func() (*gh.Response, error) {
			page, resp, err := list(options)
			if err == nil && page == nil && resp.ContentLength <= 0 { // null is an empty list
				err = errIncomplete
			}
			if err == nil {
				items = append(items, page...)
				options.Page = resp.NextPage
			}
			return resp, err
		})
		if err != nil || options.Page == 0 {
			return items, err == nil, err
		}
	}
	return items, false, nil
}
