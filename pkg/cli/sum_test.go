package cli_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/premAI-io/verify-manifests/pkg/cli"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/report/reporttest"
)

// runOutside runs the program outside Actions, with a proxy that leads to all hosts; "" leads nowhere.
func runOutside(t *testing.T, proxy string, roots *x509.CertPool, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	if proxy == "" {
		proxy = "http://127.0.0.1:1"
	}
	var out, log bytes.Buffer
	code = cli.Main(t.Context(), cli.Env{
		Args: args, Stdout: &out, Stderr: &log, RootCAs: roots, Environ: []string{"HTTPS_PROXY=" + proxy},
		Resolver: noDNS, Sleep: noSleep,
	})
	return code, out.String(), log.String()
}

func TestTheRealRegistryIsFilledIn(t *testing.T) {
	if _, err := os.Stat(realRegistry); err != nil {
		t.Skip("the real registry is not beside the project")
	}
	proxy, roots := internet(t, "huggingface.co", "github.com", "raw.githubusercontent.com")
	for _, flag := range []string{"--upgrade", "--transition"} {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(realRegistry)); err != nil {
			t.Fatal(err)
		}
		before := manifestsIn(t, dir)
		code, printed, stderr := runOutside(t, proxy, roots, "sum", "--write", flag, dir)
		if code != cli.ExitOK {
			t.Fatalf("%s: code %d; stderr:\n%s", flag, code, stderr)
		}
		after := manifestsIn(t, dir)
		for name, text := range before {
			if after[name] == text {
				t.Errorf("%s: %s is not changed, and each names files or images", flag, name)
			}
		}
		if n, lines := verified(t, proxy, roots, dir), strings.Count(printed, "\n"); n != lines {
			t.Errorf("%s: %d checksums are printed, and %d files verified", flag, lines, n)
		}
		if code, printed, stderr := runOutside(t, "", nil, "sum", "--write", flag, dir); code != cli.ExitOK || printed != "" {
			t.Errorf("%s again: code %d\n%s%s", flag, code, printed, stderr)
		}
		if diff := cmp.Diff(after, manifestsIn(t, dir)); diff != "" {
			t.Errorf("%s again:\n%s", flag, diff)
		}
	}
}

// manifestsIn returns the texts of a registry's manifests.
func manifestsIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	names, err := filepath.Glob(dir + "/*/manifest.json")
	if err != nil || len(names) == 0 {
		t.Fatalf("no manifests: %v", err)
	}
	texts := map[string]string{}
	for _, name := range names {
		texts[name] = readText(t, name)
	}
	return texts
}

// verified makes sure that check finds every file of a registry to be the declared one, and no error. It returns their number.
func verified(t *testing.T, proxy string, roots *x509.CertPool, dir string) int {
	t.Helper()
	code, printed, stderr := runOutside(t, proxy, roots, "check", "--format=json", dir)
	var r report.Report
	if err := errors.Join(json.Unmarshal([]byte(printed), &r), reporttest.Check([]byte(printed))); err != nil {
		t.Fatalf("%v; stderr:\n%s", err, stderr)
	}
	if code != cli.ExitOK || r.Summary.Artifacts == 0 || r.Summary.Verified != r.Summary.Artifacts {
		t.Errorf("code %d, %+v\n%v", code, r.Summary, r.Findings)
	}
	for _, f := range r.Findings {
		if strings.HasPrefix(f.Rule, "schema/") || strings.HasPrefix(f.Rule, "checksum/") || f.Rule == finding.ArtifactMissingChecksum {
			t.Errorf("%+v", f)
		}
	}
	return r.Summary.Verified
}

// written puts a manifest into a folder of its own and returns its name.
func written(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "manifest.json")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// hubService names files at the hub: %s stands for what is declared of the model, %s for its query.
const hubService = `{
  "id": "model", "serviceType": "binary", "version": "1.1", "modelInfo": {}, "interfaces": ["chat"],
  "binaries": {"aarch64-apple-darwin": {"url": "https://` + hubAsset + `"}},
  "weights": {
    "m.gguf": {"url": "https://` + hubModel + `%s"%s},
    "config.json": {"url": "https:\/\/` + hubConfig + `"},
    "pinned.gguf": {"url": "https://` + hubPinned + `"}
  }
}`

const hubPinned = "huggingface.co/acme/m/resolve/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb/pinned.gguf"

