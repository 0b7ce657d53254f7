package verify_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// question is what a file weighs that is not read.
const question = 5_000_000

func TestSizesAreDeclaredElsePublishedElseAnnounced(t *testing.T) {
	linked := http.Header{"X-Linked-Size": {"77"}, "X-Linked-Etag": {strings.Repeat("a", 64)}, "Location": {"https://cdn.example.com/m"}}
	w := &web{asset: hosts.Published{Digest: digestOf("x"), Size: 33}, files: map[string]served{
		hfURL:                       {status: 302, first: linked},
		otherURL:                    {body: "announced"},
		"https://example.com/to":    {status: 302, first: http.Header{"Location": {"https://cdn.example.com/s"}}},
		"https://cdn.example.com/s": {body: "behind a redirect"},
		"https://example.com/down":  {peekFails: true},
		"https://example.com/large": {body: strings.Repeat("x", 1001)},
	}}
	full, fast, offline := verify.Verifier{}, verify.Verifier{Fast: true}, verify.Verifier{Offline: true}
	known := verify.Verifier{Fast: true, Baseline: baselines{otherURL: {Observation: verify.Observation{Digest: digestOf("x"), Size: 9, ETag: `"e"`}, Seen: time.Unix(1, 0)}}.of}
	for _, c := range []struct {
		name         string
		v            *verify.Verifier
		url          string
		declared     int64 // size
		body         string
		size, weighs int64
		peeks        int
	}{
		{"published", &full, hfURL, 0, "x", 77, 77, 1},
		{"announced", &full, otherURL, 0, "x", 9, 9, 1},
		{"announced behind a redirect", &full, "https://example.com/to", 0, "x", 17, 17, 2},
		{"not announced", &full, "https://example.com/down", 0, "x", -1, 1000, 1},
		{"missing", &full, "https://example.com/missing", 0, "x", -1, 1000, 1},
		{"refused", &full, "https://example.com/large", 0, "x", 1001, 0, 1},
		{"declared", &full, otherURL, 40, "x", 40, 40, 0},
		{"declared and refused", &full, otherURL, 1 << 62, "x", 1 << 62, 0, 0},
		{"offline", &offline, otherURL, 0, "x", -1, 0, 0},
		// What a fast scan does not read weighs as much as a question.
		{"vouched for by Hugging Face", &fast, hfURL, 0, "x", -1, 0, 0},
		{"vouched for by GitHub", &fast, assetURL, 0, "x", -1, 0, 0},
		{"not as GitHub says", &fast, assetURL, 0, "y", 33, 33, 0},
		{"known", &known, otherURL, 0, "x", -1, 0, 0},
		{"unknown", &fast, otherURL, 0, "x", 9, 9, 1},
	} {
		a := weight(c.url, "m.gguf", sum(c.body))
		if c.declared > 0 {
			a = sized(a, c.declared)
		}
		w.gets, w.peeks = 0, 0
		c.v.Concurrency, c.v.Policy.Server = 1, "https://github.com"
		c.v.Hosts = verify.Hosts{Peek: w.Peek, Asset: w.Asset, MaxSize: 1000}
		l := c.v.Loads(t.Context(), verify.Plan([]artifact.Artifact{a}))[0]
		if l.Size != c.size || l.Weight != question+c.weighs || w.peeks != c.peeks || w.gets > 0 || (l.Published.Size == 33) != (c.url == assetURL) {
			t.Errorf("%s: %+v after %d questions and %d downloads; want %+v", c.name, l, w.peeks, w.gets, c)
		}
	}
	v := verify.Verifier{Concurrency: 1, Hosts: verify.Hosts{Peek: w.Peek, MaxSize: 1 << 62}}
	if l := v.Loads(t.Context(), verify.Plan([]artifact.Artifact{sized(weight(otherURL, "m", sum("x")), 1<<62)})); l[0].Weight > 1<<50 {
		t.Errorf("a size that lies weighs %d", l[0].Weight)
	}
}
