package cli_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/cli"
	"github.com/premAI-io/verify-manifests/pkg/report"
)

const service = `{
    "id": "x", "serviceType": "binary", "version": "1.1", "modelInfo": {}, "interfaces": ["chat"],
    "binaries": {"aarch64-apple-darwin": {"url": "%s/quick"}, "x86_64-apple-darwin": {"url": "%s/stuck"}},
    "serveCommand": "quick"
}`

// stuckHost serves /quick at once, and never answers /stuck; reached is closed when it was asked for.
func stuckHost(t *testing.T) (host *httptest.Server, reached chan struct{}) {
	t.Helper()
	reached, released := make(chan struct{}), make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/quick", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "#!/bin/sh\n") })
	mux.HandleFunc("/stuck", func(w http.ResponseWriter, r *http.Request) {
		close(reached)
		<-released
	})
	host = httptest.NewTLSServer(mux)
	t.Cleanup(host.Close)
	t.Cleanup(func() { close(released) })
	return host, reached
}

// runStuck checks a manifest of a stuck host, and returns the exit code and the report that was written.
func runStuck(t *testing.T, ctx context.Context, host *httptest.Server, flags ...string) (int, report.Report) {
	t.Helper()
	dir := t.TempDir()
	manifest, file := filepath.Join(dir, "manifest.json"), filepath.Join(dir, "report.json")
	if err := os.WriteFile(manifest, fmt.Appendf(nil, service, host.URL, host.URL), 0o600); err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(host.Certificate())
	var out bytes.Buffer
	args := append([]string{"check", "--allow-networks=127.0.0.0/8", "--report-file=" + file, manifest}, flags...)
	code := cli.Main(ctx, cli.Env{Args: args, Stdout: &out, Stderr: &out, RootCAs: roots})
	return code, writtenReport(t, file, &out)
}

func TestCancelledRunReportsWhatIsKnownAndFails(t *testing.T) {
	host, reached := stuckHost(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		<-reached
		cancel(errors.New("interrupt signal received"))
	}()
	code, r := runStuck(t, ctx, host, "--concurrency=1", "--fail-on=never")
	if code == cli.ExitOK || r.Complete || r.Summary.Unverified != 1 || r.Summary.Unreachable != 1 {
		t.Errorf("code %d, complete %t, %+v", code, r.Complete, r.Summary)
	}
}

func TestTimeoutReportsWhatIsKnown(t *testing.T) {
	host, _ := stuckHost(t)
	code, r := runStuck(t, t.Context(), host, "--timeout=200ms")
	if code != cli.ExitFindings || r.Complete || r.Summary.Unreachable < 1 {
		t.Errorf("code %d, complete %t, %+v", code, r.Complete, r.Summary)
	}
	for _, f := range r.Findings {
		if f.Rule == "artifact/unreachable" && !strings.Contains(f.Message, "timeout, 200ms") {
			t.Errorf("the finding does not say why: %s", f.Message)
		}
	}
}
