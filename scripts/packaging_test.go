package scripts_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestPackagesNameTheReleasesArchivesAndTheirChecksums has packaging.sh describe a release of which only the sums are there.
func TestPackagesNameTheReleasesArchivesAndTheirChecksums(t *testing.T) {
	folder := t.TempDir()
	sums, want := "", map[string]string{}
	for i, target := range []string{"darwin_amd64.tar.gz", "darwin_arm64.tar.gz", "linux_amd64.tar.gz", "linux_arm64.tar.gz", "windows_amd64.zip", "windows_arm64.zip"} {
		sum := strings.Repeat(fmt.Sprint(i), 64)
		name := "verify-manifests_v1.2.3_" + target
		sums += sum + "  " + name + "\n"
		want["https://github.com/premAI-io/verify-manifests/releases/download/v1.2.3/"+name] = sum
	}
	write(t, filepath.Join(folder, "SHA256SUMS"), sums)
	if out, err := exec.Command("bash", "packaging.sh", "v1.2.3", folder).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	got := map[string]string{}
	formula := contents(t, filepath.Join(folder, "verify-manifests.rb"))
	for _, match := range regexp.MustCompile(`url "(.*)"\n +sha256 "(.*)"`).FindAllStringSubmatch(formula, -1) {
		got[match[1]] = match[2]
	}
	var manifest struct {
		Version      string
		Architecture map[string]struct{ URL, Hash string }
	}
	if err := json.Unmarshal([]byte(contents(t, filepath.Join(folder, "verify-manifests.json"))), &manifest); err != nil {
		t.Fatal(err)
	}
	for _, a := range manifest.Architecture {
		got[a.URL] = a.Hash
	}
	if fmt.Sprint(got) != fmt.Sprint(want) || manifest.Version != "1.2.3" || !strings.Contains(formula, "\n  version \"1.2.3\"\n") {
		t.Errorf("got %v, want %v; version %s", got, want, manifest.Version)
	}
	if err := os.WriteFile(filepath.Join(folder, "SHA256SUMS"), []byte(strings.ReplaceAll(sums, "windows_arm64", "plan9_arm64")), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("bash", "packaging.sh", "v1.2.3", folder).CombinedOutput(); err == nil || !strings.Contains(string(out), "has no verify-manifests_v1.2.3_windows_arm64.zip") {
		t.Errorf("a release without an archive: %v, %s", err, out)
	}
}
