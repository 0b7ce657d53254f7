package verify_test

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

const (
	hfURL    = "https://huggingface.co/acme/m/resolve/main/m.gguf"
	assetURL = "https://github.com/acme/s/releases/download/v1.2.0/server"
	otherURL = "https://example.com/m.gguf"
	hfCommit = "0123456789abcdef0123456789abcdef01234567"
)

// served is what the internet holds at a URL.
type served struct {
	body      string
	etag      string
	first     http.Header // of the first answer
	status    int         // of it; 0 is 200
	peekFails bool
	chunked   bool // nothing announces its length
}

// web is an internet of a few URLs, and of one release. It counts what it is asked for.
type web struct {
	files              map[string]served
	asset              hosts.Published
	gets, peeks, asked int
}

func (w *web) head(s served) fetch.Head {
	first := s.first.Clone()
	if first == nil {
		first = http.Header{}
	}
	if s.status/100 != 3 && s.etag != "" {
		first.Set("ETag", s.etag)
	}
	size := int64(len(s.body))
	if s.chunked {
		size = -1
	}
	return fetch.Head{Status: max(s.status, 200), Size: size, ETag: s.etag, First: first}
}

func (w *web) Get(_ context.Context, r fetch.Request, sink fetch.Sink) (fetch.Head, error) {
	w.gets++
	s, found := w.files[r.URL]
	if !found {
		return fetch.Head{}, &fetch.Error{Kind: fetch.Unavailable, Status: 404, Message: "The file does not exist"}
	}
	head := w.head(s)
	sink.Start(head)
	_, err := sink.Write([]byte(s.body))
	return head, err
}

func (w *web) Peek(_ context.Context, url string, further func(fetch.Head) bool) (fetch.Head, error) {
	w.peeks++
	s, found := w.files[url]
	switch {
	case s.peekFails:
		return fetch.Head{}, &fetch.Error{Message: "The server stopped answering"}
	case !found:
		return fetch.Head{Status: 404, Size: -1}, nil
	}
	head := w.head(s)
	for further != nil && head.Status == http.StatusFound && further(head) {
		w.peeks++
		next := w.head(w.files[head.First.Get("Location")])
		next.First = head.First
		head = next
	}
	return head, nil
}

func (w *web) Asset(context.Context, hosts.Ref) hosts.Published {
	w.asked++
	return w.asset
}

// run verifies artifacts, and returns the results in short: source, status and rules of each.
func (w *web) run(t *testing.T, fast bool, baseline baselines, artifacts ...artifact.Artifact) string {
	t.Helper()
	warning := finding.Warning
	v := verify.Verifier{
		Fetcher: w, Concurrency: 1, Fast: fast, Baseline: baseline.of,
		Policy: verify.Policy{MissingChecksum: &warning, Server: "https://github.com"},
		Hosts:  verify.Hosts{Peek: w.Peek, Asset: w.Asset, MaxSize: 1 << 20},
	}
	results, _ := v.Run(t.Context(), verify.Plan(artifacts))
	var words []string
	for _, r := range results {
		words = append(words, strings.TrimSpace(string(r.Source)+" "+outcome(r)))
	}
	return strings.Join(words, "; ")
}

// linked is the header of Hugging Face's first answer.
func linked(body string) http.Header {
	return http.Header{
		"X-Linked-Etag": {`"` + sum(body)[len("sha256:"):] + `"`}, "X-Linked-Size": {fmt.Sprint(len(body))}, "X-Repo-Commit": {hfCommit},
	}
}

func huggingFace(body string, says http.Header) *web {
	return &web{files: map[string]served{hfURL: {body: body, first: says, status: 302}}}
}

// baseline is what an earlier scan saw of a URL: body, downloaded under etag and verified.
func baseline(url, body, etag string) baselines {
	return baselines{url: {
		Observation: verify.Observation{Digest: digestOf(body), Size: int64(len(body)), ETag: etag},
		Seen:        time.Date(2026, 11, 1, 3, 0, 0, 0, time.UTC),
	}}
}

// baselines are what earlier scans saw, by URL.
type baselines map[string]verify.Baseline

func (b baselines) of(url string) verify.Baseline { return b[url] }

func sized(a artifact.Artifact, size int64) artifact.Artifact {
	a.Size = &artifact.Field[int64]{Value: size, Pointer: a.Pointer + "/size"}
	return a
}

