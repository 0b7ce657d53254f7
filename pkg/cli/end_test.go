package cli_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/cli"
)

const service = `{
    "id": "x", "serviceType": "binary", "version": "1.1", "modelInfo": {}, "interfaces": ["chat"],
    "binaries": {"aarch64-apple-darwin": {"url": "%s/quick"}, "x86_64-apple-darwin": {"url": "%s/stuck"}},
    "serveCommand": "quick"
}`

// host serves over TLS, and returns a manifest that names its /quick and /stuck, and what runs a command on that.
func host(t *testing.T, serve http.HandlerFunc) (name string, run func(ctx context.Context, args ...string) (code int, stderr string)) {
	t.Helper()
	server := httptest.NewTLSServer(serve)
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	name = written(t, fmt.Sprintf(service, server.URL, server.URL))
	return name, func(ctx context.Context, args ...string) (int, string) {
		var out bytes.Buffer
		code := cli.Main(ctx, cli.Env{Args: append(args, "--allow-networks=127.0.0.0/8", name), Stdout: &out, Stderr: &out, RootCAs: roots, Sleep: noSleep})
		return code, out.String()
	}
}

// TestARunThatIsCutShortSaysWhatIsKnown interrupts check and sum, and lets their time end, while a host does not answer for one of two files.
func TestARunThatIsCutShortSaysWhatIsKnown(t *testing.T) {
	for _, timeout := range []string{"5h", "300ms"} {
		reached := make(chan string, 2)
		manifest, run := host(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/stuck" {
				reached <- r.URL.Path
				<-r.Context().Done()
			}
			fmt.Fprint(w, "#!/bin/sh\n")
		})
		cutShort := func(args ...string) (code int, stderr string) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			go func() {
				if <-reached; timeout == "5h" {
					cancel(errors.New("interrupt signal received"))
				}
			}()
			return run(ctx, append(args, "--concurrency=1", "--timeout="+timeout)...)
		}
		file := filepath.Join(t.TempDir(), "report.json")
		code, stderr := cutShort("check", "--report-file="+file)
		r := writtenReport(t, file, bytes.NewBufferString(stderr))
		if code == cli.ExitOK || r.Complete || r.Summary.Unverified != 1 || r.Summary.Unreachable != 1 {
			t.Errorf("%s: code %d, complete %t, %+v", timeout, code, r.Complete, r.Summary)
		}
		if timeout != "5h" && !strings.Contains(readText(t, file), "timeout, 300ms") {
			t.Errorf("the finding does not say why: %s", stderr)
		}
		code, stderr = cutShort("sum", "--write")
		if got := readText(t, manifest); code == cli.ExitOK || strings.Contains(got, "checksum") || !json.Valid([]byte(got)) || !strings.Contains(stderr, "not read to its end") {
			t.Errorf("%s: code %d\n%s\n%s", timeout, code, stderr, got)
		}
	}
	_, run := host(t, func(http.ResponseWriter, *http.Request) {})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if code, stderr := run(ctx, "check", "--fail-on=never"); code == cli.ExitOK {
		t.Errorf("a run that was interrupted has passed: %s", stderr)
	}
}
