package cli_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/cli"
	"github.com/premAI-io/verify-manifests/pkg/report"
)

// shop serves files with validators, and counts what it was asked for. before is called before each answer.
type shop struct {
	*httptest.Server
	mu     sync.Mutex
	files  map[string]string
	asked  []string // path and Range
	before func(w http.ResponseWriter, r *http.Request)
}

func newShop(t *testing.T, files map[string]string) *shop {
	t.Helper()
	s := &shop{files: files}
	s.Server = httptest.NewTLSServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	content, found := s.files[r.URL.Path]
	s.asked = append(s.asked, strings.TrimSpace(r.URL.Path+" "+r.Header.Get("Range")))
	before := s.before
	s.mu.Unlock()
	if !found {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("ETag", fmt.Sprintf(`"%x"`, sha256.Sum256([]byte(content))))
	if before != nil {
		before(w, r)
	}
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(content))
}

// get runs the command in a folder that has a manifest, and returns its exit code, the report, and its standard error.
func (s *shop) get(ctx context.Context, t *testing.T, dir, manifest string, args ...string) (int, report.Report, string) {
	t.Helper()
	name := "m/manifest.json"
	if strings.HasPrefix(manifest, "sources:") {
		name = "recipes/x/all/conandata.yml"
	}
	lay(t, dir, fileTree{name: manifest})
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	var out, stderr bytes.Buffer
	code := cli.Main(ctx, cli.Env{
		Args:   append([]string{"get", "--quiet", "--format=json", "--allow-networks=127.0.0.0/8", "--to=" + filepath.Join(dir, "out"), filepath.Join(dir, name)}, args...),
		Stdout: &out, Stderr: &stderr, RootCAs: roots,
		Sleep: func(ctx context.Context, _ time.Duration) error { return context.Cause(ctx) },
	})
	var r report.Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil && code != cli.ExitUsage {
		t.Fatalf("%v: %s%s", err, out.String(), stderr.String())
	}
	return code, r, stderr.String()
}

func (s *shop) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.asked
	s.asked = nil
	return all
}

func hexOf(content string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(content))) }

// kept lists the files below a folder, parts among them.
func kept(dir string) (names []string) {
	_ = filepath.WalkDir(dir, func(name string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			rel, _ := filepath.Rel(dir, name)
			names = append(names, filepath.ToSlash(rel))
		}
		return nil
	})
	return names
}

func TestGetTakesTheFirstMirrorThatIsRight(t *testing.T) {
	s := newShop(t, map[string]string{"/wrong/f.tgz": "wrong", "/right/f.tgz": "right", "/spare/f.tgz": "right"})
	manifest := fmt.Sprintf("sources:\n  \"1.0\":\n    url:\n      - %[1]s/gone/f.tgz\n      - %[1]s/wrong/f.tgz\n      - %[1]s/right/f.tgz\n      - %[1]s/spare/f.tgz\n    sha256: %[2]s\n", s.URL, hexOf("right"))
	dir := t.TempDir()
	code, r, stderr := s.get(t.Context(), t, dir, manifest, "--registry=conan")
	if code != 0 || len(r.Artifacts) != 1 || r.Artifacts[0].Mirror != 2 || len(r.Findings) > 0 || len(r.Notes) != 2 {
		t.Errorf("exit %d, %+v %s", code, r, stderr)
	}
	if names := kept(filepath.Join(dir, "out")); !slices.Equal(names, []string{"conandata/f.tgz"}) {
		t.Errorf("kept %q", names)
	}
	if slices.Contains(s.requests(), "/spare/f.tgz") {
		t.Error("the spare was asked too")
	}
	s.files["/right/f.tgz"], s.files["/spare/f.tgz"] = "bad", "bad"
	if err := os.RemoveAll(filepath.Join(dir, "out")); err != nil {
		t.Fatal(err)
	}
	code, r, _ = s.get(t.Context(), t, dir, manifest, "--registry=conan")
	if code != 1 || len(r.Artifacts) != 4 || r.Summary.Mismatch != 3 || len(kept(filepath.Join(dir, "out"))) > 0 {
		t.Errorf("exit %d, %+v", code, r.Summary)
	}
}

func serviceOf(s *shop, entries ...string) string {
	return fmt.Sprintf(`{"id": "m", "version": "1.1", "weights": {%s}}`, strings.ReplaceAll(strings.Join(entries, ", "), "$URL", s.URL))
}

func weightOf(name, url, content string) string {
	return fmt.Sprintf(`"%s": {"url": "$URL%s", "checksum": "sha256:%s"}`, name, url, hexOf(content))
}

func TestGetDownloadsAURLOnce(t *testing.T) {
	s := newShop(t, map[string]string{"/f": "content"})
	dir := t.TempDir()
	code, r, _ := s.get(t.Context(), t, dir, serviceOf(s, weightOf("a", "/f", "content"), weightOf("b/c", "/f", "content")))
	if asked := s.requests(); code != 0 || r.Summary.Verified != 2 || len(asked) != 1 {
		t.Errorf("exit %d, %+v, asked for %q", code, r.Summary, asked)
	}
	if names := kept(filepath.Join(dir, "out")); !slices.Equal(names, []string{"m/a", "m/b/c"}) {
		t.Errorf("kept %q", names)
	}
	if text := readText(t, filepath.Join(dir, "out", "m", "b", "c")); text != "content" {
		t.Errorf("%q", text)
	}
}

