// Package fetch streams files from a hostile network.
package fetch

// Request names a file to read.
type Request struct {
	URL string
	// SecondLook asks for one more try, some seconds later, before a 404 or 410 is taken as final:
	// just-released assets answer so for a while.
	SecondLook bool
}

// Head is what a server said about a file before its first byte.
type Head struct {
	Size            int64  // bytes of the complete body; -1 when not announced
	ContentType     string // as sent, hostile
	ContentEncoding string // as sent, hostile; "" or "identity" is what was asked for
	ETag            string // as sent, hostile; weak ones too
	LastModified    string // as sent, hostile
	Host            string // the host that answered, after redirects, in ASCII
}

// Sink takes a body. After a Get that returned no error it has seen, since the last Start, exactly
// the complete body of one version of the file, in order.
type Sink interface {
	// Start announces a body and discards whatever was written before: the file is read from its first byte.
	Start(Head)
	// Write takes the next bytes; it must not keep p. An error ends the Get.
	Write(p []byte) (int, error)
}

// Kind is the class of an Error. The zero value is Unreachable.
type Kind uint8

// The kinds.
const (
	Unreachable Kind = iota // nothing is known: DNS, TLS, connection, time-out, stall, 5xx, 429, a body that stayed incomplete
	Unavailable             // a final refusal by the server: 404, 410, 401, 403, ...
	Refused                 // our own policy: not https, private address, redirect downgrade, too many redirects, over the size limit
)

// Error is why a file could not be read.
type Error struct {
	Kind    Kind
	Status  int    // HTTP status of the deciding answer, 0 when there was none
	Message string // a sentence without its full stop, outside text quoted by finding.Quote, no query of any URL
	Fix     string // what to do, "" when the rule's own advice is enough
	Err     error  // the cause, for errors.Is; nil when there is none
}

func (e *Error) Error() string { return e.Message }
func (e *Error) Unwrap() error { return e.Err }
