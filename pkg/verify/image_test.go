package verify_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/image"
	"github.com/premAI-io/verify-manifests/pkg/image/imagetest"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

func registryServer(t testing.TB) *imagetest.Server {
	t.Helper()
	s := imagetest.New()
	t.Cleanup(s.Close)
	return s
}

func imageVerifier(t testing.TB, s *imagetest.Server) *verify.Verifier {
	t.Helper()
	client := clientOf(t, s.Server, 1)
	warning := finding.Warning
	return &verify.Verifier{Fetcher: client, Images: image.New(client), Concurrency: 4, Policy: verify.Policy{MissingChecksum: &warning}}
}

// ofImage is an artifact as a registry's reader makes it: the digest in the reference is the declared one.
func ofImage(reference string) artifact.Artifact {
	a := artifact.Artifact{
		Manifest: "chat-x/manifest.json", Pointer: "/dockerImages/cpu", Position: finding.Position{Line: 9, Column: 16},
		Role: artifact.Image, URL: reference,
	}
	if ref, err := image.Parse(reference); err == nil && !ref.Digest.IsZero() {
		a.Checksum = &artifact.Field[digest.Digest]{Value: ref.Digest, Pointer: a.Pointer + "/image", Position: a.Position}
	}
	return a
}

func runImage(t testing.TB, v *verify.Verifier, artifacts ...artifact.Artifact) []verify.Result {
	t.Helper()
	results, _ := v.Run(t.Context(), verify.Plan(artifacts))
	return results
}

func TestEveryImageEndsInItsStatus(t *testing.T) {
	s := registryServer(t)
	s.WantsToken = true
	good, other := s.Small("acme/server", "1.2", "good"), s.Small("acme/server", "latest", "other")
	s.Fault = func(w http.ResponseWriter, r *http.Request) bool {
		switch {
		case strings.Contains(r.URL.Path, "/page/"):
			fmt.Fprint(w, page)
		case strings.Contains(r.URL.Path, "/limited/"):
			w.WriteHeader(http.StatusTooManyRequests)
		case strings.Contains(r.URL.Path, "/private/"):
			s.Challenge(w, r)
		default:
			return false
		}
		return true
	}
	at := s.Host() + "/acme/"
	for name, c := range map[string]struct{ reference, full, fast string }{
		"a digest":              {at + "server@" + good, "verified", "verified"},
		"a tag at its digest":   {at + "server:1.2@" + good, "verified", "verified"},
		"a tag elsewhere":       {at + "server:1.2@" + other, "verified notice:image/tag-moved", "verified notice:image/tag-moved"},
		"a tag that is gone":    {at + "server:0@" + good, "verified notice:image/tag-moved", "verified notice:image/tag-moved"},
		"a tag":                 {at + "server:1.2", "unverified warning:image/unpinned", "unverified warning:image/unpinned"},
		"latest":                {at + "server:latest", "unverified warning:image/unpinned warning:url/mutable", "unverified warning:image/unpinned warning:url/mutable"},
		"neither":               {at + "server", "unverified warning:image/unpinned warning:url/mutable", "unverified warning:image/unpinned warning:url/mutable"},
		"no such tag":           {at + "server:2", "unavailable error:artifact/unavailable", "unavailable error:artifact/unavailable"},
		"no such digest":        {at + "server@" + sum("no"), "unavailable error:artifact/unavailable", "unavailable error:artifact/unavailable"},
		"no such image":         {at + "none", "unavailable error:artifact/unavailable warning:url/mutable", "unavailable error:artifact/unavailable warning:url/mutable"},
		"no log-in":             {at + "private/x:1", "unavailable error:artifact/unavailable", "unavailable error:artifact/unavailable"},
		"a limit":               {at + "limited/x:1", "unreachable error:artifact/unreachable", "unreachable error:artifact/unreachable"},
		"a page under a tag":    {at + "page/x:1", "invalid error:artifact/html-page", "invalid error:artifact/html-page"},
		"a page under a digest": {at + "page/x@" + good, "mismatch error:artifact/mismatch", "mismatch error:artifact/mismatch"},
		"two tags":              {at + "server:1:2", "refused error:image/invalid", "refused error:image/invalid"},
		"an address":            {"10.0.0.1/x:1", "refused error:artifact/refused", "refused error:artifact/refused"},
		"a metadata address":    {"169.254.169.254/latest/meta-data:1", "refused error:artifact/refused", "refused error:artifact/refused"},
	} {
		t.Run(name, func(t *testing.T) {
			v := imageVerifier(t, s)
			for mode, want := range map[bool]string{false: c.full, true: c.fast} {
				v.Fast = mode
				if r := only(t, runImage(t, v, ofImage(c.reference))); outcome(r) != want {
					t.Errorf("fast %v: got %s, want %s: %+v", mode, outcome(r), want, r)
				}
			}
		})
	}
}

