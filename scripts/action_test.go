package scripts_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// checksumAction is a run of checksum/action.yml in a folder, as a runner does it.
type checksumAction struct {
	dir, files string
	env        []string // more of it, or other values
}

// result is what a run leaves behind.
type result struct {
	log, sums, summary string
	outputs            map[string]string
	failed             bool
}

func (a checksumAction) run(t *testing.T) result {
	t.Helper()
	path, commands := t.TempDir(), t.TempDir()
	bash := link(t, path, "bash")
	for _, needed := range []string{"cat", "wc", "sha256sum"} { // no network, and nothing that is not everywhere
		link(t, path, needed)
	}
	script, err := filepath.Abs("../checksum/run.sh")
	if _, missing := os.Stat(script); err != nil || missing != nil {
		t.Fatal(err, missing)
	}
	cmd := exec.CommandContext(t.Context(), bash, script)
	cmd.Dir = a.dir
	cmd.Env = append([]string{
		"PATH=" + path, "FILES=" + a.files, "SUMS_FILE=SHA256SUMS", "URL=", "GITHUB_REF_TYPE=tag", "GITHUB_REF_NAME=v1.0/x",
		"GITHUB_SERVER_URL=https://github.com", "GITHUB_REPOSITORY=acme/server",
		"GITHUB_OUTPUT=" + filepath.Join(commands, "output"), "GITHUB_STEP_SUMMARY=" + filepath.Join(commands, "summary"),
	}, a.env...)
	log, err := cmd.CombinedOutput()
	if err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	r := result{log: string(log), failed: err != nil, outputs: map[string]string{}}
	r.sums = text(filepath.Join(a.dir, "SHA256SUMS"))
	r.summary = text(filepath.Join(commands, "summary"))
	for line := range strings.Lines(text(filepath.Join(commands, "output"))) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		r.outputs[name] = value
	}
	return r
}

func text(name string) string {
	text, _ := os.ReadFile(name)
	return string(text)
}

// TestTheChecksumActionAgreesOnEachFile holds the Action to the vectors of checksum.sh, and what it says to paste to the program.
func TestTheChecksumActionAgreesOnEachFile(t *testing.T) {
	for _, v := range files {
		t.Run(v.behaviour, func(t *testing.T) {
			root := t.TempDir()
			dir := filepath.Join(root, "a", filepath.Dir(v.name))
			name := filepath.Base(v.name)
			if v.want == none {
				if err := os.MkdirAll(filepath.Join(dir, "sub folder"), 0o700); err != nil {
					t.Fatal(err)
				}
				if r := (checksumAction{dir: dir, files: name}).run(t); !r.failed || r.sums != "" || !strings.Contains(r.log, "no file matches") {
					t.Errorf("failed: %t, sums %q, said %q", r.failed, r.sums, r.log)
				}
				return
			}
			write(t, filepath.Join(dir, name), v.want.body)
			r := checksumAction{dir: dir, files: "*\n"}.run(t)
			if want := strings.TrimPrefix(v.want.checksum, "sha256:") + "  " + name + "\n"; r.failed || r.sums != want {
				t.Fatalf("%s: sums %q, want %q", r.log, r.sums, want)
			}
			checked, complaint, code := script{tool: "sha256sum", dir: dir}.run(t, r.sums, "--check")
			if code != 0 || checked != name+": OK\n" {
				t.Errorf("checksum.sh --check: %d, %q, %q", code, checked, complaint)
			}
			manifest := fmt.Sprintf(`{"id": "a", "version": "1.1", "interfaces": [], "modelInfo": {}, "binaries": {}, "weights": %s}`, r.outputs["weights"])
			write(t, filepath.Join(root, "a", name), v.want.body)
			if a := program(t, nil, manifest, "--local", root); a.Status != verify.Verified || a.Size == nil || *a.Size != int64(len(v.want.body)) {
				t.Errorf("the program says of the entry: %+v", a)
			}
		})
	}
}

func TestTheChecksumActionMakesEntries(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "dist/server-aarch64-apple-darwin"), oneByte.body)
	write(t, filepath.Join(dir, `dist/a "b" 50%é.gguf`), aBody.body)
	write(t, filepath.Join(dir, "SHA256SUMS"), "of an earlier run")
	r := checksumAction{dir: dir, files: "dist/*\ndist/server*\nSHA*\n"}.run(t)
	if !r.failed || !strings.Contains(r.log, "no file matches SHA") {
		t.Errorf("the sums count themselves: %q", r.log)
	}
	r = checksumAction{dir: dir, files: "dist/*\n\ndist/server*"}.run(t)
	if r.failed || r.outputs["sums-file"] != "SHA256SUMS" {
		t.Fatalf("%s%v", r.log, r.outputs)
	}
	type entry struct {
		URL, Checksum string
		Size          int
	}
	for output, want := range map[string]map[string]entry{
		"binaries": {"aarch64-apple-darwin": {"https://github.com/acme/server/releases/download/v1.0%2Fx/server-aarch64-apple-darwin", oneByte.checksum, 1}},
		"weights":  {`a "b" 50%é.gguf`: {"https://github.com/acme/server/releases/download/v1.0%2Fx/a%20%22b%22%2050%25%C3%A9.gguf", aBody.checksum, 6}},
	} {
		var got map[string]entry
		if err := json.Unmarshal([]byte(r.outputs[output]), &got); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%v: %s is %v, want %v", err, output, got, want)
		}
	}
	pasted := "{" + strings.TrimSuffix(r.summary[strings.Index(r.summary, "```json\n")+len("```json\n"):], "```\n") + "}"
	if !json.Valid([]byte(pasted)) || !strings.Contains(pasted, aBody.checksum) {
		t.Errorf("what is to be pasted is no JSON: %s", pasted)
	}
}

func TestTheChecksumActionRefuses(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a/x", "b/x", "c/1-aarch64-apple-darwin", "c/2-aarch64-apple-darwin", "d/line\nbreak"} {
		write(t, filepath.Join(dir, name), aBody.body)
	}
	for name, c := range map[string]struct {
		files, want string
		env         []string
	}{
		"no glob":                 {files: "\n", want: "there is no glob"},
		"nothing there":           {files: "a/x\nabsent-*", want: "no file matches"},
		"two of a name":           {files: "*/x", want: "two files are called x"},
		"two for a platform":      {files: "c/*", want: "two files are for aarch64-apple-darwin"},
		"a line break in a name":  {files: "d/*", want: "no checksum"},
		"no tag":                  {files: "a/x", env: []string{"GITHUB_REF_TYPE=branch"}, want: "input url"},
		"one URL for all":         {files: "a/x", env: []string{"URL=https://example.com/x"}, want: "{name}"},
		"an output in a name":     {files: "a/x", env: []string{"SUMS_FILE=x\nweights={}"}, want: "one line"},
		"a folder that is absent": {files: "a/x", env: []string{"SUMS_FILE=absent/x"}, want: "can't be written"},
	} {
		r := checksumAction{dir: dir, files: c.files, env: c.env}.run(t)
		if !r.failed || !strings.Contains(r.log, "::error title=checksum::") || !strings.Contains(r.log, c.want) || len(r.outputs) > 0 {
			t.Errorf("%s: failed: %t, outputs %v, said %q", name, r.failed, r.outputs, r.log)
		}
	}
}
