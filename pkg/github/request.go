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
	maxPause       = 8 * time.Second  // between tries, where GitHub names no time
	maxWait        = 90 * time.Second // that GitHub may name; secondary limits usually ask for 60 s

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
	once   bool   // it must not be made twice, so it is tried again only where GitHub turned it away for its rate limit

	decode func(body []byte) error // nil leaves the answer as it is
}

// do makes a request until it is answered for good or the tries are used up.
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

// try makes a request once. It does not use go-github's own sending, which knows rate limits on 403 only, and refuses requests by itself
// once it has seen one.
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

// settle does work that looks for something before it makes it once, again while it is unsure whether it was made.
func (c *Client) settle(ctx context.Context, work func() error) error {
	return c.retry(ctx, func(e *Error) bool { return e.unsure }, work)
}

// ask makes a request whose answer is JSON. An answer that lacks what was asked for, by isWhole (which may be nil), is an error: read as
// an empty list, it would pass as "nothing changed".
func ask[T any](ctx context.Context, c *Client, r request, isWhole func(T) bool) (answer T, err error) {
	answer, _, err = askPage(ctx, c, r, isWhole)
	return answer, err
}

func askPage[T any](ctx context.Context, c *Client, r request, isWhole func(T) bool) (answer T, header http.Header, err error) {
	r.decode = func(body []byte) error {
		answer = *new(T) // an earlier try may have left some of it
		err := json.NewDecoder(bytes.NewReader(body)).Decode(&answer)
		if err == nil && isWhole != nil && !isWhole(answer) {
			err = errIncomplete
		}
		return err
	}
	_, header, err = c.do(ctx, r)
	return answer, header, err
}

// errIncomplete is a 200 without what was asked for.
var errIncomplete = fmt.Errorf("the answer holds no list: %w", io.ErrUnexpectedEOF)

// errMore is the error after the last page that is read of a list that is longer.
var errMore = errors.New("the list is longer")

var nextPage = regexp.MustCompile(`<[^>?]*\?([^>]*)>; rel="next"`)

// pages yields the pages of a list, as each links to the next
// (https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api), and errMore where there are more than most.
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

// list returns the items of a list; isWhole is false where it has more than most pages.
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
