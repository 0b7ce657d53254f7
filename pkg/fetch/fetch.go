// Package fetch streams files from a hostile network.
//
// It guarantees: only https, on every hop, unless a Request allows http; no connection to an address that the guard refuses;
// credentials to their own host only; every wait and every size bounded; an error for whatever is not
// a complete body.
package fetch

import (
	"context"
	"errors"
	"io"
	"net/http"
)

// Request names a file to read.
type Request struct {
	URL string
	// RetryMissing asks for one more try, some seconds later, before a 404 or 410 is taken as final:
	// just-released assets answer so for a while.
	RetryMissing bool
	// Announced is how many bytes an earlier answer said that the file has, such as a Head.Announced; 0 where none did. A shorter
	// body is Unreachable.
	Announced int64
	// Declared is how many bytes the file has to have; 0 if unknown. A shorter body whose answer gave no length is Unreachable.
	Declared int64
	// Unbroken asks for the whole file in one answer, which nothing is added to: no ranges, and no resuming.
	Unbroken bool
	// AllowHTTP lets the URL be plain http: the caller verifies the bytes by a digest. A redirect never leads from
	// https to http, and no token goes along.
	AllowHTTP bool
	// Resume asks for the bytes after those that an earlier Get left; the zero value asks for all.
	Resume Resume
}

// Resume names the first bytes of a file that the caller has already. The rest is asked for once, under their validator. Where the
// server has another version by now, or can't continue, the file is read from its first byte: Head.Offset tells which.
type Resume struct {
	Offset    int64  // bytes that the caller has, fewer than Size; 0: none
	Size      int64  // the Head.Size that the earlier Get announced
	Validator string // its Head.Validator
}

// version returns the version that the bytes are of, and whether more of it can be asked for.
func (r Resume) version() (version, bool) {
	_, err := http.ParseTime(r.Validator)
	return version{r.Size, r.Validator}, (err == nil || IsStrongETag(r.Validator)) && r.Offset > 0 && r.Offset < r.Size
}

// Head is what a server announces about a file before its first byte.
type Head struct {
	Status          int    // of the answer that this is the head of
	Size            int64  // bytes of the complete file; -1 when not announced
	Announced       int64  // bytes: the most that any whole answer to this Get said the file has; at least Request.Announced
	Offset          int64  // in the file, of the body's first byte: that of Request.Resume where the server continues there, else 0
	Validator       string // what Request.Resume needs, as sent, hostile; "" where bytes can't be proven to be of this version
	ContentEncoding string // as sent, hostile; "" or "identity" is what was asked for
	ETag            string // as sent, hostile; weak ones too
	LastModified    string // as sent, hostile
	Host            string // the host that answered, after redirects, in ASCII and without its port

	// CloseDelimited says that the body ends where the connection does, with neither a length nor
	// chunks (RFC 9112, section 6.3). TLS proves that the server ended it, not that it is complete.
	CloseDelimited bool
	// Pieced says that the body was put together from several answers of ranges. Only the server's validators show that they are of
	// one version.
	Pieced bool
	// First has the ETag, the Location and what hosts.PublishedBy reads of the first answer, before any redirect was followed; as
	// sent, hostile.
	First http.Header
}

// Sink takes a body. After a Get that returned no error it has seen, since the last Start, exactly
// the bytes of one version of the file from Head.Offset to its end, in order.
type Sink interface {
	// Start announces a body and discards whatever was written before, by this Get and, where Head.Offset is 0, by earlier ones.
	Start(Head)
	// Write takes the next bytes; it must not keep p. An error ends the Get.
	Write(p []byte) (int, error)
}

// Get reads the file that r names into the sink. The error is an *Error; errors.Is finds in it what the sink's Write
// returned, or the cause of ctx where that ended the Get.
func (c *Client) Get(ctx context.Context, r Request, sink Sink) (Head, error) {
	d, err := c.begin(ctx, r)
	if err != nil {
		return Head{}, err
	}
	defer d.host.leave()
	head, err := persist(ctx, d, func(ctx context.Context) (Head, error) {
		head, err := d.read(ctx, sink)
		if failure, ok := errors.AsType[*Error](err); ok && failure.retry != noRetry {
			// Another validator does not mean another file: the servers behind one name may each have their own.
			d.settled, d.rangeless = true, d.rangeless || failure.retry == rangelessStart
			return head, failure.with(sameRequest)
		}
		return head, err
	})
	if err == nil {
		d.host.retries.Store(0)
	}
	return head, err
}

// Peek asks for what is served at a URL without reading it. A redirect is followed where further says so of its head; a nil one
// follows none. Head.Status tells what the answer was: a refusal by the server is no error here. The error is an *Error.
func (c *Client) Peek(ctx context.Context, url string, further func(Head) bool) (Head, error) {
	d, err := c.begin(ctx, Request{URL: url})
	if err != nil {
		return Head{}, err
	}
	defer d.host.leave()
	a, err := persist(ctx, d, func(ctx context.Context) (*answer, error) {
		return d.peek(ctx, func(a *answer) bool { return further != nil && further(a.head()) })
	})
	if err != nil {
		return Head{}, err
	}
	defer a.Close()
	return a.head(), nil
}

// Reader returns a reader that ends with its context.
func Reader(ctx context.Context, r io.Reader) io.Reader { return untilDone{ctx, r} }

type untilDone struct {
	ctx context.Context
	io.Reader
}

func (r untilDone) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, r.ctx.Err()
	}
	return r.Reader.Read(p)
}