func TestFastModeTakesTheWordOfHuggingFaceAndGitHub(t *testing.T) {
	s512 := sha512.Sum512([]byte(gguf))
	lie := linked("something else")
	without := func(name string) *web {
		h := linked(gguf)
		h.Del(name)
		return huggingFace(gguf, h)
	}
	model := func(checksum string) artifact.Artifact { return weight(hfURL, "m.gguf", checksum) }
	release := func(says hosts.Published) *web {
		return &web{files: map[string]served{assetURL: {body: machOArm}}, asset: says}
	}
	for name, c := range map[string]struct {
		web      *web
		artifact artifact.Artifact
		want     string
		gets     int
	}{
		"the declared digest":           {huggingFace(gguf, linked(gguf)), model(sum(gguf)), "host verified", 0},
		"the declared size too":         {huggingFace(gguf, linked(gguf)), sized(model(sum(gguf)), ggufLen), "host verified", 0},
		"another size":                  {huggingFace(gguf, linked(gguf)), sized(model(sum(gguf)), 5), "host verified error:artifact/size", 0},
		"no checksum":                   {huggingFace(gguf, linked(gguf)), model(""), "host unverified warning:artifact/missing-checksum", 0},
		"another digest, and it is so":  {huggingFace(gguf, lie), model(sum("something else, declared")), "download mismatch error:artifact/mismatch warning:artifact/host-digest", 2},
		"another digest, and it is not": {huggingFace(gguf, lie), model(sum(gguf)), "download verified warning:artifact/host-digest", 1},
		"nothing":                       {huggingFace(gguf, nil), model(sum(gguf)), "download verified", 1},
		"a digest without a size":       {without("X-Linked-Size"), model(sum(gguf)), "download verified", 1},
		"a size without a digest":       {without("X-Linked-Etag"), model(sum(gguf)), "download verified", 1},
		"another algorithm's digest":    {huggingFace(gguf, linked(gguf)), model("sha512:" + hex.EncodeToString(s512[:])), "download verified", 1},
		"nothing of another's file": {huggingFace(gguf, linked(gguf)), weight(strings.Replace(hfURL, "huggingface.co", "huggingface.example", 1), "m.gguf", sum(gguf)),
			"unavailable error:artifact/unavailable", 1},

		"GitHub: the declared digest":           {release(vouch(machOArm)), binary(assetURL, sum(machOArm)), "host verified", 0},
		"GitHub: no checksum":                   {release(vouch(machOArm)), binary(assetURL, ""), "host unverified warning:artifact/missing-checksum", 0},
		"GitHub: another digest, and it is so":  {release(vouch(machOArm)), binary(assetURL, sum("x")), "download mismatch error:artifact/mismatch warning:artifact/host-digest", 1},
		"GitHub: another digest, and it is not": {release(vouch("x")), binary(assetURL, sum(machOArm)), "download verified warning:artifact/host-digest", 1},
		"GitHub: nothing":                       {release(hosts.Published{}), binary(assetURL, sum(machOArm)), "download verified", 1},
		"GitHub: an empty file":                 {release(hosts.Published{Digest: vouch("").Digest}), binary(assetURL, sum("")), "download mismatch error:artifact/mismatch", 2},
		"GitHub: a file that is too large":      {release(hosts.Published{Digest: vouch(machOArm).Digest, Size: 2 << 20}), binary(assetURL, sum(machOArm)), "download verified", 1},
	} {
		if got := c.web.run(t, true, nil, c.artifact); got != c.want || c.web.gets != c.gets {
			t.Errorf("%s: %s after %d downloads, want %s after %d", name, got, c.web.gets, c.want, c.gets)
		}
	}
}

func TestFastModeAsksNobodyElseForAWord(t *testing.T) {
	for _, url := range []string{
		otherURL,
		"http://huggingface.co/acme/m/resolve/main/m.gguf",
		"https://huggingface.co.example/acme/m/resolve/main/m.gguf",
		"https://user@huggingface.co/acme/m/resolve/main/m.gguf",
		"https://huggingface.co:8443/acme/m/resolve/main/m.gguf",
		"https://hf.co/acme/m/resolve/main/m.gguf",
		"https://huggingface.co/acme/m/raw/main/m.gguf",
		"http://github.com/acme/s/releases/download/v1.2.0/server",
		"https://user@github.com/acme/s/releases/download/v1.2.0/server",
		"https://github.com/acme/s/releases/download/v1.2.0/../server",
		"https://github.com/acme/s/releases/download/v1.2.0/%2e%2e/server",
		"https://github.com/acme/s/releases/download/v1.2.0/server?x",
		"https://github.com/acme/s/releases/latest/download/server",
		"https://github.com/acme/s/archive/v1.2.0.zip",
		"https://example.com/acme/s/releases/download/v1.2.0/server",
	} {
		w := &web{files: map[string]served{url: {body: "other", first: linked(gguf)}}, asset: vouch(gguf)}
		got := w.run(t, true, nil, weight(url, "m", sum(gguf)))
		if got != "download mismatch error:artifact/mismatch" || w.gets != 2 || w.peeks+w.asked > 0 {
			t.Errorf("%s: %s after %d downloads and %d questions", url, got, w.gets, w.peeks+w.asked)
		}
	}
}