func TestAnUnpinnedImageIsToldWhatToWrite(t *testing.T) {
	s := registryServer(t)
	digest := s.Small("acme/server", "1.2", "good")
	r := only(t, runImage(t, imageVerifier(t, s), ofImage(s.Host()+"/acme/server:1.2")))
	want := fmt.Sprintf("Review the image that the tag names now. Then write `%s/acme/server:1.2@%s`", s.Host(), digest)
	if r.Digest.String() != digest || len(r.Findings) != 1 || r.Findings[0].Fix != want || r.Format != "OCI manifest" || r.Size < 100 {
		t.Errorf("got %+v, want the fix %s", r, want)
	}
	v := imageVerifier(t, s)
	v.Policy.MissingChecksum = nil
	if r := only(t, runImage(t, v, ofImage(s.Host()+"/acme/server:1.2"))); outcome(r) != "unverified" {
		t.Errorf("with missing-checksum off: %s", outcome(r))
	}
}

func TestAnImageIsAskedForOnceHoweverManyNameIt(t *testing.T) {
	s := registryServer(t)
	digest := s.Small("acme/server", "1.2", "good")
	var all []artifact.Artifact
	for i := range 50 {
		for _, end := range []string{":1.2", "@" + digest} {
			a := ofImage(s.Host() + "/acme/server" + end)
			a.Manifest = fmt.Sprintf("service-%d-%d/manifest.json", i, len(end))
			all = append(all, a)
		}
	}
	results := runImage(t, imageVerifier(t, s), all...)
	if got := s.Requests(); len(got) != 1+3 { // the tag's manifest; the digest's manifest, configuration and layer
		t.Errorf("got %d requests: %q", len(got), got)
	}
	for _, r := range results {
		if r.Digest.String() != digest {
			t.Errorf("%s: %+v", r.Artifact.Manifest, r)
		}
	}
}

func TestAllWaysToWriteAReferenceAreOne(t *testing.T) {
	const key = "docker.io/library/redis:latest"
	var all []artifact.Artifact
	for i, reference := range []string{"redis", "redis:latest", "docker.io/redis", "index.docker.io/library/redis", key} {
		if got := verify.Key(reference); got != key {
			t.Errorf("%s: got %s", reference, got)
		}
		a := ofImage(reference)
		a.Manifest = fmt.Sprintf("service-%d/manifest.json", i)
		all = append(all, a)
	}
	file := ofImage(key) // a URL that is none: nobody may take it for the image
	file.Role = artifact.File
	if plan := verify.Plan(append(all, file)); len(plan) != 2 || len(plan[0].Artifacts)+len(plan[1].Artifacts) != 6 {
		t.Errorf("got %+v", plan)
	}
}

func TestFastModeReadsWhereTheRegistrysWordIsNotEnough(t *testing.T) {
	s := registryServer(t)
	good := s.Small("x", "1", "good")
	is, _ := digest.Parse(good)
	for name, c := range map[string]struct{ says, end, want string }{
		"another digest than before":   {sum("lie"), ":1", "unverified warning:image/unpinned"},
		"no header":                    {"", ":1", "unverified warning:image/unpinned"},
		"no header for a digest":       {"", "@" + good, "verified"},
		"another digest than declared": {sum("lie"), "@" + good, "verified"},
		"what is no digest":            {"sha256:12", ":1", "unverified warning:image/unpinned"},
	} {
		s.Fault = func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodHead || !strings.Contains(r.URL.Path, "/manifests/") {
				return false
			}
			w.Header().Set("Docker-Content-Digest", c.says)
			return true
		}
		v := imageVerifier(t, s)
		v.Fast = true
		v.Baseline = baselines{verify.Key(s.Host() + "/x:1"): {Observation: verify.Observation{Digest: is}, Seen: time.Now()}}.of
		r := only(t, runImage(t, v, ofImage(s.Host()+"/x"+c.end)))
		if outcome(r) != c.want || r.Source != verify.FromDownload || r.Digest != is {
			t.Errorf("%s: got %s from %s with %s", name, outcome(r), r.Source, r.Digest)
		}
	}
}

