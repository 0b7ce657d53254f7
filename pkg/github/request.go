package github

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	requestTimeout = 30 * time.Second // one try, its body included
	maxTries       = 4                // of one request
	firstPause     = 500 * time.Millisecond
	maxPause       = 8 * time.Second  // between tries, if GitHub requests no wait
	maxWait        = 90 * time.Second // requested by GitHub; secondary limits usually ask for 60 s

	perPage  = 100 // the API's own maximum
	maxPages = 100 // of one list
)

// request is one request of the API.
type request struct {
	doing  string // "listing the files of pull request 7"
	needs  string // the permission, as a workflow writes it: "contents: read"
	method string // "" for GET
	path   string // below the API's URL
	body   any    // sent as JSON
	accept string // "" for JSON
	limit  int64  // bytes of the answer that are read; 0 for all
	once   bool   // must not be repeated: retried only if refused for a rate limit

	decode func(body []byte) error // reads the body of a successful answer; may be nil
}

// do makes a request, and retries transient failures.
func (c *Client) do(ctx context.Context, r request) (body []byte, header http.Header, err error) {
	again := (*Error).isTransient
	if r.once {
		again = (*Error).isLimit
	}
	err = c.retry(ctx, again, func() (err error) {
		body, header, err = c.try(ctx, r)
		return err
	})
	return body, header, err
}

// try makes a request once. It does not use go-github's sending, which recognises rate limits on 403 only and then refuses requests.
func (c *Client) try(ctx context.Context, r request) ([]byte, http.Header, error) {
	req, err := c.api.NewRequest(cmp.Or(r.method, http.MethodGet), r.path, r.body)
	if err != nil {
		return nil, nil, err
	}
	if r.accept != "" {
		req.Header.Set("Accept", r.accept)
	}
	resp, err := c.api.Client().Do(req.WithContext(ctx))
	if err != nil {
		return nil, nil, r.failure(nil, nil, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, cmp.Or(r.limit, math.MaxInt64)))
	if err == nil && resp.StatusCode/100 == 2 && r.decode != nil {
		err = r.decode(body)
	}
	if err != nil || resp.StatusCode/100 != 2 {
		return nil, nil, r.failure(resp, body, err)
	}
	return body, resp.Header, nil
}

func (c *Client) retry(ctx context.Context, again func(*Error) bool, work func() error) error {
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.MaxInterval, pauses.Multiplier = firstPause, maxPause, 2
	for try := 1; ; try++ {
		err := work()
		var failure *Error
		if !errors.As(err, &failure) || !again(failure) || try == maxTries || failure.wait > maxWait {
			return err
		}
		if c.sleep(ctx, max(failure.wait, pauses.NextBackOff())) != nil {
			return err
		}
	}
}

// settle repeats work while its result is unsure. The work checks whether something exists before it creates it.
func (c *Client) settle(ctx context.Context, work func() error) error {
	return c.retry(ctx, func(e *Error) bool { return e.unsure }, work)
}

// ask makes a request with a JSON answer. An incomplete answer, by isWhole (which may be nil), is an error: an empty list would mean
// "nothing changed".
func ask[T any](ctx context.Context, c *Client, r request, isWhole func(T) bool) (answer T, err error) {
	answer, _, err = askPage(ctx, c, r, isWhole)
	return answer, err
}

func askPage[T any](ctx context.Context, c *Client, r request, isWhole func(T) bool) (answer T, header http.Header, err error) {
	r.decode = func(body []byte) error {
		answer = *new(T) // drop the fields of an earlier try
		err := json.NewDecoder(bytes.NewReader(body)).Decode(&answer)
		if err == nil && isWhole != nil && !isWhole(answer) {
			err = errIncomplete
		}
		return err
	}
	_, header, err = c.do(ctx, r)
	return answer, header, err
}

// errIncomplete is a 200 without the requested data.
var errIncomplete = fmt.Errorf("the answer holds no list: %w", io.ErrUnexpectedEOF)

// errMore follows the last page of a list that is too long.
var errMore = errors.New("the list is longer")

var nextPage = regexp.MustCompile(`<[^>?]*\?([^>]*)>; rel="next"`)

// pages yields the pages of a list, as each links to the next
// (https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api), and errMore after most pages.
func pages[T any](ctx context.Context, c *Client, r request, most int, isWhole func(T) bool) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		path, _, _ := strings.Cut(r.path, "?")
		for range most {
			page, header, err := askPage(ctx, c, r, isWhole)
			next := nextPage.FindStringSubmatch(header.Get("Link"))
			if !yield(page, err) || err != nil || next == nil {
				return
			}
			r.path = path + "?" + next[1]
		}
		yield(*new(T), errMore)
	}
}

// list returns the items of a list; isWhole is false if it has more than most pages.
func list[T any](ctx context.Context, c *Client, r request, most int) (items []T, isWhole bool, err error) {
	for page, err := range pages[[]T](ctx, c, r, most, nil) {
		switch {
		case errors.Is(err, errMore):
			return items, false, nil
		case err != nil:
			return nil, false, err
		}
		items = append(items, page...)
	}
	return items, true, nil
}
