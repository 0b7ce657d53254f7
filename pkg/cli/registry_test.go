package cli_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github/githubtest"
	"github.com/premAI-io/verify-manifests/pkg/image/imagetest"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/report/reporttest"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// realRegistry is the newest tree of prem-registry, where it lies beside the project.
const realRegistry = "../../../shared/registry"

// internet stands in for the hosts of the real registry: a TLS server that answers for each of their names,
// and a proxy that leads every connection to it.
func internet(t *testing.T, hosts ...string) (proxy string, roots *x509.CertPool) {
	t.Helper()
	certificate, authority := certificateFor(t, append(hosts, imageHosts...))
	images := &everyImage{Registry: imagetest.NewRegistry(), pushed: map[string]bool{}}
	images.WantsToken = true
	proxy = behindProxy(t, &tls.Config{Certificates: []tls.Certificate{certificate}}, func(w http.ResponseWriter, r *http.Request) {
		if slices.Contains(imageHosts, r.Host) {
			images.ServeHTTP(w, r)
			return
		}
		fmt.Fprint(w, realistic(r.URL.Path))
	})
	roots = x509.NewCertPool()
	roots.AddCert(authority)
	return proxy, roots
}

// behindProxy serves over TLS, and returns the URL of a proxy that leads every connection there.
func behindProxy(t testing.TB, config *tls.Config, serve http.HandlerFunc) string {
	t.Helper()
	files := httptest.NewUnstartedServer(serve)
	files.TLS = config
	files.Config.ErrorLog = log.New(io.Discard, "", 0) // of connections that are refused, or that nobody needs any more
	files.StartTLS()
	t.Cleanup(files.Close)
	lead := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connect(w, files.Listener.Addr().String())
	}))
	t.Cleanup(lead.Close)
	return lead.URL
}

// imageHosts are the registries that the real registry's manifests name.
var imageHosts = []string{"index.docker.io", "ghcr.io"}

// everyImage is a registry that has an image under every tag that is asked for.
type everyImage struct {
	*imagetest.Registry
	mu     sync.Mutex
	pushed map[string]bool
}

var manifestPath = regexp.MustCompile(`^/v2/(.+)/manifests/([^:]+)$`)

func (e *everyImage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.push(r.URL.Path)
	e.Registry.ServeHTTP(w, r)
}

func (e *everyImage) push(path string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if at := manifestPath.FindStringSubmatch(path); at != nil && !e.pushed[path] {
		e.Small(at[1], at[2], path)
		e.pushed[path] = true
	}
}

func certificateFor(t testing.TB, hosts []string) (tls.Certificate, *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: hosts, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, parsed
}

// connect answers a CONNECT request by joining the connection with one to address.
func connect(w http.ResponseWriter, address string) {
	there, err := net.Dial("tcp", address)
	if err != nil {
		http.Error(w, "", http.StatusBadGateway)
		return
	}
	defer there.Close()
	here, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer here.Close()
	fmt.Fprint(here, "HTTP/1.1 200 Connection established\r\n\r\n")
	go io.Copy(there, buffered)
	io.Copy(here, there)
}

// realistic is what a file of that name begins with.
func realistic(path string) string {
	name := filepath.Base(path)
	switch {
	case strings.HasSuffix(name, "apple-darwin"):
		return "\xcf\xfa\xed\xfe\x0c\x00\x00\x01\x00\x00\x00\x00\x02\x00\x00\x00" + strings.Repeat("\x00", 48)
	case strings.HasSuffix(name, "linux-gnu"):
		return "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 9) + "\x02\x00\x3e\x00" + strings.Repeat("\x00", 44)
	case strings.HasSuffix(name, ".gguf"):
		return "GGUF\x03\x00\x00\x00" + strings.Repeat("\x00", 16)
	case strings.HasSuffix(name, ".safetensors"):
		return "\x40\x00\x00\x00\x00\x00\x00\x00" + `{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}`
	case name == "pytorch_model.bin":
		return "PK\x03\x04" + strings.Repeat("\x00", 22) + "\x10\x00\x00\x00archive/data.pkl"
	case strings.HasSuffix(name, ".sh"):
		return "#!/bin/bash\n"
	}
	return name + "\n"
}

func TestPullRequestOverTheRealRegistry(t *testing.T) {
	manifests, _ := filepath.Glob(realRegistry + "/*/manifest.json")
	if len(manifests) == 0 {
		t.Skip("the real registry is not beside the project")
	}
	api := githubtest.New()
	defer api.Close()
	for _, name := range manifests {
		text := readText(t, name)
		path := filepath.Base(filepath.Dir(name)) + "/manifest.json"
		api.AddChange(7, "modified", path, text)
		api.AddToTree(headSHA, path, text)
	}
	r := pullRequest(t, api)
	if r.Summary.Manifests != len(manifests) || r.Summary.Errors > 0 || !r.Complete {
		t.Errorf("%+v\n%v", r.Summary, r.Findings)
	}
	for _, a := range r.Artifacts {
		if a.Status != verify.Unverified || a.Observed.IsZero() {
			t.Errorf("%s %s is %s", a.Manifest, a.URL, a.Status)
		}
	}
	if n := len(api.CommentsOn(7)); n != 1 || len(api.Unknown()) > 0 {
		t.Errorf("%d comments; unknown requests %q", n, api.Unknown())
	}
	if !slices.ContainsFunc(r.Findings, func(f finding.Finding) bool {
		return f.Rule == finding.ArtifactUnsafeFormat && f.Manifest == "embeddings-all-minilm-l6-v2-binary/manifest.json"
	}) {
		t.Error("the pickle among the weights is not reported")
	}
}