func TestURLsArePinnedToTheCommitThatWasRead(t *testing.T) {
	h := newHub(t)
	h.files[hubPinned] = h.files[hubModel]
	digest := entry(hubModel, h.files[hubModel])["checksum"]
	name := written(t, fmt.Sprintf(hubService, "?download=true", fmt.Sprintf(`, "checksum": "%s"`, digest)))
	code, printed, stderr := runOutside(t, h.proxy, h.roots, "sum", "--pin", name)
	if code != cli.ExitOK || strings.Count(printed, "\n") != 3 || strings.Count(stderr, ": pinned to `https://") != 2 || !strings.Contains(stderr, "Nothing was written") {
		t.Errorf("shown: code %d\n%s%s", code, printed, stderr)
	}
	code, _, stderr = runOutside(t, h.proxy, h.roots, "sum", "--write", "--pin", name)
	got := readText(t, name)
	for _, want := range []string{
		`"https://huggingface.co/acme/m/resolve/` + h.commit + `/m.gguf?download=true", "checksum"`,
		`"https://huggingface.co/acme/m/resolve/` + h.commit + `/config.json", "checksum"`,
		`"https://` + hubAsset + `", "checksum"`, `"https://` + hubPinned + `", "checksum"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("missing %s in\n%s", want, got)
		}
	}
	if code != cli.ExitOK || strings.Count(stderr, "not pinned") != 1 || !strings.Contains(stderr, "/binaries/aarch64-apple-darwin: not pinned, it follows the release tag `v1`") {
		t.Errorf("code %d; stderr:\n%s", code, stderr)
	}
	h.commit = strings.Repeat("c", 40)
	if code, printed, _ := runOutside(t, "", nil, "sum", "--write", "--pin", name); code != cli.ExitOK || printed != "" || readText(t, name) != got {
		t.Errorf("again: code %d\n%s%s", code, printed, readText(t, name))
	}
}

func TestAFileThatIsNotTheDeclaredOneIsNotPinned(t *testing.T) {
	h := newHub(t)
	name := written(t, fmt.Sprintf(hubService, "", `, "checksum": "sha256:`+strings.Repeat("0", 64)+`"`))
	list := filepath.Join(t.TempDir(), "SHA256SUMS")
	if err := os.WriteFile(list, fmt.Appendf(nil, "%x  config.json\n", sha256.Sum256([]byte(h.files[hubConfig]))), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := runOutside(t, h.proxy, h.roots, "sum", "--write", "--pin", "--from", list, name)
	if strings.Contains(stderr, "does not match the file, so none") {
		t.Errorf("the list is blamed for what the manifest declares:\n%s", stderr)
	}
	if got := readText(t, name); code != cli.ExitFindings || !strings.Contains(got, "https://"+hubModel) || !strings.Contains(got, h.commit+"/config.json") {
		t.Errorf("code %d\n%s\n%s", code, stderr, got)
	}
}

func TestSharedFieldsAreNotPinned(t *testing.T) {
	h := newHub(t)
	old := `{"id": "m", "serviceType": "binary", "version": "1", "modelInfo": {}, "interfaces": ["chat"], "binariesUrl": {},
	"weightsDirectoryUrl": "https://huggingface.co/acme/m/resolve/main/", "weightsFiles": ["m.gguf", "config.json"]}`
	for _, flags := range [][]string{{"--pin"}, {"--pin", "--write", "--transition"}} {
		name := written(t, old)
		code, _, stderr := runOutside(t, h.proxy, h.roots, append([]string{"sum", name}, flags...)...)
		if code != cli.ExitUsage || !strings.Contains(stderr, "use --upgrade") || readText(t, name) != old || h.requests > 0 {
			t.Errorf("%v: code %d, %d requests\n%s", flags, code, h.requests, stderr)
		}
	}
	name := written(t, old)
	code, _, stderr := runOutside(t, h.proxy, h.roots, "sum", name, "--pin", "--write", "--upgrade")
	if got := readText(t, name); code != cli.ExitOK || strings.Count(got, "/resolve/"+h.commit+"/") != 2 {
		t.Errorf("code %d\n%s\n%s", code, stderr, got)
	}
}

func TestOneURLIsDownloadedOnceForAllManifests(t *testing.T) {
	h := newHub(t)
	text := fmt.Sprintf(`{"id": "x", "modelInfo": {}, "interfaces": [], "version": "1.1", "binaries": {}, "weights": {"a": {"url": "https://%s"}, "b": {"url": "https://%s"}}}`, hubModel, hubModel)
	one, other := written(t, text), written(t, text)
	code, printed, stderr := runOutside(t, h.proxy, h.roots, "sum", one, other, one)
	if code != cli.ExitOK || strings.Count(printed, "\n") != 4 || h.bytes != int64(len(h.files[hubModel])) {
		t.Errorf("code %d, %d bytes\n%s%s", code, h.bytes, printed, stderr)
	}
}

func TestWhatIsCutShortIsNotDeclared(t *testing.T) {
	name, run := host(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/stuck" {
			w.Header().Set("Content-Length", "100")
		}
		fmt.Fprint(w, "#!/bin/sh\n")
	})
	code, stderr := run(t.Context(), "sum", "--write")
	if got := readText(t, name); code != cli.ExitFindings || strings.Count(got, "checksum") != 1 || !strings.Contains(got, `/quick", "checksum": "sha256:`) {
		t.Errorf("code %d\n%s\n%s", code, stderr, got)
	}
}

func TestAManifestThatWasEditedMeanwhileIsNotOverwritten(t *testing.T) {
	name := ""
	name, run := host(t, func(w http.ResponseWriter, r *http.Request) {
		if err := os.WriteFile(name, []byte("edited"), 0o600); err != nil {
			t.Error(err)
		}
		fmt.Fprint(w, "#!/bin/sh\n")
	})
	code, stderr := run(t.Context(), "sum", "--write")
	if got := readText(t, name); code != cli.ExitFailure || got != "edited" || !strings.Contains(stderr, filepath.Base(name)) || !strings.Contains(stderr, "run the command again") {
		t.Errorf("code %d\n%s\n%s", code, stderr, got)
	}
}
