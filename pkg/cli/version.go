package cli

import (
	"cmp"
	_ "embed"
	"runtime/debug"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/report"
)

// version and revision are set by a build without a repository, such as the Dockerfile's:
// -ldflags "-X github.com/premAI-io/verify-manifests/pkg/cli.revision=0123…".
var version, revision string

// archive is the commit of an archive of the repository, and the tag before it. Git fills them in (see .gitattributes), and so does
// GitHub, which delivers an Action to a runner as an archive.
//
//go:embed archive.txt
var archive string

// Version returns the release ("v1.2.3"), else a version with the commit, else "devel".
func Version() string { return built().version }

// tool is this program in a report.
func tool() report.Tool {
	return report.Tool{Name: "verify-manifests", Version: built().version, Commit: built().commit}
}

// origin is what a program was built from.
type origin struct{ version, commit string }

func built() origin {
	info, _ := debug.ReadBuildInfo()
	return origin{version, revision}.completed(info, archive)
}

// completed fills in missing fields of o from Go's build information, else from the text of archive.txt, which outside an archive is a
// placeholder.
func (o origin) completed(info *debug.BuildInfo, archive string) origin {
	if info != nil {
		if info.Main.Version != "(devel)" {
			o.version = cmp.Or(o.version, info.Main.Version)
		}
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				o.commit = cmp.Or(o.commit, setting.Value)
			}
		}
	}
	if !strings.HasPrefix(archive, "$") {
		commit, described, _ := strings.Cut(strings.TrimSpace(archive), " ")
		o = origin{cmp.Or(o.version, described), cmp.Or(o.commit, commit)}
	}
	if o.version == "" && o.commit != "" {
		o.version = "devel+" + o.commit[:min(12, len(o.commit))]
	}
	o.version = cmp.Or(o.version, "devel")
	return o
}
