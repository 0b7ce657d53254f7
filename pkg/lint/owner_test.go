package lint_test

import (
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/lint"
)

func TestChangesTellWhoseFilesTheyAre(t *testing.T) {
	const arm = "aarch64-apple-darwin"
	const release = "/releases/download/v1.0.0/server"
	image := func(name string) string { return `{"dockerImages": {"cpu": {"image": "` + name + `", "size": 1}}}` }
	for name, test := range map[string]struct{ base, head, want string }{
		"another version":      {entry(arm, "https://github.com/acme/a"+release), entry(arm, "https://github.com/Acme/b"+release), ""},
		"another owner":        {entry(arm, "https://github.com/premAI-io/a"+release), entry(arm, "https://github.com/tiero/a"+release), "from `premAI-io` to `tiero`"},
		"another host":         {entry(arm, "https://example.org/x"), entry(arm, "https://example.net/x"), "from `example.org` to `example.net`"},
		"a host, after owners": {entry(arm, "https://github.com/acme/a"+release), entry(arm, "https://EXAMPLE.net/x"), "from `acme` to `example.net`"},
		"an image":             {image("ankane/pgvector:v1"), image("ghcr.io/someone/pgvector:v1"), "from `ankane` to `someone`"},
		"an official image":    {image("redis:7"), image("someone/redis:7"), ""},
		"a local registry":     {image("localhost:5000/acme/x:1"), image("other/x@sha256:00"), "from `acme` to `other`"},
		"no host, no owner":    {image("localhost/redis"), image("acme/redis"), ""},
		"no URL any more":      {entry(arm, "https://example.org/x"), entry(arm, "x"), ""},
		"several files": {
			`{"weights": {"x": {"url": "https://huggingface.co/a/m/resolve/main/x"}, "y": {"url": "https://huggingface.co/a/m/resolve/main/y"}}}`,
			`{"weights": {"x": {"url": "https://huggingface.co/b/m/resolve/main/x"}, "y": {"url": "https://huggingface.co/b/m/resolve/main/y"}}}`, "from `a` to `b`",
		},
		"files that change places": {
			`{"binariesUrl": {"` + arm + `": "https://example.org/x", "x86_64-apple-darwin": "https://example.net/x"}}`,
			`{"binariesUrl": {"` + arm + `": "https://example.net/x", "x86_64-apple-darwin": "https://example.org/x"}}`, "",
		},
	} {
		var got []string
		for _, f := range lint.Compare(parse(t, "chat-x/manifest.json", []byte(test.base)), parse(t, "chat-x/manifest.json", []byte(test.head))).Changes(server) {
			if f.Rule != finding.URLOwnerChanged || f.Severity != finding.Notice || f.Column < 2 {
				t.Errorf("%s: %+v", name, f)
			}
			got = append(got, strings.TrimPrefix(f.Message, "The file has moved "))
		}
		if strings.Join(got, ", ") != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
