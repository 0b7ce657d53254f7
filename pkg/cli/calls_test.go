package cli_test

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/premAI-io/verify-manifests/pkg/cli"
	"github.com/premAI-io/verify-manifests/pkg/github/githubtest"
)

const (
	headSHA   = "3333333333333333333333333333333333333333"
	beforeSHA = "1111111111111111111111111111111111111111"
)

// ofServices is a registry of so many services, of which pull request 7 changes three, as GitHub has it and as checkouts do.
type ofServices struct {
	out        string // of the last run
	api        *githubtest.Server
	head, base string // folders
}

func newServices(t *testing.T, n int) *ofServices {
	t.Helper()
	r := &ofServices{api: githubtest.New(), head: t.TempDir(), base: t.TempDir()}
	t.Cleanup(r.api.Close)
	for i := range n {
		name := fmt.Sprintf("chat-%03d", i)
		fields := func() map[string]any { return map[string]any{"dockerImages": map[string]any{}} }
		writeService(t, r.base, name, 8000+i, fields())
		changed := fields()
		if i < 3 {
			changed["description"] = "changed"
		}
		writeService(t, r.head, name, 8000+i, changed)
		path := name + "/manifest.json"
		is, was := readText(t, filepath.Join(r.head, path)), readText(t, filepath.Join(r.base, path))
		r.api.AddToTree(headSHA, path, is)
		r.api.AddToTree(beforeSHA, path, was)
		if i < 3 {
			r.api.AddChange(7, "modified", path, is)
		}
	}
	return r
}

// act runs the Action on acme/registry for an event of pull request 7 (whose head repository was deleted) or another, and returns its exit
// code and what it printed. Of two variables of one name the first counts.
func act(t *testing.T, api *githubtest.Server, roots *x509.CertPool, event string, environ ...string) (code int, out string) {
	t.Helper()
	payload := filepath.Join(t.TempDir(), "event.json")
	text := fmt.Sprintf(`{"pull_request": {"number": 7, "head": {"sha": %q, "repo": null, "user": null}, "base": {"sha": %q}}}`, headSHA, beforeSHA)
	if err := os.WriteFile(payload, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if event == "schedule" {
		payload = ""
	}
	var printed bytes.Buffer
	code = cli.Main(t.Context(), cli.Env{Stdout: &printed, Stderr: &printed, RootCAs: roots, Resolver: noDNS, Environ: append(environ,
		"GITHUB_ACTIONS=true", "GITHUB_EVENT_NAME="+event, "GITHUB_EVENT_PATH="+payload, "GITHUB_REPOSITORY=acme/registry", "GITHUB_SHA="+headSHA,
		"GITHUB_API_URL="+api.URL, "GITHUB_SERVER_URL=https://github.com", "GITHUB_RUN_ID=1", "GITHUB_RUN_ATTEMPT=1")})
	if unknown := api.Unknown(); len(unknown) > 0 {
		t.Errorf("unknown routes %q", unknown)
	}
	return code, printed.String()
}

// calls runs for an event and returns the requests of GitHub's API, the text of blobs told from the rest, and the report.
func (r *ofServices) calls(t *testing.T, event, workspace string, environ ...string) (blobs, others int, report string) {
	t.Helper()
	before, file := len(r.api.Requests()), filepath.Join(t.TempDir(), "report.json")
	_, r.out = act(t, r.api, nil, event, append(environ, "GITHUB_WORKSPACE="+workspace, "INPUT_COMMENT=never", "INPUT_MODE=offline", "INPUT_FAIL-ON=never", "INPUT_REPORT-FILE="+file)...)
	for _, request := range r.api.Requests()[before:] {
		if strings.Contains(request.Path, "/git/blobs/") || request.Path == "/graphql" {
			blobs++
		} else {
			others++
		}
	}
	return blobs, others, readText(t, file)
}

// TestCallsOfTheAPIAreFew counts them. The report is the same wherever the text comes from.
func TestCallsOfTheAPIAreFew(t *testing.T) {
	const services = 120
	r := newServices(t, services)
	graphql, none := "GITHUB_GRAPHQL_URL="+r.api.URL+"/graphql", t.TempDir()
	reports := map[string]string{}
	for _, c := range []struct {
		name, event, workspace, environ string
		blobs, others                   int
	}{
		{"a night with a checkout", "schedule", r.head, graphql, 0, 0},
		{"a night without", "schedule", none, graphql, 2, 1},
		{"a night without, and without GraphQL", "schedule", none, "", services, 1},
		{"a pull request with a checkout of the head", "pull_request", r.head, graphql, 1, 4}, // the texts before; files, merge base, two trees
		{"a pull request with a checkout of the base", "pull_request_target", r.base, graphql, 1, 4},
		{"a pull request without", "pull_request", none, graphql, 4, 4}, // three, 117 others in two, three before
		{"a pull request with a checkout, without GraphQL", "pull_request", r.head, "", 3, 4},
		{"another token's GraphQL", "schedule", none, "GITHUB_GRAPHQL_URL=https://elsewhere.example.com/graphql", services, 1},
	} {
		blobs, others, report := r.calls(t, c.event, c.workspace, c.environ)
		if blobs != c.blobs || others != c.others {
			t.Errorf("%s: %d calls for text and %d others, want %d and %d", c.name, blobs, others, c.blobs, c.others)
		}
		if isNoted := strings.Contains(r.out, "API calls (none after"); isNoted != (blobs >= 20) {
			t.Errorf("%s: what a checkout would save is noted: %t", c.name, isNoted)
		}
		if before, found := reports[c.event]; found {
			if diff := cmp.Diff(before, report); diff != "" {
				t.Errorf("%s: %s", c.name, diff)
			}
		}
		reports[c.event] = report
	}
}

// TestACheckoutCanNotPassForTheCommit puts another text where the commit's is, and links.
func TestACheckoutCanNotPassForTheCommit(t *testing.T) {
	r := newServices(t, 5)
	_, _, want := r.calls(t, "pull_request", t.TempDir())
	forged := filepath.Join(r.head, "chat-000", "manifest.json")
	for name, forge := range map[string]func() error{
		"another text": func() error { return os.WriteFile(forged, []byte(`{"id": "forged"}`), 0o600) },
		"a link":       func() error { _ = os.Remove(forged); return os.Symlink("/etc/hostname", forged) },
		"a folder":     func() error { _ = os.Remove(forged); return os.Mkdir(forged, 0o700) },
		"nothing":      func() error { return os.Remove(forged) },
	} {
		if err := forge(); err != nil {
			t.Fatal(err)
		}
		blobs, _, got := r.calls(t, "pull_request", r.head)
		if diff := cmp.Diff(want, got); diff != "" || blobs != 3+1 {
			t.Errorf("%s: %d calls for text; %s", name, blobs, diff)
		}
		_ = os.RemoveAll(forged)
		if err := os.WriteFile(forged, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
