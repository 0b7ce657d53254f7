// Command notices prints the licences of all code that a release is linked with, on any of its platforms:
//
//	go run ./scripts/notices >THIRD_PARTY_NOTICES
package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// systems are those of a release. A module that is linked on one processor is so on all.
var systems = []string{"linux", "darwin", "windows"}

var legalFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)(-[a-z0-9.-]+)?(\.(txt|md))?$`)

func main() {
	text, err := notices()
	if err == nil {
		_, err = os.Stdout.WriteString(text)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func notices() (string, error) {
	files, err := linked()
	if err != nil {
		return "", err
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", err
	}
	goLicence := filepath.Join(strings.TrimSpace(string(root)), "LICENSE")
	files["Go, its runtime and its standard library"] = []string{goLicence}
	var text strings.Builder
	text.WriteString("verify-manifests is linked with the code below, whose authors ask for these notices.\n")
	for _, module := range slices.Sorted(maps.Keys(files)) {
		if len(files[module]) == 0 {
			return "", fmt.Errorf("%s has no licence", module)
		}
		fmt.Fprintf(&text, "\n%s\n%s\n", strings.Repeat("=", 80), module)
		for _, name := range files[module] {
			notice, err := os.ReadFile(name)
			if err != nil {
				return "", err
			}
			fmt.Fprintf(&text, "\n%s\n", strings.TrimSpace(strings.ReplaceAll(string(notice), "\r\n", "\n")))
		}
	}
	return text.String(), nil
}

// linked returns the legal files of each module that is linked, by the module's path and version.
func linked() (map[string][]string, error) {
	files := map[string][]string{}
	for _, system := range systems {
		list := exec.Command("go", "list", "-deps", "-f", `{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{"\t"}}{{.Dir}}{{"\t"}}{{$.Dir}}{{end}}{{end}}`, ".")
		list.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0", "GOFLAGS=")
		list.Stderr = os.Stderr
		out, err := list.Output()
		if err != nil {
			return nil, errors.Join(errors.New("the modules can't be listed"), err)
		}
		for line := range strings.Lines(string(out)) {
			if fields := strings.Split(strings.TrimSpace(line), "\t"); len(fields) == 3 {
				module, root, dir := fields[0], fields[1], fields[2]
				files[module] = slices.Compact(slices.Sorted(slices.Values(append(files[module], legalFiles(root, dir)...))))
			}
		}
	}
	return files, nil
}

// legalFiles returns those of a package's folder, and of each above it up to the module's root.
func legalFiles(root, dir string) []string {
	var names []string
	for ; strings.HasPrefix(dir, root); dir = filepath.Dir(dir) {
		entries, _ := os.ReadDir(dir) // a folder that can't be read has no licence, which is said
		for _, entry := range entries {
			if entry.Type().IsRegular() && legalFile.MatchString(entry.Name()) {
				names = append(names, filepath.Join(dir, entry.Name()))
			}
		}
	}
	return names
}
