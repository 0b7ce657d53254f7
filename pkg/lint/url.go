package lint

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
)

// declare returns another URL of the link's file in the form in which the manifest declares it.
func (l Link) declare(file string) string {
	if l.isFolder {
		return strings.TrimSuffix(file, folderFile)
	}
	return file
}

// appendedNames reports file names that change the meaning of the folder's URL that they are appended to.
func (s *subject) appendedNames() {
	for _, a := range s.Artifacts {
		if _, err := url.PathUnescape(a.Name); a.Base != nil && (err != nil || strings.ContainsAny(a.Name, " #?")) {
			s.findings.Add(a.Finding(finding.URLInvalid,
				fmt.Sprintf("The name %s, which is appended to the folder's URL, contains a reserved character", finding.Quote(a.Name)),
				"Publish the file under a name of letters, digits, dots, hyphens and underscores."))
		}
	}
}

// invalid returns why a URL can't be downloaded, else "".
func invalid(declared string) string {
	_, err := hosts.Canonical(declared)
	u, _ := url.Parse(declared)
	switch {
	case strings.TrimSpace(declared) != declared:
		return "begins or ends with white space"
	case strings.ContainsAny(declared, " \t\r\n\\"):
		return "contains white space or a backslash"
	case strings.HasPrefix(declared, "www.") || strings.HasPrefix(declared, "//"):
		return "does not begin with `https://`"
	case err != nil:
		return "is not an absolute URL"
	case !hosts.HasPort(u):
		return "has an invalid port: expected 1 to 65535"
	case hosts.HasDotSegments(u):
		return "contains `.` or `..` in its path, which clients remove before they request the file"
	case hosts.IsNumeric(u.Hostname()):
		return "has a host that ends in a number and is not a dotted-decimal IPv4 address"
	}
	return ""
}

// checkURL applies the rules about one URL.
func (s *subject) checkURL(l Link) {
	u, err := url.Parse(l.Declared)
	if err != nil {
		u = &url.URL{}
	}
	if problem := invalid(l.Declared); problem != "" {
		s.report(finding.URLInvalid, l, fmt.Sprintf("The URL %s %s", finding.QuoteURL(l.Declared), problem), "")
	}
	if u.Host != "" && u.Scheme != "https" {
		fix := "Use an https URL."
		if u.Scheme == "http" {
			fix = "Write " + finding.QuoteURL("https"+l.Declared[len("http"):]) + "."
		}
		f := s.finding(finding.URLInsecure, l, fmt.Sprintf("The URL uses %s instead of https: others on the network can replace the file", finding.Quote(u.Scheme)), fix)
		if u.Scheme == "http" && l.allowHTTP {
			f.Severity = finding.Warning
		}
		s.findings.Add(f)
	}
	if u.User != nil {
		s.report(finding.URLUserinfo, l,
			fmt.Sprintf("The URL contains a user name or password, which everyone can read; its host is %s", finding.Quote(u.Host)),
			"Remove the part before `@`. If it was a password or a token, revoke it: it stays in the repository's history.")
	}
	if host, ascii, ok := hosts.International(l.Declared); ok {
		s.report(finding.URLInternationalHost, l,
			fmt.Sprintf("The host %s contains letters that can look like others: its ASCII form is %s", finding.Quote(host), finding.Quote(ascii)), "")
	}
	switch {
	case l.Page() && l.Download != "":
		s.report(finding.URLNotAFile, l, "The URL serves a web page about the file", "Write "+finding.QuoteURL(l.declare(l.Download))+".")
	case l.Page():
		s.report(finding.URLNotAFile, l, "The URL serves a web page", "Open the page and copy the URL of the file's download button.")
	case !l.isFolder && !l.hasChecksum && strings.HasSuffix(l.Declared, "/"): // with a checksum, the served bytes decide
		s.report(finding.URLNotAFile, l, "The URL ends with a slash, as a folder's does", "Write the URL of the file itself.")
	}
	if hosts.Expires(l.Declared) {
		s.report(finding.URLExpires, l, "The URL is signed and expires after minutes or hours", "Use the URL that redirects here: the link on the page.")
	}
}

// maxRevisions is how many mutable revisions of one manifest are reported separately.
const maxRevisions = 3

// urlMutable reports each mutable revision once, with the number of its URLs. More than maxRevisions become one finding.
func (s *subject) urlMutable(links []Link) {
	all := slices.DeleteFunc(slices.Clone(links), func(l Link) bool { return l.Mutable() == "" })
	byRevision := map[[3]string][]Link{}
	var first []Link // of each revision
	for _, l := range all {
		key := [3]string{l.Owner, l.Repo, l.Mutable()}
		if byRevision[key] == nil {
			first = append(first, l)
		}
		byRevision[key] = append(byRevision[key], l)
	}
	if len(first) > maxRevisions {
		var pointers []string
		for _, l := range all[:maxRevisions] {
			pointers = append(pointers, finding.Quote(l.Pointer))
		}
		s.report(finding.URLMutable, all[0], fmt.Sprintf("%s URLs point to targets that can change without a change to the manifest, such as %s. The first are at %s",
			humanize.Comma(int64(len(all))), all[0].Mutable(), strings.Join(pointers, ", ")), "Use a commit or a full version in each. "+s.pin(all[0]))
		return
	}
	for _, l := range first {
		same := byRevision[[3]string{l.Owner, l.Repo, l.Mutable()}]
		message := fmt.Sprintf("The URL points to %s: its content can change without a change to the manifest", l.Mutable())
		if len(same) > 1 {
			message += fmt.Sprintf(" (%s URLs here point to it)", humanize.Comma(int64(len(same))))
		}
		s.report(finding.URLMutable, l, message, s.pin(l))
	}
}

// pin returns the fix for a mutable URL.
func (s *subject) pin(l Link) string {
	commit := finding.QuoteURL(l.declare(hosts.WithRevision(l.url, s.server, "<commit>")))
	switch l.Kind {
	case hosts.HuggingFaceFile, hosts.HuggingFaceRaw:
		return fmt.Sprintf("Replace %s by a commit: %s. The model's page lists commits under \"Files and versions\", \"History\".", finding.Quote(l.Revision), commit)
	case hosts.GitHubRaw:
		return fmt.Sprintf("Replace %s by a commit: %s. Press `y` on the file's page for its permanent URL.", finding.Quote(l.Revision), commit)
	case hosts.GitHubLatest:
		return "Name the release: " + finding.QuoteURL(strings.Replace(l.url, "releases/latest/download", "releases/download/<version>", 1)) + "."
	case hosts.GitHubAsset:
		return "Use a full version such as `v1.2.0`: " + finding.QuoteURL(hosts.WithRevision(l.url, s.server, "<version>")) + "."
	}
	return "Use a file that was uploaded to the release of a full version."
}
