package cli_test

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/cli"
	"github.com/premAI-io/verify-manifests/pkg/github/githubtest"
)

// modelsOf writes a LocalAI gallery of models whose files a server has, from one number to another.
func modelsOf(server string, from, to int) string {
	var text strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&text, "- name: model-%d\n  files:\n  - filename: model-%[1]d.gguf\n    uri: %s/model-%[1]d.gguf\n", i, server)
	}
	return text.String()
}

// TestOneModelAddedToAGalleryIsOneDownload plays the pull request of SPEC's example; main has moved on since it was branched.
func TestOneModelAddedToAGalleryIsOneDownload(t *testing.T) {
	const models, base, tip = 2462, "4444444444444444444444444444444444444444", beforeSHA
	var downloads atomic.Int32
	host := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		downloads.Add(1)
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader("GGUF\x03"+strings.Repeat("\x00", 60)))
	}))
	defer host.Close()
	api := githubtest.New()
	defer api.Close()
	const config, path = ".github/verify-manifests.yaml", "gallery/index.yaml"
	head := modelsOf(host.URL, 0, models+1)
	for sha, text := range map[string]string{base: modelsOf(host.URL, 0, models), tip: modelsOf(host.URL, 1, models), judgedSHA: head} {
		api.AddToTree(sha, path, text)
		api.AddToTree(sha, config, "registry: localai\n")
	}
	api.MergeBases[tip+"..."+judgedSHA] = base
	api.AddChange(7, "modified", path, head)
	dir := t.TempDir()
	event, report := filepath.Join(dir, "event.json"), filepath.Join(dir, "report.json")
	if err := os.WriteFile(event, []byte(`{"number": 7, "pull_request": {"number": 7, "head": {"sha": "`+judgedSHA+`"}, "base": {"sha": "`+tip+`"}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(host.Certificate())
	var out bytes.Buffer
	code := cli.Main(t.Context(), cli.Env{Stdout: &out, Stderr: &out, RootCAs: roots, Environ: []string{
		"GITHUB_ACTIONS=true", "GITHUB_EVENT_NAME=pull_request", "GITHUB_EVENT_PATH=" + event, "GITHUB_REPOSITORY=acme/registry", "GITHUB_SHA=" + judgedSHA,
		"GITHUB_API_URL=" + api.URL, "GITHUB_SERVER_URL=https://github.com", "INPUT_ALLOW-NETWORKS=127.0.0.0/8", "INPUT_REPORT-FILE=" + report,
	}})
	if code != cli.ExitOK {
		t.Fatalf("code %d: %s", code, out.String())
	}
	text := readText(t, report)
	for _, want := range []string{`"scope": "entries"`, `"artifacts": 1`, `"unchanged": 2462`, fmt.Sprintf("model-%d.gguf", models)} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %s:\n%s", want, text)
		}
	}
	if n := downloads.Load(); n > 2 {
		t.Errorf("%d requests of the host", n)
	}
	if comments := api.CommentsOn(7); len(comments) != 1 || !strings.Contains(comments[0], "2,462 unchanged files were not read") {
		t.Errorf("the comments are %+v", comments)
	}
	asked := strings.Join(routes(api), " ")
	if n := strings.Count(asked, "/compare/"); n != 1 || strings.Count(asked, "/git/blobs/") != 3 { // the configuration, head and base of the index
		t.Errorf("GitHub was asked %s", asked)
	}
	if unknown := api.Unknown(); len(unknown) > 0 {
		t.Errorf("unknown routes %q", unknown)
	}
}

func routes(api *githubtest.Server) (paths []string) {
	for _, request := range api.Requests() {
		paths = append(paths, request.Path)
	}
	return paths
}

// TestAFullCheckoutSavesTheBaseTexts has a checkout of the head whose history has the base.
func TestAFullCheckoutSavesTheBaseTexts(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git")
	}
	dir := t.TempDir()
	api := githubtest.New()
	defer api.Close()
	run := func(args ...string) {
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=dev", "-c", "user.email=dev@example.com"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v %s", args, err, out)
		}
	}
	run("init", "-q")
	const path = "gallery/index.yaml"
	for i, sha := range []string{beforeSHA, judgedSHA} {
		text := modelsOf("https://example.org", 0, 3+i)
		api.AddToTree(sha, path, text)
		if err := errors.Join(os.MkdirAll(filepath.Join(dir, "gallery"), 0o700), os.WriteFile(filepath.Join(dir, path), []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
		run("add", ".")
		run("commit", "-q", "-m", "x")
	}
	api.AddChange(7, "modified", path, modelsOf("https://example.org", 0, 4))
	r := &ofServices{api: api}
	blobs, _, report := r.calls(t, "pull_request", dir, "INPUT_REGISTRY=localai", "HOME="+os.Getenv("HOME"))
	if blobs != 0 || !strings.Contains(report, `"unchanged": 3`) {
		t.Errorf("%d calls for text, report %s", blobs, report)
	}
}
