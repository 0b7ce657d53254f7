package prem

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
)

func pathEscape(s *service) {
	for _, a := range s.Artifacts {
		if what := misleads(a.Name); what != "" && (a.Role == artifact.Weight || a.Role == artifact.Binary && a.Name != "") {
			s.report(ManifestPathEscape, urlOf(a), what, "")
		}
	}
}

var driveLetter = regexp.MustCompile(`^[A-Za-z]:`)

// misleads says why a name is no path to a file below a folder, "" when it is one.
func misleads(name string) string {
	segments := strings.Split(name, "/")
	quoted := finding.Quote(name)
	switch {
	case name == "":
		return "The name is empty"
	case slices.Contains(segments, ".."), path.IsAbs(name), driveLetter.MatchString(name), strings.HasPrefix(name, "~"):
		return "The name " + quoted + " leads out of the service's folder, and the App writes the file where its name leads"
	case strings.Contains(name, `\`):
		return "The name " + quoted + " holds a backslash, which separates folders on some systems"
	case strings.ContainsFunc(name, unicode.IsControl):
		return "The name " + quoted + " holds a control character"
	case slices.Contains(segments, ""), slices.Contains(segments, "."):
		return "The name " + quoted + " is no plain path to a file"
	}
	return ""
}

// archiveSuffixes are of files that hold others, or are installed rather than run.
var archiveSuffixes = []string{
	".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".tar.zst", ".gz", ".xz", ".bz2", ".zst", ".7z", ".rar",
	".dmg", ".pkg", ".deb", ".rpm", ".msi", ".whl",
}

func archive(s *service) {
	for _, b := range s.binaries {
		name, _, _ := strings.Cut(strings.ToLower(b.Name), "?")
		isArchive := slices.ContainsFunc(archiveSuffixes, func(suffix string) bool { return strings.HasSuffix(name, suffix) })
		if isArchive || hosts.Parse(b.URL, s.server).Kind == hosts.GitHubArchive {
			s.report(ManifestArchive, urlOf(b), fmt.Sprintf("The binary %s is an archive: the App unpacks nothing, and can't run it", finding.Quote(b.Name)), "")
		}
	}
}

func weightIsBinary(s *service) {
	platforms := map[string]string{} // by what tells a binary
	for _, b := range s.binaries {
		platforms[b.URL], platforms[b.Name] = b.Platform, b.Platform
	}
	for _, w := range s.weights {
		platform, isBinary := platforms[w.URL]
		if !isBinary {
			platform, isBinary = platforms[w.Name]
		}
		if isBinary {
			s.report(ManifestWeightIsBinary, urlOf(w),
				fmt.Sprintf("The weight %s is the binary of %s too: both are written to one file", finding.Quote(w.Name), finding.Quote(platform)), "")
		}
	}
}

// noWeights leaves a list that is missing in version 1 to the schema. A manifest with the fields of version 1 and no version is
// one of version 1 as soon as that mistake is mended.
func noWeights(s *service) {
	version, files := s.root.Get("version").String(), s.root.Get("weightsFiles")
	isOld := version == "1" || version == "" && s.set("binariesUrl")
	switch {
	case isOld && files.Kind() == document.Array && len(files.Elements()) == 0:
		s.report(ManifestNoWeights, valueOf(files), "`weightsFiles` is empty: the App takes the service for downloaded already, and never fetches its binary", "")
	case isOld && version == "" && !s.set("weightsFiles"):
		s.report(ManifestNoWeights, s.whole(), "There is no `weightsFiles`, which a service with `binariesUrl` needs: the App exits over one without it", "")
	}
}

func weightsDirectory(s *service) {
	directory := s.root.Get("weightsDirectoryUrl")
	files := s.root.Get("weightsFiles").Elements()
	if url := directory.String(); url != "" && len(files) > 0 && !strings.HasSuffix(url, "/") {
		s.report(ManifestWeightsDirectory, valueOf(directory),
			fmt.Sprintf("There is no slash at the end, and the App joins the two as they are: it would download %s", finding.QuoteURL(url+files[0].String())),
			"Write "+finding.QuoteURL(url+"/"))
	}
}

// versionShape holds the version against the fields that it stands for.
func versionShape(s *service) {
	version := s.root.Get("version")
	switch {
	case s.lacksBinariesURL():
		s.report(ManifestVersion, valueOf(version), "Version 1 is that of services with a `binariesUrl`, and there is none: the App finds nothing to download",
			s.versionFix())
	case !s.set("version") && len(s.binaries) > 0:
		at := s.whole()
		if version != nil {
			at = valueOf(version)
		}
		s.report(ManifestVersion, at, "There is no `version`: the App takes the service for a container, and never downloads its binary", s.versionFix())
	}
}

func (s *service) lacksBinariesURL() bool {
	return s.root.Get("version").String() == "1" && !s.set("binariesUrl")
}

func (s *service) versionFix() string {
	switch {
	case s.isDocker() && len(s.binaries) == 0:
		return "Remove `version`: a service in containers has none"
	case s.set("binariesUrl"):
		return "Add `\"version\": \"1\"`"
	case s.set("binaries"):
		return "Write `\"version\": \"1.1\"`, or name the binaries in `binariesUrl` too"
	}
	return "Add `binariesUrl`, with the URL of the executable for each platform"
}

// noBinary holds what there is to run against what the App looks for.
func noBinary(s *service) {
	forMac := func(a artifact.Artifact) bool { return slices.Contains(appPlatforms, a.Platform) }
	switch {
	case s.comingSoon(), s.lacksBinariesURL(), slices.ContainsFunc(s.binaries, forMac):
	case s.set("version") && len(s.binaries) > 0:
		s.report(ManifestNoBinary, s.binariesField(), "The App runs on macOS, and no binary is for that: nobody can use the service",
			"Add a binary for `aarch64-apple-darwin`, `x86_64-apple-darwin` or `universal-apple-darwin`")
	case !s.isDocker() && len(s.binaries) == 0:
		s.report(ManifestNoBinary, s.binariesField(), "The manifest names neither a container nor a binary: there is nothing to run",
			"Add `dockerImages`, or the URL of a binary; or `\"comingSoon\": true`")
	}
}

// binariesField is the place of the first field that names binaries, else the whole manifest.
func (s *service) binariesField() place {
	for _, name := range []string{"binaries", "binariesUrl"} {
		if v := s.root.Get(name); v != nil {
			return nameOf(v)
		}
	}
	return s.whole()
}
