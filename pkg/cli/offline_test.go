package cli_test

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/cli"
	"github.com/premAI-io/verify-manifests/pkg/github/githubtest"
	reg "github.com/premAI-io/verify-manifests/pkg/registry"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// TestOfflineContactsNobody checks the samples of each preset against servers that fail the test on any request.
func TestOfflineContactsNobody(t *testing.T) {
	for _, name := range reg.Presets() {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join("../../../shared/samples", name)
			if name == reg.Default {
				dir = realRegistry
			}
			if _, err := os.Stat(dir); err != nil {
				t.Skip("the manifests are not beside the project")
			}
			checkOffline(t, name, dir)
		})
	}
}

func checkOffline(t *testing.T, name, dir string) {
	t.Helper()
	api := githubtest.New()
	defer api.Close()
	file := filepath.Join(t.TempDir(), "report.json")
	var out bytes.Buffer
	cli.Main(t.Context(), cli.Env{
		Args:   []string{"check", "--mode", "offline", "--registry", name, "--report-file", file, "--missing-checksum", "off", dir},
		Stdout: &out, Stderr: &out, Environ: []string{"GITHUB_API_URL=" + api.URL, "PATH=" + os.Getenv("PATH"), "GITHUB_TOKEN=x", "HF_TOKEN=x"},
		Resolver: &net.Resolver{PreferGo: true, Dial: func(_ context.Context, _, address string) (net.Conn, error) {
			t.Errorf("a name is looked up at %s", address)
			return nil, net.ErrClosed
		}},
		Sleep: func(context.Context, time.Duration) error {
			t.Error("something is waited for")
			return nil
		},
	})
	r := writtenReport(t, file, &out)
	if n := len(r.Artifacts); n == 0 || r.Summary.Unverified != n || r.Summary.Bytes != 0 || r.Mode != "offline" || !r.Complete {
		t.Errorf("%d artifacts are listed: %+v", n, r.Summary)
	}
	if asked := api.Requests(); len(asked) > 0 {
		t.Errorf("GitHub is asked: %v", asked)
	}
	for _, a := range r.Artifacts {
		if a.Status != verify.Unverified || a.Source != "" || !a.Observed.IsZero() {
			t.Errorf("%s %s: %s from %q", a.Manifest, a.URL, a.Status, a.Source)
		}
	}
}