// pullRequest runs the Action on pull request 7 of prem-registry, with some more variables, and returns its report.
func pullRequest(t *testing.T, api *githubtest.Server, environ ...string) report.Report {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.json")
	proxy, roots := internet(t, "huggingface.co", "github.com", "raw.githubusercontent.com")
	_, out := act(t, api, roots, "pull_request_target", append(environ, "GITHUB_REPOSITORY=premAI-io/prem-registry", "INPUT_REPORT-FILE="+file, "HTTPS_PROXY="+proxy)...)
	return writtenReport(t, file, bytes.NewBufferString(out))
}

// writtenReport reads and validates a report file. output is printed on failure.
func writtenReport(t testing.TB, file string, output *bytes.Buffer) (r report.Report) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err == nil {
		err = errors.Join(json.Unmarshal(text, &r), reporttest.Check(text))
	}
	if err != nil {
		t.Fatalf("%v; output:\n%s", err, output)
	}
	return r
}

// TestANewerCommitHidesNothing: GitHub lists the files of a pull request as it is now, and not as it was when the run began.
func TestANewerCommitHidesNothing(t *testing.T) {
	const a, b, newer = "chat-a/manifest.json", "chat-b/manifest.json", "4444444444444444444444444444444444444444"
	const config, source, attestations = ".github/verify-manifests.yaml", "modules/x/1/source.json", "modules/x/1/attestations.json"
	bad, good := manifestOf("a", 8101, "acme", otherDigest), manifestOf("a", 8101, "acme", "")
	unchanged := manifestOf("b", 8102, "acme", "")
	compared := fileTree{config: "registry: [prem, bcr]", a: bad, source: "{}", attestations: `{"attestations": {"source.json": {"url": "https://github.com/x"}}}`}
	worse := fileTree{config: "registry: bcr", a: good, source: "{}", attestations: `{"attestations": {}}`}
	for name, test := range map[string]struct {
		listed, base, head fileTree
		now, scope         string
		mismatches         int
		rules              []string // that a comparison with the base finds broken
	}{
		"another text in the list":          {fileTree{a: good}, fileTree{"README.md": "x"}, fileTree{a: bad, b: manifestOf("b", 8102, "acme", otherDigest)}, headSHA, "all", 2, nil},
		"no manifest in the list":           {fileTree{"README.md": "new"}, nil, fileTree{a: bad}, newer, "all", 1, nil},
		"a manifest taken back":             {fileTree{b: unchanged}, fileTree{a: good}, fileTree{a: bad, b: unchanged}, newer, "all", 1, nil},
		"no newer commit, but a newer base": {fileTree{b: unchanged}, fileTree{a: good}, fileTree{a: bad, b: unchanged}, headSHA, "changed", 0, nil},
		"another text, and what was before": {fileTree{a: bad}, compared, worse, newer, "all", 0, []string{finding.ChecksumDropped, finding.ConfigChanged, finding.ProvenanceLost}},
		"no manifest, and what was before":  {fileTree{"README.md": "new"}, compared, worse, newer, "all", 0, []string{finding.ChecksumDropped, finding.ConfigChanged, finding.ProvenanceLost}},
	} {
		api := githubtest.New()
		defer api.Close()
		api.Heads = map[int]string{7: test.now}
		for path, text := range test.listed {
			api.AddChange(7, "modified", path, text)
		}
		addTree(api, beforeSHA, test.base)
		addTree(api, headSHA, test.head)
		r := pullRequest(t, api)
		isTold := strings.Contains(strings.Join(r.Notes, " "), "newer commit")
		if r.Summary.Mismatch != test.mismatches || r.Scope != test.scope || isTold != (test.scope == "all") {
			t.Errorf("%s: scope %s, %+v, notes %q", name, r.Scope, r.Summary, r.Notes)
		}
		isOther := func(request githubtest.Request) bool { return !strings.Contains(request.Path, "/compare/") }
		if n := len(slices.DeleteFunc(api.Requests(), isOther)); n > 1 {
			t.Errorf("%s: the commits were compared %d times", name, n)
		}
		for _, rule := range test.rules {
			if !slices.ContainsFunc(r.Findings, func(f finding.Finding) bool { return f.Rule == rule }) {
				t.Errorf("%s: no %s: %+v", name, rule, r.Findings)
			}
		}
	}
}
