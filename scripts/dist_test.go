package scripts_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// dist is a release that release.sh built, and its version: release-test.sh names them.
type dist struct{ folder, version string }

func theDist(t *testing.T) dist {
	t.Helper()
	d := dist{os.Getenv("DIST"), os.Getenv("DIST_VERSION")}
	if d.folder == "" {
		t.Skip("release-test.sh builds a release, and runs this on it")
	}
	return d
}

func (d dist) archives(t *testing.T) []string {
	t.Helper()
	tarballs, _ := filepath.Glob(d.folder + "/*.tar.gz")
	zips, _ := filepath.Glob(d.folder + "/*.zip")
	if len(tarballs) == 0 || len(zips) == 0 {
		t.Fatalf("%d tarballs and %d zips, want some of each", len(tarballs), len(zips))
	}
	return append(tarballs, zips...)
}

func TestDistSumsAreTakenByBothTools(t *testing.T) {
	d := theDist(t)
	checksum, err := filepath.Abs("checksum.sh")
	if err != nil {
		t.Fatal(err)
	}
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(d.folder)); err != nil {
		t.Fatal(err)
	}
	check := func() (failed []bool) {
		for _, args := range [][]string{{"sha256sum", "--check", "--strict", "SHA256SUMS"}, {"bash", checksum, "--check", "SHA256SUMS"}} {
			cmd := exec.Command(args[0], args[1:]...)
			cmd.Dir = copied
			out, err := cmd.CombinedOutput()
			failed = append(failed, err != nil)
			if got, want := bytes.Count(out, []byte(": OK\n")), 2*len(d.archives(t)); err == nil && got != want {
				t.Errorf("%s: %d files, want an archive and an SBOM for each target, %d:\n%s", args, got, want, out)
			}
		}
		return failed
	}
	if failed := check(); slices.Contains(failed, true) {
		t.Errorf("the sums as they are: failed %v", failed)
	}
	flip(t, filepath.Join(copied, filepath.Base(d.archives(t)[0])))
	if failed := check(); slices.Contains(failed, false) {
		t.Errorf("after a byte was flipped: failed %v", failed)
	}
}