func TestGetAsksForNothingThatIsDeclaredTwice(t *testing.T) {
	s := newShop(t, map[string]string{"/f": "content"})
	code, r, _ := s.get(t.Context(), t, t.TempDir(), serviceOf(s, weightOf("a", "/f", "content"), weightOf("b", "/f", "other")))
	if asked := s.requests(); code != 1 || r.Summary.Refused != 2 || len(asked) > 0 {
		t.Errorf("exit %d, %+v, asked for %q", code, r.Summary, asked)
	}
	for want, entries := range map[string][]string{
		"`m/a` would be two files":           {weightOf("a", "/f", "content"), weightOf("A", "/g", "other")},
		"`m/a` would be a file and a folder": {weightOf("a/b/c", "/f", "content"), weightOf("a", "/g", "other")},
		"`m/A` would be a file and a folder": {weightOf("A", "/f", "content"), weightOf("a/b", "/f", "content")},
	} {
		code, _, stderr := s.get(t.Context(), t, t.TempDir(), serviceOf(s, entries...))
		if asked := s.requests(); code != 2 || !strings.Contains(stderr, want) || len(asked) > 0 {
			t.Errorf("exit %d, %s, asked for %q", code, stderr, asked)
		}
	}
}

// interrupt leaves in a folder the part of a download that was stopped halfway.
func (s *shop) interrupt(t *testing.T, dir, manifest, content string) (code int, r report.Report, part string) {
	t.Helper()
	ctx, stop := context.WithCancelCause(t.Context())
	parts := func() []string {
		names, _ := filepath.Glob(filepath.Join(dir, "out", "m", ".get-*.part"))
		return names
	}
	s.before = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		_, _ = w.Write([]byte(content[:len(content)/2]))
		w.(http.Flusher).Flush()
		for r.Context().Err() == nil {
			if names := parts(); len(names) == 1 {
				if info, err := os.Stat(names[0]); err == nil && info.Size() > 0 {
					break
				}
			}
			time.Sleep(time.Millisecond)
		}
		stop(errors.New("interrupted"))
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}
	code, r, _ = s.get(ctx, t, dir, manifest)
	s.before = nil
	s.requests()
	if left := parts(); len(left) == 1 {
		return code, r, left[0]
	}
	t.Fatalf("exit %d, left %q", code, kept(dir))
	return 0, r, ""
}

// TestGetContinuesWhatWasInterrupted continues a download from what the first call left, and from a part that is wrong. Without a checksum
// nothing verifies a part.
func TestGetContinuesWhatWasInterrupted(t *testing.T) {
	content := strings.Repeat("0123456789abcdef", 1<<16)
	half, wrong := content[:1<<18], strings.Repeat("x", 1<<18)
	for _, test := range []struct {
		name, path, entry, part string
		asked                   []string
	}{
		{"the part as it was", "/f", weightOf("f", "/f", content), half, []string{"/f bytes=262144-1048575"}},
		{"a wrong part", "/f", weightOf("f", "/f", content), wrong, []string{"/f bytes=262144-1048575", "/f"}},
		{"without a checksum", "/v1.2.3/f", `"f": {"url": "$URL/v1.2.3/f"}`, wrong, []string{"/v1.2.3/f"}},
	} {
		s := newShop(t, map[string]string{test.path: content})
		dir := t.TempDir()
		manifest := serviceOf(s, test.entry)
		code, r, part := s.interrupt(t, dir, manifest, content)
		if names := kept(filepath.Join(dir, "out")); code == 0 || r.Complete || r.Summary.Unreachable != 1 || slices.Contains(names, "m/f") {
			t.Errorf("%s: exit %d, %+v, left %q", test.name, code, r.Summary, names)
		}
		if err := os.WriteFile(part, []byte(test.part), 0o600); err != nil {
			t.Fatal(err)
		}
		code, r, _ = s.get(t.Context(), t, dir, manifest, "--trusted-urls="+s.URL+"/**")
		if asked := s.requests(); code != 0 || r.Summary.Verified+r.Summary.Unverified != 1 || !slices.Equal(asked, test.asked) {
			t.Errorf("%s: exit %d, %+v, asked for %q", test.name, code, r.Summary, asked)
		}
		if names := kept(filepath.Join(dir, "out")); !slices.Equal(names, []string{"m/f"}) || readText(t, filepath.Join(dir, "out", "m", "f")) != content {
			t.Errorf("%s: kept %q", test.name, names)
		}
		if isReused := r.Summary.Bytes < int64(len(content)); isReused != (test.part == half) {
			t.Errorf("%s: %d bytes were read", test.name, r.Summary.Bytes)
		}
	}
}

