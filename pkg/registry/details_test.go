package registry_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/registry"
)

func TestMessagesCountAndListPlaces(t *testing.T) {
	digests := func(n int) string {
		return `{"f": [{"url": "https://x/a"}], "d": [` + strings.TrimSuffix(strings.Repeat(`"sha256:`+sum256+`",`, n), ",") + "]}"
	}
	const nothing = "The manifest has digests, but the description selects no file: `at: /f/*` "
	for text, want := range map[string]string{
		`{"f": []}`: "The manifest names no file in the entries that the configuration file describes",
		digests(1):  "1 digest belongs to no file, at `/d/0`",
		digests(7):  "7 digests belong to no file, at `/d/0`, `/d/1`, `/d/2`, `/d/3`, `/d/4`, and 2 more",
		`{"f": [{"url": "https://x/a"}, {"hash": "x"}, {"hash": "y"}]}`:                  "The manifest has entries without an address, which are not downloaded (2 entries)",
		`{"f": [{"url": "https://x/a"}, {"url": "oci://x"}, {"url": "oci://y"}]}`:        "The manifest has addresses with the scheme `oci:`, which are not downloaded (2 addresses)",
		`{"f": [{"url": "https://x/a", "hash": ["a", "b"]}]}`:                            "1 URLs beside 2 checksums: it is unclear which checksum belongs to which URL",
		`{"e": [], "h": "sha256:` + sum256 + `"}`:                                        nothing + "matches nothing; the root has `e`, `h`",
		`{"f": [], "h": "sha256:` + sum256 + `"}`:                                        nothing + "matches nothing; `/f` is a list",
		`{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "g": "sha256:` + sum256 + `", "h": 1}`: nothing + "matches nothing; the root has `a`, `b`, `c`, `d`, `e`, and 2 more",
	} {
		r := registryOf(t, "manifests: a\nartifacts: [{at: /f/*, url: /url, checksum: /hash}]")
		_, findings := r.Read("a.json", []byte(text), r)
		if len(findings) == 0 || findings[len(findings)-1].Message != want {
			t.Errorf("%s:\nwant %s\ngot  %v", text, want, findings)
		}
	}
}

// TestADeclaredValueIsReplacedOnRequestOnly also holds what can't be written at all.
func TestADeclaredValueIsReplacedOnRequestOnly(t *testing.T) {
	const text = `{"url": "https://x/a", "hash": "` + sum256 + `", "size": 5}`
	other := digest.Digest{Algorithm: digest.SHA256, Sum: sum512[:64]}
	same := digest.Digest{Algorithm: digest.SHA256, Sum: sum256}
	sized := func(a artifact.Artifact) artifact.Artifact { a.Slot.Size = "/size"; return a } // as prem has it
	r := registryOf(t, "manifests: a\nartifacts: [{at: '', url: /url, checksum: /hash, size: /size}]")
	for name, test := range map[string]struct {
		edit func(*registry.Edit, artifact.Artifact) error
		err  error
		want string // in the text instead
	}{
		"the same":         {func(e *registry.Edit, a artifact.Artifact) error { return e.SetChecksum(sized(a), same, 5, false) }, nil, text},
		"another":          {func(e *registry.Edit, a artifact.Artifact) error { return e.SetChecksum(a, other, 5, false) }, registry.ErrDeclared, text},
		"another size":     {func(e *registry.Edit, a artifact.Artifact) error { return e.SetChecksum(sized(a), same, 6, false) }, registry.ErrDeclared, text},
		"no size":          {func(e *registry.Edit, a artifact.Artifact) error { return e.SetChecksum(sized(a), other, 0, true) }, nil, strings.Replace(text, sum256, other.Sum, 1)},
		"both":             {func(e *registry.Edit, a artifact.Artifact) error { return e.SetChecksum(sized(a), other, 6, true) }, nil, strings.NewReplacer(sum256, other.Sum, "5}", "6}").Replace(text)},
		"a URL":            {func(e *registry.Edit, a artifact.Artifact) error { return e.SetURL(a, "https://x/b") }, nil, strings.Replace(text, "x/a", "x/b", 1)},
		"the same URL":     {func(e *registry.Edit, a artifact.Artifact) error { return e.SetURL(a, "https://x/a") }, nil, text},
		"no slot":          {func(e *registry.Edit, a artifact.Artifact) error { a.Slot.URL = ""; return e.SetURL(a, "b") }, document.ErrNotEditable, text},
		"no value":         {func(e *registry.Edit, a artifact.Artifact) error { a.Slot.URL = "/u"; return e.SetURL(a, "b") }, document.ErrNotEditable, text},
		"another document": {func(e *registry.Edit, a artifact.Artifact) error { a.Document = 1; return e.SetURL(a, "b") }, document.ErrNotEditable, text},
	} {
		m, _ := r.Read("a.json", []byte(text), r)
		edit := m.Edit([]byte(text))
		err := test.edit(edit, m.Artifacts[0])
		if got, textErr := edit.Text(); !errors.Is(err, test.err) || textErr != nil || string(got) != test.want {
			t.Errorf("%s: %v, %v, %s", name, err, textErr, got)
		}
	}
	m, _ := r.Read("a.json", []byte(text), r)
	for _, err := range []error{m.Edit(nil).SetChecksum(m.Artifacts[0], digest.Digest{}, 1, true), m.Edit(nil).SetChecksum(m.Artifacts[0], same, -1, true), m.Edit(nil).SetURL(m.Artifacts[0], "\xff")} {
		if err == nil {
			t.Error("an invalid value is written")
		}
	}
	if m.Artifact("") != &m.Artifacts[0] || m.Artifact("/x") != nil || (*registry.Manifest)(nil).Artifact("") != nil {
		t.Error("Artifact finds another")
	}
}

