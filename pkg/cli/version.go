package cli

import (
	"runtime/debug"
)

// version is set by release builds: -ldflags "-X github.com/premAI-io/verify-manifests/pkg/cli.version=v1.2.3".
var version string

// Version returns the program's version: the release's, else the module's, else "devel".
func Version() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}
