package lint_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/lint"
	"github.com/premAI-io/verify-manifests/pkg/registry"
)

const server = "https://github.com"

func parse(t testing.TB, path string, text []byte) *registry.Manifest {
	t.Helper()
	r, err := registry.Preset(registry.Default)
	if err != nil {
		t.Fatal(err)
	}
	m, findings := r.Read(path, text, r)
	if m == nil {
		t.Fatalf("%s: %v", path, findings)
	}
	return m
}

// entry writes a manifest of version 1.1 with one binary.
func entry(platform, url string, fields ...string) string {
	return `{"binaries": {"` + platform + `": {"url": "` + url + `"` + strings.Join(append([]string{""}, fields...), ", ") + `}}}`
}

func TestChanges(t *testing.T) {
	const arm, intel = "aarch64-apple-darwin", "x86_64-apple-darwin"
	const v1, v2 = "https://example.org/1.0/server", "https://example.org/2.0/server"
	one, two := `"checksum": "sha256:`+strings.Repeat("1", 64)+`"`, `"checksum": "sha256:`+strings.Repeat("2", 64)+`"`
	weak := `"checksum": "sha1:` + strings.Repeat("1", 40) + `"`
	bare := `"checksum": "` + strings.Repeat("1", 64) + `"`
	signed := `"signature": "RUQ"`
	for name, test := range map[string]struct {
		base, head string
		want       []string
	}{
		"nothing changed":                         {entry(arm, v1, one, signed), entry(arm, v1, one, signed), nil},
		"a checksum comes":                        {entry(arm, v1), entry(arm, v1, one), nil},
		"a new version with its checksum":         {entry(arm, v1, one), entry(arm, v2, two), nil},
		"the same checksum in another form":       {entry(arm, v1, one), entry(arm, v1, bare), nil},
		"a file goes":                             {entry(arm, v1, one), `{}`, nil},
		"another file comes":                      {entry(arm, v1, one), entry(intel, v2), nil},
		"a checksum goes":                         {entry(arm, v1, one), entry(arm, v1), []string{finding.ChecksumDropped}},
		"a checksum goes with the version":        {entry(arm, v1, one), entry(arm, v2), []string{finding.ChecksumDropped}},
		"a checksum goes on the way to a key":     {entry(arm, v1, one), entry(intel, v1), []string{finding.ChecksumDropped}},
		"a checksum goes with the shape":          {entry(arm, v1, one), `{"binariesUrl": {"` + arm + `": "` + v1 + `"}}`, []string{finding.ChecksumDropped}},
		"a checksum changes":                      {entry(arm, v1, one), entry(arm, v1, two), []string{finding.ChecksumChanged}},
		"a checksum changes with the host's case": {entry(arm, v1, one), entry(arm, "https://EXAMPLE.org:443/1.0/server", two), []string{finding.ChecksumChanged}},
		"a checksum's algorithm changes":          {entry(arm, v1, weak), entry(arm, v1, two), []string{finding.ChecksumChanged}},
		"a checksum becomes unreadable":           {entry(arm, v1, one), entry(arm, v1, `"checksum": "md5:x"`), []string{finding.ChecksumChanged}},
		"a signature goes":                        {entry(arm, v1, signed), entry(arm, v1), []string{finding.SignatureMissing}},
		"both go":                                 {entry(arm, v1, one, signed), entry(arm, "no URL"), []string{finding.ChecksumDropped, finding.SignatureMissing}},
	} {
		base, head := parse(t, "chat-x/manifest.json", []byte(test.base)), parse(t, "chat-x/manifest.json", []byte(test.head))
		var got []string
		for _, f := range lint.Compare(base, head).Changes(server) {
			if f.Severity != finding.Warning || f.Line != 1 || f.Column < 2 {
				t.Errorf("%s: %+v", name, f)
			}
			got = append(got, f.Rule)
		}
		if strings.Join(got, " ") != strings.Join(test.want, " ") {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestChangesOfWhatIsNew(t *testing.T) {
	head := parse(t, "chat-x/manifest.json", []byte(entry("aarch64-apple-darwin", "https://example.org/server")))
	if got := lint.Compare(nil, head).Changes(server); got != nil {
		t.Errorf("got %v", got)
	}
}

func TestChangesSayWhatToLookAt(t *testing.T) {
	weak, strong := strings.Repeat("1", 40), strings.Repeat("2", 64)
	parsed := func(sum string) *registry.Manifest {
		return parse(t, "chat-x/manifest.json", []byte(entry("aarch64-apple-darwin", "https://example.org/server", `"checksum": "`+sum+`"`)))
	}
	got := lint.Compare(parsed(weak), parsed(strong)).Changes(server)
	want := "The checksum has changed and the URL has not: it was `" + weak + "`. The two are of different algorithms and can't be compared"
	if len(got) != 1 || got[0].Message != want || got[0].Pointer != "/binaries/aarch64-apple-darwin/checksum" || got[0].Column != 89 {
		t.Errorf("got %+v", got)
	}
}

// TestChangesTellDocumentsApart compares streams of two documents with the same pointers.
func TestChangesTellDocumentsApart(t *testing.T) {
	r, err := registry.Preset("krew")
	if err != nil {
		t.Fatal(err)
	}
	read := func(sums ...string) *registry.Manifest {
		var text string
		for i, sum := range sums {
			text += fmt.Sprintf("---\nspec:\n  platforms:\n  - uri: https://example.org/%d.tar.gz\n%s", i, sum)
		}
		m, findings := r.Read("plugins/x.yaml", []byte(text), r)
		if m == nil || len(m.Artifacts) != len(sums) {
			t.Fatalf("%v", findings)
		}
		return m
	}
	sum := "    sha256: " + strings.Repeat("1", 64) + "\n"
	if got := lint.Compare(read(sum, ""), read(sum, "")).Changes(server); got != nil {
		t.Errorf("an unchanged manifest: %+v", got)
	}
	got := lint.Compare(read(sum, sum), read(sum, "")).Changes(server)
	if len(got) != 1 || got[0].Rule != finding.ChecksumDropped || got[0].Document != 1 {
		t.Errorf("a checksum of the second document dropped: %+v", got)
	}
}
