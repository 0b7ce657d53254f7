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
	Unreachable Kind = iota // no final answer: DNS, TLS, connection, time-out, stall, 5xx, 429, a body that stayed incomplete
	Unavailable             // a final refusal by the server: 404, 410, 401, 403, ...
	Refused                 // forbidden by policy: not https, private address, redirect downgrade, too many redirects, over the size limit
)

// Error is why a file could not be read.
type Error struct {
	Kind    Kind
	Status  int    // HTTP status of the deciding answer, 0 when there was none
	Message string // a sentence without its full stop, outside text quoted by finding.Quote, no query of any URL
	Fix     string // what to do, "" when the rule's own advice is enough
	Err     error  // the cause, for errors.Is; nil when there is none

	retry retryFrom
}

func (e *Error) Error() string { return e.Message }
func (e *Error) Unwrap() error { return e.Err }

// retryFrom is what to retry after an Error.
type retryFrom uint8

const (
	noRetry        retryFrom = iota // the Error is final
	sameRequest                     // the request that failed
	freshStart                      // the file from its first byte
	rangelessStart                  // the same, without ranges: the server can't serve them
)

// retryOf returns what may succeed after err.
func retryOf(err error) retryFrom {
	if failure, ok := errors.AsType[*Error](err); ok {
		return failure.retry
	}
	return noRetry
}

// with returns the error with another retry.
func (e *Error) with(retry retryFrom) *Error {
	other := *e
	other.retry = retry
	return &other
}

func refused(fix, format string, args ...any) *Error {
	return &Error{Kind: Refused, Message: fmt.Sprintf(format, args...), Fix: fix}
}

func unreachable(err error, format string, args ...any) *Error {
	return &Error{Message: fmt.Sprintf(format, args...), Err: err, retry: sameRequest}
}

// failure returns the Error for a network error. ctx is that of the exchange with the host.
func failure(ctx context.Context, host string, err error) error {
	quoted := finding.Quote(host)
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errStalled):
		return unreachable(cause, "The server %s stopped answering", quoted)
	case cause != nil:
		return stopped(cause)
	}
	if refusal, ok := errors.AsType[*Error](err); ok { // by the guard
		return refusal
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return unreachable(err, "The host %s could not be found: %s", quoted, finding.Quote(dns.Err))
	}
	text := err.Error()
	for op, ok := errors.AsType[*net.OpError](err); ok; op, ok = errors.AsType[*net.OpError](op.Err) {
		text = op.Err.Error() // without addresses and ports, which differ from run to run
	}
	if isUntrusted(err) {
		return unreachable(err, "The TLS certificate of %s could not be verified: %s", quoted, finding.Quote(text)).with(noRetry)
	}
	return unreachable(err, "The connection to %s failed: %s", quoted, finding.Quote(text))
}

func isUntrusted(err error) bool {
	return errors.As(err, new(*tls.CertificateVerificationError)) || errors.As(err, new(x509.HostnameError))
}

// stopped is the error of a Get whose context ended.
func stopped(cause error) error {
	return &Error{Message: "The download was stopped: " + finding.Quote(cause.Error()), Err: cause}
}
