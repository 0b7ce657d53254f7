package cli_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/premAI-io/verify-manifests/pkg/cli"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/github/githubtest"
	"github.com/premAI-io/verify-manifests/pkg/image/imagetest"
	"github.com/premAI-io/verify-manifests/pkg/report"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// hub stands in for Hugging Face, GitHub's downloads and a host of somebody's own, over TLS behind a proxy.
// What it serves can change while it runs.
type hub struct {
	proxy     string
	roots     *x509.CertPool
	authority *x509.Certificate

	mu       sync.Mutex
	files    map[string]string // bodies by host and path; "" is a 404
	down     map[string]bool   // hosts whose certificate is another's
	commit   string            // of Hugging Face's branches
	images   *imagetest.Registry
	requests int
	bytes    int64
}

const (
	hubModel  = "huggingface.co/acme/m/resolve/main/m.gguf"
	hubConfig = "huggingface.co/acme/m/resolve/main/config.json"
	hubAsset  = "github.com/acme/s/releases/download/v1/server-arm64"
	hubOther  = "github.com/acme/s/releases/download/v1.2.0/server-x86"
	hubOwn    = "files.example.org/tool"
)

func newHub(t testing.TB) *hub {
	t.Helper()
	h := &hub{images: imagetest.NewRegistry(), commit: strings.Repeat("a", 40), down: map[string]bool{}, files: map[string]string{
		hubModel:  "GGUF\x03\x00\x00\x00" + strings.Repeat("\x00", 16),
		hubConfig: "{}\n",
		hubAsset:  "\xcf\xfa\xed\xfe\x0c\x00\x00\x01\x00\x00\x00\x00\x02\x00\x00\x00" + strings.Repeat("\x00", 48),
		hubOther:  "\xcf\xfa\xed\xfe\x07\x00\x00\x01\x00\x00\x00\x00\x02\x00\x00\x00" + strings.Repeat("\x00", 48),
		hubOwn:    "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 9) + "\x02\x00\x3e\x00" + strings.Repeat("\x00", 44),
	}}
	good, authority := certificateFor(t, append([]string{"huggingface.co", "github.com", "files.example.org", "drive.example.com"}, imageHosts...))
	bad, stranger := certificateFor(t, []string{"elsewhere.example.org"})
	h.proxy = behindProxy(t, &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.down[hello.ServerName] {
			return &bad, nil
		}
		return &good, nil
	}}, h.serve)
	h.roots, h.authority = x509.NewCertPool(), authority
	h.roots.AddCert(authority)
	h.roots.AddCert(stranger)
	return h
}

func (h *hub) serve(w http.ResponseWriter, r *http.Request) {
	if body := h.answer(w, r); r.Method == http.MethodGet {
		_, _ = io.WriteString(w, body)
	}
}

// answer writes the head of an answer, and returns its body.
func (h *hub) answer(w http.ResponseWriter, r *http.Request) (body string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.requests++
	if slices.Contains(imageHosts, r.Host) {
		h.images.ServeHTTP(w, r)
		return ""
	}
	if body = h.files[r.Host+r.URL.Path]; body == "" {
		http.NotFound(w, r)
		return ""
	}
	if r.Host == "huggingface.co" {
		w.Header().Set("X-Repo-Commit", h.commit)
		if !slices.Contains([]string{".json", ".txt", ".md"}, path.Ext(r.URL.Path)) { // what Git LFS keeps
			w.Header().Set("X-Linked-Etag", fmt.Sprintf(`"%x"`, sha256.Sum256([]byte(body))))
			w.Header().Set("X-Linked-Size", fmt.Sprint(len(body)))
		}
	}
	w.Header().Set("ETag", fmt.Sprintf(`"%x"`, sha256.Sum256([]byte(body)))[:20]+`"`)
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	if r.Method == http.MethodGet {
		h.bytes += int64(len(body))
	}
	return body
}

func (h *hub) set(change func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change()
}

// entry is an entry of a manifest of version 1.1, with the checksum of body unless that is "".
func entry(at, body string) map[string]any {
	e := map[string]any{"url": "https://" + at}
	if body != "" {
		e["checksum"] = fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(body)))
	}
	return e
}

// registry is a folder with the manifests of two services.
type registry struct {
	t      *testing.T
	dir    string
	chat   map[string]any // the binaries of one
	models map[string]any // the weights of the other
}

func newRegistry(t *testing.T, h *hub) *registry {
	t.Helper()
	r := &registry{t: t, dir: t.TempDir(),
		chat: map[string]any{
			"aarch64-apple-darwin":     entry(hubAsset, h.files[hubAsset]),
			"x86_64-apple-darwin":      entry(hubOther, h.files[hubOther]),
			"x86_64-unknown-linux-gnu": entry(hubOwn, ""),
		},
		models: map[string]any{"m.gguf": entry(hubModel, h.files[hubModel]), "config.json": entry(hubConfig, "")},
	}
	r.write()
	return r
}

