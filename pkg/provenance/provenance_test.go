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

func TestASubjectWithoutASHA256DoesNotAttest(t *testing.T) {
	if facts, err := PublicGood().Verify(realBundle(t), anySum); err == nil || !strings.Contains(err.Error(), "does not match digests") {
		t.Errorf("got %+v, %v", facts, err)
	}
}

func TestTheFactsOfARealBundle(t *testing.T) {
	roots, err := PublicGood().parsed()
	if err != nil {
		t.Fatal(err)
	}
	b := new(bundle.Bundle)
	if err := b.UnmarshalJSON(realBundle(t)); err != nil {
		t.Fatal(err)
	}
	result, err := roots[0].verifier.Verify(b, verify.NewPolicy(verify.WithoutArtifactUnsafe(), verify.WithoutIdentitiesUnsafe()))
	if err != nil {
		t.Fatal(err)
	}
	got, err := factsOf(b, result)
	want := Facts{
		Repository: "sigstore/sigstore-js", Commit: "f0b49a04e5a62250e0f60fb128004a73110fe311", Ref: "refs/heads/main", Runner: "github-hosted",
		Signer: "sigstore/sigstore-js/.github/workflows/release.yml@refs/heads/main", Run: "https://github.com/sigstore/sigstore-js/actions/runs/5904696764/attempts/1",
	}
	if got != want || err != nil {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestAnAlteredBundleDoesNotVerify(t *testing.T) {
	roots, err := PublicGood().parsed()
	if err != nil {
		t.Fatal(err)
	}
	for _, member := range []string{"payload", "sig", "rawBytes", "logIndex", "integratedTime", "canonicalizedBody", "signedEntryTimestamp"} {
		altered := regexp.MustCompile(`"`+member+`":\s*"[^"]{1,40}`).ReplaceAllStringFunc(string(realBundle(t)), func(s string) string {
			last := "1"
			if strings.HasSuffix(s, last) {
				last = "2"
			}
			return s[:len(s)-1] + last
		})
		if altered == string(realBundle(t)) {
			t.Fatalf("the bundle has no %s", member)
		}
		b := new(bundle.Bundle)
		if err := b.UnmarshalJSON([]byte(altered)); err != nil {
			continue
		}
		if _, err := roots[0].verifier.Verify(b, verify.NewPolicy(verify.WithoutArtifactUnsafe(), verify.WithoutIdentitiesUnsafe())); err == nil {
			t.Errorf("another %s verifies", member)
		}
	}
}

func TestOnlyBuildsByGitHubActionsAreFacts(t *testing.T) {
	statement := &in_toto.Statement{PredicateType: predicateBuild}
	summary := certificate.Summary{
		SubjectAlternativeName: "https://github.com/acme/tool/.github/workflows/release.yml@refs/tags/v1",
		Extensions:             certificate.Extensions{Issuer: issuer, SourceRepositoryURI: "https://github.com/acme/tool"},
	}
	for name, change := range map[string]func(*in_toto.Statement, *certificate.Summary){
		"":               func(*in_toto.Statement, *certificate.Summary) {},
		"another issuer": func(_ *in_toto.Statement, c *certificate.Summary) { c.Issuer = issuer + ".evil.example" },
		"another predicate": func(s *in_toto.Statement, _ *certificate.Summary) {
			s.PredicateType = "https://slsa.dev/provenance/v0.2"
		},
		"another server": func(_ *in_toto.Statement, c *certificate.Summary) {
			c.SourceRepositoryURI = "https://github.com.evil.example/acme/tool"
		},
		"a signer elsewhere":   func(_ *in_toto.Statement, c *certificate.Summary) { c.SubjectAlternativeName = "someone@acme.example" },
		"a release by a build": func(s *in_toto.Statement, _ *certificate.Summary) { s.PredicateType = predicateRelease + "v0.1" },
		"a long ref": func(_ *in_toto.Statement, c *certificate.Summary) {
			c.SourceRepositoryRef = strings.Repeat("x", maxFacts)
		},
		"no repository at all": func(_ *in_toto.Statement, c *certificate.Summary) { c.SourceRepositoryURI = "" },
	} {
		s, c := &in_toto.Statement{PredicateType: statement.PredicateType}, summary
		change(s, &c)
		facts, err := factsOf(nil, &verify.VerificationResult{Statement: s, Signature: &verify.SignatureVerificationResult{Certificate: &c}})
		if (err == nil) != (name == "") {
			t.Errorf("%s: %+v, %v", name, facts, err)
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

func TestPolicy(t *testing.T) {
	own := Facts{Repository: "acme/tool", Ref: "refs/tags/v1.2.0", Signer: "acme/tool/.github/workflows/release.yml@refs/tags/v1.2.0", Runner: "github-hosted"}
	with := func(change func(*Facts)) Facts {
		f := own
		change(&f)
		return f
	}
	shared := with(func(f *Facts) { f.Signer = "acme/ci/.github/workflows/r.yml@0123456789012345678901234567890123456789" })
	signers := func(s ...string) Policy { return Policy{Repository: "acme/tool", Signers: s} }
	for _, test := range []struct {
		name   string
		policy Policy
		facts  Facts
		ok     bool
	}{
		{"its own workflow", Policy{Repository: "Acme/Tool"}, own, true},
		{"the zero policy", Policy{}, own, false},
		{"the zero facts", Policy{Repository: "acme/tool"}, Facts{}, false},
		{"a look-alike repository", Policy{Repository: "acme/tool"}, with(func(f *Facts) { f.Repository = "acme/tool-evil" }), false},
		{"a look-alike workflow's repository", Policy{Repository: "acme/tool"}, with(func(f *Facts) { f.Signer = "acme/tool-evil/.github/workflows/release.yml@refs/heads/main" }), false},
		{"a reusable workflow that nobody named", Policy{Repository: "acme/tool"}, shared, false},
		{"a reusable workflow, pinned by commit", signers("acme/CI/.github/workflows/r.yml"), shared, true},
		{"a look-alike workflow", signers("acme/ci/.github/workflows/r.yml"), with(func(f *Facts) { f.Signer = "acme/ci/.github/workflows/r.yml-evil@refs/heads/main" }), false},
		{"a workflow with an at in its name", signers("acme/ci/.github/workflows/r.yml"), with(func(f *Facts) { f.Signer = "acme/ci/.github/workflows/r.yml@x.yml@refs/heads/main" }), false},
		{"the same, pinned by commit", signers("acme/ci/.github/workflows/r.yml"), with(func(f *Facts) { f.Signer = "acme/ci/.github/workflows/r.yml@x.yml@0123" }), false},
		{"a ref with an at", signers("acme/tool/.github/workflows/release.yml"), with(func(f *Facts) { f.Signer = "acme/tool/.github/workflows/release.yml@refs/tags/a@refs/b" }), true},
		{"a dot that is no wildcard", signers("acme/tool/.github/workflows/release.yml"), with(func(f *Facts) { f.Signer = "acme/tool/.github/workflows/releaseXyml@refs/heads/main" }), false},
		{"any workflow", Policy{Repository: "acme/tool", AnySigner: true}, shared, true},
		{"a ref", Policy{Repository: "acme/tool", Refs: []string{"refs/tags/*"}}, own, true},
		{"a star takes no slash", Policy{Repository: "acme/tool", Refs: []string{"refs/*"}}, own, false},
		{"two stars do", Policy{Repository: "acme/tool", Refs: []string{"refs/**"}}, own, true},
		{"a self-hosted runner", Policy{Repository: "acme/tool"}, with(func(f *Facts) { f.Runner = "self-hosted" }), false},
		{"an allowed one", Policy{Repository: "acme/tool", SelfHosted: true}, with(func(f *Facts) { f.Runner = "self-hosted" }), true},
		{"an unknown kind of runner", Policy{Repository: "acme/tool", SelfHosted: true}, with(func(f *Facts) { f.Runner = "" }), false},
		{"a release is no build", Policy{Repository: "acme/tool", AnySigner: true}, with(func(f *Facts) { f.Release = true }), false},
	} {
		if err := test.policy.Check(test.facts); (err == nil) != test.ok {
			t.Errorf("%s: %v", test.name, err)
		}
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
