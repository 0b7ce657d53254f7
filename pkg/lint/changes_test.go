package lint_test

import (
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/lint"
	"github.com/premAI-io/verify-manifests/pkg/registry"
)

const server = "https://github.com"

// parse reads a manifest of a preset.
func parse(t testing.TB, preset, path, text string) *registry.Manifest {
	t.Helper()
	r, err := registry.Preset(preset)
	if err != nil {
		t.Fatal(err)
	}
	m, findings := r.Read(path, []byte(text), r)
	if m == nil {
		t.Fatalf("%s: %v", path, findings)
	}
	return m
}

// entry writes a manifest of version 1.1 with one binary.
func entry(platform, url string, fields ...string) string {
	return `{"binaries": {"` + platform + `": {"url": "` + url + `"` + strings.Join(append([]string{""}, fields...), ", ") + `}}}`
}

// TestChanges holds the rules of the findings, and of url/owner-changed the owners.
func TestChanges(t *testing.T) {
	const arm, intel = "aarch64-apple-darwin", "x86_64-apple-darwin"
	const v1, v2 = "https://example.org/1.0/server", "https://example.org/2.0/server"
	const release = "/releases/download/v1.0.0/server"
	one, two := `"checksum": "sha256:`+strings.Repeat("1", 64)+`"`, `"checksum": "sha256:`+strings.Repeat("2", 64)+`"`
	weak := `"checksum": "sha1:` + strings.Repeat("1", 40) + `"`
	bare := `"checksum": "` + strings.Repeat("1", 64) + `"`
	signed := `"signature": "RUQ"`
	image := func(name string) string { return `{"dockerImages": {"cpu": {"image": "` + name + `", "size": 1}}}` }
	for name, test := range map[string]struct{ base, head, want string }{
		"a file that is new":                      {`{}`, entry(arm, v1), ""},
		"nothing changed":                         {entry(arm, v1, one, signed), entry(arm, v1, one, signed), ""},
		"a checksum comes":                        {entry(arm, v1), entry(arm, v1, one), ""},
		"a new version with its checksum":         {entry(arm, v1, one), entry(arm, v2, two), ""},
		"the same checksum in another form":       {entry(arm, v1, one), entry(arm, v1, bare), ""},
		"a file goes":                             {entry(arm, v1, one), `{}`, ""},
		"another file comes":                      {entry(arm, v1, one), entry(intel, v2), ""},
		"a checksum goes":                         {entry(arm, v1, one), entry(arm, v1), "checksum/dropped"},
		"a checksum goes with the version":        {entry(arm, v1, one), entry(arm, v2), "checksum/dropped"},
		"a checksum goes on the way to a key":     {entry(arm, v1, one), entry(intel, v1), "checksum/dropped"},
		"a checksum goes with the shape":          {entry(arm, v1, one), `{"binariesUrl": {"` + arm + `": "` + v1 + `"}}`, "checksum/dropped"},
		"a checksum changes":                      {entry(arm, v1, one), entry(arm, v1, two), "checksum/changed"},
		"a checksum changes with the host's case": {entry(arm, v1, one), entry(arm, "https://EXAMPLE.org:443/1.0/server", two), "checksum/changed"},
		"a checksum's algorithm changes":          {entry(arm, v1, weak), entry(arm, v1, two), "checksum/changed"},
		"a checksum becomes unreadable":           {entry(arm, v1, one), entry(arm, v1, `"checksum": "md5:x"`), "checksum/changed"},
		"a signature goes":                        {entry(arm, v1, signed), entry(arm, v1), "signature/missing"},
		"both go":                                 {entry(arm, v1, one, signed), entry(arm, "no URL"), "checksum/dropped signature/missing"},
		"another version":                         {entry(arm, "https://github.com/acme/a"+release), entry(arm, "https://github.com/Acme/b"+release), ""},
		"another owner":                           {entry(arm, "https://github.com/premAI-io/a"+release), entry(arm, "https://github.com/tiero/a"+release), "url/owner-changed `premAI-io` to `tiero`"},
		"another host":                            {entry(arm, "https://example.org/x"), entry(arm, "https://example.net/x"), "url/owner-changed `example.org` to `example.net`"},
		"a host, after owners":                    {entry(arm, "https://github.com/acme/a"+release), entry(arm, "https://EXAMPLE.net/x"), "url/owner-changed `acme` to `example.net`"},
		"an image":                                {image("ankane/pgvector:v1"), image("ghcr.io/someone/pgvector:v1"), "url/owner-changed `ankane` to `someone`"},
		"an official image":                       {image("redis:7"), image("someone/redis:7"), ""},
		"a local registry":                        {image("localhost:5000/acme/x:1"), image("other/x@sha256:00"), "url/owner-changed `acme` to `other`"},
		"no host, no owner":                       {image("localhost/redis"), image("acme/redis"), ""},
		"no URL any more":                         {entry(arm, "https://example.org/x"), entry(arm, "x"), ""},
		"several files": {
			`{"weights": {"x": {"url": "https://huggingface.co/a/m/resolve/main/x"}, "y": {"url": "https://huggingface.co/a/m/resolve/main/y"}}}`,
			`{"weights": {"x": {"url": "https://huggingface.co/b/m/resolve/main/x"}, "y": {"url": "https://huggingface.co/b/m/resolve/main/y"}}}`, "url/owner-changed `a` to `b`",
		},
		"files that change places": {
			`{"binariesUrl": {"` + arm + `": "https://example.org/x", "x86_64-apple-darwin": "https://example.net/x"}}`,
			`{"binariesUrl": {"` + arm + `": "https://example.net/x", "x86_64-apple-darwin": "https://example.org/x"}}`, "",
		},
	} {
		base, head := parse(t, "prem", "chat-x/manifest.json", test.base), parse(t, "prem", "chat-x/manifest.json", test.head)
		var got []string
		for _, f := range lint.Compare(base, head).Changes(server) {
			atChecksum := strings.HasSuffix(f.Pointer, "/checksum")
			if f.Severity == finding.Error || f.Line != 1 || f.Column < 2 || atChecksum != (f.Rule == finding.ChecksumChanged) {
				t.Errorf("%s: %+v", name, f)
			}
			got = append(got, f.Rule+strings.TrimPrefix(f.Message, "The file has moved from"))
			if f.Rule != finding.URLOwnerChanged {
				got[len(got)-1] = f.Rule
			}
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// TestChangesTellDocumentsApart compares streams of two documents with the same pointers.
func TestChangesTellDocumentsApart(t *testing.T) {
	const first, second = "---\nspec: {platforms: [{uri: https://x/1, sha256: SUM}]}\n", "---\nspec: {platforms: [{uri: https://x/2, sha256: SUM}]}\n"
	sum := strings.NewReplacer("SUM", strings.Repeat("1", 64))
	both := parse(t, "krew", "plugins/x.yaml", sum.Replace(first+second))
	one := parse(t, "krew", "plugins/x.yaml", sum.Replace(first+strings.Replace(second, "SUM", "", 1)))
	if got := lint.Compare(one, one).Changes(server); got != nil {
		t.Errorf("an unchanged manifest: %+v", got)
	}
	if got := lint.Compare(both, one).Changes(server); len(got) != 1 || got[0].Rule != finding.ChecksumDropped || got[0].Document != 1 {
		t.Errorf("a checksum of the second document dropped: %+v", got)
	}
}
