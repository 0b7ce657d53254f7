package prem

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// appPlatforms are the target triples that the App looks up.
var appPlatforms = []string{"aarch64-apple-darwin", "x86_64-apple-darwin", "universal-apple-darwin"}

// otherPlatforms are the triples of other systems that a registry may serve
// (https://doc.rust-lang.org/rustc/platform-support.html).
var otherPlatforms = []string{
	"x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl",
	"x86_64-pc-windows-msvc", "aarch64-pc-windows-msvc", "x86_64-pc-windows-gnu",
}

func isPlatform(name string) bool {
	return slices.Contains(appPlatforms, name) || slices.Contains(otherPlatforms, name)
}

func platform(s *service) {
	for _, field := range []string{"binariesUrl", "binaries"} {
		for _, v := range s.root.Get(field).Members() {
			if !isPlatform(v.Name()) {
				s.platformKey(v)
			}
		}
	}
}

func (s *service) platformKey(v *document.Value) {
	name := finding.Quote(strconv.Quote(v.Name()))
	meant := meantPlatform(v.Name())
	if meant == "" {
		s.report(ManifestPlatformUnknown, nameOf(v), fmt.Sprintf("%s is no platform that the App or the registry knows: nobody gets this binary", name), "")
		return
	}
	s.report(ManifestPlatform, nameOf(v), fmt.Sprintf("%s is not what the App calls the platform, so it never finds this binary", name),
		"Write "+finding.Quote(strconv.Quote(meant)))
}

// meantPlatform returns the triple that a name seems to stand for, "" when none.
func meantPlatform(name string) string {
	architecture, system := namedPlatform(name)
	triple := architecture + systemTriples[system]
	if architecture == "" && system == "darwin" {
		triple = "universal-apple-darwin"
	}
	if isPlatform(triple) {
		return triple
	}
	return finding.Nearest(name, slices.Concat(appPlatforms, otherPlatforms))
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

// namedPlatform returns the architecture and the system that a name holds, "" for one that it doesn't hold or
// holds several of.
func namedPlatform(name string) (architecture, system string) {
	name = strings.NewReplacer("x86_64", "amd64", "x86-64", "amd64").Replace(strings.ToLower(name))
	words := strings.FieldsFunc(name, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	return only(words, architectureWords), only(words, systemWords)
}

// only returns the one meaning that the words have, "" when they have none or several.
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

// filePlatform holds the platform in a binary's name against the key that it stands under.
func filePlatform(s *service) {
	for _, b := range s.binaries {
		architecture, system := namedPlatform(b.Name)
		wantArchitecture, wantSystem := namedPlatform(b.Platform)
		if differ(architecture, wantArchitecture) && architecture != "universal" || differ(system, wantSystem) {
			s.report(ManifestFilePlatform, urlOf(b),
				fmt.Sprintf("The file is called %s and stands under %s: by its name it is for another platform", finding.Quote(b.Name), finding.Quote(b.Platform)), "")
		}
	}
}

func differ(a, b string) bool { return a != "" && b != "" && a != b }
