package cli_test

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
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
	const models, base = 2462, "4444444444444444444444444444444444444444"
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
	for sha, text := range map[string]string{base: modelsOf(host.URL, 0, models), beforeSHA: modelsOf(host.URL, 1, models), headSHA: head} {
		api.AddToTree(sha, path, text)
		api.AddToTree(sha, config, "registry: localai\n")
	}
	api.MergeBases[beforeSHA+"..."+headSHA] = base
	api.AddChange(7, "modified", path, head)
	report := filepath.Join(t.TempDir(), "report.json")
	roots := x509.NewCertPool()
	roots.AddCert(host.Certificate())
	code, out := act(t, api, roots, "pull_request", "INPUT_ALLOW-NETWORKS=127.0.0.0/8", "INPUT_REPORT-FILE="+report)
	if code != cli.ExitOK {
		t.Fatalf("code %d: %s", code, out)
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
	asked := ""
	for _, request := range api.Requests() {
		asked += " " + request.Path
	}
	if n := strings.Count(asked, "/compare/"); n != 1 || strings.Count(asked, "/git/blobs/") != 3 { // the configuration, head and base of the index
		t.Errorf("GitHub was asked %s", asked)
	}
}

// TestAFullCheckoutSavesTheBaseTexts has a checkout of the head whose history has the base.
func TestAFullCheckoutSavesTheBaseTexts(t *testing.T) {
	dir := t.TempDir()
	api := githubtest.New()
	defer api.Close()
	git(t, dir, "init", "-q")
	const path = "gallery/index.yaml"
	for i, sha := range []string{beforeSHA, headSHA} {
		text := modelsOf("https://example.org", 0, 3+i)
		api.AddToTree(sha, path, text)
		lay(t, dir, fileTree{path: text})
		git(t, dir, "add", ".")
		git(t, dir, "commit", "-q", "-m", "x")
	}
	api.AddChange(7, "modified", path, modelsOf("https://example.org", 0, 4))
	r := &ofServices{api: api}
	blobs, _, report := r.calls(t, "pull_request", dir, "INPUT_REGISTRY=localai", "HOME="+os.Getenv("HOME"))
	if blobs != 0 || !strings.Contains(report, `"unchanged": 3`) {
		t.Errorf("%d calls for text, report %s", blobs, report)
	}
}
