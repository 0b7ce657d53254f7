package lint

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
)

// declare returns another URL of the link's file as the manifest has to declare it.
func (l Link) declare(file string) string {
	if l.isFolder {
		return strings.TrimSuffix(file, folderFile)
	}
	return file
}

func urlInvalid(s *subject) {
	for _, l := range s.links {
		if what := unreadable(l.Declared); what != "" {
			s.report(finding.URLInvalid, l, fmt.Sprintf("The URL %s %s, so nothing can be downloaded from it", finding.QuoteURL(l.Declared), what), "")
		}
	}
	for _, a := range s.Artifacts {
		if _, err := url.PathUnescape(a.Name); a.Base != nil && (err != nil || strings.ContainsAny(a.Name, " #?")) {
			s.report(finding.URLInvalid, Link{Document: a.Document, Pointer: a.Pointer, Position: a.Position},
				fmt.Sprintf("The name %s holds a character that has a meaning of its own in a URL, and stands behind the folder's URL as it is", finding.Quote(a.Name)),
				"Publish the file under a name of letters, digits, dots, hyphens and underscores")
		}
	}
}

func unreadable(declared string) string {
	_, err := hosts.Canonical(declared)
	u, _ := url.Parse(declared)
	switch {
	case strings.TrimSpace(declared) != declared:
		return "has white space around it"
	case strings.ContainsAny(declared, " \t\r\n\\"):
		return "holds white space or a backslash"
	case strings.HasPrefix(declared, "www.") || strings.HasPrefix(declared, "//"):
		return "does not start with `https://`"
	case err != nil:
		return "is no absolute URL"
	case !hosts.HasPort(u):
		return "names a port that there is not: they are from 1 to 65535"
	case hosts.HasDotSegments(u):
		return "holds `.` or `..` in its path, which clients drop before they ask for another file"
	case hosts.IsNumeric(u.Hostname()):
		return "has a host that ends in a number and is no address in four decimal ones"
	}
	return ""
}

func urlInsecure(s *subject) {
	for _, l := range s.links {
		u, err := url.Parse(l.Declared)
		if err != nil || u.Scheme == "https" || u.Host == "" {
			continue
		}
		fix := "Name an https URL"
		if u.Scheme == "http" {
			fix = "Write " + finding.QuoteURL("https"+l.Declared[len("http"):])
		}
		s.report(finding.URLInsecure, l, fmt.Sprintf("The URL begins with %s, and only https keeps others on the way from exchanging the file", finding.Quote(u.Scheme+":")), fix)
		if u.Scheme == "http" && l.allowHTTP {
			s.findings[len(s.findings)-1].Severity = finding.Warning
		}
	}
}

func urlUserinfo(s *subject) {
	for _, l := range s.links {
		u, err := url.Parse(l.Declared)
		if err != nil || u.User == nil {
			continue
		}
		s.report(finding.URLUserinfo, l,
			fmt.Sprintf("The URL holds a user name or a password, which everybody can read here; the file would come from %s", finding.Quote(u.Host)),
			"Remove what stands before the `@`. If it was a password or a token, revoke it: it stays in the repository's history")
	}
}

func urlInternationalHost(s *subject) {
	for _, l := range s.links {
		unicode, ascii, ok := hosts.International(l.Declared)
		if !ok {
			continue
		}
		s.report(finding.URLInternationalHost, l,
			fmt.Sprintf("The host is written with letters that can look like others: %s is really %s", finding.Quote(unicode), finding.Quote(ascii)), "")
	}
}

func urlNotAFile(s *subject) {
	for _, l := range s.links {
		switch {
		case l.Page() && l.Download != "":
			s.report(finding.URLNotAFile, l, "The URL shows a web page about the file, and not the file itself",
				"Write "+finding.QuoteURL(l.declare(l.Download)))
		case l.Page():
			s.report(finding.URLNotAFile, l, "The URL shows a web page, and not the file",
				"Open the page, and copy the URL of the file's download button")
		case !l.isFolder && strings.HasSuffix(l.Declared, "/"):
			s.report(finding.URLNotAFile, l, "The URL ends with a slash: it names a folder, and no file",
				"Write the URL of the file itself")
		}
	}
}

// separately is how many moving revisions of one manifest are told one by one; more are told at once.
const separately = 3

// urlMutable speaks once of each revision, however many files are named in it; in a manifest that names many, once of all.
func urlMutable(s *subject) {
	type revision struct{ owner, repo, name string }
	seen := map[revision]bool{}
	var first, all []Link
	for _, l := range s.links {
		why := l.Mutable()
		if why == "" {
			continue
		}
		all = append(all, l)
		if key := (revision{l.Owner, l.Repo, why}); !seen[key] {
			seen[key] = true
			first = append(first, l)
		}
	}
	if len(first) > separately {
		s.report(finding.URLMutable, all[0], fmt.Sprintf("%d URLs follow something that moves, such as %s: what they serve can change without a change here. The first stand at %s",
			len(all), all[0].Mutable(), places(all)), "Name a commit or a full version in each. "+s.pin(all[0]))
		return
	}
	for _, l := range first {
		s.report(finding.URLMutable, l,
			fmt.Sprintf("The URL follows %s: what it serves can change without a change here", l.Mutable()), s.pin(l))
	}
}

// places names the first of some places.
func places(links []Link) string {
	var quoted []string
	for _, l := range links[:separately] {
		quoted = append(quoted, finding.Quote(l.Pointer))
	}
	return strings.Join(quoted, ", ")
}

// pin says what to write instead of a mutable URL.
func (s *subject) pin(l Link) string {
	commit := finding.QuoteURL(l.declare(hosts.WithRevision(l.url, s.server, "<commit>")))
	switch l.Kind {
	case hosts.HuggingFaceFile, hosts.HuggingFaceRaw:
		return fmt.Sprintf("Write a commit in place of %s: %s. The model's page lists the commits under \"Files and versions\", \"History\"", finding.Quote(l.Revision), commit)
	case hosts.GitHubRaw:
		return fmt.Sprintf("Write a commit in place of %s: %s. The file's page shows its URL at the commit when you press `y`", finding.Quote(l.Revision), commit)
	case hosts.GitHubAsset:
		return "Name the file of a full version such as `v1.2.0`, which stays what it is: " + finding.QuoteURL(hosts.WithRevision(l.url, s.server, "<version>"))
	}
	return "Name a file that was uploaded to the release of a full version"
}

func urlExpires(s *subject) {
	for _, l := range s.links {
		if hosts.Expires(l.Declared) {
			s.report(finding.URLExpires, l, "The URL is signed for a while: it stops working after some minutes or hours",
				"Name the URL that leads to this one: the link on the page, not the address that the browser ends at")
		}
	}
}

func strippedSlash(folder string) string { return strings.TrimSuffix(folder, "/") }
