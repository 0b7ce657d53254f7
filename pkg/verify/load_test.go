package verify_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

func digestOf(body string) digest.Digest {
	d, _ := digest.Parse(sum(body))
	return d
}

// question is what a file weighs that is not read.
const question = 5_000_000

// load is what one artifact takes, and how often the web was asked.
func load(t *testing.T, w *web, v *verify.Verifier, a artifact.Artifact) (l verify.Load, peeks int) {
	t.Helper()
	w.gets, w.peeks = 0, 0
	v.Concurrency, v.Hosts.Peek, v.Hosts.Asset, v.Hosts.MaxSize = 1, w.Peek, w.Asset, 1000
	loads := v.Loads(t.Context(), verify.Plan([]artifact.Artifact{a}))
	if w.gets > 0 {
		t.Error("a file was read")
	}
	return loads[0], w.peeks
}

func to(location string) served {
	return served{status: 302, first: http.Header{"Location": {location}}}
}

func TestSizesAreDeclaredElsePublishedElseAnnounced(t *testing.T) {
	linked := http.Header{"X-Linked-Size": {"77"}, "X-Linked-Etag": {strings.Repeat("a", 64)}, "Location": {"https://cdn.example.com/m"}}
	w := &web{files: map[string]served{
		hfURL:                       {status: 302, first: linked},
		otherURL:                    {body: "announced"},
		assetURL:                    to("https://cdn.example.com/s"),
		"https://cdn.example.com/s": {body: "behind a redirect"},
		"https://example.com/down":  {peekFails: true},
		"https://example.com/large": {body: strings.Repeat("x", 1001)},
	}}
	for _, c := range []struct {
		url          string
		size, weighs int64
		peeks        int
	}{
		{hfURL, 77, 77, 1},
		{otherURL, 9, 9, 1},
		{assetURL, 17, 17, 2},
		{"https://example.com/down", -1, 1000, 1},
		{"https://example.com/missing", -1, 1000, 1},
		{"https://example.com/large", 1001, 0, 1}, // it is refused
	} {
		l, peeks := load(t, w, &verify.Verifier{}, weight(c.url, "m.gguf", sum("x")))
		if l.Size != c.size || l.Weight != question+c.weighs || peeks != c.peeks {
			t.Errorf("%s: %d bytes, weighs %d, after %d questions; want %+v", c.url, l.Size, l.Weight, peeks, c)
		}
	}
	a := weight(otherURL, "m.gguf", sum("x"))
	a.Size = &artifact.Field[int64]{Value: 40}
	if l, peeks := load(t, w, &verify.Verifier{}, a); l.Size != 40 || peeks != 0 {
		t.Errorf("a declared size: %+v after %d questions", l, peeks)
	}
	a.Size.Value = 1 << 62 // sizes that lie
	v := verify.Verifier{Concurrency: 1, Hosts: verify.Hosts{Peek: w.Peek, MaxSize: 1 << 62}}
	if l := v.Loads(t.Context(), verify.Plan([]artifact.Artifact{a})); l[0].Weight > 1<<50 {
		t.Errorf("where anything is let through, it weighs %d", l[0].Weight)
	}
	if l, _ := load(t, w, &verify.Verifier{}, a); l.Weight != question {
		t.Errorf("a file that is refused weighs %d", l.Weight)
	}
}

func TestAFastScansPlanCountsWhatIsNotReadAsAQuestion(t *testing.T) {
	w := &web{
		files: map[string]served{otherURL: {body: "announced"}, assetURL: {body: "announced"}},
		asset: hosts.Published{Digest: digestOf("x"), Size: 33},
	}
	known := baselines{otherURL: {Observation: verify.Observation{Digest: digestOf("x"), Size: 9, ETag: `"e"`}, Seen: time.Unix(1, 0)}}
	for _, c := range []struct {
		url, declared string
		baseline      baselines
		weighs        int64
		peeks         int
	}{
		{hfURL, "x", nil, 0, 0},
		{assetURL, "x", nil, 0, 0},
		{assetURL, "y", nil, 33, 0}, // the download decides
		{otherURL, "x", known, 0, 0},
		{otherURL, "x", nil, 9, 1},
	} {
		l, peeks := load(t, w, &verify.Verifier{Fast: true, Baseline: c.baseline.of, Policy: verify.Policy{Server: "https://github.com"}}, weight(c.url, "m.gguf", sum(c.declared)))
		if l.Weight != question+c.weighs || peeks != c.peeks {
			t.Errorf("%s: weighs %d after %d questions; want %+v", c.url, l.Weight, peeks, c)
		}
		if c.url == assetURL && l.Published.Size != 33 {
			t.Errorf("what the API said is forgotten: %+v", l)
		}
	}
	if l, peeks := load(t, w, &verify.Verifier{Offline: true}, weight(otherURL, "m.gguf", sum("x"))); l.Weight != question || peeks != 0 {
		t.Errorf("offline: %+v after %d questions", l, peeks)
	}
}
