package prem_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/prem"
)

// A manifest of half a megabyte must not become gigabytes of URLs.
func TestLongDirectoryIsNotJoinedToEveryFile(t *testing.T) {
	text := fmt.Sprintf(`{"id": "x", "version": "1", "modelInfo": {}, "interfaces": [], "weightsDirectoryUrl": "https://%s/", "weightsFiles": [%s"z"]}`,
		strings.Repeat("a", 500_000), strings.Repeat(`"f", `, 2000))
	m, findings := prem.Parse("x/manifest.json", []byte(text))
	if len(m.Artifacts) != 2001 || m.Artifacts[2000].URL != "z" {
		t.Errorf("%d artifacts, the last at a URL of %d bytes", len(m.Artifacts), len(m.Artifacts[len(m.Artifacts)-1].URL))
	}
	for _, f := range findings {
		if f.Rule == "schema/max-length" && f.Pointer == "/weightsDirectoryUrl" {
			return
		}
	}
	t.Errorf("the length is not reported: %v", findings)
}
