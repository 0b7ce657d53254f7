package cli_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/image"
	"github.com/premAI-io/verify-manifests/pkg/prem"
)

const (
	rolling  = "github.com/premAI-io/prem-services/releases/download/v1/cht-llama-cpp-mistral-1-aarch64-apple-darwin"
	released = "github.com/TabbyML/tabby/releases/download/v0.3.0/tabby_aarch64-apple-darwin"
	script   = "raw.githubusercontent.com/premAI-io/prem-services/main/cht-petals/setup-petals.sh"
	weights  = "huggingface.co/ggerganov/whisper.cpp/resolve/main/ggml-tiny.bin"
)

// realMonth is what happens to the real registry's files in thirty days.
func (h *hub) realMonth(t *testing.T, dir string) map[int]event {
	before := map[string]string{}
	for at, body := range h.files {
		before[at] = body
	}
	restore := func(at string) func() { return func() { h.files[at] = before[at] } }
	down := func(host string, isDown bool) func() { return func() { h.down[host] = isDown } }
	return map[int]event{
		3:  {"huggingface.co is down for a night", down("huggingface.co", true)},
		4:  {"it is up again", down("huggingface.co", false)},
		5:  {"the tag of an image of Docker Hub is moved", func() { h.images.Small("qdrant/qdrant", "v1.0.3", "moved") }},
		6:  {"the asset of the rolling tag v1, which two services name, is uploaded again", func() { h.files[rolling] += "again" }},
		7:  {"the tag is put back", func() { h.images.Small("qdrant/qdrant", "v1.0.3", "qdrant/qdrant:v1.0.3") }},
		8:  {"the upload is taken back", restore(rolling)},
		9:  {"an image of ghcr.io is deleted", func() { h.images.Delete("premai-io/text-to-audio-bark-gpu", "1.0.0") }},
		10: {"the branch of the speech model moves", func() { h.commit, h.files[weights] = strings.Repeat("b", 40), "moved\n" }},
		12: {"ghcr.io is down for a night; the image is pushed again", func() {
			h.down["ghcr.io"] = true
			h.images.Small("premai-io/text-to-audio-bark-gpu", "1.0.0", "ghcr.io/premai-io/text-to-audio-bark-gpu:1.0.0")
		}},
		13: {"it is up again; a pull request upgrades its manifest, and declares the new file's checksum", func() {
			h.down["ghcr.io"] = false
			declareInPlace(t, filepath.Join(dir, "audio-to-text-whisper-tiny-cpp", "manifest.json"), "/weights/ggml-tiny.bin", "moved\n")
		}},
		15: {"raw.githubusercontent.com is down for three nights", down("raw.githubusercontent.com", true)},
		18: {"it is up again", down("raw.githubusercontent.com", false)},
		20: {"the release of tabby, which two services name, is deleted", func() { h.files[released] = "" }},
		22: {"it is there again, with the same bytes", restore(released)},
		24: {"a log-in page is in the setup script's place", func() { h.files[script] = "<!doctype html><title>Sign in</title>" }},
		26: {"the script is there again", restore(script)},
		28: {"the rolling tag's asset is uploaded again", func() { h.files[rolling] += "for good" }},
		29: {"the services that name it are taken out of the registry", func() {
			for _, name := range []string{"chat-mistral-7b-128k", "chat-mistral-7b-instruct"} {
				if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
					t.Error(err)
				}
			}
		}},
	}
}

// declareInPlace is a pull request that moves a manifest to version 1.1 and declares the checksum of a body.
func declareInPlace(t *testing.T, name, pointer, body string) {
	text, err := os.ReadFile(name)
	if err == nil {
		text, err = prem.Registry{}.Upgrade(text, false)
	}
	if err == nil {
		m, _ := prem.Parse(name, text)
		edit := m.Edit(text)
		if err = edit.SetChecksum(*m.Artifact(pointer), sha256Of(body), int64(len(body)), false); err == nil {
			text, err = edit.Text()
		}
	}
	if err == nil {
		err = os.WriteFile(name, text, 0o600)
	}
	if err != nil {
		t.Error(err)
	}
}

// TestAMonthOfNightlyScansOfTheRealRegistry plays thirty nights over all of its manifests and URLs. The issue
// says the same in either mode.
func TestAMonthOfNightlyScansOfTheRealRegistry(t *testing.T) {
	for _, mode := range []string{"full", "fast"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(realRegistry)); err != nil {
				t.Skip("the real registry is not beside the project")
			}
			h := newHub(t)
			h.files = map[string]string{}
			for _, a := range artifactsBelow(t, dir) {
				if ref, err := image.Parse(a.URL); a.Role == artifact.Image && err == nil {
					h.images.Small(ref.Repository, ref.Tag, a.URL)
					continue
				}
				_, at, _ := strings.Cut(a.URL, "://")
				h.files[at] = realistic(at)
			}
			s := &scan{hub: h, inputs: []string{"INPUT_MODE=" + mode, "INPUT_STATE-FILE=" + filepath.Join(t.TempDir(), "state.json")}}
			goldenLog(t, "month-registry.txt", s.month(t, dir, h.realMonth(t, dir)))
		})
	}
}

// artifactsBelow are the artifacts of all the manifests below a folder.
func artifactsBelow(t *testing.T, dir string) (all []artifact.Artifact) {
	t.Helper()
	names, _ := filepath.Glob(filepath.Join(dir, "*", "manifest.json"))
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		m, findings := prem.Parse(name, text)
		if m == nil {
			t.Fatal(findings)
		}
		all = append(all, m.Artifacts...)
	}
	return all
}

func sha256Of(body string) digest.Digest {
	return digest.Digest{Algorithm: digest.SHA256, Sum: fmt.Sprintf("%x", sha256.Sum256([]byte(body)))}
}