// TestOnlyTheBytesThatWereJudgedAreKept has a server whose later answers are others than the one that was right.
func TestOnlyTheBytesThatWereJudgedAreKept(t *testing.T) {
	for _, later := range []string{"evil!!!", ""} {
		var asked atomic.Int32
		s := &shop{Server: httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			content := "content"
			if asked.Add(1) > 1 {
				content = later
			}
			if content == "" {
				http.NotFound(w, r)
				return
			}
			w.Header().Set("ETag", fmt.Sprintf(`"%x"`, sha256.Sum256([]byte(content))))
			w.Header().Set("Content-Length", fmt.Sprint(len(content)))
			_, _ = w.Write([]byte(content))
		}))}
		dir := t.TempDir()
		wrong := fmt.Sprintf(`"b": {"url": "$URL/f", "checksum": "sha512:%x"}`, sha512.Sum512([]byte("other")))
		code, _, _ := s.get(t.Context(), t, dir, serviceOf(s, weightOf("a", "/f", "content"), wrong))
		s.Close()
		if code != cli.ExitFindings {
			t.Errorf("later %q: code %d", later, code)
		}
		for _, name := range kept(filepath.Join(dir, "out")) {
			if text := readText(t, filepath.Join(dir, "out", name)); text != "content" {
				t.Errorf("later %q: %s is %q", later, name, text)
			}
		}
	}
}

// TestAnAddressWithoutAChecksumIsNoWayAroundOne has one file declared twice under one path, once without a checksum.
func TestAnAddressWithoutAChecksumIsNoWayAroundOne(t *testing.T) {
	s := newShop(t, map[string]string{"/f": "#!/bin/sh\necho\n"})
	dir := t.TempDir()
	binary := func(platform, more string) string {
		return fmt.Sprintf(`"%s": {"url": "%s/f"%s}`, platform, s.URL, more)
	}
	wrong := fmt.Sprintf(`, "checksum": "sha256:%x"`, sha256.Sum256([]byte("other")))
	for _, both := range []string{
		binary("aarch64-apple-darwin", wrong) + "," + binary("x86_64-apple-darwin", ""),
		binary("aarch64-apple-darwin", "") + "," + binary("x86_64-apple-darwin", wrong),
	} {
		code, _, stderr := s.get(t.Context(), t, dir, `{"id": "m", "version": "1.1", "binaries": {`+both+`}}`, "--allow-unverified")
		if files := kept(filepath.Join(dir, "out")); code != cli.ExitFindings || len(files) != 0 {
			t.Errorf("code %d, kept %v: %s", code, files, stderr)
		}
	}
}

// TestGetKeepsWhatAWaiverAllows has files of other sizes than the declared ones, and a waiver of artifact/size for one of them.
func TestGetKeepsWhatAWaiverAllows(t *testing.T) {
	s := newShop(t, map[string]string{"/long": strings.Repeat("x", 1<<20), "/short": "x", "/other": "xx"})
	dir := t.TempDir()
	config := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(config, []byte("waive:\n- {rule: artifact/size, url: '"+s.URL+"/{long,short}', because: the size is wrong, until: 2199-01-01}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	sized := func(name string) string {
		return strings.Replace(weightOf(name, "/"+name, s.files["/"+name]), `"checksum"`, `"size": 7, "checksum"`, 1)
	}
	code, r, stderr := s.get(t.Context(), t, dir, serviceOf(s, sized("long"), sized("short"), sized("other")), "--config="+config)
	if names := kept(filepath.Join(dir, "out")); code != 1 || r.Summary.Verified != 3 || !slices.Equal(names, []string{"m/long", "m/short"}) {
		t.Errorf("exit %d, kept %q, %+v %s", code, names, r.Findings, stderr)
	}
}

func TestGetDownloadsNothingAgainThatCouldNotBeKept(t *testing.T) {
	s := newShop(t, map[string]string{"/f": "content"})
	dir := t.TempDir()
	manifest := serviceOf(s, weightOf("f", "/f", "content"))
	inTheWay := filepath.Join(dir, "out", "m", "f")
	s.before = func(http.ResponseWriter, *http.Request) { _ = os.Mkdir(inTheWay, 0o700) }
	code, _, stderr := s.get(t.Context(), t, dir, manifest)
	if code != cli.ExitFailure || !strings.Contains(stderr, "it is a folder") {
		t.Fatalf("exit %d, %s", code, stderr)
	}
	s.requests()
	if err := os.Remove(inTheWay); err != nil {
		t.Fatal(err)
	}
	code, r, _ := s.get(t.Context(), t, dir, manifest)
	if asked := s.requests(); code != 0 || r.Summary.Bytes != 0 || len(asked) > 0 {
		t.Errorf("exit %d, %+v, asked for %q", code, r.Summary, asked)
	}
	if names := kept(filepath.Join(dir, "out")); !slices.Equal(names, []string{"m/f"}) {
		t.Errorf("kept %q", names)
	}
}
