package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/dustin/go-humanize"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// download is one Get.
type download struct {
	client *Client
	url    string
	sink   Sink
	retry  *retry
}

// read passes one complete body to the sink.
func (d *download) read(ctx context.Context) (Head, error) {
	a, err := d.client.follow(ctx, d.url, nil)
	if err != nil {
		return Head{}, err
	}
	defer a.Close()
	if a.StatusCode != http.StatusOK {
		return Head{}, a.refusal()
	}
	head := a.head()
	if head.Size > d.client.config.MaxSize {
		return Head{}, d.tooLarge(fmt.Sprintf("The file has %s", humanize.Bytes(uint64(head.Size))))
	}
	d.sink.Start(head)
	return head, d.copy(a, head)
}

func (d *download) copy(a *answer, head Head) error {
	buffer := make([]byte, blockSize)
	var size int64
	for {
		n, err := a.Read(buffer)
		if size += int64(n); size > d.client.config.MaxSize {
			return d.tooLarge("The file goes on and on")
		}
		if _, err := d.sink.Write(buffer[:n]); err != nil {
			return &Error{Message: "The bytes of the file could not be taken: " + finding.Quote(err.Error()), Err: err}
		}
		switch {
		case err == io.EOF && (head.Size < 0 || size == head.Size):
			return nil
		case err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF):
			return incomplete(head, size)
		case err != nil:
			return err
		}
	}
}

func incomplete(head Head, size int64) error {
	if head.Size < 0 {
		return unreachable(io.ErrUnexpectedEOF, "The server %s broke the file off after %d bytes", finding.Quote(head.Host), size)
	}
	return unreachable(io.ErrUnexpectedEOF, "The server %s broke the file off after %d of %d bytes", finding.Quote(head.Host), size, head.Size)
}

func (d *download) tooLarge(message string) error {
	limit := humanize.Bytes(uint64(d.client.config.MaxSize))
	return refused(fmt.Sprintf("%s, and more than %s are not read", message, limit), "Raise `max-file-size` if the file is meant to be that large")
}

// peek asks once for the head of what is served at a URL, by HEAD, and by GET where HEAD is refused:
// signed URLs allow only the method that they were signed for.
func (c *Client) peek(ctx context.Context, raw string) (Head, error) {
	u, err := parse(raw)
	if err != nil {
		return Head{}, err
	}
	a, err := c.exchange(ctx, http.MethodHead, u, c.authorize(u, c.header(nil)))
	if err == nil && a.StatusCode >= 400 && a.StatusCode != http.StatusTooManyRequests {
		a.discard()
		a, err = c.exchange(ctx, http.MethodGet, u, c.authorize(u, c.header(http.Header{"Range": {"bytes=0-0"}})))
	}
	if err != nil {
		return Head{}, err
	}
	defer a.Close()
	var passing *transient
	if refusal := a.refusal(); a.StatusCode >= 400 && errors.As(refusal, &passing) {
		return Head{}, refusal
	}
	head := a.head()
	if a.StatusCode == http.StatusPartialContent {
		head.Size = -1
		if r, ok := parseContentRange(a.Header.Get("Content-Range")); ok {
			head.Size = r.total
		}
	}
	return head, nil
}
