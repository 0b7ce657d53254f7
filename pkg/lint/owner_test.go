package lint_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/lint"
)

// owned is what manifests take from the repositories of GitHub that are named by "path owner/repository".
func owned(names ...string) (all []lint.Repository) {
	for _, name := range names {
		path, repository, _ := strings.Cut(name, " ")
		all = append(all, lint.Repositories([]artifact.Artifact{{
			Manifest: path, Role: artifact.File, URL: "https://github.com/" + repository + "/releases/download/v1.0.0/x",
		}}, server)...)
	}
	return all
}

func told(findings []finding.Finding) (paths []string) {
	for _, f := range findings {
		paths = append(paths, f.Manifest)
	}
	return paths
}

func everything(string) bool { return true }

func TestOtherOwnersSpeaksOfTheLessUsual(t *testing.T) {
	for name, test := range map[string]struct {
		all, want []string
	}{
		"one owner":                   {[]string{"a acme/x", "b Acme/X"}, nil},
		"other repositories":          {[]string{"a acme/x", "b someone/y"}, nil},
		"a fork":                      {[]string{"a acme/x", "b acme/x", "c someone/x"}, []string{"c"}},
		"two, and nobody can tell":    {[]string{"a acme/x", "b someone/x"}, []string{"a", "b"}},
		"one is called as its owner":  {[]string{"a x/x", "b someone/x"}, []string{"b"}},
		"two names in one manifest":   {[]string{"a acme/x", "a someone/x", "b acme/x"}, []string{"a"}},
		"three owners, two of a kind": {[]string{"a acme/x", "b someone/x", "c other/x"}, []string{"a", "b", "c"}},
	} {
		if got := told(lint.OtherOwners(owned(test.all...), everything)); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// TestAChangeCanNotOutvoteTheRegistry: whoever adds three manifests with a fork is told of all three.
func TestAChangeCanNotOutvoteTheRegistry(t *testing.T) {
	all := owned("a acme/x", "new-1 someone/x", "new-2 someone/x", "new-3 x/x")
	got := lint.OtherOwners(all, func(path string) bool { return strings.HasPrefix(path, "new") })
	if want := []string{"new-1", "new-2", "new-3"}; !slices.Equal(told(got), want) {
		t.Errorf("%q, want %q", told(got), want)
	}
	if want := "`x` comes from `someone` here, and from `acme` in `a`: one may be a fork of the other"; got[0].Message != want {
		t.Errorf("%q", got[0].Message)
	}
}

func TestOtherOwnersFindsTheSameWhateverTheOrder(t *testing.T) {
	all := owned("a acme/x", "b someone/x", "c other/x", "d acme/y", "e e/y", "b d/y")
	want := lint.OtherOwners(all, everything)
	slices.Reverse(all)
	if diff := cmp.Diff(want, lint.OtherOwners(all, everything)); diff != "" {
		t.Error(diff)
	}
}

// TestOtherOwnersOfALargeRegistry would not end if each manifest were compared with each.
func TestOtherOwnersOfALargeRegistry(t *testing.T) {
	var all []lint.Repository
	for i := range 50_000 {
		all = append(all, lint.Repository{Owner: fmt.Sprint(i % 1000), Name: "x", Manifest: fmt.Sprint(i)})
	}
	if n := len(lint.OtherOwners(all, everything)); n != len(all) {
		t.Errorf("%d findings", n)
	}
	for i := range all {
		all[i].Manifest = "one"
	}
	all = append(all, lint.Repository{Owner: "x", Name: "x", Manifest: "two"})
	if n := len(lint.OtherOwners(all, func(path string) bool { return path == "one" })); n != 100 {
		t.Errorf("%d findings of one manifest", n)
	}
}

func TestRepositoriesOfImages(t *testing.T) {
	for reference, want := range map[string]string{
		"redis:7": "", "localhost:5000/redis": "", "localhost/redis": "", "": "", "/": "", "a/": "",
		"qdrant/qdrant:v1": "qdrant qdrant", "docker.io/qdrant/qdrant": "qdrant qdrant",
		"ghcr.io/acme/a/b:1@sha256:00": "acme b", "localhost:5000/acme/x:1": "acme x",
	} {
		got := ""
		for _, r := range lint.Repositories([]artifact.Artifact{{Role: artifact.Image, URL: reference}}, server) {
			got = r.Owner + " " + r.Name
		}
		if got != want {
			t.Errorf("%q: %q, want %q", reference, got, want)
		}
	}
}

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
		for _, f := range lint.Changes(parse(t, "chat-x/manifest.json", []byte(test.base)), parse(t, "chat-x/manifest.json", []byte(test.head)), server) {
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