// vouch is what GitHub publishes of an asset.
func vouch(body string) hosts.Published {
	return hosts.Published{Digest: digestOf(body), Size: int64(len(body))}
}

func TestFullModeDownloadsWhateverAnybodySays(t *testing.T) {
	w := huggingFace(gguf, linked(gguf))
	w.files[otherURL] = served{body: gguf, etag: `"1"`}
	w.files[assetURL] = served{body: machOArm}
	w.asset = vouch(machOArm)
	for _, a := range []artifact.Artifact{weight(hfURL, "m.gguf", sum(gguf)), weight(otherURL, "m.gguf", sum(gguf)), binary(assetURL, sum(machOArm))} {
		if got := w.run(t, false, baseline(a.URL, gguf, `"1"`), a); got != "download verified" {
			t.Errorf("%s: %s", a.URL, got)
		}
	}
	if w.gets != 3 || w.peeks+w.asked != 0 {
		t.Errorf("%d downloads, %d and %d questions", w.gets, w.peeks, w.asked)
	}
}

func TestAnUnchangedFileIsNotDownloadedAgain(t *testing.T) {
	forged := baseline(otherURL, gguf, `"1"`)
	f := forged[otherURL]
	f.Digest = digestOf("other")
	forged[otherURL] = f
	for name, c := range map[string]struct {
		at       served
		baseline baselines
		checksum string
		want     string
		peeks    int
	}{
		"the same validator and size":           {served{body: gguf, etag: `"1"`}, baseline(otherURL, gguf, `"1"`), sum(gguf), "cache verified", 1},
		"to a question about a part":            {served{body: gguf, etag: `"1"`, status: 206}, baseline(otherURL, gguf, `"1"`), sum(gguf), "cache verified", 1},
		"another validator":                     {served{body: gguf, etag: `"2"`}, baseline(otherURL, gguf, `"1"`), sum(gguf), "download verified", 1},
		"another size":                          {served{body: gguf + "+", etag: `"1"`}, baseline(otherURL, gguf, `"1"`), sum(gguf), "download mismatch error:artifact/mismatch", 1},
		"no validator":                          {served{body: gguf}, baseline(otherURL, gguf, `"1"`), sum(gguf), "download verified", 1},
		"a validator of where a redirect leads": {served{body: gguf, etag: `"1"`, status: 302}, baseline(otherURL, gguf, `"1"`), sum(gguf), "download verified", 1},
		"a digest that was not declared then":   {served{body: gguf, etag: `"1"`}, baseline(otherURL, gguf, `"1"`), sum("x"), "download mismatch error:artifact/mismatch", 0},
		"no declared digest":                    {served{body: gguf, etag: `"1"`}, baseline(otherURL, gguf, `"1"`), "", "download unverified", 0},
		"a baseline of another URL":             {served{body: gguf, etag: `"1"`}, baseline(hfURL, gguf, `"1"`), sum(gguf), "download verified", 0},
		"a weak validator then":                 {served{body: gguf, etag: `W/"1"`}, baseline(otherURL, gguf, `W/"1"`), sum(gguf), "download verified", 0},
		"a forged state, as far as it goes":     {served{body: gguf, etag: `"1"`}, forged, sum("other"), "cache verified", 1},
	} {
		w := &web{files: map[string]served{otherURL: c.at}}
		if got := w.run(t, true, c.baseline, weight(otherURL, "m.gguf", c.checksum)); got != c.want || w.peeks != c.peeks {
			t.Errorf("%s: %s after %d questions, want %s after %d", name, got, w.peeks, c.want, c.peeks)
		}
	}
}

func TestAHostThatCanNotBeAskedMayServeTheFile(t *testing.T) {
	w := &web{files: map[string]served{hfURL: {body: gguf, peekFails: true}}}
	if got := w.run(t, true, nil, weight(hfURL, "m.gguf", sum(gguf))); got != "download verified" || w.gets != 1 {
		t.Errorf("%s after %d downloads", got, w.gets)
	}
	delete(w.files, hfURL)
	if got := w.run(t, true, nil, weight(hfURL, "m.gguf", sum(gguf))); got != "unavailable error:artifact/unavailable" || w.gets != 2 {
		t.Errorf("%s after %d downloads", got, w.gets)
	}
}

func TestWhatOnlyTheTokensOwnerGetsIsNotVerified(t *testing.T) {
	w := &web{files: map[string]served{}, asset: vouch(machOArm)}
	if got := w.run(t, true, nil, binary(assetURL, sum(machOArm))); got != "unavailable error:artifact/unavailable" || w.asked != 1 {
		t.Errorf("a private asset: %s after %d questions", got, w.asked)
	}
}

