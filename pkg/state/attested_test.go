package state_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/premAI-io/verify-manifests/pkg/provenance"
	"github.com/premAI-io/verify-manifests/pkg/state"
)

func TestAttestationsAreKept(t *testing.T) {
	sum, other := strings.Repeat("a", 64), strings.Repeat("b", 64)
	own := []provenance.Facts{{Repository: "acme/tool", Signer: "acme/tool/.github/workflows/r.yml@refs/tags/v1", Runner: "github-hosted"}}
	s := &state.State{Files: map[string]state.File{}}
	s.Attest("Acme/Tool", sum, own)
	s.Attest("acme/tool", other, own)
	s.Build("https://example.com/tool", state.Builder{Repository: "acme/tool", Signer: own[0].Signer})
	s.Build("m/manifest.json#/gone", state.Builder{Repository: "acme/tool"})
	s.Attest("acme/tool", "not a digest", own)
	s.Attest("acme/none", sum, nil)
	s.Build("", state.Builder{Repository: "acme/tool"})
	var out bytes.Buffer
	if err := s.Write(&out); err != nil {
		t.Fatal(err)
	}
	read, err := state.Read(&out)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, read); diff != "" || len(read.Attestations) != 2 || len(read.Builders) != 2 || len(read.Attested("acme/TOOL", sum)) != 1 {
		t.Error(diff)
	}
	read.KeepAttested(func(key string) bool { return strings.HasPrefix(key, "https:") }, func(d string) bool { return d == sum })
	if len(read.Attestations) != 1 || len(read.Builders) != 1 {
		t.Errorf("%+v", read)
	}
}

func TestAttestationsAreReadAsHostile(t *testing.T) {
	key := `"acme/tool@sha256:` + strings.Repeat("a", 64) + `"`
	for name, text := range map[string]string{
		"a key without a digest": `"attestations": {"acme/tool": [{"repository": "acme/tool"}]}`,
		"another algorithm":      `"attestations": {"acme/tool@sha1:` + strings.Repeat("a", 40) + `": [{"repository": "acme/tool"}]}`,
		"no builds":              `"attestations": {` + key + `: []}`,
		"too many builds":        `"attestations": {` + key + `: [` + strings.Repeat(`{"repository": "a/b"},`, 16) + `{"repository": "a/b"}]}`,
		"a release":              `"attestations": {` + key + `: [{"repository": "a/b", "release": true}]}`,
		"a build without a name": `"attestations": {` + key + `: [{"signer": "a/b"}]}`,
		"a long text":            `"attestations": {` + key + `: [{"repository": "` + strings.Repeat("a", 5000) + `"}]}`,
		"an unknown member":      `"attestations": {` + key + `: [{"repository": "a/b", "x": 1}]}`,
		"a builder without name": `"builders": {"https://x": {"signer": "a"}}`,
		"builders of no key":     `"builders": {"": {"repository": "a/b", "signer": "a"}}`,
	} {
		if _, err := state.Read(strings.NewReader(`{"version": 2, "files": {}, ` + text + `}`)); err == nil {
			t.Errorf("%s is read", name)
		}
	}
	if _, err := state.Read(strings.NewReader(`{"version": 1, "files": {}, "attestations": {` + key + `: [{"repository": "a/b"}]}}`)); err == nil {
		t.Error("version 1 has attestations")
	}
	if _, err := state.Read(strings.NewReader(`{"version": 1, "files": {}}`)); err != nil {
		t.Error(err)
	}
}
