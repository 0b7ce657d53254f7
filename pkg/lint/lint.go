// Package lint finds what can be told of any registry's manifests without a download: URLs that can't stay what they are, and
// changes that take protection away.
package lint

import (
	"slices"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
	"github.com/premAI-io/verify-manifests/pkg/registry"
)

// rules are those over the URLs of one manifest. Each is a function that reports; the texts that do not depend on the
// manifest stand in finding.Rules.
var rules = []func(*subject){
	urlInvalid, urlInsecure, urlUserinfo, urlInternationalHost, urlNotAFile, urlMutable, urlExpires,
}

// Manifest applies the rules over one manifest. server is the GitHub server's URL ("https://github.com").
// Findings are in the order of the text.
func Manifest(m *registry.Manifest, server string) []finding.Finding {
	s := &subject{Manifest: m, server: server, links: Links(m.Artifacts, server)}
	var all []finding.Finding
	for _, rule := range rules {
		s.findings = nil
		rule(s)
		all = append(all, finding.Bounded(s.findings)...)
	}
	slices.SortFunc(all, finding.Finding.Compare)
	return all
}

// subject is a manifest that is judged.
type subject struct {
	*registry.Manifest
	server   string
	links    []Link
	findings []finding.Finding
}

func (s *subject) report(rule string, l Link, message, fix string) {
	f := finding.New(rule, s.Path, l.Pointer, l.Position, message, fix)
	f.Document = l.Document
	s.findings = append(s.findings, f)
}

// Link is a URL as a manifest declares it: of one file, or of a folder that several files are in.
type Link struct {
	hosts.Ref
	Document int
	Pointer  string
	Position finding.Position
	Declared string // the URL that is fetched, or the folder's

	url       string // of a file: the declared one, or one in the folder
	isFolder  bool
	allowHTTP bool
}

// folderFile stands for any file of a folder.
const folderFile = "file"

// Links returns the URLs that artifacts declare, images apart: of files that share a folder, that of the folder, once.
func Links(artifacts []artifact.Artifact, server string) []Link {
	var links []Link
	folders := map[string]bool{}
	for _, a := range artifacts {
		l := Link{Document: a.Document, Pointer: a.Pointer, Position: a.Position, Declared: a.URL, url: a.URL, allowHTTP: a.AllowHTTP}
		if base := a.Base; base != nil {
			l.Pointer, l.Position, l.Declared, l.isFolder = base.Pointer, base.Position, base.Value, true
			l.url = strippedSlash(base.Value) + "/" + folderFile
		}
		if a.Role == artifact.Image || l.isFolder && (l.Pointer == "" || folders[l.Pointer]) {
			continue
		}
		folders[l.Pointer] = l.isFolder
		l.Ref = hosts.Parse(l.url, server)
		links = append(links, l)
	}
	return links
}
