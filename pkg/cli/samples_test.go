package cli_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/cli"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/github/githubtest"
	reg "github.com/premAI-io/verify-manifests/pkg/registry"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// realSamples are manifests of several registries, where they lie beside the project.
const realSamples = "../../../shared/samples"

// sample is the manifests of one registry, by path.
type sample struct {
	registry  *reg.Registry
	texts     map[string]string
	artifacts []artifact.Artifact
}

func readSample(t *testing.T, name string) *sample {
	t.Helper()
	dir := os.DirFS(filepath.Join(realSamples, name))
	r, err := reg.Preset(name)
	if err != nil {
		t.Fatal(err)
	}
	s := &sample{registry: r, texts: map[string]string{}}
	err = fs.WalkDir(dir, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !r.Selects(path) {
			return err
		}
		text, err := fs.ReadFile(dir, path)
		s.texts[path] = string(text)
		return err
	})
	if os.IsNotExist(err) {
		t.Skip("the samples are not beside the project")
	}
	if err != nil {
		t.Fatal(err)
	}
	s.read(t)
	return s
}

// read finds the artifacts anew.
func (s *sample) read(t *testing.T) {
	t.Helper()
	s.artifacts = nil
	for path, text := range s.texts {
		m, findings := s.registry.Read(path, []byte(text), s.registry)
		if m == nil {
			t.Fatal(findings)
		}
		s.artifacts = append(s.artifacts, m.Artifacts...)
	}
	slices.SortStableFunc(s.artifacts, func(a, b artifact.Artifact) int {
		return cmp.Or(strings.Compare(a.Manifest, b.Manifest), cmp.Compare(a.Document, b.Document), a.Position.Compare(b.Position))
	})
}

// hasMirrors reports whether another address of an artifact's bytes is declared.
func (s *sample) hasMirrors(a artifact.Artifact) bool {
	return slices.ContainsFunc(s.artifacts, func(b artifact.Artifact) bool {
		return b.Mirror > 0 && b.Checksum != nil && b.Checksum.Value == a.Checksum.Value
	})
}

// TestOfflineContactsNobody lists every artifact of the samples, and is told so by whoever would be asked.
func TestOfflineContactsNobody(t *testing.T) {
	for _, name := range reg.Presets() {
		t.Run(name, func(t *testing.T) {
			if name == reg.Default {
				checkOffline(t, name, realRegistry, -1)
				return
			}
			checkOffline(t, name, filepath.Join(realSamples, name), len(readSample(t, name).artifacts))
		})
	}
}

// checkOffline checks a folder in mode offline, where that many artifacts are; -1 is any number.
func checkOffline(t *testing.T, name, dir string, want int) {
	t.Helper()
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the manifests are not beside the project")
	}
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
	if n := len(r.Artifacts); want >= 0 && n != want || n == 0 || r.Summary.Unverified != n || r.Summary.Bytes != 0 || r.Mode != "offline" || !r.Complete {
		t.Errorf("%d artifacts are listed, want %d: %+v", n, want, r.Summary)
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

// world is the hosts of a sample: each URL's own bytes, over TLS behind a proxy.
type world struct {
	proxy   string
	roots   *x509.CertPool
	bodies  map[string]string // by URL, without its scheme
	missing string            // the URL that is gone
}

func newWorld(t *testing.T, artifacts []artifact.Artifact) *world {
	t.Helper()
	w := &world{bodies: map[string]string{}, roots: x509.NewCertPool()}
	hosts, ofDigest := []string{}, map[digest.Digest]string{} // mirrors serve the same
	for _, a := range artifacts {
		at := parseURL(t, a.URL)
		hosts = append(hosts, at.Hostname())
		body := realistic(at.Path)
		if c := a.Checksum; c != nil {
			ofDigest[c.Value] = cmp.Or(ofDigest[c.Value], body)
			body = ofDigest[c.Value]
		}
		w.bodies[at.Host+at.RequestURI()] = body
	}
	slices.Sort(hosts)
	certificate, authority := certificateFor(t, slices.Compact(hosts))
	w.roots.AddCert(authority)
	files := httptest.NewUnstartedServer(http.HandlerFunc(w.serve))
	files.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	files.Config.ErrorLog = log.New(io.Discard, "", 0)
	files.StartTLS()
	t.Cleanup(files.Close)
	lead := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { connect(rw, files.Listener.Addr().String()) }))
	t.Cleanup(lead.Close)
	w.proxy = lead.URL
	return w
}

