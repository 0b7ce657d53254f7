package prem

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// appPlatforms are the target triples that the App looks up.
var appPlatforms = []string{"aarch64-apple-darwin", "x86_64-apple-darwin", "universal-apple-darwin"}

// otherPlatforms are triples of other systems
// (https://doc.rust-lang.org/rustc/platform-support.html).
var otherPlatforms = []string{
	"x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl",
	"x86_64-pc-windows-msvc", "aarch64-pc-windows-msvc", "x86_64-pc-windows-gnu",
}

// platform reports misspelt target triples (APP.md: "it looks up x86_64-apple-darwin or aarch64-apple-darwin").
func platform(s *service) {
	for _, field := range []string{"binariesUrl", "binaries"} {
		for _, v := range s.root.Get(field).Members() {
			if meant := meantPlatform(v.Name()); meant != "" && meant != v.Name() {
				s.report("manifest/platform", nameOf(v), fmt.Sprintf("Invalid platform %s: the App does not find this binary", finding.Quote(strconv.Quote(v.Name()))),
					"Write "+finding.Quote(strconv.Quote(meant))+".")
			}
		}
	}
}

// meantPlatform returns the triple that a name is or probably means, else "".
func meantPlatform(name string) string {
	triples := slices.Concat(appPlatforms, otherPlatforms)
	if slices.Contains(triples, name) {
		return name
	}
	architecture, system := namedPlatform(name)
	triple := architecture + systemTriples[system]
	if architecture == "" && system == "darwin" {
		triple = "universal-apple-darwin"
	}
	if slices.Contains(triples, triple) {
		return triple
	}
	return finding.Nearest(name, triples)
}

var systemTriples = map[string]string{"darwin": "-apple-darwin", "linux": "-unknown-linux-gnu", "windows": "-pc-windows-msvc"}

// The words by which files and keys name platforms.
var (
	architectureWords = map[string]string{
		"amd64": "x86_64", "x64": "x86_64", "intel": "x86_64",
		"arm64": "aarch64", "aarch64": "aarch64", "universal": "universal", "universal2": "universal",
	}
	systemWords = map[string]string{
		"darwin": "darwin", "macos": "darwin", "osx": "darwin", "mac": "darwin", "apple": "darwin",
		"linux": "linux", "windows": "windows", "win32": "windows", "win64": "windows", "exe": "windows",
	}
)

// namedPlatform returns the architecture and the system in a name, each "" if absent or ambiguous.
func namedPlatform(name string) (architecture, system string) {
	name = strings.NewReplacer("x86_64", "amd64", "x86-64", "amd64").Replace(strings.ToLower(name))
	words := strings.FieldsFunc(name, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	return only(words, architectureWords), only(words, systemWords)
}

// only returns the words' single meaning, "" for none or several.
func only(words []string, meanings map[string]string) string {
	found := ""
	for _, word := range words {
		meaning := meanings[word]
		if found != "" && meaning != "" && meaning != found {
			return ""
		}
		if meaning != "" {
			found = meaning
		}
	}
	return found
}

// filePlatform compares the platform in a binary's name with its key. A proposal for embeddings-all-minilm-l6-v2-binary had an x86_64
// file under aarch64-apple-darwin.
func filePlatform(s *service) {
	for _, b := range s.binaries {
		architecture, system := namedPlatform(b.Name)
		wantArchitecture, wantSystem := namedPlatform(b.Platform)
		if differ(architecture, wantArchitecture) && architecture != "universal" || differ(system, wantSystem) {
			s.report("manifest/file-platform", urlOf(b),
				fmt.Sprintf("The file %s is listed under %s: its name indicates another platform", finding.Quote(b.Name), finding.Quote(b.Platform)), "")
		}
	}
}

func differ(a, b string) bool { return a != "" && b != "" && a != b }
