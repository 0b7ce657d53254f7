package verify

import (
	"fmt"
	"slices"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/format"
)

// claims are the formats that a weight's extension implies; the first bytes prove them.
var claims = map[string]format.Kind{".gguf": format.GGUF, ".safetensors": format.Safetensors}

// isPage reports whether a file is a web page that is not meant to be one.
func isPage(a artifact.Artifact, kind format.Format) bool {
	return kind.Kind == format.HTML && !slices.Contains([]string{".html", ".htm"}, extension(a))
}

// inspect reports a file whose content is wrong whatever its digest. The first problem explains the others, so there is at most one
// finding.
func inspect(a artifact.Artifact, f *file) []finding.Finding {
	kind, isBinary, isWeight := f.kind, a.Role == artifact.Binary, a.Role == artifact.Weight
	is, serves := kind.Describe(), capital(f.serves())
	claimed, isClaimed := claims[extension(a)]
	runs, isKnown := kind.RunsOn(a.Platform)
	rule, message, fix := "", "", ""
	switch {
	case kind.Kind == format.Empty:
		rule, message = finding.ArtifactEmpty, serves+" an empty file"
	case isPage(a, kind):
		rule, message = finding.ArtifactHTMLPage, fmt.Sprintf("%s %s instead of the file", serves, is)
		fix = "Open the URL in a private browser window to see the page. Then use a URL that downloads the file without a browser, a log-in or a consent"
	case kind.Kind == format.LFSPointer:
		rule, message = finding.ArtifactLFSPointer, fmt.Sprintf("%s %s instead of the file", serves, is)
	case isBinary && kind.NotExecutable():
		rule, message = finding.ArtifactWrongFormat, fmt.Sprintf("The binary is %s, but binaries are executed as downloaded", is)
		fix = "Use the URL of the executable itself"
	case isBinary && isKnown && !runs:
		rule, message = finding.ArtifactWrongPlatform, fmt.Sprintf("The file is %s under %s", is, finding.Quote(a.Platform))
	case isWeight && isClaimed && kind.Kind != claimed:
		rule, message = finding.ArtifactWrongFormat, fmt.Sprintf("The file name ends in %s, but the file is %s", finding.Quote(extension(a)), is)
		fix = "Correct the URL, or rename the file"
	case isWeight && kind.Unsafe():
		rule, message = finding.ArtifactUnsafeFormat, fmt.Sprintf("The weights are %s, a format that can execute code when it is loaded", is)
	case isBinary && kind.Kind == format.Script:
		rule, message = finding.ArtifactUnsafeFormat, fmt.Sprintf("The binary is %s: a digest covers the script, not what it fetches when it starts", is)
		fix = "Publish a self-contained executable, or pin by digest what the script fetches"
	default:
		return nil
	}
	return []finding.Finding{a.Finding(rule, message, fix)}
}
