package lint

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
	"github.com/premAI-io/verify-manifests/pkg/manifest"
)

// link is a URL as a manifest declares it: of one file, or of the folder of all of weightsFiles.
type link struct {
	place
	declared string
	url      string // of a file: the declared one, or one in the folder
	isFolder bool
	hosts.Ref
}

// folderFile stands for any file of a folder.
const folderFile = "file"

func (s *service) declaredLinks() []link {
	var links []link
	older := false
	for _, a := range s.Artifacts {
		if strings.HasPrefix(a.Pointer, "/weightsFiles/") {
			older = true
			continue
		}
		links = append(links, link{place: urlOf(a), declared: a.URL, url: a.URL, Ref: hosts.Parse(a.URL, s.server)})
	}
	directory := s.Root.Get("weightsDirectoryUrl")
	if older && directory.Kind() == manifest.String {
		file := strings.TrimSuffix(directory.String(), "/") + "/" + folderFile
		links = append(links, link{place: valueOf(directory), declared: directory.String(), url: file, isFolder: true, Ref: hosts.Parse(file, s.server)})
	}
	return links
}

// declare returns another URL of the link's file as the manifest has to declare it.
func (l link) declare(file string) string {
	if l.isFolder {
		return strings.TrimSuffix(file, folderFile)
	}
	return file
}

func urlInvalid(s *service) {
	for _, l := range s.links {
		if what := unreadable(l.declared); what != "" {
			s.report(finding.URLInvalid, l.place, fmt.Sprintf("The URL %s %s, so nothing can be downloaded from it", finding.Quote(l.declared), what), "")
		}
	}
	for _, a := range s.weights {
		if _, err := url.PathUnescape(a.Name); (err != nil || strings.ContainsAny(a.Name, " #?")) && strings.HasPrefix(a.Pointer, "/weightsFiles/") {
			s.report(finding.URLInvalid, urlOf(a),
				fmt.Sprintf("The name %s holds a character that has a meaning of its own in a URL, and the App puts it behind `weightsDirectoryUrl` as it is", finding.Quote(a.Name)),
				"Publish the file under a name of letters, digits, dots, hyphens and underscores")
		}
	}
}

func unreadable(declared string) string {
	_, err := hosts.Canonical(declared)
	switch {
	case strings.TrimSpace(declared) != declared:
		return "has white space around it"
	case strings.ContainsAny(declared, " \t\r\n\\"):
		return "holds white space or a backslash"
	case strings.HasPrefix(declared, "www.") || strings.HasPrefix(declared, "//"):
		return "does not start with `https://`"
	case err != nil:
		return "is no absolute URL"
	}
	return ""
}

func urlInsecure(s *service) {
	for _, l := range s.links {
		u, err := url.Parse(l.declared)
		if err != nil || u.Scheme == "https" || u.Host == "" {
			continue
		}
		fix := "Name an https URL"
		if u.Scheme == "http" {
			fix = "Write " + finding.Quote("https"+l.declared[len("http"):])
		}
		s.report(finding.URLInsecure, l.place, fmt.Sprintf("The URL begins with %s, and only https keeps others on the way from exchanging the file", finding.Quote(u.Scheme+":")), fix)
	}
}

func urlUserinfo(s *service) {
	for _, l := range s.links {
		u, err := url.Parse(l.declared)
		if err != nil || u.User == nil {
			continue
		}
		s.report(finding.URLUserinfo, l.place,
			fmt.Sprintf("The URL holds a user name or a password, which everybody can read here; the file would come from %s", finding.Quote(u.Host)),
			"Remove what stands before the `@`. If it was a password or a token, revoke it: it stays in the repository's history")
	}
}

func urlInternationalHost(s *service) {
	for _, l := range s.links {
		unicode, ascii, ok := hosts.International(l.declared)
		if !ok {
			continue
		}
		s.report(finding.URLInternationalHost, l.place,
			fmt.Sprintf("The host is written with letters that can look like others: %s is really %s", finding.Quote(unicode), finding.Quote(ascii)), "")
	}
}

func urlNotAFile(s *service) {
	for _, l := range s.links {
		switch {
		case l.Page() && l.Download != "":
			s.report(finding.URLNotAFile, l.place, "The URL shows a web page about the file, and the App would save that page in its place",
				"Write "+finding.Quote(l.declare(l.Download)))
		case l.Page():
			s.report(finding.URLNotAFile, l.place, "The URL shows a web page, and the App would save that page in the file's place",
				"Open the page, and copy the URL of the file's download button")
		case !l.isFolder && strings.HasSuffix(l.declared, "/"):
			s.report(finding.URLNotAFile, l.place, "The URL ends with a slash: it names a folder, and the App names the file by what follows the last slash",
				"Write the URL of the file itself")
		}
	}
}

// urlMutable speaks once of each revision, however many files are named in it.
func urlMutable(s *service) {
	type revision struct{ owner, repo, name string }
	seen := map[revision]int{}
	for _, l := range s.links {
		why := l.Mutable()
		key := revision{l.Owner, l.Repo, why}
		if why == "" {
			continue
		}
		if seen[key]++; seen[key] > 1 {
			continue
		}
		s.report(finding.URLMutable, l.place,
			fmt.Sprintf("The URL follows %s: what it serves can change without a change here", why), s.pin(l))
	}
}

// pin says what to write instead of a mutable URL.
func (s *service) pin(l link) string {
	commit := finding.Quote(l.declare(hosts.WithRevision(l.url, s.server, "<commit>")))
	switch l.Kind {
	case hosts.HuggingFaceFile, hosts.HuggingFaceRaw:
		return fmt.Sprintf("Write a commit in place of %s: %s. The model's page lists the commits under \"Files and versions\", \"History\"", finding.Quote(l.Revision), commit)
	case hosts.GitHubRaw:
		return fmt.Sprintf("Write a commit in place of %s: %s. The file's page shows its URL at the commit when you press `y`", finding.Quote(l.Revision), commit)
	case hosts.GitHubAsset:
		return "Name the file of a full version such as `v1.2.0`, which stays what it is: " + finding.Quote(hosts.WithRevision(l.url, s.server, "<version>"))
	}
	return "Name a file that was uploaded to the release of a full version"
}

func urlExpires(s *service) {
	for _, l := range s.links {
		if hosts.Expires(l.declared) {
			s.report(finding.URLExpires, l.place, "The URL is signed for a while: it stops working after some minutes or hours",
				"Name the URL that leads to this one: the link on the page, not the address that the browser ends at")
		}
	}
}
