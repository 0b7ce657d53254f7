// Package scripts_test holds what the scripts promise.
package scripts_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/cli"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// Bodies, and the digests that other programs give for them: no code of this project computed these.
var (
	nothing = content{"", "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}
	oneByte = content{"a", "sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"}
	aMiB    = content{strings.Repeat("0123456789abcdef", 1<<16), "sha256:aca1cd027e979588d14b877b7b0cb8585ad9fec599eb45801992ee5382b3760f"}
	gzipped = content{"\x1f\x8b\x08 a body", "sha256:d60b0e57114f86cc499da751db1eff513055c7bb843833601ad75009440d4227"}
	aBody   = content{"a body", "sha256:771824de42287642fa0fbe0b568b80cc3290e29b7d3cd6efbc7b1b8eb1037b04"}
	none    = content{} // there is no checksum, whatever is read
)

type content struct{ body, checksum string }

// The vectors. checksum.sh and the Go program have to agree on each: on the digest, or that there is none.
var (
	files = []struct {
		behaviour, name string
		want            content
	}{
		{"an empty file", "empty", nothing},
		{"one byte", "one", oneByte},
		{"1 MiB", "mebibyte", aMiB},
		{"blanks in the name", "  two  blanks ", aBody},
		{"a leading dash", "-c", aBody},
		{"the name of an option", "--check", aBody},
		{"two dashes", "--", aBody},
		{"what a shell would expand", `$(x)*\t'"é`, aBody},
		{"a folder below", "sub folder/-x", aBody},
		{"no such file", "absent", none},
		{"a folder", "sub folder", none},
	}
	urls = []struct {
		behaviour, path string
		want            content
	}{
		{"an empty body", "/empty", nothing},
		{"one byte", "/one", oneByte},
		{"1 MiB", "/mebibyte", aMiB},
		{"a body of unknown length", "/chunked", aMiB},
		{"a body that is stored compressed", "/gzip", gzipped},
		{"blanks and dashes in the query", "/one?name=%20-c", oneByte},
		{"braces and brackets in the query", "/one?{a,b}[1-2]", oneByte},
		{"a redirect", "/redirect/1", aBody},
		{"ten redirects", "/redirect/10", aBody},
		{"eleven redirects", "/redirect/11", none},
		{"a redirect away from https", "/downgrade", none},
		{"a redirect to nowhere", "/nowhere", none},
		{"no content", "/status/204", none},
		{"not found", "/status/404", none},
		{"a server that fails", "/status/500", none},
		{"a body shorter than its length", "/short", none},
		{"a body whose last chunk is missing", "/unfinished", none},
		{"a body that its connection's breaking off ends", "/unframed", none},
		{"the same behind a redirect with a length", "/redirected", none},
		{"the same with HTTP/2 among the header", "/unframed?HTTP/2:+x", none},
		{"the same with a length that no number holds", "/unframed?Content-Length:+99999999999999999999", none},
		{"the same with an encoding that looks like chunked", "/unframed?Transfer-Encoding:+x-chunked", none},
	}
)

// part is all that comes of a transfer that is cut short.
const part = "a part"

// tools are the programs that compute SHA-256; the script takes the first that is there.
var tools = []string{"sha256sum", "shasum", "openssl"}

func TestChecksumOfAFileIsTheSameWithEachToolAndInTheProgram(t *testing.T) {
	registry, folder := registryWithFiles(t)
	for _, v := range files {
		t.Run(v.behaviour, func(t *testing.T) {
			m := service(v.name, "https://example.com/x", v.want)
			demandStatus(t, program(t, nil, m, "--local", registry), v.want)
			for _, tool := range tools {
				t.Run(tool, func(t *testing.T) { demandLine(t, script{tool: tool, dir: folder}, v.name, v.want) })
			}
		})
	}
}

func TestChecksumOfAURLIsTheSameWithEachToolAndInTheProgram(t *testing.T) {
	insecure := httptest.NewServer(origin(""))
	t.Cleanup(insecure.Close)
	s := httptest.NewTLSServer(origin(insecure.URL))
	t.Cleanup(s.Close)
	home := t.TempDir()
	write(t, filepath.Join(home, ".curlrc"), "include") // would put the header before the body
	authority := filepath.Join(home, "ca.pem")
	write(t, authority, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})))
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	for _, v := range urls {
		t.Run(v.behaviour, func(t *testing.T) {
			m := service("w", s.URL+v.path, v.want)
			demandStatus(t, program(t, roots, m, "--allow-networks", "127.0.0.0/8"), v.want)
			for _, tool := range tools {
				t.Run(tool, func(t *testing.T) {
					demandLine(t, script{tool: tool, dir: home, authority: authority}, s.URL+v.path, v.want)
				})
			}
		})
	}
}

