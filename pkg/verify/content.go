package verify

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/format"
)

// inspect says what is wrong with a file whatever its digest: it is not the thing it should be. The first
// rule that applies explains the others away, so at most one finding comes of each file.
func inspect(a artifact.Artifact, known *evidence) []finding.Finding {
	kind := seen{known.kind, capital(known.serves())}
	for _, rule := range []func(artifact.Artifact, seen) *finding.Finding{
		emptyBody, webPage, lfsPointer, notExecutable, otherPlatform, otherFormat, executableWeights, scriptBinary,
	} {
		if f := rule(a, kind); f != nil {
			return []finding.Finding{*f}
		}
	}
	return nil
}

// seen is what a file is, and how to begin a sentence about it.
type seen struct {
	format.Format
	serves string
}

func found(a artifact.Artifact, rule, message, fix string) *finding.Finding {
	f := a.Finding(rule, message, fix)
	return &f
}

func emptyBody(a artifact.Artifact, kind seen) *finding.Finding {
	if kind.Kind != format.Empty {
		return nil
	}
	return found(a, finding.ArtifactEmpty, kind.serves+" an empty file", "")
}

func webPage(a artifact.Artifact, kind seen) *finding.Finding {
	if kind.Kind != format.HTML || slices.Contains([]string{".html", ".htm"}, extension(a)) {
		return nil
	}
	return found(a, finding.ArtifactHTMLPage, fmt.Sprintf("%s %s instead of the file", kind.serves, kind.Describe()),
		"Open the URL in a private browser window to see the page. Then use a URL that downloads the file without a browser, a log-in or a consent")
}

func lfsPointer(a artifact.Artifact, kind seen) *finding.Finding {
	if kind.Kind != format.LFSPointer {
		return nil
	}
	return found(a, finding.ArtifactLFSPointer, fmt.Sprintf("%s %s instead of the file", kind.serves, kind.Describe()), "")
}

func notExecutable(a artifact.Artifact, kind seen) *finding.Finding {
	if a.Role != artifact.Binary || !kind.NotExecutable() {
		return nil
	}
	return found(a, finding.ArtifactWrongFormat, fmt.Sprintf("The binary is %s, and binaries are executed as they came", kind.Describe()),
		"Name the URL of the executable itself")
}

func otherPlatform(a artifact.Artifact, kind seen) *finding.Finding {
	if a.Role != artifact.Binary {
		return nil
	}
	if runs, known := kind.RunsOn(a.Platform); runs || !known {
		return nil
	}
	return found(a, finding.ArtifactWrongPlatform, fmt.Sprintf("The file is %s under %s", kind.Describe(), finding.Quote(a.Platform)), "")
}

// claims are the formats that a weight's name promises and only the first bytes prove.
var claims = map[string]format.Kind{".gguf": format.GGUF, ".safetensors": format.Safetensors}

func otherFormat(a artifact.Artifact, kind seen) *finding.Finding {
	want, claimed := claims[extension(a)]
	if a.Role != artifact.Weight || !claimed || kind.Kind == want {
		return nil
	}
	return found(a, finding.ArtifactWrongFormat, fmt.Sprintf("The name says %s, and the file is %s", finding.Quote(extension(a)), kind.Describe()),
		"Name the file that was meant, or call it what it is")
}

func executableWeights(a artifact.Artifact, kind seen) *finding.Finding {
	if a.Role != artifact.Weight || !kind.Unsafe() {
		return nil
	}
	return found(a, finding.ArtifactUnsafeFormat, fmt.Sprintf("The weights are %s, a format that can execute code when it is loaded", kind.Describe()), "")
}

func scriptBinary(a artifact.Artifact, kind seen) *finding.Finding {
	if a.Role != artifact.Binary || kind.Kind != format.Script {
		return nil
	}
	return found(a, finding.ArtifactUnsafeFormat, fmt.Sprintf("The binary is %s: a digest covers the script, not what it fetches when it starts", kind.Describe()),
		"Publish an executable that holds all it needs, or pin by digest whatever the script fetches")
}

func extension(a artifact.Artifact) string { return strings.ToLower(path.Ext(a.Name)) }
