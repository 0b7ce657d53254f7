package prem

import (
	"cmp"
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

var driveLetter = regexp.MustCompile(`^[A-Za-z]:`)

// pathEscape reports names that the App writes outside the service's folder (APP.md: "with no check of the name").
func pathEscape(s *service) {
	for _, a := range slices.Concat(s.binaries, s.weights) {
		name, segments := a.Name, strings.Split(a.Name, "/")
		isOdd := func(segment string) bool { return segment == "" || segment == "." }
		switch {
		case name == "" && a.Role == artifact.Binary: // the URL is that of a folder
		case slices.Contains(segments, ".."), path.IsAbs(name), driveLetter.MatchString(name), strings.HasPrefix(name, "~"):
			s.report("manifest/path-escape", urlOf(a), "The name "+finding.Quote(name)+" leads outside the service's folder: the App writes the file there", "")
		case strings.Contains(name, `\`), strings.ContainsFunc(name, unicode.IsControl), slices.ContainsFunc(segments, isOdd):
			s.report("manifest/path-escape", urlOf(a), "The name "+finding.Quote(name)+" is not a plain relative path with slashes", "")
		}
	}
}

// archiveSuffixes are the suffixes of archives and of installers.
var archiveSuffixes = []string{
	".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".tar.zst", ".gz", ".xz", ".bz2", ".zst", ".7z", ".rar",
	".dmg", ".pkg", ".deb", ".rpm", ".msi", ".whl",
}

// archive reports binaries that can't be executed (APP.md: "an archive cannot run").
func archive(s *service) {
	for _, b := range s.binaries {
		name, _, _ := strings.Cut(strings.ToLower(b.Name), "?")
		isArchive := slices.ContainsFunc(archiveSuffixes, func(suffix string) bool { return strings.HasSuffix(name, suffix) })
		if isArchive || hosts.Parse(b.URL, s.server).Kind == hosts.GitHubArchive {
			s.report("manifest/archive", urlOf(b), fmt.Sprintf("The binary %s is an archive: the App executes it without unpacking", finding.Quote(b.Name)), "")
		}
	}
}

// weightIsBinary reports a weight with the binary's name, as in vector-store-redis-binary.
func weightIsBinary(s *service) {
	platforms := map[string]string{} // by URL and name of a binary
	for _, b := range s.binaries {
		platforms[b.URL], platforms[b.Name] = b.Platform, b.Platform
	}
	for _, w := range s.weights {
		if platform := cmp.Or(platforms[w.URL], platforms[w.Name]); platform != "" {
			s.report("manifest/weight-is-binary", urlOf(w),
				fmt.Sprintf("The weight %s is also the binary for %s: the App writes both to one file", finding.Quote(w.Name), finding.Quote(platform)), "")
		}
	}
}

// noWeights reports an empty list of weights (APP.md: "counts as downloaded already"), and a missing one in a manifest whose version is
// missing too. The schema reports a missing list in version 1.
func noWeights(s *service) {
	version, files := s.root.Get("version").String(), s.root.Get("weightsFiles")
	isOld := version == "1" || version == "" && s.set("binariesUrl")
	switch {
	case isOld && files.Kind() == document.Array && len(files.Elements()) == 0:
		s.report("manifest/no-weights", valueOf(files), "`weightsFiles` is empty: the App treats the service as downloaded and never fetches its binary", "")
	case isOld && version == "" && !s.set("weightsFiles"):
		s.report("manifest/no-weights", s.whole(), "The field `weightsFiles` is missing: the App exits on a service with `binariesUrl` and without it", "")
	}
}

// weightsDirectory reports a folder URL without a trailing slash (APP.md: "without the closing / the download breaks").
func weightsDirectory(s *service) {
	directory := s.root.Get("weightsDirectoryUrl")
	files := s.root.Get("weightsFiles").Elements()
	if url := directory.String(); url != "" && len(files) > 0 && !strings.HasSuffix(url, "/") {
		s.report("manifest/weights-directory", valueOf(directory),
			fmt.Sprintf("The URL does not end with a slash: the App would download %s", finding.QuoteURL(url+files[0].String())),
			"Write "+finding.QuoteURL(url+"/")+".")
	}
}

// versionShape compares the version with the fields that it requires (APP.md: "version").
func versionShape(s *service) {
	switch {
	case s.lacksBinariesURL():
		s.report("manifest/version", s.field("version"), "Version 1 needs `binariesUrl`, which is missing: the App finds nothing to download", s.versionFix())
	case !s.set("version") && len(s.binaries) > 0:
		at := s.whole()
		if s.root.Get("version") != nil {
			at = s.field("version")
		}
		s.report("manifest/version", at, "The field `version` is missing: the App treats the service as a container and never downloads its binary", s.versionFix())
	}
}

func (s *service) versionFix() string {
	switch {
	case s.isContainer() && len(s.binaries) == 0:
		return "Remove `version`: a container service has none."
	case s.set("binariesUrl"):
		return "Add `\"version\": \"1\"`."
	case s.set("binaries"):
		return "Write `\"version\": \"1.1\"`, or list the binaries in `binariesUrl` too."
	}
	return "Add `binariesUrl`, with the URL of the executable for each platform."
}

func (s *service) lacksBinariesURL() bool {
	return s.root.Get("version").String() == "1" && !s.set("binariesUrl")
}

// noBinary reports a service that the App can't run (APP.md: "The App is for macOS").
func noBinary(s *service) {
	forMac := func(a artifact.Artifact) bool { return slices.Contains(appPlatforms, a.Platform) }
	switch {
	case s.comingSoon(), s.lacksBinariesURL(), slices.ContainsFunc(s.binaries, forMac):
	case s.set("version") && len(s.binaries) > 0:
		s.report("manifest/no-binary", s.binariesField(), "No binary supports macOS, where the App runs: the service can't be used",
			"Add a binary for `aarch64-apple-darwin`, `x86_64-apple-darwin` or `universal-apple-darwin`.")
	case !s.isContainer() && len(s.binaries) == 0:
		s.report("manifest/no-binary", s.binariesField(), "The manifest has neither a container nor a binary: there is nothing to run",
			"Add `dockerImages`, the URL of a binary, or `\"comingSoon\": true`.")
	}
}

// binariesField is the location of the first field that names binaries, else the whole manifest.
func (s *service) binariesField() location {
	for _, name := range []string{"binaries", "binariesUrl"} {
		if v := s.root.Get(name); v != nil {
			return nameOf(v)
		}
	}
	return s.whole()
}
