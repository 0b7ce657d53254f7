package github_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/klauspost/compress/snappy"

	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/github/githubtest"
)

const attestationRoute = "GET /repos/{owner}/{repo}/attestations/{digest}"

var attested = strings.Repeat("ab", 32)

// bundlesOf collects what a client yields: bundles, and the words of what can't be read.
func bundlesOf(client *github.Client, stored map[string][]byte) (got []string, err error) {
	get := func(_ context.Context, url string) ([]byte, error) {
		if packed, found := stored[url]; found {
			return packed, nil
		}
		return nil, errors.New("404")
	}
	err = client.Attestations(context.Background(), "acme/tool", attested, get, func(bundle []byte, err error) bool {
		if err != nil {
			got = append(got, err.Error())
			return true
		}
		got = append(got, string(bundle))
		return true
	})
	return got, err
}

func TestAllPagesOfAttestationsAreRead(t *testing.T) {
	fake, client := newFakeAndClient(t)
	for i := range 250 {
		fake.Attest("Acme/tool", attested, fmt.Appendf(nil, `{"n":%d}`, i))
	}
	got, err := bundlesOf(client, nil)
	if err != nil || len(got) != 250 || got[249] != `{"n":249}` || asked(fake, "GET /repos/acme/tool/attestations/sha256:"+attested) != 3 {
		t.Errorf("%d bundles, %v, after %v", len(got), err, fake.Requests())
	}
	seen := 0
	err = client.Attestations(context.Background(), "acme/tool", attested, nil, func([]byte, error) bool { seen++; return seen < 2 })
	if seen != 2 || err != nil {
		t.Errorf("%d bundles after the end, %v", seen, err)
	}
}

func TestAPageOfAttestationsThatIsGoneIsAnError(t *testing.T) {
	fake := newFake(t)
	for range 101 {
		fake.Attest("acme/tool", attested, []byte("{}"))
	}
	client := clientAt(t, github.Config{Token: fake.Token, APIURL: serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("after") {
			http.NotFound(w, r)
			return
		}
		fake.Config.Handler.ServeHTTP(w, r)
	}))})
	if got, err := bundlesOf(client, nil); !errors.Is(err, github.ErrNotFound) {
		t.Errorf("%d bundles, %v", len(got), err)
	}
}

func TestWhatIsNoAttestation(t *testing.T) {
	large := snappy.Encode(nil, make([]byte, github.MaxBundle+1))
	bomb := []byte{0xff, 0xff, 0xff, 0xff, 0x0f, 0} // 4 GiB, as it says itself
	const storage = "https://tmaproduction.blob.core.windows.net/"
	stored := map[string][]byte{storage + "a?sig=x": snappy.Encode(nil, []byte(`{"a":1}`)), storage + "large": large, storage + "bomb": bomb, storage + "plain": []byte(`{"a":1}`),
		"https://x.githubusercontent.com/a": snappy.Encode(nil, []byte(`{"b":1}`))}
	for _, test := range []struct {
		attestation githubtest.Attestation
		want        string
	}{
		{githubtest.Attestation{Bundle: json.RawMessage(`{"a":1}`)}, `{"a":1}`},
		{githubtest.Attestation{URL: storage + "a?sig=x"}, `{"a":1}`},
		{githubtest.Attestation{URL: "https://x.githubusercontent.com/a"}, `{"b":1}`},
		{githubtest.Attestation{URL: storage + "large"}, "larger than 16 MiB"},
		{githubtest.Attestation{URL: storage + "bomb"}, "larger than 16 MiB"},
		{githubtest.Attestation{URL: storage + "plain"}, "can't be unpacked"},
		{githubtest.Attestation{URL: storage + "gone"}, github.ErrNoBundle.Error()},
		{githubtest.Attestation{}, "not in GitHub's storage"},
		{githubtest.Attestation{URL: "http://tmaproduction.blob.core.windows.net/a"}, "not in GitHub's storage"},
		{githubtest.Attestation{URL: "https://tmaproduction.blob.core.windows.net.evil.example/a"}, "not in GitHub's storage"},
		{githubtest.Attestation{URL: "https://evil.blob.core.windows.net/a"}, "not in GitHub's storage"},
		{githubtest.Attestation{URL: "https://x@tmaproduction.blob.core.windows.net/a"}, "not in GitHub's storage"},
		{githubtest.Attestation{URL: "https://evilgithubusercontent.com/a"}, "not in GitHub's storage"},
		{githubtest.Attestation{URL: "https://127.0.0.1/a"}, "not in GitHub's storage"},
	} {
		fake, client := newFakeAndClient(t)
		fake.Attestations["acme/tool sha256:"+attested] = []githubtest.Attestation{test.attestation}
		got, err := bundlesOf(client, stored)
		if err != nil || len(got) != 1 || !strings.Contains(got[0], test.want) {
			t.Errorf("%+v: %q, %v, want %q", test.attestation, got, err, test.want)
		}
	}
}

func TestHowGitHubAnswersForAttestations(t *testing.T) {
	for _, test := range []struct {
		faults   []githubtest.Fault
		want     string // of the error; "" for none
		is       error
		bundles  int
		requests int
	}{
		{nil, "", nil, 1, 1},
		{[]githubtest.Fault{{Status: 404}}, "", nil, 0, 1},
		{[]githubtest.Fault{{Status: 429, Header: header("Retry-After", "7")}}, "", nil, 1, 2},
		{[]githubtest.Fault{{Status: 429, Header: header("Retry-After", "3600")}}, "too many requests", github.ErrTooMany, 0, 1},
		{[]githubtest.Fault{{Status: 403, Header: header("X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "99999999999")}}, "too many requests", github.ErrTooMany, 0, 1},
		{[]githubtest.Fault{{Status: 403}}, "attestations: read", nil, 0, 1},
		{times(4, githubtest.Fault{Status: 502}), "502", nil, 0, 4},
		{times(4, githubtest.Fault{Broken: true}), "", nil, 0, 4},
	} {
		fake, client := newFakeAndClient(t)
		fake.Attest("acme/tool", attested, []byte("{}"))
		fake.Fail(attestationRoute, test.faults...)
		got, err := bundlesOf(client, nil)
		isFailure := test.want != "" || len(test.faults) == 4
		if (err != nil) != isFailure || err != nil && !strings.Contains(err.Error(), test.want) || test.is != nil && !errors.Is(err, test.is) ||
			len(got) != test.bundles || len(fake.Requests()) != test.requests {
			t.Errorf("%+v: %d bundles, %v, after %d requests", test.faults, len(got), err, len(fake.Requests()))
		}
	}
}

func TestMoreAttestationsThanAreReadAreAnError(t *testing.T) {
	fake, client := newFakeAndClient(t)
	for range 1001 {
		fake.Attest("acme/tool", attested, []byte("{}"))
	}
	if got, err := bundlesOf(client, nil); err == nil || len(got) != 1000 {
		t.Errorf("%d bundles, %v", len(got), err)
	}
	for _, repository := range []string{"", "acme", "acme/..", "acme/tool/x", "acme/tool?x"} {
		if err := client.Attestations(context.Background(), repository, attested, nil, nil); err == nil {
			t.Errorf("%q is a repository", repository)
		}
	}
}