func TestChecksumWithoutAToolIsNone(t *testing.T) {
	_, folder := registryWithFiles(t)
	out, complaint, code := script{dir: folder}.run(t, "", "one")
	if out != "" || code != 1 || !strings.Contains(complaint, "none of sha256sum, shasum and openssl") {
		t.Errorf("exit code %d, printed %q and complained %q", code, out, complaint)
	}
}

func TestChecksumsUsage(t *testing.T) {
	_, folder := registryWithFiles(t)
	write(t, filepath.Join(folder, "line\nbreak"), aBody.body)
	write(t, filepath.Join(folder, "carriage\rreturn"), aBody.body)
	s := script{tool: tools[0], dir: folder}
	for _, v := range []struct {
		behaviour      string
		args           []string
		code           int
		out, complaint string
	}{
		{"no name", nil, 2, "", "usage"},
		{"no name after the dashes", []string{"--"}, 2, "", "usage"},
		{"what fails does not end the work", []string{"absent", "one"}, 1, oneByte.checksum + "  one\n", "absent: no checksum"},
		{"a line break in the name", []string{"line\nbreak"}, 1, "", `$'line\nbreak': no checksum`},
		{"a carriage return in the name", []string{"carriage\rreturn"}, 1, "", `$'carriage\rreturn': no checksum`},
		{"another scheme", []string{"http://127.0.0.1:1/"}, 1, "", "only https"},
		{"a file URL", []string{"file:///etc/hosts"}, 1, "", "only https"},
	} {
		t.Run(v.behaviour, func(t *testing.T) {
			out, complaint, code := s.run(t, "", v.args...)
			if out != v.out || code != v.code || !strings.Contains(complaint, v.complaint) {
				t.Errorf("exit code %d, printed %q and complained %q", code, out, complaint)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	_, folder := registryWithFiles(t)
	good := oneByte.checksum + "  one\n"
	write(t, filepath.Join(folder, "good"), good)
	write(t, filepath.Join(folder, "-bad"), nothing.checksum+"  one\n")
	const ok, failed = "one: OK\n", "one: FAILED\n"
	absent := oneByte.checksum + "  absent\n"
	for _, v := range []struct {
		behaviour, input string
		args             []string
		code             int
		out, complaint   string
	}{
		{behaviour: "the same digest", input: good, out: ok},
		{behaviour: "a last line without an end", input: strings.TrimSpace(good), out: ok},
		{behaviour: "another digest", input: nothing.checksum + "  one\n", code: 1, out: failed, complaint: "got " + oneByte.checksum},
		{behaviour: "no such file", input: oneByte.checksum + "  absent\n", code: 1, out: "absent: FAILED\n", complaint: "got no checksum"},
		{behaviour: "a failure between", input: good + nothing.checksum + "  one\n" + good, code: 1, out: ok + failed + ok},
		{behaviour: "no line", code: 1, complaint: "standard input: there is no line"},
		{behaviour: "a blank line", input: good + "\n" + good, code: 1, out: ok + ok, complaint: "standard input, line 2: expected"},
		{behaviour: "no name", input: oneByte.checksum + "  \n", code: 1, complaint: "line 1"},
		{behaviour: "a checksum alone", input: oneByte.checksum + "\n", code: 1, complaint: "line 1"},
		{behaviour: "one blank", input: oneByte.checksum + " one\n", code: 1, complaint: "line 1"},
		{behaviour: "a line of sha256sum", input: strings.TrimPrefix(good, "sha256:"), out: ok},
		{behaviour: "a line of sha256sum with another digest", input: strings.TrimPrefix(nothing.checksum, "sha256:") + "  one\n", code: 1, out: failed, complaint: "got " + oneByte.checksum},
		{behaviour: "a line of sha256sum's binary mode", input: strings.TrimPrefix(oneByte.checksum, "sha256:") + " *one\n", code: 1, complaint: "line 1"},
		{behaviour: "the algorithm twice", input: "sha256:" + good, code: 1, complaint: "line 1"},
		{behaviour: "another algorithm", input: "sha512" + strings.TrimPrefix(good, "sha256"), code: 1, complaint: "line 1"},
		{behaviour: "upper-case digits", input: strings.ToUpper(oneByte.checksum) + "  one\n", code: 1, complaint: "line 1"},
		{behaviour: "too few digits", input: "sha256:ca97  one\n", code: 1, complaint: "line 1"},
		{behaviour: "line ends of Windows", input: oneByte.checksum + "  one\r\n", code: 1, complaint: "line 1"},
		{behaviour: "a name with an escape sequence", input: oneByte.checksum + "  \x1b[31mone\n", code: 1, complaint: "line 1"},
		{behaviour: "a list that names its own source", input: fmt.Sprintf("sha256:%x  /dev/stdin\n%s", sha256.Sum256([]byte(absent)), absent), code: 1, out: "/dev/stdin: FAILED\nabsent: FAILED\n", complaint: "absent"},
		{behaviour: "lists", args: []string{"good", "good"}, out: ok + ok},
		{behaviour: "a list that fails among others", args: []string{"good", "-bad", "good"}, code: 1, out: ok + failed + ok},
		{behaviour: "a list after two dashes", args: []string{"--", "-bad"}, code: 1, out: failed},
		{behaviour: "a list that is absent", args: []string{"absent", "good"}, code: 1, out: ok, complaint: "absent"},
		{behaviour: "an empty list", args: []string{"empty", "good"}, code: 1, out: ok, complaint: "empty: there is no line"},
	} {
		t.Run(v.behaviour, func(t *testing.T) {
			out, complaint, code := script{tool: tools[0], dir: folder}.run(t, v.input, append([]string{"--check"}, v.args...)...)
			if out != v.out || code != v.code || !strings.Contains(complaint, v.complaint) || (code == 0) != (complaint == "") {
				t.Errorf("exit code %d, printed %q and complained %q", code, out, complaint)
			}
		})
	}
}

// demandLine runs the script on a name, and on the line that it printed.
func demandLine(t *testing.T, s script, name string, want content) {
	t.Helper()
	out, complaint, code := s.run(t, "", "--", name)
	if want == none {
		if out != "" || code != 1 || complaint == "" {
			t.Errorf("%s: exit code %d, printed %q and complained %q, want neither success nor a digest", s.tool, code, out, complaint)
		}
		return
	}
	if line := want.checksum + "  " + name + "\n"; out != line || code != 0 {
		t.Errorf("%s: exit code %d, printed %q, want %q; complained %q", s.tool, code, out, line, complaint)
	}
	if checked, complaint, code := s.run(t, out, "--check"); checked != name+": OK\n" || code != 0 {
		t.Errorf("%s: --check: exit code %d, printed %q and complained %q", s.tool, code, checked, complaint)
	}
}

// script is a way to run checksum.sh.
type script struct {
	tool      string // the only one that is there; "" is none
	dir       string // the current folder, and the user's own
	authority string // file with the certificate that curl trusts
}

// run runs the machine's bash, which need not be the 3.2 of macOS.
func (s script) run(t *testing.T, input string, args ...string) (out, complaint string, code int) {
	t.Helper()
	path := t.TempDir()
	bash := link(t, path, "bash")
	for _, needed := range []string{"cat", "curl", s.tool} {
		if needed != "" {
			link(t, path, needed)
		}
	}
	file, err := filepath.Abs("checksum.sh")
	if _, missing := os.Stat(file); err != nil || missing != nil { // so that go test knows what its result depends on
		t.Fatal(err, missing)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, bash, append([]string{file}, args...)...)
	var stdout, stderr bytes.Buffer
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = s.dir, strings.NewReader(input), &stdout, &stderr
	cmd.Env = []string{"PATH=" + path, "HOME=" + s.dir, "CURL_CA_BUNDLE=" + s.authority}
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	return stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
}

// link puts a program of this machine into a folder, and skips the test where there is none.
func link(t *testing.T, dir, program string) string {
	t.Helper()
	file, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("%s is not on this machine", program)
	}
	if err := os.Symlink(file, filepath.Join(dir, program)); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, program)
}

// registryWithFiles lays the vectors out as the App does, and returns the folder of all services and that of the service.
func registryWithFiles(t *testing.T) (root, folder string) {
	t.Helper()
	root = t.TempDir()
	folder = filepath.Join(root, "a")
	for _, v := range files {
		if v.want != none {
			write(t, filepath.Join(folder, v.name), v.want.body)
		}
	}
	return root, folder
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// service is a manifest that names one file with a checksum. Where none is expected, it declares what a part of the body
// would have, which nobody may believe.
func service(name, url string, want content) string {
	checksum := cmp.Or(want.checksum, fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(part))))
	weights, _ := json.Marshal(map[string]map[string]string{name: {"url": url, "checksum": checksum}})
	return fmt.Sprintf(`{"id": "a", "version": "1.1", "interfaces": [], "modelInfo": {}, "binaries": {}, "weights": %s}`, weights)
}

// program returns what the Go program's check says of a manifest's one file.
func program(t *testing.T, roots *x509.CertPool, manifest string, flags ...string) report.Artifact {
	t.Helper()
	file := filepath.Join(t.TempDir(), "manifest.json")
	write(t, file, manifest)
	var out, complaint bytes.Buffer
	cli.Main(t.Context(), cli.Env{
		Args: slices.Concat([]string{"check", "--format", "json"}, flags, []string{file}), Stdout: &out, Stderr: &complaint, RootCAs: roots,
		Sleep: func(context.Context, time.Duration) error { return nil },
	})
	var r report.Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil || len(r.Artifacts) != 1 {
		t.Fatalf("%v: the program printed %q and complained %q", err, &out, &complaint)
	}
	return r.Artifacts[0]
}

func demandStatus(t *testing.T, a report.Artifact, want content) {
	t.Helper()
	if isVerified := a.Status == verify.Verified; isVerified != (want != none) {
		t.Errorf("the program says %s, want verified: %t", a.Status, want != none)
	}
	if want == none && !a.Observed.IsZero() {
		t.Errorf("the program gives the digest %s", a.Observed)
	}
}

// origin serves the vectors; insecure is where it is served too, over http.
func origin(insecure string) http.Handler {
	mux := http.NewServeMux()
	serve := func(pattern string, c content, header ...string) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/octet-stream")
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			fmt.Fprint(w, c.body)
		})
	}
	serve("/empty", nothing)
	serve("/one", oneByte)
	serve("/mebibyte", aMiB, "Content-Length", strconv.Itoa(len(aMiB.body)))
	serve("/chunked", aMiB)
	serve("/gzip", gzipped, "Content-Encoding", "gzip")
	serve("/redirect/0", aBody)
	mux.HandleFunc("/redirect/{left}", func(w http.ResponseWriter, r *http.Request) {
		left, _ := strconv.Atoi(r.PathValue("left"))
		http.Redirect(w, r, fmt.Sprintf("/redirect/%d", left-1), http.StatusFound)
	})
	mux.HandleFunc("/downgrade", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, insecure+"/one", http.StatusFound)
	})
	mux.HandleFunc("/nowhere", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusFound) })
	mux.HandleFunc("/status/{code}", func(w http.ResponseWriter, r *http.Request) {
		code, _ := strconv.Atoi(r.PathValue("code"))
		w.WriteHeader(code)
	})
	mux.HandleFunc("/short", func(w http.ResponseWriter, _ *http.Request) { cutShort(w, "Content-Length: 1000", part) })
	mux.HandleFunc("/unfinished", func(w http.ResponseWriter, _ *http.Request) {
		cutShort(w, "Transfer-Encoding: chunked", fmt.Sprintf("%x\r\n%s\r\n", len(part), part))
	})
	mux.HandleFunc("/unframed", func(w http.ResponseWriter, r *http.Request) {
		header, _ := url.QueryUnescape(r.URL.RawQuery)
		breakOff(w, cmp.Or(header, "X: y"), part)
	})
	mux.Handle("/redirected", http.RedirectHandler("/unframed", http.StatusFound))
	return mux
}

// breakOff answers with a body that only the end of its connection ends, which nobody closes properly.
func breakOff(w http.ResponseWriter, header, body string) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer conn.(*tls.Conn).NetConn().Close()
	fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nVia: HTTP/1.1 Content-Length: 6\r\n%s\r\n\r\n%s", header, body)
}

// cutShort answers with a body that ends with its connection, properly closed, before it is complete.
func cutShort(w http.ResponseWriter, framing, body string) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n%s\r\n\r\n%s", framing, body)
}