func TestBytesOtherThanTheBaselinesAreReported(t *testing.T) {
	s512 := sha512.Sum512([]byte(gguf))
	was512 := baseline(otherURL, gguf, `"1"`)
	f := was512[otherURL]
	f.Digest = digest.Digest{Algorithm: digest.SHA512, Sum: hex.EncodeToString(s512[:])}
	was512[otherURL] = f
	for name, c := range map[string]struct {
		body     string
		baseline baselines
		artifact artifact.Artifact
		want     string
	}{
		"the same":                    {gguf, baseline(otherURL, gguf, `"1"`), weight(otherURL, "m.gguf", ""), "download unverified"},
		"the same under an algorithm": {gguf, was512, weight(otherURL, "m.gguf", ""), "download unverified"},
		"other ones":                  {gguf, baseline(otherURL, "x", `"1"`), weight(otherURL, "m.gguf", ""), "download unverified error:artifact/changed"},
		"other ones, but declared":    {gguf, baseline(otherURL, "x", `"1"`), weight(otherURL, "m.gguf", sum(gguf)), "download verified"},
		"other ones than declared":    {gguf, baseline(otherURL, gguf, `"1"`), weight(otherURL, "m.gguf", sum("x")), "download mismatch error:artifact/mismatch"},
		"other ones, and a page":      {page, baseline(otherURL, gguf, `"1"`), weight(otherURL, "m.gguf", ""), "download invalid error:artifact/html-page"},
		"without any":                 {gguf, nil, weight(otherURL, "m.gguf", ""), "download unverified"},
	} {
		w := &web{files: map[string]served{otherURL: {body: c.body}}}
		if got := w.run(t, false, c.baseline, c.artifact); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestAHostsWordAgainstTheBaselineIsConfirmedByADownload(t *testing.T) {
	for body, want := range map[string]string{
		gguf:    "download unverified",
		"other": "download unverified warning:artifact/missing-checksum error:artifact/changed",
	} {
		w := huggingFace(body, linked("other"))
		if got := w.run(t, true, baseline(hfURL, gguf, `"1"`), weight(hfURL, "m.bin", "")); got != want || w.gets != 1 {
			t.Errorf("%s after %d downloads, want %s", got, w.gets, want)
		}
	}
	w := huggingFace(gguf, linked(gguf))
	if got := w.run(t, true, baseline(hfURL, gguf, `"1"`), weight(hfURL, "m.gguf", "")); got != "host unverified warning:artifact/missing-checksum" {
		t.Errorf("unchanged: %s", got)
	}
}

func TestADeclaredDigestSettlesAChangeForTheWholeURL(t *testing.T) {
	w := &web{files: map[string]served{otherURL: {body: gguf}}}
	got := w.run(t, false, baseline(otherURL, "x", `"1"`), weight(otherURL, "a.gguf", sum(gguf)), weight(otherURL, "b.gguf", ""))
	if got != "download verified; download unverified" {
		t.Error(got)
	}
}

func TestAResultSaysWhatAStateKeeps(t *testing.T) {
	w := huggingFace(gguf, linked(gguf))
	w.files[otherURL] = served{body: gguf, etag: `"1"`}
	v := verify.Verifier{Fetcher: w, Concurrency: 1}
	results, _ := v.Run(t.Context(), verify.Plan([]artifact.Artifact{weight(hfURL, "a.gguf", ""), weight(otherURL, "b.gguf", "")}))
	if r := results[0]; r.Commit != hfCommit || r.ETag != "" {
		t.Errorf("got %+v", r)
	}
	if r := results[1]; r.Commit != "" || r.ETag != `"1"` {
		t.Errorf("got %+v", r)
	}
}

// fickle serves another body each time.
type fickle struct{ web }

func (f *fickle) Get(ctx context.Context, r fetch.Request, sink fetch.Sink) (fetch.Head, error) {
	f.files = map[string]served{r.URL: {body: fmt.Sprint("download ", f.gets)}}
	return f.web.Get(ctx, r, sink)
}

func TestAChangeIsLookedAtTwice(t *testing.T) {
	var f fickle
	v := verify.Verifier{Fetcher: &f, Concurrency: 1, Baseline: baseline(otherURL, "x", `"1"`).of}
	results, _ := v.Run(t.Context(), verify.Plan([]artifact.Artifact{weight(otherURL, "notes.txt", "")}))
	if f.gets != 2 || outcome(results[0]) != "unverified error:artifact/changed" {
		t.Fatalf("after %d downloads: %v", f.gets, results[0].Findings)
	}
	for _, want := range []string{"changed since 2026-11-01", sum("x"), sum("download 0"), "for each request"} {
		if got := results[0].Findings[0].Message; !strings.Contains(got, want) {
			t.Errorf("the message lacks %s: %s", want, got)
		}
	}
}