func flip(t *testing.T, name string) {
	t.Helper()
	body, err := os.ReadFile(name)
	if err == nil {
		body[len(body)/2] ^= 1
		err = os.WriteFile(name, body, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestDistArchivesHoldTheProgramAndItsLicences(t *testing.T) {
	d := theDist(t)
	for _, archive := range d.archives(t) {
		files := unpack(t, archive)
		program := "verify-manifests"
		if strings.HasSuffix(archive, ".zip") {
			program += ".exe"
		}
		for _, name := range []string{"LICENSE", "THIRD_PARTY_NOTICES"} {
			if want, err := os.ReadFile("../" + name); err != nil || !bytes.Equal(files[name], want) {
				t.Errorf("%s: %s is not the repository's: %v", archive, name, err)
			}
		}
		if len(files) != 3 || len(files[program]) < 1<<20 {
			t.Errorf("%s holds %d files, and a program of %d bytes", archive, len(files), len(files[program]))
		}
	}
}

func TestDistSBOMsNameWhatGoNames(t *testing.T) {
	d := theDist(t)
	for _, archive := range d.archives(t) {
		stem := strings.TrimSuffix(strings.TrimSuffix(archive, ".zip"), ".tar.gz")
		text, err := os.ReadFile(stem + ".cdx.json")
		if err != nil {
			t.Fatal(err)
		}
		said := goVersion(t, archive)
		if got := inSBOM(t, text); !slices.Equal(got, said.modules) {
			t.Errorf("%s: the SBOM names\n%s\nand go version -m\n%s", stem, strings.Join(got, "\n"), strings.Join(said.modules, "\n"))
		}
		if !strings.Contains(string(text), said.commit) || said.commit == "" {
			t.Errorf("%s: the SBOM does not name the commit %q", stem, said.commit)
		}
		if !slices.Contains(said.modules, "github.com/premAI-io/verify-manifests "+d.version) {
			t.Errorf("%s: the program is not of version %s", archive, d.version)
		}
	}
}

// inSBOM returns the modules, with their versions, that a CycloneDX SBOM names, sorted.
func inSBOM(t *testing.T, text []byte) []string {
	t.Helper()
	type component struct{ Name, Version string }
	var bom struct {
		Metadata   struct{ Component component }
		Components []component
	}
	if err := json.Unmarshal(text, &bom); err != nil {
		t.Fatal(err)
	}
	var modules []string
	for _, c := range append(bom.Components, bom.Metadata.Component) {
		if c.Name == "stdlib" {
			c.Version = "go" + c.Version
		}
		modules = append(modules, c.Name+" "+c.Version)
	}
	slices.Sort(modules)
	return modules
}

// said is what "go version -m" says of a program.
type said struct {
	modules []string // with their versions, sorted
	commit  string
}

func goVersion(t *testing.T, archive string) said {
	t.Helper()
	out, err := exec.Command("go", "version", "-m", programOf(t, archive)).Output()
	if err != nil {
		t.Fatal(err)
	}
	first, rest, _ := strings.Cut(string(out), "\n")
	s := said{modules: []string{"stdlib " + first[strings.LastIndex(first, " ")+1:]}}
	for line := range strings.Lines(rest) {
		switch fields := strings.Fields(line); {
		case fields[0] == "mod" || fields[0] == "dep":
			s.modules = append(s.modules, fields[1]+" "+fields[2])
		case strings.HasPrefix(fields[1], "vcs.revision="):
			s.commit = strings.TrimPrefix(fields[1], "vcs.revision=")
		}
	}
	slices.Sort(s.modules)
	return s
}

func TestDistProgramSaysWhatItIs(t *testing.T) {
	d := theDist(t)
	archive := fmt.Sprintf("%s/verify-manifests_%s_%s_%s.tar.gz", d.folder, d.version, runtime.GOOS, runtime.GOARCH)
	out, err := exec.Command(programOf(t, archive), "version").Output()
	if want := fmt.Sprintf("verify-manifests %s (commit %s)\n", d.version, goVersion(t, archive).commit); err != nil || string(out) != want {
		t.Errorf("%v: the program says %q, want %q", err, out, want)
	}
}

// programOf unpacks the program of an archive into a file.
func programOf(t *testing.T, archive string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "program")
	for member, body := range unpack(t, archive) {
		if strings.HasPrefix(member, "verify-manifests") {
			if err := os.WriteFile(name, body, 0o700); err != nil {
				t.Fatal(err)
			}
		}
	}
	return name
}

func unpack(t *testing.T, archive string) map[string][]byte {
	t.Helper()
	body, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	read := untar
	if strings.HasSuffix(archive, ".zip") {
		read = unzip
	}
	files, err := read(body)
	if err != nil {
		t.Fatal(archive, err)
	}
	return files
}

func untar(body []byte) (map[string][]byte, error) {
	compressed, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for archive := tar.NewReader(compressed); ; {
		header, err := archive.Next()
		if err == io.EOF {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		if files[header.Name], err = io.ReadAll(archive); err != nil {
			return nil, err
		}
	}
}

func unzip(body []byte) (map[string][]byte, error) {
	archive, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, f := range archive.File {
		member, err := f.Open()
		if err != nil {
			return nil, err
		}
		if files[f.Name], err = io.ReadAll(member); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// TestNoticesAreThoseOfTheModulesThatAreLinked holds THIRD_PARTY_NOTICES to go.mod and the imports.
func TestNoticesAreThoseOfTheModulesThatAreLinked(t *testing.T) {
	cmd := exec.Command("go", "run", "./scripts/notices")
	cmd.Dir = ".."
	want, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../THIRD_PARTY_NOTICES")
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%v: THIRD_PARTY_NOTICES is out of date: go run ./scripts/notices >THIRD_PARTY_NOTICES", err)
	}
}
