package cli

import (
	"cmp"
	_ "embed"
	"runtime/debug"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/report"
)

// version and revision are set by a build that has no repository to ask, such as the Dockerfile's:
// -ldflags "-X github.com/premAI-io/verify-manifests/pkg/cli.revision=0123…".
var version, revision string

// archive is the commit of an archive of the repository, and the tag before it: git fills them in, and so does
// GitHub, which gives an Action to a runner as an archive (see .gitattributes).
//
//go:embed archive.txt
var archive string

// origin is what a program was built from.
type origin struct{ version, commit string }

// Version returns the program's version: the release's ("v1.2.3"), else one that names its commit, else "devel".
func Version() string { return built().version }

// tool is this program in a report.
func tool() report.Tool {
	return report.Tool{Name: "verify-manifests", Version: built().version, Commit: built().commit}
}

func built() origin {
	info, _ := debug.ReadBuildInfo()
	return origin{version, revision}.or(stamped(info)).or(archived(archive)).named()
}

// stamped is what Go writes into a program: the module's version, which the tag of the repository gives, and the commit.
func stamped(info *debug.BuildInfo) origin {
	var o origin
	if info == nil {
		return o
	}
	if info.Main.Version != "(devel)" {
		o.version = info.Main.Version
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			o.commit = setting.Value
		}
	}
	return o
}

// archived reads the text of archive.txt, which outside an archive is what git would replace.
func archived(text string) origin {
	if strings.HasPrefix(text, "$") {
		return origin{}
	}
	commit, described, _ := strings.Cut(strings.TrimSpace(text), " ")
	return origin{described, commit}
}

// or is o with what it lacks taken from other.
func (o origin) or(other origin) origin {
	return origin{cmp.Or(o.version, other.version), cmp.Or(o.commit, other.commit)}
}

// named is o with a version, which tells one commit from another.
func (o origin) named() origin {
	switch {
	case o.version != "":
	case o.commit != "":
		o.version = "devel+" + o.commit[:min(12, len(o.commit))]
	default:
		o.version = "devel"
	}
	return o
}
