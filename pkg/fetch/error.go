package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

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

// transient is an Error that is worth a retry.
type transient struct{ cause *Error }

func (t *transient) Error() string { return t.cause.Error() }
func (t *transient) Unwrap() error { return t.cause }

// startOver ends an attempt whose bytes can't be continued: the file has to be read from its first byte again.
type startOver struct {
	cause     *transient
	rangeless bool // the server can't serve ranges
}

func (s *startOver) Error() string { return s.cause.Error() }

func refused(message, fix string) *Error {
	return &Error{Kind: Refused, Message: message, Fix: fix}
}

func unreachable(err error, format string, args ...any) *transient {
	return &transient{cause: &Error{Message: fmt.Sprintf(format, args...), Err: err}}
}

// failure returns the Error for a network error. ctx is that of the exchange with the host.
func failure(ctx context.Context, host string, err error) error {
	quoted := finding.Quote(host)
	var blocked *blockedError
	var dns *net.DNSError
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errStalled):
		return unreachable(cause, "The server %s stopped answering", quoted)
	case cause != nil:
		return stopped(cause)
	case errors.As(err, &blocked):
		return blocked.refusal(host)
	case errors.As(err, &dns):
		return unreachable(err, "The host %s could not be found: %s", quoted, finding.Quote(dns.Err))
	case untrusted(err):
		return &Error{Message: fmt.Sprintf("The TLS certificate of %s could not be verified: %s", quoted, finding.Quote(reason(err))), Err: err}
	default:
		return unreachable(err, "The connection to %s failed: %s", quoted, finding.Quote(reason(err)))
	}
}

// stopped is the error of a Get whose context ended.
func stopped(cause error) error {
	return &Error{Message: "The download was stopped: " + finding.Quote(cause.Error()), Err: cause}
}

func untrusted(err error) bool {
	var verification *tls.CertificateVerificationError
	var host x509.HostnameError
	return errors.As(err, &verification) || errors.As(err, &host)
}

// reason is the text of err without the addresses and ports of net.OpError, which differ from run to run.
func reason(err error) string {
	var op *net.OpError
	for errors.As(err, &op) {
		err = op.Err
	}
	return err.Error()
}
