package prem

import (
	"fmt"
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/registry"
)

// rules apply to one manifest. Texts that do not depend on the manifest are in finding.Rules. Each rule is based on a fact about the App,
// its registry or its generator (quoted from APP.md in its comment), or on a mistake in the registry's history.
var rules = []func(*service){
	serveCommand, shellSyntax, modelPath, port,
	pathEscape, archive, weightIsBinary, noWeights, weightsDirectory, versionShape, noBinary,
	platform, filePlatform,
	misspeltKey, placeholder, interfaces, folder,
	serviceType, noImage, numberWord, idFolder,
}

// Lint applies the App's rules to one manifest. server is the GitHub server's URL ("https://github.com").
// Findings are in the order of the text.
func (Registry) Lint(m *registry.Manifest, server string) []finding.Finding {
	s := newService(m)
	s.server = server
	for _, rule := range rules {
		rule(s)
	}
	all := s.findings.Findings()
	slices.SortFunc(all, finding.Finding.Compare)
	return all
}

// service is a manifest with the values that several rules need.
type service struct {
	*registry.Manifest
	root     *document.Value
	folder   string // the name of the manifest's folder; "" when it has none
	binaries []artifact.Artifact
	weights  []artifact.Artifact
	command  []string // serveCommand as the App splits it

	server   string
	findings finding.List
}

func newService(m *registry.Manifest) *service {
	s := &service{Manifest: m, root: root(m), folder: folderOf(m.Path)}
	s.command = strings.Fields(s.root.Get("serveCommand").String())
	for _, a := range m.Artifacts {
		switch a.Role {
		case artifact.Binary:
			s.binaries = append(s.binaries, a)
		case artifact.Weight:
			s.weights = append(s.weights, a)
		}
	}
	return s
}

// location is the location of a finding.
type location struct {
	pointer string
	at      finding.Position
}

func valueOf(v *document.Value) location      { return location{v.Pointer(), v.Position()} }
func nameOf(v *document.Value) location       { return location{v.Pointer(), v.NamePosition()} }
func urlOf(a artifact.Artifact) location      { return location{a.Pointer, a.Position} }
func (s *service) whole() location            { return valueOf(s.root) }
func (s *service) field(name string) location { return valueOf(s.root.Get(name)) }

func (s *service) report(rule string, at location, message, fix string) {
	s.findings.Add(finding.New(rule, s.Path, at.pointer, at.at, message, fix))
}

// set reports whether a field has a value other than null.
func (s *service) set(name string) bool {
	kind := s.root.Get(name).Kind()
	return kind != "" && kind != document.Null
}

func (s *service) id() string { return s.root.Get("id").String() }

func (s *service) comingSoon() bool { return s.root.Get("comingSoon").True() }

func (s *service) isContainer() bool { return s.set("dockerImages") }

// listLimit bounds the items in a message.
const listLimit = 3

// list quotes untrusted values and joins them for a sentence.
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
