package lint_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/lint"
)

func rulesOf(findings []finding.Finding) string {
	var ids []string
	for _, f := range findings {
		ids = append(ids, f.Rule)
	}
	return strings.Join(ids, " ")
}

// TestMutableCountsTheFilesOfARepository reports 300 files of one branch once, with their number.
func TestMutableCountsTheFilesOfARepository(t *testing.T) {
	var entries []string
	add := func(repository string, n int) {
		for range n {
			entries = append(entries, fmt.Sprintf(`"%d": {"url": "https://huggingface.co/%s/resolve/main/x"}`, len(entries), repository))
		}
	}
	messages := func() (all []string) {
		for _, f := range lint.Manifest(parse(t, "prem", "x/manifest.json", `{"weights": {`+strings.Join(entries, ", ")+`}}`), server) {
			all = append(all, f.Rule+" "+f.Pointer+" "+f.Message)
		}
		return all
	}
	add("acme/m", 300)
	add("acme/other", 1)
	got := messages()
	if len(got) != 2 || !strings.HasPrefix(got[0], "url/mutable /weights/0 The URL points to the branch `main`:") || !strings.Contains(got[0], "(300 URLs here point to it)") ||
		!strings.HasPrefix(got[1], "url/mutable /weights/300 The URL points to the branch `main`:") {
		t.Errorf("%q", got)
	}
	add("acme/third", 1)
	add("acme/fourth", 1)
	got = messages()
	if len(got) != 1 || !strings.HasPrefix(got[0], "url/mutable /weights/0 303 URLs point to targets that can change") || !strings.Contains(got[0], "`/weights/2`") {
		t.Errorf("of four repositories: %q", got)
	}
}

// TestAChecksumMakesASlashWait: what is served decides, unless the host is known to serve a page.
func TestAChecksumMakesASlashWait(t *testing.T) {
	sum := `"checksum": "sha256:` + strings.Repeat("1", 64) + `"`
	const slash, page = "https://example.org/download/1.2/", "https://github.com/acme/s/blob/v1.2.0/x"
	for _, c := range []struct{ manifest, want string }{
		{entry("aarch64-apple-darwin", slash), finding.URLNotAFile},
		{entry("aarch64-apple-darwin", slash, sum), ""},
		{entry("aarch64-apple-darwin", page, sum), finding.URLNotAFile},
	} {
		if got := rulesOf(lint.Manifest(parse(t, "prem", "x/manifest.json", c.manifest), server)); got != c.want {
			t.Errorf("%s: %q, want %q", c.manifest, got, c.want)
		}
	}
}
