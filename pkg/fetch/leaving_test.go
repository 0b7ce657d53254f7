package fetch

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"
)

// A server that sees its client leave may end its answer cleanly, and that end may be read before the connection is
// closed. These transports play that race so that it is always lost.

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type reader func([]byte) (int, error)

func (f reader) Read(p []byte) (int, error) { return f(p) }

func TestCleanEndOfAnAnswerThatWeLeftIsNoEnd(t *testing.T) {
	for name, answer := range map[string]func(*http.Request) *http.Response{
		"header": func(r *http.Request) *http.Response {
			<-r.Context().Done()
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}
		},
		"body": func(r *http.Request) *http.Response {
			return &http.Response{StatusCode: http.StatusOK, ContentLength: -1, Body: io.NopCloser(reader(func([]byte) (int, error) {
				<-r.Context().Done()
				return 0, io.EOF
			}))}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := New(Config{MaxSize: 1, StallTimeout: 10 * time.Millisecond, Connections: 1, UserAgent: "test",
				Sleep: func(ctx context.Context, _ time.Duration) error { return context.Cause(ctx) }})
			if err != nil {
				t.Fatal(err)
			}
			c.direct.whole = &http.Transport{}
			c.direct.whole.RegisterProtocol("https", roundTripper(func(r *http.Request) (*http.Response, error) { return answer(r), nil }))
			_, err = c.Get(t.Context(), Request{URL: "https://example.com/"}, Nothing{})
			if !errors.Is(err, errStalled) {
				t.Errorf("got %v, want a stall", err)
			}
		})
	}
}
