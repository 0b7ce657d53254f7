// Package lint applies the rules that hold for every registry and need no download: URLs whose content can change, and changes that
// remove protection.
package lint

import (
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
	"github.com/premAI-io/verify-manifests/pkg/registry"
)

// Manifest applies the rules to one manifest. server is the GitHub server's URL ("https://github.com"). Findings are in the order of
// the text.
func Manifest(m *registry.Manifest, server string) []finding.Finding {
	s := &subject{Manifest: m, server: server}
	links := Links(m.Artifacts, server)
	for _, l := range links {
		s.checkURL(l)
	}
	s.appendedNames()
	s.urlMutable(links)
	all := s.findings.Findings()
	slices.SortFunc(all, finding.Finding.Compare)
	return all
}

// subject is the manifest that rules apply to.
type subject struct {
	*registry.Manifest
	server   string
	findings finding.List
}

func (s *subject) report(rule string, l Link, message, fix string) {
	s.findings.Add(s.finding(rule, l, message, fix))
}

func (s *subject) finding(rule string, l Link, message, fix string) finding.Finding {
	f := finding.New(rule, s.Path, l.Pointer, l.Position, message, fix)
	f.Document = l.Document
	return f
}

// Link is a URL as a manifest declares it: of one file, or of a folder that several files are in.
type Link struct {
	hosts.Ref
	Document int
	Pointer  string
	Position finding.Position
	Declared string // the URL that is fetched, or the folder's

	url         string // of a file: the declared one, or one in the folder
	isFolder    bool
	allowHTTP   bool
	hasChecksum bool
}

// folderFile is a placeholder for any file of a folder.
const folderFile = "file"

// Links returns the URLs that artifacts declare, without images. Files in one folder give that folder's URL, once.
func Links(artifacts []artifact.Artifact, server string) []Link {
	var links []Link
	folders := map[string]bool{}
	for _, a := range artifacts {
		l := Link{Document: a.Document, Pointer: a.Pointer, Position: a.Position, Declared: a.URL, url: a.URL, allowHTTP: a.AllowHTTP, hasChecksum: a.Checksum != nil}
		if base := a.Base; base != nil {
			l.Pointer, l.Position, l.Declared, l.isFolder = base.Pointer, base.Position, base.Value, true
			l.url = strings.TrimSuffix(base.Value, "/") + "/" + folderFile
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
