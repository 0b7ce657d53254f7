package baseline_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/premAI-io/verify-manifests/pkg/baseline"
	"github.com/premAI-io/verify-manifests/pkg/provenance"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// built is a good file that a repository attests.
func built(c, at string, document int) verify.Result {
	r := good(c)
	by := provenance.Facts{Repository: "acme/" + c, Signer: "acme/" + c + "/.github/workflows/r.yml@refs/tags/v1", Runner: "github-hosted"}
	r.Artifact.URL, r.Artifact.Document, r.Provenance = at, document, &by
	r.Attested = &verify.Attested{Repository: "Acme/" + c, Builds: []provenance.Facts{by}}
	return r
}

func TestAttestationsAreKept(t *testing.T) {
	one, two := built("a", url, 0), built("b", url+"/2", 1) // at one pointer, in two documents of a YAML stream
	none := built("c", url+"/3", 2)
	none.Attested.Builds, none.Provenance = nil, nil
	s := (*baseline.State)(nil).Compare([]verify.Result{one, two, none}, true, nil, day(1)).Next
	read := reread(t, s)
	if diff := cmp.Diff(s.Attestations, read.Attestations); diff != "" || len(read.Attestations) != 2 || len(read.Builders) != 4 || len(read.Attested("acme/A", sum("a").Sum)) != 1 {
		t.Errorf("%+v, %s", read, diff)
	}
	for _, r := range []verify.Result{one, two} {
		elsewhere := r.Artifact
		elsewhere.URL += "/new"
		for _, a := range []string{r.Artifact.URL, elsewhere.URL} {
			elsewhere.URL = a
			if by, isDeclared, found := read.Builder(elsewhere); !found || isDeclared || by.Repository != r.Provenance.Repository {
				t.Errorf("the builder of %s in document %d is %+v", a, r.Artifact.Document, by)
			}
		}
	}
	read.Prune([]verify.Result{two})
	if len(read.Attestations) != 1 || len(read.Builders) != 2 {
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
		if _, err := baseline.Read(strings.NewReader(`{"version": 2, "files": {}, ` + text + `}`)); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}
