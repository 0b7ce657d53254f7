// Package lint finds what can be told of manifests without a download: URLs that can't stay what they
// are, and what the App and the registry's generator would trip over.
package lint

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/manifest"
)

// rules are those over one manifest. Each is a function that reports; the texts that do not depend on the
// manifest stand in finding.Rules.
var rules = []func(*service){
	urlInvalid, urlInsecure, urlUserinfo, urlInternationalHost, urlNotAFile, urlMutable, urlExpires,
	serveCommand, shellSyntax, modelPath, port,
	pathEscape, archive, weightIsBinary, noWeights, weightsDirectory, versionShape, noBinary,
	platform, filePlatform,
	misspeltKey, placeholder, interfaces, folder,
}

// Manifest applies the rules over one manifest. server is the GitHub server's URL ("https://github.com").
// Findings are in the order of the text.
func Manifest(m *manifest.Manifest, server string) []finding.Finding {
	s := newService(m)
	s.server = server
	s.links = s.declaredLinks()
	var all []finding.Finding
	for _, rule := range rules {
		s.findings = nil
		rule(s)
		all = append(all, bounded(s.findings)...)
	}
	slices.SortFunc(all, finding.Finding.Compare)
	return all
}

// maxFindings bounds the findings of one rule about one manifest.
const maxFindings = 100

func bounded(findings []finding.Finding) []finding.Finding {
	if len(findings) <= maxFindings {
		return findings
	}
	last := &findings[maxFindings-1]
	last.Message = fmt.Sprintf("%d more like those above are not listed", len(findings)-maxFindings+1)
	last.Fix = "Mend those that are listed, and run the check again"
	return findings[:maxFindings]
}

// service is a manifest, and what several rules ask of it.
type service struct {
	*manifest.Manifest
	folder   string // the name of the manifest's folder; "" when it has none
	binaries []artifact.Artifact
	weights  []artifact.Artifact
	command  []string // serveCommand as the App splits it

	// Of the rules over one manifest.
	server   string
	links    []link
	findings []finding.Finding
}

func newService(m *manifest.Manifest) *service {
	s := &service{Manifest: m, command: strings.Fields(m.Root.Get("serveCommand").String())}
	if dir := path.Dir(m.Path); dir != "." && dir != "/" {
		s.folder = path.Base(dir)
	}
	for _, a := range m.Artifacts {
		if a.Role == artifact.Binary {
			s.binaries = append(s.binaries, a)
		} else {
			s.weights = append(s.weights, a)
		}
	}
	return s
}

// place is where a finding stands.
type place struct {
	pointer string
	at      finding.Position
}

func valueOf(v *manifest.Value) place      { return place{v.Pointer(), v.Position()} }
func nameOf(v *manifest.Value) place       { return place{v.Pointer(), v.NamePosition()} }
func urlOf(a artifact.Artifact) place      { return place{a.Pointer, a.Position} }
func (s *service) whole() place            { return valueOf(s.Root) }
func (s *service) field(name string) place { return valueOf(s.Root.Get(name)) }

func (s *service) report(rule string, at place, message, fix string) {
	s.findings = append(s.findings, finding.New(rule, s.Path, at.pointer, at.at, message, fix))
}

// set reports whether a field has a value other than null.
func (s *service) set(name string) bool {
	kind := s.Root.Get(name).Kind()
	return kind != "" && kind != manifest.Null
}

func (s *service) comingSoon() bool { return s.Root.Get("comingSoon").True() }

// isDocker reports whether the service is a container.
func (s *service) isDocker() bool { return s.set("dockerImages") }

// listLimit bounds the items that a message lists.
const listLimit = 3

// list names outside values in a sentence.
func list(values []string) string {
	var quoted []string
	for _, v := range values[:min(len(values), listLimit)] {
		quoted = append(quoted, finding.Quote(v))
	}
	if more := len(values) - listLimit; more > 0 {
		quoted = append(quoted, fmt.Sprintf("%d more", more))
	}
	if n := len(quoted); n > 1 {
		return strings.Join(quoted[:n-1], ", ") + " and " + quoted[n-1]
	}
	return strings.Join(quoted, "")
}
