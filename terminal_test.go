package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/creack/pty"
)

// halfway serves a file whose second half waits until it is let go.
type halfway struct {
	*httptest.Server
	goOn chan struct{}
}

const wholeFile = "#!/bin/sh\nthe reviewed build\n"

func newHalfway(t *testing.T) *halfway {
	t.Helper()
	h := &halfway{goOn: make(chan struct{})}
	h.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(wholeFile)))
		fmt.Fprint(w, wholeFile[:10])
		w.(http.Flusher).Flush()
		select {
		case <-h.goOn:
			fmt.Fprint(w, wholeFile[10:])
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(h.Close)
	return h
}

// check is the program in a folder with a service whose file is at h.
func (h *halfway) check(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	dir := t.TempDir()
	manifest := fmt.Sprintf(`{"id": "a", "name": "a", "serviceType": "binary", "version": "1.1", "modelInfo": {}, "interfaces": ["chat"],
		"defaultPort": 8101, "defaultExternalPort": 8101, "serveCommand": "x --port=8101",
		"binaries": {"aarch64-apple-darwin": {"url": "%s/x", "checksum": "sha256:%x"}}}`, h.URL, sha256.Sum256([]byte(wholeFile)))
	for name, content := range map[string][]byte{"chat-a/manifest.json": []byte(manifest), "ca.pem": certificate(h.Certificate())} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "verify-manifests", append([]string{"check", "--allow-networks=127.0.0.0/8"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TERM=xterm", "NO_COLOR=", "GITHUB_ACTIONS=", "SSL_CERT_FILE="+filepath.Join(dir, "ca.pem"))
	return cmd
}

// screen is a terminal of 80 columns, and what a program wrote to it.
type screen struct {
	*os.File
	written bytes.Buffer
}

func start(t *testing.T, cmd *exec.Cmd) *screen {
	t.Helper()
	return startWide(t, cmd, 80)
}

func startWide(t *testing.T, cmd *exec.Cmd, columns uint16) *screen {
	t.Helper()
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: columns})
	if err != nil {
		t.Skip("there is no terminal: ", err)
	}
	t.Cleanup(func() { terminal.Close() })
	return &screen{File: terminal}
}

// until reads until the program has written what matches, or to the end.
func (s *screen) until(pattern string) bool {
	wanted := regexp.MustCompile(pattern)
	buffer := make([]byte, 4096)
	for !wanted.Match(s.written.Bytes()) {
		n, err := s.Read(buffer)
		s.written.Write(buffer[:n])
		if err != nil {
			return false
		}
	}
	return true
}

// rest reads to the end, and returns what a person sees then: what a display erased is not there any more.
func (s *screen) rest() string {
	s.until(`\z.\A`)
	all := strings.ReplaceAll(s.written.String(), "\r\n", "\n")
	if i := strings.LastIndex(all, "\x1b[J"); i >= 0 {
		all = all[i+len("\x1b[J"):]
	}
	return all
}

const liveLine = `0/1 files, [0-9]+ B, [0-9.]+ k?B/s`

func TestATerminalShowsProgressAndColourAndIsLeftClean(t *testing.T) {
	h := newHalfway(t)
	cmd := h.check(t, "--verbose")
	s := start(t, cmd)
	if !s.until(liveLine) {
		t.Fatalf("no live display: %q", &s.written)
	}
	close(h.goOn)
	seen := s.rest()
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v: %s", err, seen)
	}
	if strings.Contains(seen, "files,") || !strings.Contains(seen, "\x1b[32mverified\x1b[0m  chat-a/manifest.json") || !strings.Contains(seen, "The file is exactly what was declared") {
		t.Errorf("in the end the terminal shows %q", seen)
	}
	demandNarrow(t, s, 80)
}

// demandNarrow demands that no live line is wider than the terminal, which would break it.
func demandNarrow(t *testing.T, s *screen, columns int) {
	t.Helper()
	for line := range strings.Lines(s.written.String()) {
		if shown := regexp.MustCompile(`\x1b\[[0-9;]*[A-Za-z]|[\r\n]`).ReplaceAllString(line, ""); strings.Contains(shown, "files") && len(shown) > columns {
			t.Errorf("a line of %d columns: %q", len(shown), shown)
		}
	}
}

func TestANarrowTerminalGetsWhatFits(t *testing.T) {
	h := newHalfway(t)
	cmd := h.check(t)
	s := startWide(t, cmd, 34)
	if !s.until(`0/1 files(.|\s)*0/1 files`) {
		t.Fatalf("no live display: %q", &s.written)
	}
	demandNarrow(t, s, 34)
	close(h.goOn)
	seen := s.rest()
	if err := cmd.Wait(); err != nil || strings.Contains(seen, "0/1 files") {
		t.Errorf("%v: in the end the terminal shows %q", err, seen)
	}
}

func TestAnInterruptLeavesAReportAndACleanTerminal(t *testing.T) {
	h := newHalfway(t)
	cmd := h.check(t)
	s := start(t, cmd)
	if !s.until(liveLine) {
		t.Fatalf("no live display: %q", &s.written)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil { // Ctrl-C sends it too, and then drops what the terminal holds
		t.Fatal(err)
	}
	seen := s.rest()
	if err := cmd.Wait(); err == nil || strings.Contains(seen, "files,") || !strings.Contains(seen, "artifact/unreachable") || !strings.Contains(seen, "cut short") {
		t.Errorf("it ends with %v, and in the end the terminal shows %q", err, seen)
	}
}

func TestWhatIsNoTerminalGetsPlainText(t *testing.T) {
	for name, c := range map[string]struct {
		args  []string
		env   string
		color bool
	}{
		"a pipe":                    {color: false},
		"a pipe, and colour":        {args: []string{"--color", "always"}, color: true},
		"no colour":                 {args: []string{"--color=never"}, color: false},
		"colour in spite of a wish": {args: []string{"--color=always"}, env: "NO_COLOR=1", color: true},
	} {
		h := newHalfway(t)
		close(h.goOn)
		cmd := h.check(t, c.args...)
		cmd.Env = append(cmd.Env, c.env)
		out, err := cmd.CombinedOutput()
		if err != nil || bytes.Contains(out, []byte("\x1b")) != c.color || bytes.Contains(out, []byte("files,")) {
			t.Errorf("%s: %v, %q", name, err, out)
		}
	}
}

func TestATerminalWithoutColour(t *testing.T) {
	for _, env := range []string{"NO_COLOR=1", "TERM=dumb", "GITHUB_ACTIONS=true"} {
		h := newHalfway(t)
		close(h.goOn)
		cmd := h.check(t)
		cmd.Env = append(cmd.Env, env)
		s := start(t, cmd)
		seen := s.rest()
		if err := cmd.Wait(); err != nil || strings.Contains(seen, "\x1b[3") || !strings.Contains(seen, "exactly what was declared") {
			t.Errorf("%s: %v, %q", env, err, seen)
		}
	}
}