func TestAMovedTagIsAChange(t *testing.T) {
	s := registryServer(t)
	was, _ := digest.Parse(s.Small("acme/server", "1.2", "before"))
	now := s.Small("acme/server", "1.2", "after")
	reference := s.Host() + "/acme/server:1.2"
	for _, fast := range []bool{false, true} {
		v := imageVerifier(t, s)
		v.Fast = fast
		v.Baseline = baselines{verify.Key(reference): {Observation: verify.Observation{Digest: was}, Seen: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}}.of
		r := only(t, runImage(t, v, ofImage(reference)))
		if got := outcome(r); got != "unverified error:artifact/changed warning:image/unpinned" || r.Source != verify.FromDownload {
			t.Fatalf("fast %v: got %s from %s", fast, got, r.Source)
		}
		want := fmt.Sprintf("The tag names another image than on 2026-03-01 (before `%s`, now `%s`)", was, now)
		if diff := cmp.Diff(want, r.Findings[0].Message); diff != "" {
			t.Error(diff)
		}
		if !strings.Contains(r.Findings[0].Fix, "write `"+reference+"@"+was.String()+"`") || strings.Contains(r.Findings[1].Fix, now) {
			t.Errorf("the new image is offered as the right one: %s; %s", r.Findings[0].Fix, r.Findings[1].Fix)
		}
	}
}

func TestOfflineNobodyIsAskedAboutAnImage(t *testing.T) {
	s := registryServer(t)
	v := imageVerifier(t, s)
	v.Offline, v.Images = true, nil
	for reference, want := range map[string]string{
		s.Host() + "/x:1":              "unverified warning:image/unpinned",
		s.Host() + "/x":                "unverified warning:image/unpinned warning:url/mutable",
		s.Host() + "/x@" + sum("good"): "unverified",
		s.Host() + "/X:1":              "unverified error:image/invalid",
	} {
		results, _ := v.Run(t.Context(), verify.Plan([]artifact.Artifact{ofImage(reference)}))
		if r := only(t, results); outcome(r) != want || !r.Digest.IsZero() || r.Size != -1 {
			t.Errorf("%s: got %s, %+v", reference, outcome(r), r)
		}
	}
	if got := s.Requests(); len(got) > 0 {
		t.Errorf("somebody was asked: %q", got)
	}
}

// TestAChecksumBesideAReference is how a description may have them: each in a member of its own.
func TestAChecksumBesideAReference(t *testing.T) {
	s := registryServer(t)
	good := s.Small("x", "1", "good")
	for declared, want := range map[string]string{good: "verified", sum("no"): "mismatch error:artifact/mismatch"} {
		a := ofImage(s.Host() + "/x:1")
		d, _ := digest.Parse(declared)
		a.Checksum = &artifact.Field[digest.Digest]{Value: d, Pointer: a.Pointer + "/digest"}
		if r := only(t, runImage(t, imageVerifier(t, s), a)); outcome(r) != want {
			t.Errorf("got %s, want %s", outcome(r), want)
		}
	}
	a, b := ofImage(s.Host()+"/x@"+good), ofImage(s.Host()+"/x@"+good)
	b.Manifest, b.Checksum = "other/manifest.json", &artifact.Field[digest.Digest]{Value: digestOf("no"), Pointer: b.Pointer + "/digest"}
	for _, r := range runImage(t, imageVerifier(t, s), a, b) {
		if outcome(r) != "refused error:artifact/digest-conflict" {
			t.Errorf("got %s", outcome(r))
		}
	}
}

func TestAnImageOfARunThatEndedIsUnreachable(t *testing.T) {
	s := registryServer(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(fmt.Errorf("the time is over"))
	results, _ := imageVerifier(t, s).Run(ctx, verify.Plan([]artifact.Artifact{ofImage(s.Host() + "/x:1")}))
	if r := only(t, results); outcome(r) != "unreachable error:artifact/unreachable" || !strings.Contains(r.Findings[0].Message, "the time is over") {
		t.Errorf("got %+v", r)
	}
}
