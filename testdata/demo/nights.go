package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/cli"
	"github.com/premAI-io/verify-manifests/pkg/github/githubtest"
)

// nights is how many scans nightly plays.
const nights = 40

// away are the files that their host does not give on some nights: nights from and before.
var away = map[string][2]int{
	"/models/verified-q4.gguf":   {12, 15},
	"/models/undeclared-q4.gguf": {34, nights},
}

// nightly merges the pull request and scans the registry night after night, while its files change. It leaves the
// issue and the status page in a folder.
func nightly(api *githubtest.Server, files *httptest.Server, dir string) error {
	at := func(name string) string { return filepath.Join(dir, name) }
	payload, _ := json.Marshal(map[string]any{"schedule": "17 3 * * *", "repository": map[string]string{"default_branch": "main"}})
	for name, content := range map[string][]byte{"nightly.json": payload, "nightly-outputs.txt": nil} {
		if err := os.WriteFile(at(name), content, 0o600); err != nil {
			return err
		}
	}
	roots := x509.NewCertPool()
	roots.AddCert(files.Certificate())
	kept := map[string][]byte{}
	for night := range nights {
		for name, away := range away {
			if night == away[0] {
				kept[name] = artifacts[name]
				delete(artifacts, name)
			}
			if night == away[1] {
				artifacts[name] = kept[name]
			}
		}
		if code := scan(api, roots, at, night); code != cli.ExitFindings {
			return fmt.Errorf("the scan of night %d exited with %d", night, code)
		}
	}
	if len(api.Issues) != 1 || len(api.Unknown()) > 0 {
		return fmt.Errorf("there are %d issues; unknown requests: %q", len(api.Issues), api.Unknown())
	}
	if err := os.WriteFile(at("issue.md"), []byte(api.Issues[0].Body), 0o600); err != nil {
		return err
	}
	return writePage(at)
}

// scan is one night's.
func scan(api *githubtest.Server, roots *x509.CertPool, at func(string) string, night int) int {
	return cli.Main(context.Background(), cli.Env{
		Stdout: io.Discard, Stderr: os.Stderr, RootCAs: roots,
		Now: func() time.Time { return time.Date(2026, 10, 1, 3, 17, 0, 0, time.UTC).AddDate(0, 0, night) },
		Environ: []string{
			"GITHUB_ACTIONS=true", "GITHUB_EVENT_NAME=schedule", "GITHUB_EVENT_PATH=" + at("nightly.json"), "GITHUB_REF=refs/heads/main",
			"GITHUB_REPOSITORY=acme/registry", "GITHUB_API_URL=" + api.URL, "GITHUB_SERVER_URL=https://github.com",
			fmt.Sprintf("GITHUB_RUN_ID=%d", 100+night), "GITHUB_RUN_ATTEMPT=1", "GITHUB_SHA=" + head, "GITHUB_OUTPUT=" + at("nightly-outputs.txt"),
			"INPUT_GITHUB-TOKEN=demo", "INPUT_REPORT-FILE=" + at("nightly-report.json"), "INPUT_STATE-FILE=" + at("state.json"),
			"INPUT_DRIFT-ISSUE=true", "INPUT_ALLOW-NETWORKS=127.0.0.0/8\n::1/128",
		},
	})
}

// writePage makes the status page of the last scan, as the recipe does.
func writePage(at func(string) string) error {
	page, err := os.Create(at("page.html"))
	if err != nil {
		return err
	}
	defer page.Close()
	code := cli.Main(context.Background(), cli.Env{
		Stdout: page, Stderr: os.Stderr,
		Args: []string{"merge", "--fail-on=never", "--format=html", "--state-file=" + at("state.json"), at("nightly-report.json")},
	})
	if code != cli.ExitOK {
		return fmt.Errorf("the status page: exit %d", code)
	}
	return page.Close()
}