func (r *registry) write() {
	r.t.Helper()
	writeService(r.t, r.dir, "chat-tool", 8101, map[string]any{"binaries": r.chat})
	writeService(r.t, r.dir, "chat-model", 8102, map[string]any{"weights": r.models, "binaries": map[string]any{"aarch64-apple-darwin": r.chat["aarch64-apple-darwin"]}})
}

// writeService writes a manifest of version 1.1 with the given fields, without nil fields, and with all required ones.
func writeService(t testing.TB, dir, name string, port int, fields map[string]any) {
	t.Helper()
	for field, value := range map[string]any{
		"id": strings.TrimPrefix(name, "chat-"), "name": name, "serviceType": "binary", "version": "1.1", "modelInfo": map[string]any{}, "interfaces": []string{"chat"},
		"defaultPort": port, "defaultExternalPort": port, "serveCommand": fmt.Sprintf("server-arm64 --port=%d", port),
	} {
		if _, isGiven := fields[field]; !isGiven {
			fields[field] = value
		}
	}
	maps.DeleteFunc(fields, func(_ string, value any) bool { return value == nil })
	text, err := json.MarshalIndent(fields, "", "  ")
	if err == nil {
		err = os.MkdirAll(filepath.Join(dir, name), 0o700)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name, "manifest.json"), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// scan is one nightly run.
type scan struct {
	*hub
	api    *githubtest.Server
	inputs []string // INPUT_NAME=value
	report report.Report
	raw    string // the report as it was written
	out    bytes.Buffer
}

// run scans the registry in a folder at three in the morning of the n-th day, with some more inputs, and returns the exit code.
func (s *scan) run(t testing.TB, dir string, n int, inputs ...string) int {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.json")
	s.out.Reset()
	code := cli.Main(t.Context(), cli.Env{
		Stdout: &s.out, Stderr: &s.out, RootCAs: s.roots,
		Now:      func() time.Time { return time.Date(2026, 11, n, 3, 0, 0, 0, time.UTC) },
		Sleep:    noSleep,
		Resolver: noDNS,
		Environ:  s.environ(dir, n, file, inputs),
	})
	s.report, s.raw = writtenReport(t, file, &s.out), readText(t, file)
	return code
}

// environ is what a runner sets on the n-th day.
func (s *scan) environ(dir string, n int, file string, inputs []string) []string {
	return slices.Concat(inputs, s.inputs, []string{ // the first of a name counts
		"GITHUB_ACTIONS=true", "GITHUB_EVENT_NAME=schedule", "GITHUB_REPOSITORY=acme/registry", "GITHUB_WORKSPACE=" + dir,
		"GITHUB_API_URL=" + s.api.URL, "GITHUB_SERVER_URL=https://github.com", "GITHUB_SHA=" + headSHA,
		fmt.Sprintf("GITHUB_RUN_ID=%d", n), "GITHUB_RUN_ATTEMPT=1", "HTTPS_PROXY=" + s.proxy,
		"INPUT_DRIFT-ISSUE=true", "INPUT_REPORT-FILE=" + file,
	})
}

// noDNS leaves every name to the proxy.
var noDNS = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no DNS here") }}

func noSleep(context.Context, time.Duration) error { return nil }

// target is that of a link.
var target = regexp.MustCompile(`\]\([^)]*\)`)

// word summarises the issue: its title, the variable part of its rows, and the number of comments.
func (s *scan) word() string {
	if len(s.api.Issues) == 0 {
		return "no issue"
	}
	i := s.api.Issues[0]
	words := []string{fmt.Sprintf("%s: %s (comments: %d)", i.State, i.Title, len(s.api.CommentsOn(i.Number)))}
	if i.State == "closed" {
		return words[0]
	}
	for line := range strings.Lines(i.Body) {
		line = strings.TrimSpace(line)
		isRow := strings.HasPrefix(line, "| ❌ ") || strings.HasPrefix(line, "| ⚠️ ") || strings.Contains(line, "Not reached on")
		for _, start := range []string{"**URL:**", "**Image:**", "**Fix:** To keep the earlier image", "**At:**", "Likely cause:", "- sha256:", "* ["} {
			isRow = isRow || strings.HasPrefix(line, start)
		}
		if isRow {
			words = append(words, "    "+target.ReplaceAllString(line, "]"))
		}
	}
	return strings.Join(words, "\n")
}

// event is what happens before a night's scan.
type event struct {
	what string
	does func()
}

// month is what happens in thirty days, by day.
func (h *hub) month(r *registry) map[int]event {
	model, asset, own, config := h.files[hubModel], h.files[hubAsset], h.files[hubOwn], h.files[hubConfig]
	again := asset + "uploaded again"
	return map[int]event{
		3:  {"the host of files.example.org is down for a night", func() { h.down["files.example.org"] = true }},
		4:  {"it is up again", func() { h.down["files.example.org"] = false }},
		6:  {"the asset of the rolling tag v1 is uploaded again", func() { h.files[hubAsset] = again }},
		7:  {"the tag of the image is moved", func() { h.images.Small("acme/tool", "1.0.0", "built again") }},
		8:  {"the tag is put back", func() { h.images.Small("acme/tool", "1.0.0", "built once") }},
		9:  {"the upload is taken back", func() { h.files[hubAsset] = asset }},
		10: {"the image is deleted", func() { h.images.Delete("acme/tool", "1.0.0") }},
		11: {"the file without a checksum is replaced", func() { h.files[hubOwn] = own + "other" }},
		12: {"its host is down for three nights", func() { h.down["files.example.org"] = true }},
		13: {"the image is pushed again", func() { h.images.Small("acme/tool", "1.0.0", "built once") }},
		15: {"it is up again; the file is still the other one", func() { h.down["files.example.org"] = false }},
		16: {"a pull request declares the checksum of the new file", func() {
			r.chat["x86_64-unknown-linux-gnu"] = entry(hubOwn, own+"other")
			r.write()
		}},
		18: {"the branch of the model moves, and takes the configuration along", func() {
			h.commit, h.files[hubModel], h.files[hubConfig] = strings.Repeat("b", 40), model+"\x01", "{\"new\": true}\n"
		}},
		20: {"a pull request declares the new checksum of the model", func() {
			r.models["m.gguf"] = entry(hubModel, model+"\x01")
			r.write()
		}},
		21: {"the configuration is taken back", func() { h.files[hubConfig] = config }},
		23: {"the full version's asset is deleted", func() { h.files[hubOther] = "" }},
		25: {"huggingface.co is down for four nights", func() { h.down["huggingface.co"] = true }},
		27: {"the deleted asset's service is taken out of the registry", func() {
			delete(r.chat, "x86_64-apple-darwin")
			r.write()
		}},
		29: {"huggingface.co is up again", func() { h.down["huggingface.co"] = false }},
	}
}

// TestAMonthOfNightlyScans plays thirty nights in each mode. In both the issue says the same, each day.
func TestAMonthOfNightlyScans(t *testing.T) {
	for _, mode := range []string{"full", "fast"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			h := newHub(t)
			r := newRegistry(t, h)
			s := &scan{hub: h, inputs: []string{"INPUT_MODE=" + mode, "INPUT_STATE-FILE=" + filepath.Join(t.TempDir(), "state.json")}}
			h.images.Small("acme/tool", "1.0.0", "built once")
			writeService(t, r.dir, "chat-image", 8103, map[string]any{"version": nil, "serviceType": nil, "serveCommand": nil, "dockerImages": map[string]any{"cpu": map[string]any{"image": "ghcr.io/acme/tool:1.0.0", "size": 0}}})
			goldenLog(t, "month.txt", s.month(t, r.dir, h.month(r)))
		})
	}
}

