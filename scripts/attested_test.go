package scripts_test

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/premAI-io/verify-manifests/pkg/cli"
	"github.com/premAI-io/verify-manifests/pkg/github/githubtest"
	"github.com/premAI-io/verify-manifests/pkg/provenance/provenancetest"
)

const ownRepository = "premAI-io/verify-manifests"

// attestingWorkflow returns the file name of the only workflow that attests what it puts into dist, which only a tag starts.
func attestingWorkflow(t *testing.T) (name string) {
	t.Helper()
	for _, f := range yamlFiles(t) {
		var w workflow
		if err := yaml.Unmarshal([]byte(f.text), &w); err != nil || !f.isOurs {
			continue
		}
		for _, j := range w.Jobs {
			for _, step := range j.Steps {
				if !strings.HasPrefix(step.Uses, "actions/attest-build-provenance@") || step.With["subject-path"] != "dist/*" {
					continue
				}
				if name != "" || j.Permissions["attestations"] != "write" || fmt.Sprint(w.On) != "map[push:map[tags:[v1.*]]]" {
					t.Fatalf("%s attests on %v with %v", f.name, w.On, j.Permissions)
				}
				name = filepath.Base(f.name)
			}
		}
	}
	return name
}

// TestDistIsAttested verifies the attestations that the release workflow makes of its assets, by the policy of docs/provenance.md:
// release-test.sh names the assets of a rehearsal.
func TestDistIsAttested(t *testing.T) {
	assets, version := map[string][]byte{"verify-manifests.tar.gz": []byte("an archive"), "SHA256SUMS": []byte("sums")}, "v1.2.0"
	if folder := os.Getenv("DIST"); folder != "" {
		assets, version = map[string][]byte{}, os.Getenv("DIST_VERSION")
		names, _ := filepath.Glob(folder + "/*")
		for _, name := range names {
			assets[filepath.Base(name)] = []byte(contents(t, name))
		}
	}
	host := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(assets[filepath.Base(r.URL.Path)])
	}))
	defer host.Close()
	roots := x509.NewCertPool()
	roots.AddCert(host.Certificate())
	policy := regexp.MustCompile(`(?s)verify-manifests.{1,40}releases.*?` + "```yaml\n(.*?)```").FindStringSubmatch(contents(t, "../docs/provenance.md"))
	if policy == nil {
		t.Fatal("docs/provenance.md has no policy for our own releases")
	}
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("config.yaml", "registry: {manifests: assets.json, artifacts: [{at: '/*', url: /url, checksum: /sha256}]}\n"+strings.ReplaceAll(policy[1], "https://github.com", host.URL))
	var entries []map[string]string
	for name, body := range assets {
		url := fmt.Sprintf("%s/%s/releases/download/%s/%s", host.URL, ownRepository, version, name)
		entries = append(entries, map[string]string{"url": url, "sha256": provenancetest.SHA256(body)})
	}
	manifest, _ := json.Marshal(entries)
	write("assets.json", string(manifest))
	sigstore := provenancetest.New()
	write("root.json", string(sigstore.Root()))
	check := func(workflow, ref string) (code int, attested int, out string) {
		api := githubtest.New()
		defer api.Close()
		for _, body := range assets {
			build := provenancetest.Of(ownRepository, provenancetest.SHA256(body))
			build.Ref, build.Signer = ref, ownRepository+"/.github/workflows/"+workflow+"@"+ref
			api.Attest(ownRepository, build.Subjects[0]["sha256"], sigstore.Bundle(build))
		}
		var stdout, stderr bytes.Buffer
		code = cli.Main(t.Context(), cli.Env{
			Args: []string{"check", "--format=json", "--allow-networks=127.0.0.0/8", "--config=" + filepath.Join(dir, "config.yaml"),
				"--trusted-root=" + filepath.Join(dir, "root.json"), filepath.Join(dir, "assets.json")},
			Environ: []string{"GITHUB_SERVER_URL=" + host.URL, "GITHUB_API_URL=" + api.URL}, Stdout: &stdout, Stderr: &stderr, RootCAs: roots,
		})
		var report struct{ Summary struct{ Attested int } }
		_ = json.Unmarshal(stdout.Bytes(), &report)
		return code, report.Summary.Attested, stdout.String() + stderr.String()
	}
	name, tag := attestingWorkflow(t), "refs/tags/"+version
	if code, attested, out := check(name, tag); code != cli.ExitOK || attested != len(assets) {
		t.Errorf("code %d, %d of %d attested: %s", code, attested, len(assets), out)
	}
	for _, other := range [][2]string{{name, "refs/heads/main"}, {"ci.yml", tag}} {
		if code, attested, _ := check(other[0], other[1]); code != cli.ExitFindings || attested != 0 {
			t.Errorf("%s at %s: code %d, %d attested", other[0], other[1], code, attested)
		}
	}
}