func (w *world) serve(rw http.ResponseWriter, r *http.Request) {
	body, found := w.bodies[r.Host+r.URL.RequestURI()]
	if !found || r.Host+r.URL.RequestURI() == w.missing {
		http.NotFound(rw, r)
		return
	}
	fmt.Fprint(rw, body)
}

func parseURL(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// place is a URL as a world knows it.
func place(t *testing.T, text string) string {
	t.Helper()
	u := parseURL(t, text)
	return u.Host + u.RequestURI()
}

// declareServed writes into the manifests the digests of what the world serves, as the manifests write theirs, for all
// artifacts but those of one URL.
func (s *sample) declareServed(t *testing.T, w *world, butFor string) {
	t.Helper()
	for _, a := range s.artifacts {
		if a.Checksum == nil || a.Checksum.Value.IsZero() || a.URL == butFor {
			continue
		}
		was := a.Checksum.Value
		is := digestOf(was.Algorithm, w.bodies[place(t, a.URL)])
		s.texts[a.Manifest] = strings.NewReplacer(was.Sum, is.Sum, strings.ToUpper(was.Sum), strings.ToUpper(is.Sum),
			base64Of(t, was), base64Of(t, is)).Replace(s.texts[a.Manifest])
	}
	s.read(t)
}

func digestOf(algorithm digest.Algorithm, body string) digest.Digest {
	h := digest.NewHasher(algorithm)
	_, _ = io.WriteString(h, body)
	return h.Digest(algorithm)
}

func base64Of(t *testing.T, d digest.Digest) string {
	t.Helper()
	raw, err := hex.DecodeString(d.Sum)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// TestPullRequestOverTheSamples plays a pull request against each registry, whose base says which registry it is: one file is
// another one than was declared, one is gone, and all the others are what their checksums say.
func TestPullRequestOverTheSamples(t *testing.T) {
	for _, name := range []string{"bcr", "conan", "krew", "localai", "scoop", "winget"} {
		t.Run(name, func(t *testing.T) { playSample(t, name) })
	}
}

func playSample(t *testing.T, name string) {
	t.Helper()
	s := readSample(t, name)
	w := newWorld(t, s.artifacts)
	changed := s.artifacts[slices.IndexFunc(s.artifacts, func(a artifact.Artifact) bool {
		return strings.HasPrefix(a.URL, "https://") && a.Checksum != nil && !a.Checksum.Value.IsZero() && !s.hasMirrors(a)
	})]
	s.declareServed(t, w, changed.URL)
	w.missing = place(t, s.artifacts[len(s.artifacts)-1].URL)
	api := githubtest.New()
	defer api.Close()
	for path, text := range s.texts {
		api.AddChange(7, "added", path, text)
		api.AddToTree(headOfSample, path, text)
	}
	slices.SortFunc(api.PullRequests[7], func(a, b githubtest.File) int { return strings.Compare(a.Path, b.Path) })
	for _, commit := range []string{baseOfSample, headOfSample} {
		api.AddToTree(commit, ".github/verify-manifests.yaml", "registry: "+name+"\n")
	}
	r := proposeSample(t, api, w)
	if !r.Complete || r.Summary.Manifests != len(s.texts) || len(r.Artifacts) != len(s.artifacts) || r.Summary.Mismatch+r.Summary.Refused == 0 || r.Summary.Unavailable == 0 {
		t.Fatalf("%d manifests with %d artifacts: %+v", len(s.texts), len(s.artifacts), r.Summary)
	}
	for i, a := range s.artifacts {
		got := r.Artifacts[i]
		if got.URL != a.URL || got.Pointer != a.Pointer || got.Manifest != a.Manifest || got.Line != a.Position.Line || got.Column != a.Position.Column {
			t.Fatalf("want %s %s of %s, got %+v", a.Pointer, a.URL, a.Manifest, got)
		}
		if want := s.statuses(t, w, a); !slices.Contains(want, got.Status) {
			t.Errorf("%s is %s, want %s", a.URL, got.Status, want)
		}
	}
	comments := api.CommentsOn(7)
	if len(comments) != 1 || len(api.Unknown()) > 0 || len(comments[0]) > 60_000 {
		t.Fatalf("%d comments; unknown requests %q", len(comments), api.Unknown())
	}
	golden(t, filepath.Join("testdata", "comments", name+".md"), comments[0])
}

// statuses are what an artifact may end as: one, but for a host that is not played.
func (s *sample) statuses(t *testing.T, w *world, a artifact.Artifact) []verify.Status {
	t.Helper()
	hasTwoDigests := slices.ContainsFunc(s.artifacts, func(b artifact.Artifact) bool {
		return a.URL == b.URL && a.Checksum != nil && b.Checksum != nil && a.Checksum.Value != b.Checksum.Value
	})
	switch at := place(t, a.URL); {
	case hasTwoDigests, a.Checksum != nil && a.Checksum.Value.IsZero():
		return []verify.Status{verify.Refused}
	case strings.HasPrefix(a.URL, "http://"):
		return []verify.Status{verify.Refused, verify.Unreachable}
	case at == w.missing:
		return []verify.Status{verify.Unavailable}
	case a.Checksum == nil:
		return []verify.Status{verify.Unverified}
	case a.Checksum.Value == digestOf(a.Checksum.Value.Algorithm, w.bodies[at]):
		return []verify.Status{verify.Verified}
	}
	return []verify.Status{verify.Mismatch}
}

var headOfSample, baseOfSample = strings.Repeat("3", 40), strings.Repeat("1", 40)

// proposeSample runs the Action on pull request 7.
func proposeSample(t *testing.T, api *githubtest.Server, w *world) report.Report {
	t.Helper()
	dir := t.TempDir()
	event, file := filepath.Join(dir, "event.json"), filepath.Join(dir, "report.json")
	payload := fmt.Sprintf(`{"pull_request": {"number": 7, "head": {"sha": %q}, "base": {"sha": %q}}}`, headOfSample, baseOfSample)
	if err := os.WriteFile(event, []byte(payload), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	code := cli.Main(t.Context(), cli.Env{Stdout: &out, Stderr: &out, RootCAs: w.roots, Resolver: &net.Resolver{PreferGo: true, Dial: noDNS},
		Now:   func() time.Time { return time.Date(2026, 11, 1, 3, 0, 0, 0, time.UTC) },
		Sleep: func(context.Context, time.Duration) error { return nil },
		Environ: []string{
			"GITHUB_ACTIONS=true", "GITHUB_EVENT_NAME=pull_request_target", "GITHUB_EVENT_PATH=" + event, "GITHUB_REPOSITORY=acme/registry",
			"GITHUB_API_URL=" + api.URL, "GITHUB_SERVER_URL=https://github.com", "GITHUB_RUN_ID=1", "GITHUB_RUN_ATTEMPT=1",
			"INPUT_REPORT-FILE=" + file, "HTTPS_PROXY=" + w.proxy,
		}})
	if code != cli.ExitFindings {
		t.Errorf("exit %d:\n%s", code, out.String())
	}
	return writtenReport(t, file, &out)
}

// golden holds a text to a file. With -update it writes the file.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		err := os.MkdirAll(filepath.Dir(file), 0o755)
		if err == nil {
			err = os.WriteFile(file, []byte(got), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (- want, + got; -update writes it):\n%s", file, diff)
	}
}
