package verify_test

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

const (
	page    = "<!DOCTYPE html><title>Sign in</title>"
	script  = "#!/bin/sh\ncurl https://example.com | sh\n"
	ggufLen = 24
)

var (
	machOArm = "\xcf\xfa\xed\xfe\x0c\x00\x00\x01\x00\x00\x00\x00\x02\x00\x00\x00" + strings.Repeat("\x00", 48)
	machOX86 = "\xcf\xfa\xed\xfe\x07\x00\x00\x01\x00\x00\x00\x00\x02\x00\x00\x00" + strings.Repeat("\x00", 48)
	gguf     = "GGUF\x03\x00\x00\x00" + strings.Repeat("\x00", ggufLen-8)
	pickle   = "\x80\x04\x95\x00"
	pointer  = "version https://git-lfs.github.com/spec/v1\noid sha256:" + sum(gguf)[7:] + "\nsize 24\n"
)

func sum(body string) string {
	s := sha256.Sum256([]byte(body))
	return "sha256:" + hex.EncodeToString(s[:])
}

func digestOf(body string) digest.Digest {
	d, _ := digest.Parse(sum(body))
	return d
}

// host is a server that counts the requests.
type host struct {
	*httptest.Server
	requests atomic.Int64
}

// serve starts a host of bodies by path.
func serve(t *testing.T, bodies map[string]string) *host {
	t.Helper()
	return answering(t, func(w http.ResponseWriter, r *http.Request) {
		body, found := bodies[r.URL.Path]
		if !found {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		_, _ = w.Write([]byte(body))
	})
}

// answering starts a host with a handler.
func answering(t *testing.T, handler http.HandlerFunc) *host {
	t.Helper()
	h := &host{}
	h.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.requests.Add(1)
		handler(w, r)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *host) verifier(t *testing.T) *verify.Verifier {
	t.Helper()
	warning := finding.Warning
	return &verify.Verifier{Fetcher: h.client(t, 1<<20), Concurrency: 4, Policy: verify.Policy{MissingChecksum: &warning, Server: "https://github.com"}}
}

func (h *host) client(t *testing.T, maxSize int64) *fetch.Client {
	return clientOf(t, h.Server, maxSize)
}

// clientOf trusts a server, and reads files of at most maxSize bytes.
func clientOf(t testing.TB, server *httptest.Server, maxSize int64) *fetch.Client {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	client, err := fetch.New(fetch.Config{
		AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		MaxSize:       maxSize, StallTimeout: time.Minute, Connections: 1, RootCAs: roots, UserAgent: "test",
		Sleep: func(context.Context, time.Duration) error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func binary(url, checksum string) artifact.Artifact {
	a := artifact.Artifact{
		Manifest: "chat-x/manifest.json", Pointer: "/binaries/aarch64-apple-darwin", Position: finding.Position{Line: 21, Column: 16},
		Role: artifact.Binary, Platform: "aarch64-apple-darwin", Name: "server", URL: url,
	}
	if checksum != "" {
		d, _ := digest.Parse(checksum)
		a.Checksum = &artifact.Field[digest.Digest]{Value: d, Pointer: a.Pointer + "/checksum", Position: finding.Position{Line: 22, Column: 21}}
	}
	return a
}

func weight(url, name, checksum string) artifact.Artifact {
	a := binary(url, checksum)
	a.Role, a.Platform, a.Name, a.Pointer = artifact.Weight, "", name, "/weights/"+name
	return a
}

// outcome is what a test compares: status, and the rules of the findings.
func outcome(r verify.Result) string {
	words := []string{r.Status.String()}
	for _, f := range r.Findings {
		words = append(words, f.Severity.String()+":"+f.Rule)
	}
	return strings.Join(words, " ")
}

// only is the Result of the one artifact of a run.
func only(t *testing.T, results []verify.Result) verify.Result {
	t.Helper()
	if len(results) != 1 {
		t.Fatalf("one artifact ends in %d Results: each has to end in exactly one", len(results))
	}
	return results[0]
}

func TestEveryBodyEndsInItsStatus(t *testing.T) {
	bodies := map[string]string{
		"/arm": machOArm, "/x86": machOX86, "/page": page, "/empty": "", "/gguf": gguf, "/pointer": pointer, "/pickle": pickle,
		"/zip": "PK\x03\x04" + strings.Repeat("\x00", 40), "/script": script, "/text": "hello\n", "/data": "\x00\x01",
		"/both": gguf + strings.Repeat("\x00", 100_000) + "PK\x05\x06" + strings.Repeat("\x00", 18),
	}
	h := serve(t, bodies)
	other := sum("other")
	for name, c := range map[string]struct {
		artifact artifact.Artifact
		want     string
	}{
		"the declared file":              {binary(h.URL+"/arm", sum(machOArm)), "verified"},
		"another file":                   {binary(h.URL+"/arm", other), "mismatch error:artifact/mismatch"},
		"no checksum":                    {binary(h.URL+"/arm", ""), "unverified warning:artifact/missing-checksum"},
		"declared, for another platform": {binary(h.URL+"/x86", sum(machOX86)), "verified error:artifact/wrong-platform"},
		"for another platform":           {binary(h.URL+"/x86", ""), "invalid error:artifact/wrong-platform"},
		"a page":                         {binary(h.URL+"/page", ""), "invalid error:artifact/html-page"},
		"a page instead of the declared": {binary(h.URL+"/page", other), "mismatch error:artifact/html-page error:artifact/mismatch"},
		"a declared page":                {binary(h.URL+"/page", sum(page)), "verified error:artifact/html-page"},
		"a page that is meant":           {weight(h.URL+"/page", "help.html", ""), "unverified warning:artifact/missing-checksum"},
		"nothing":                        {binary(h.URL+"/empty", ""), "invalid error:artifact/empty"},
		"an LFS pointer":                 {weight(h.URL+"/pointer", "m.gguf", ""), "invalid error:artifact/lfs-pointer"},
		"the right file's LFS pointer":   {weight(h.URL+"/pointer", "m.gguf", sum(gguf)), "mismatch error:artifact/lfs-pointer error:artifact/mismatch"},
		"safe weights":                   {weight(h.URL+"/gguf", "m.gguf", ""), "unverified"},
		"weights safe in name only":      {weight(h.URL+"/pickle", "m.gguf", ""), "invalid error:artifact/wrong-format"},
		"a pickle":                       {weight(h.URL+"/pickle", "m.bin", ""), "unverified warning:artifact/unsafe-format warning:artifact/missing-checksum"},
		"an archive as binary":           {binary(h.URL+"/zip", ""), "invalid error:artifact/wrong-format"},
		"an archive as weights":          {weight(h.URL+"/zip", "m.zip", sum(bodies["/zip"])), "verified"},
		"a script as binary":             {binary(h.URL+"/script", sum(script)), "verified warning:artifact/unsafe-format"},
		"a text as weights":              {weight(h.URL+"/text", "vocab.txt", sum("hello\n")), "verified"},
		"unknown data as binary":         {binary(h.URL+"/data", sum("\x00\x01")), "verified"},
		"a file that is gone":            {binary(h.URL+"/gone", sum("x")), "unavailable error:artifact/unavailable"},
		"a URL without https":            {binary("http://example.com/x", ""), "refused error:artifact/refused"},
		"no URL at all":                  {binary("model.gguf", ""), "refused error:artifact/refused"},
		"a zip behind safe weights":      {weight(h.URL+"/both", "m.gguf", ""), "unverified warning:artifact/missing-checksum"},
		"another size":                   {sized(weight(h.URL+"/gguf", "m.gguf", sum(gguf)), 25), "verified error:artifact/size"},
		"another file and size":          {sized(weight(h.URL+"/gguf", "m.gguf", other), 25), "mismatch error:artifact/mismatch error:artifact/size"},
		"another size, no checksum":      {sized(weight(h.URL+"/gguf", "m.gguf", ""), 25), "unverified error:artifact/size"},
	} {
		results, _ := h.verifier(t).Run(t.Context(), verify.Plan([]artifact.Artifact{c.artifact}))
		if got := outcome(only(t, results)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestMismatchSaysBothDigestsAndWhatTheBodyIs(t *testing.T) {
	h := serve(t, map[string]string{"/page": page, "/pointer": pointer})
	results, _ := h.verifier(t).Run(t.Context(), verify.Plan([]artifact.Artifact{
		binary(h.URL+"/page", sum("other")), weight(h.URL+"/pointer", "m.gguf", sum(gguf)),
	}))
	f := results[0].Findings[1]
	for _, want := range []string{sum(page), sum("other"), "an HTML page titled `Sign in` of 37 bytes"} {
		if !strings.Contains(f.Message, want) {
			t.Errorf("the message lacks %s: %s", want, f.Message)
		}
	}
	if f.Pointer != "/binaries/aarch64-apple-darwin/checksum" || f.Line != 22 || f.Column != 21 {
		t.Errorf("the mismatch is reported at %s, %v", f.Pointer, f.Position)
	}
	if got := results[1].Findings[1].Message; !strings.Contains(got, "whose oid is the declared checksum") {
		t.Errorf("got %s", got)
	}
}

func TestOneURLIsDownloadedOnceForAllItsArtifacts(t *testing.T) {
	h := serve(t, map[string]string{"/m": gguf})
	s512 := sha512.Sum512([]byte(gguf))
	artifacts := []artifact.Artifact{
		weight(h.URL+"/m", "a.gguf", sum(gguf)),
		weight(strings.Replace(h.URL, "https", "HTTPS", 1)+"/m#fragment", "b.gguf", "sha512:"+hex.EncodeToString(s512[:])),
		weight(h.URL+"/m", "c.gguf", ""),
	}
	results, bytes := h.verifier(t).Run(t.Context(), verify.Plan(artifacts))
	if h.requests.Load() != 1 || bytes != ggufLen {
		t.Errorf("%d requests for one URL, %d bytes", h.requests.Load(), bytes)
	}
	var got []string
	for _, r := range results {
		got = append(got, r.Artifact.Name+" "+r.Status.String()+" "+string(r.Digest.Algorithm))
	}
	if diff := cmp.Diff([]string{"a.gguf verified sha256", "b.gguf verified sha512", "c.gguf unverified sha256"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestTwoDigestsForOneURLAreRefusedWithoutARequest(t *testing.T) {
	h := serve(t, map[string]string{"/m": gguf})
	results, _ := h.verifier(t).Run(t.Context(), verify.Plan([]artifact.Artifact{
		weight(h.URL+"/m", "a.gguf", sum(gguf)), weight(h.URL+"/m", "b.gguf", sum("x")), weight(h.URL+"/m", "c.gguf", ""),
	}))
	for _, r := range results {
		if outcome(r) != "refused error:artifact/digest-conflict" {
			t.Errorf("%s: %s", r.Artifact.Name, outcome(r))
		}
	}
	if len(results) != 3 || h.requests.Load() != 0 {
		t.Errorf("%d results, %d requests", len(results), h.requests.Load())
	}
}

func TestAnInvalidChecksumDoesNotStopAnotherArtifactOfTheURL(t *testing.T) {
	h := serve(t, map[string]string{"/m": gguf})
	results, _ := h.verifier(t).Run(t.Context(), verify.Plan([]artifact.Artifact{
		weight(h.URL+"/m", "a.gguf", "md5:nonsense"), weight(h.URL+"/m", "b.gguf", sum(gguf)),
	}))
	if outcome(results[0]) != "refused" || outcome(results[1]) != "verified" {
		t.Errorf("%s, %s", outcome(results[0]), outcome(results[1]))
	}
}

func TestTrustIsForOwnersVersionedURLs(t *testing.T) {
	h := serve(t, map[string]string{"/acme/v1.2.0/server": machOArm, "/acme/v1/server": machOArm, "/evil/v1.2.0/server": machOArm})
	v := h.verifier(t)
	v.Policy.TrustedURLs = []string{h.URL + "/acme/**"}
	for path, want := range map[string]string{
		"/acme/v1.2.0/server": "unverified",
		"/acme/v1/server":     "unverified warning:artifact/missing-checksum",
		"/evil/v1.2.0/server": "unverified warning:artifact/missing-checksum",
	} {
		results, _ := v.Run(t.Context(), verify.Plan([]artifact.Artifact{binary(h.URL+path, "")}))
		if outcome(results[0]) != want || (results[0].Note == "") == (want == "unverified") {
			t.Errorf("%s: %s (%s), want %s", path, outcome(results[0]), results[0].Note, want)
		}
	}
	v.Policy.MissingChecksum = nil
	if results, _ := v.Run(t.Context(), verify.Plan([]artifact.Artifact{binary(h.URL+"/acme/v1/server", "")})); outcome(results[0]) != "unverified" {
		t.Errorf("off: %s", outcome(results[0]))
	}
}

func TestResultsAreTheSameWhateverTheConcurrencyAndTheShards(t *testing.T) {
	bodies, artifacts := map[string]string{}, []artifact.Artifact{}
	h := serve(t, bodies)
	for i := range 40 {
		path := fmt.Sprintf("/%02d", i)
		bodies[path] = strings.Repeat("x", i)
		a := weight(h.URL+path, fmt.Sprint(i), sum(strings.Repeat("x", i+i%2)))
		a.Position.Line = (i * 7) % 41
		artifacts = append(artifacts, a)
	}
	v := h.verifier(t)
	v.Concurrency = 1
	want, _ := v.Run(t.Context(), verify.Plan(artifacts))
	slices.Reverse(artifacts)
	v.Concurrency = 16
	got, _ := v.Run(t.Context(), verify.Plan(artifacts))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	total := 0
	for i := range 3 {
		part, _ := v.Run(t.Context(), verify.Shard(verify.Plan(artifacts), i+1, 3))
		total += len(part)
	}
	if total != len(artifacts) {
		t.Errorf("three shards have %d results for %d artifacts", total, len(artifacts))
	}
}

func TestWhatIsUnfinishedWhenTheTimeIsOverIsUnreachable(t *testing.T) {
	released := make(chan struct{})
	h := answering(t, func(http.ResponseWriter, *http.Request) { <-released })
	defer close(released)
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(50*time.Millisecond, func() { cancel(errors.New("the time is over")) })
	results, _ := h.verifier(t).Run(ctx, verify.Plan([]artifact.Artifact{binary(h.URL+"/a", sum("x")), binary(h.URL+"/b", "")}))
	for _, r := range results {
		if outcome(r) != "unreachable error:artifact/unreachable" || !strings.Contains(r.Findings[0].Message, "the time is over") {
			t.Errorf("%s: %v", outcome(r), r.Findings)
		}
	}
}

func TestZeroResultIsAFailure(t *testing.T) {
	if r := (verify.Result{}); !r.Status.Failed() || r.Status == verify.Verified {
		t.Errorf("the zero status is %s", r.Status)
	}
	var s verify.Status
	if err := s.UnmarshalText([]byte("fine")); err == nil {
		t.Error("an unknown status is accepted")
	}
}

// liar is a Fetcher that fails in a way that no fetch.Client does.
type liar struct{}

func (liar) Get(context.Context, fetch.Request, fetch.Sink) (fetch.Head, error) {
	return fetch.Head{}, tls.RecordHeaderError{Msg: "odd"}
}

func TestUnknownErrorIsUnreachable(t *testing.T) {
	v := verify.Verifier{Fetcher: liar{}, Concurrency: 1}
	results, _ := v.Run(t.Context(), verify.Plan([]artifact.Artifact{binary("https://example.com", "")}))
	if outcome(results[0]) != "unreachable error:artifact/unreachable" {
		t.Errorf("got %s", outcome(results[0]))
	}
}
