package provenance

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	in_toto "github.com/in-toto/attestation/go/v1"
	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/fulcio/certificate"
	"github.com/sigstore/sigstore-go/pkg/verify"

	"github.com/premAI-io/verify-manifests/pkg/digest"
)

var anySum = digest.Digest{Algorithm: digest.SHA256, Sum: strings.Repeat("a", 64)}

func realBundle(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/sigstore-js.json")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// verifyReal verifies a real bundle, whose subject has a SHA-512 only.
func verifyReal(t *testing.T, text []byte) (Facts, error) {
	t.Helper()
	roots, err := PublicGood().parsed()
	if err != nil {
		t.Fatal(err)
	}
	b := new(bundle.Bundle)
	if err := b.UnmarshalJSON(text); err != nil {
		return Facts{}, err
	}
	result, err := roots[0].verifier.Verify(b, verify.NewPolicy(verify.WithoutArtifactUnsafe(), verify.WithoutIdentitiesUnsafe()))
	if err != nil {
		return Facts{}, err
	}
	return factsOf(b, result)
}

func TestTheFactsOfARealBundle(t *testing.T) {
	got, err := verifyReal(t, realBundle(t))
	want := Facts{
		Repository: "sigstore/sigstore-js", Commit: "f0b49a04e5a62250e0f60fb128004a73110fe311", Ref: "refs/heads/main", Runner: "github-hosted",
		Signer: "sigstore/sigstore-js/.github/workflows/release.yml@refs/heads/main", Run: "https://github.com/sigstore/sigstore-js/actions/runs/5904696764/attempts/1",
	}
	if got != want || err != nil {
		t.Errorf("got %+v, %v", got, err)
	}
	if facts, err := PublicGood().Verify(realBundle(t), anySum); err == nil || !strings.Contains(err.Error(), "does not match digests") {
		t.Errorf("it attests any file: %+v, %v", facts, err)
	}
}

func TestAnAlteredBundleDoesNotVerify(t *testing.T) {
	for _, member := range []string{"payload", "sig", "rawBytes", "logIndex", "integratedTime", "canonicalizedBody", "signedEntryTimestamp"} {
		altered := regexp.MustCompile(`"`+member+`":\s*"[^"]{1,40}`).ReplaceAllStringFunc(string(realBundle(t)), func(s string) string {
			if last := s[len(s)-1:]; last == "1" {
				return s[:len(s)-1] + "2"
			}
			return s[:len(s)-1] + "1"
		})
		if altered == string(realBundle(t)) {
			t.Fatalf("the bundle has no %s", member)
		}
		if _, err := verifyReal(t, []byte(altered)); err == nil {
			t.Errorf("another %s verifies", member)
		}
	}
}

func TestFactsAreBounded(t *testing.T) {
	for n, ok := range map[int]bool{1: true, maxFacts: false} {
		c := &certificate.Summary{
			SubjectAlternativeName: "https://github.com/acme/tool/.github/workflows/release.yml@refs/tags/v1",
			Extensions:             certificate.Extensions{Issuer: issuer, SourceRepositoryURI: "https://github.com/acme/tool", SourceRepositoryRef: strings.Repeat("x", n)},
		}
		_, err := factsOf(nil, &verify.VerificationResult{
			Statement: &in_toto.Statement{PredicateType: predicateBuild}, Signature: &verify.SignatureVerificationResult{Certificate: c},
		})
		if (err == nil) != ok {
			t.Errorf("a ref of %d bytes: %v", n, err)
		}
	}
}

func TestWhatIsNoBundleIsAnError(t *testing.T) {
	whole := string(realBundle(t))
	for name, text := range map[string]string{
		"nothing": "", "null": "null", "a list": "[]", "an empty object": "{}", "an empty media type": `{"mediaType": ""}`,
		"an unknown media type": strings.Replace(whole, "bundle+json;version=0.1", "bundle+json;version=9", 1),
		"cut off":               whole[:len(whole)/2], "too large": strings.Repeat(" ", MaxBundle+1), "deep": strings.Repeat(`{"a":`, 100_000),
		"a broken signature": strings.Replace(whole, `"sig": "`, `"sig": "AAAA`, 1),
	} {
		if facts, err := PublicGood().Verify([]byte(text), anySum); err == nil {
			t.Errorf("%s verifies: %+v", name, facts)
		}
	}
}

func TestWhatIsNoTrustedRootIsAnError(t *testing.T) {
	for _, text := range []string{"", "null", "[]", "{}", "x", string(publicGood[:len(publicGood)/2]), strings.Repeat(" ", MaxRootSize+1), strings.Repeat("{}\n", maxRoots+1)} {
		if _, err := ParseRoots([]byte(text)); err == nil {
			t.Errorf("%.20q is read as a trusted root", text)
		}
	}
	if _, err := ParseRoots(publicGood); err != nil {
		t.Error(err)
	}
}

// TestTheBuiltInRootIsNotOld says when the root has to be renewed: logs are replaced about twice a year.
func TestTheBuiltInRootIsNotOld(t *testing.T) {
	taken := time.Date(2026, 8, 21, 0, 0, 0, 0, time.UTC)
	age := time.Since(taken)
	t.Logf("the built-in trusted root is %.0f days old", age.Hours()/24)
	if age > 365*24*time.Hour {
		t.Error("the built-in trusted root is more than a year old: renew it (docs/releasing.md)")
	}
}

// TestPolicy has what TestVerdicts has no bundles for.
func TestPolicy(t *testing.T) {
	named := Policy{Repository: "acme/tool", Signers: []string{"acme/ci/.github/workflows/r.yml"}}
	refs := func(glob string) Policy {
		return Policy{Repository: "acme/tool", AnySigner: true, Refs: []string{glob}}
	}
	for _, test := range []struct {
		name, signer string
		policy       Policy
		ok           bool
	}{
		{"pinned by commit", "acme/CI/.github/workflows/r.yml@0123456789012345678901234567890123456789", named, true},
		{"a workflow with an at in its name", "acme/ci/.github/workflows/r.yml@x.yml@refs/heads/main", named, false},
		{"the same, pinned by commit", "acme/ci/.github/workflows/r.yml@x.yml@0123", named, false},
		{"a ref with an at", "acme/ci/.github/workflows/r.yml@refs/tags/a@refs/b", named, true},
		{"a dot that is no wildcard", "acme/ci/.github/workflows/rXyml@refs/heads/main", named, false},
		{"a star takes no slash", "acme/tool/.github/workflows/r.yml", refs("refs/*"), false},
		{"two stars do", "acme/tool/.github/workflows/r.yml", refs("refs/**"), true},
	} {
		f := Facts{Repository: "acme/tool", Ref: "refs/tags/v1.2.0", Signer: test.signer, Runner: "github-hosted"}
		if err := test.policy.Check(f); (err == nil) != test.ok {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	if err := (Policy{Repository: "acme/tool", SelfHosted: true}).Check(Facts{}); err == nil {
		t.Error("the zero facts are accepted")
	}
}

func FuzzVerify(f *testing.F) {
	text, err := os.ReadFile("testdata/sigstore-js.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte("null"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if facts, err := PublicGood().Verify(text, anySum); err == nil {
			t.Errorf("%+v", facts)
		}
	})
}