func TestASetSelectsByItsOwnGlobsOrThose(t *testing.T) {
	a, err := described("manifests: a/*.json\nmax-size: 2MB\nartifacts: [{at: '', url: /url}]")
	b, err2 := described("manifests: [b/*.json, '!b/x.json']\nartifacts: [{at: '', url: /url, attests: n}]")
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	set := registry.Set{Registries: []*registry.Registry{a, b}}
	globs := registry.Set{Registries: set.Registries, Globs: []string{"c/*"}}
	for path, want := range map[string][5]bool{ // selected, resembling, of b, by the globs
		"a/1.json": {true, false, false}, "b/1.json": {true, false, true}, "b/x.json": {}, "A/1.JSON": {false, true}, "c/1": {false, false, false, true}, "C/1": {false, false, false, false, true}, "d": {},
	} {
		if got := [5]bool{set.Selects(path), set.ResemblesSelected(path), set.Of(path) == b, globs.Selects(path), globs.ResemblesSelected(path)}; got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
	if set.MaxSize() != 2e6 || set.String() != "`a/*.json b/*.json !b/x.json`" || globs.String() != "`c/*`" || a.AttestsBeside() || !b.AttestsBeside() {
		t.Errorf("%d bytes, %s, %s", set.MaxSize(), set, globs)
	}
}

func TestWhatEachPatternMatches(t *testing.T) {
	r := registryOf(t, "manifests: a\nwhere: {/kind: a}\nartifacts:\n- {at: [/a, /b/*], url: /url}\n- {at: /i/*, image: /image}\n- {at: '', url: /none, where: {/none: a}}\nignore: /c/**")
	for text, want := range map[string]string{
		`{"kind": "a", "a": {"url": "https://x/a"}, "b": [], "i": [{"image": "i"}, {}], "c": 1}`: "`at: /a` matches 1, 1 with an address\n`at: /b/*` matches nothing; `/b` is a list\n`at: /i/*` matches 2, 1 with an address\n`at: \"\"` (the root) matches 1, and `where` or `unless` excludes all of them\n`ignore: /c/**` matches 1",
		`{"kind": "a", "a": {}}`: "`at: /a` matches 1, and none has an address at `/url`\n`at: /b/*` matches nothing; the root has `kind`, `a`\n`at: /i/*` matches nothing; the root has `kind`, `a`\n`at: \"\"` (the root) matches 1, and `where` or `unless` excludes all of them\n`ignore: /c/**` matches nothing; the root has `kind`, `a`",
		`{"kind": "b", "a": {}}`: "`at: /a` matches nothing\n`at: /b/*` matches nothing\n`at: /i/*` matches nothing\n`at: \"\"` (the root) matches nothing\n`ignore: /c/**` matches nothing",
	} {
		m, _ := r.Read("a.json", []byte(text), r)
		if diff := cmp.Diff(want, strings.Join(r.Test(m), "\n")); diff != "" {
			t.Errorf("%s (- want, + got):\n%s", text, diff)
		}
	}
}

func TestDigestsThatNothingUsesSinceTheBase(t *testing.T) {
	r := registryOf(t, "manifests: a\noptional: true\nartifacts: [{at: /f/*, url: /url, checksum: /hash, unless: {/kind: git}}]")
	manifest := func(digests ...string) *registry.Manifest {
		m, _ := r.Read("a.yaml", []byte("d: ["+strings.Join(digests, ", ")+"]\nf: [{}, {url: 'https://x/a'}, {kind: git, url: 'https://x/b'}, {kind: git, url: ''}]\nUrl: {}\n"), r)
		return m
	}
	a, b := "sha256:"+sum256, "sha512:"+sum512
	for _, test := range []struct {
		base, head []string
		want       string
	}{
		{[]string{a, b}, []string{b, a}, ""},
		{[]string{a}, []string{a, a}, "registry/unused-digest 1:78 /d/1"},
		{[]string{a, a}, []string{b}, "registry/unused-digest 1:5 /d/0"},
	} {
		if got := strings.Join(told(r.UnusedSince(manifest(test.base...), manifest(test.head...))), "\n"); got != test.want {
			t.Errorf("%v after %v: want %q, got %q", test.head, test.base, test.want, got)
		}
	}
	if n := r.LeftOut(manifest()); n != 1 {
		t.Errorf("%d entries are left out", n)
	}
}
