package fetch

import (
	"context"
	"io"
	"maps"
	"net/http"

	"github.com/dustin/go-humanize"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Call is one request of a protocol whose answers are short, such as that of container registries.
type Call struct {
	Method  string // http.MethodGet or http.MethodHead
	URL     string
	Header  http.Header // beside our own
	Token   string      // a bearer token for the URL's own host and port, in place of any of the Config; "" is none
	MaxBody int64       // bytes; a longer body is Refused. 0 asks for no body: none is read
	Direct  bool        // a redirect is Refused
}

// Reply is a final answer to a Call.
type Reply struct {
	Head
	Header http.Header // as sent, hostile
	Body   []byte      // complete, unless CloseDelimited; nil where there is a Refusal, or none was asked for
	// Refusal is what a status says that is neither a success nor worth another try; nil for a success.
	Refusal *Error
}

// Do makes a call with the same guard, redirects, retries and per-host limits as Get.
// A final refusal by the server is not an error here. The error is an *Error.
func (c *Client) Do(ctx context.Context, call Call) (Reply, error) {
	d, err := c.begin(ctx, Request{URL: call.URL})
	if err != nil {
		return Reply{}, err
	}
	defer d.host.leave()
	reply, err := persist(ctx, d, func(ctx context.Context) (Reply, error) { return d.call(ctx, call) })
	if err == nil {
		d.host.retries.Store(0)
	}
	return reply, err
}

func (d *download) call(ctx context.Context, call Call) (Reply, error) {
	header := d.client.header()
	maps.Copy(header, call.Header)
	a, err := d.follow(ctx, call.Method, header, call.Token, func(*answer) bool { return !call.Direct })
	if err != nil {
		return Reply{}, err
	}
	if redirected(a.StatusCode) {
		a.discard()
		return Reply{}, refused("", "The server %s redirects: expected an answer without a redirect", finding.Quote(d.url.Hostname()))
	}
	r := Reply{Head: a.head(), Header: a.Header}
	if a.StatusCode/100 != 2 {
		a.discard()
		if r.Refusal = a.refusal(); r.Refusal.retry != noRetry {
			return Reply{}, r.Refusal
		}
		return r, nil
	}
	if call.MaxBody == 0 {
		a.discard()
		return r, nil
	}
	defer a.Close()
	if a.ContentLength <= call.MaxBody {
		r.Body, err = io.ReadAll(io.LimitReader(a, call.MaxBody+1))
	}
	if max(a.ContentLength, int64(len(r.Body))) > call.MaxBody {
		return Reply{}, refused("Check what the server serves at this URL", "The server %s answers with more than %s: expected a short text",
			finding.Quote(r.Host), humanize.IBytes(uint64(call.MaxBody)))
	}
	return r, err
}