// month runs thirty nightly scans of the registry in a folder, and returns the issue's text of each day.
func (s *scan) month(t *testing.T, dir string, events map[int]event) string {
	t.Helper()
	s.api = githubtest.New()
	defer s.api.Close()
	s.inputs = append(s.inputs, "INPUT_MISSING-CHECKSUM=off")
	var log strings.Builder
	for day := 1; day <= 30; day++ {
		if event, found := events[day]; found {
			fmt.Fprintf(&log, "\n  (%s)\n", event.what)
			s.set(event.does)
		}
		code := s.run(t, dir, day)
		fmt.Fprintf(&log, "day %2d, exit %d: %s\n", day, code, s.word())
	}
	if n := len(s.api.Issues); n != 1 || len(s.api.Unknown()) > 0 {
		t.Errorf("%d issues; unknown requests %q", n, s.api.Unknown())
	}
	return log.String()
}

// goldenLog holds a text to a file of testdata; -update writes the file.
func goldenLog(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(readText(t, file), got); diff != "" {
		t.Errorf("%s: %s", name, diff)
	}
}

func sha256Of(body string) digest.Digest {
	return digest.Digest{Algorithm: digest.SHA256, Sum: fmt.Sprintf("%x", sha256.Sum256([]byte(body)))}
}
