package provenance_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/provenance"
	. "github.com/premAI-io/verify-manifests/pkg/provenance/provenancetest"
)

// The file that bundles attest, and another.
var (
	file      = SHA256([]byte("a file"))
	otherFile = SHA256([]byte("another file"))
)

// verdict is what a case has to end as.
type verdict string

const (
	builder   verdict = "built by who may build it"
	other     verdict = "authentic, by another builder"
	release   verdict = "authentic, and not a build"
	unknown   verdict = "unknown authority or log"
	untrusted verdict = "does not verify"
)

// verdictOf verifies a bundle for the file, and applies a policy.
func verdictOf(roots *provenance.Roots, policy provenance.Policy, bundle []byte) (verdict, error) {
	facts, err := roots.Verify(bundle, digest.Digest{Algorithm: digest.SHA256, Sum: file})
	switch {
	case errors.Is(err, provenance.ErrUnknownAuthority), errors.Is(err, provenance.ErrUnknownLog):
		return unknown, err
	case err != nil:
		return untrusted, err
	case facts.Release:
		return release, nil
	}
	if err := policy.Check(facts); err != nil {
		return other, err
	}
	return builder, nil
}

func with(change func(*Build)) Build {
	b := Of("acme/tool", file)
	change(&b)
	return b
}

func TestVerdicts(t *testing.T) {
	public, github := New(), NewWithoutLogs()
	roots, err := provenance.ParseRoots(bytes.Join([][]byte{public.Root(), github.Root()}, []byte("\n")))
	if err != nil {
		t.Fatal(err)
	}
	acme := provenance.Policy{Repository: "acme/tool"}
	own := Of("acme/tool", file)
	reusable := with(func(b *Build) { b.Signer = "acme/ci/.github/workflows/r.yml@0123456789abcdef0123456789abcdef01234567" })
	text := func(from *Sigstore, b Build, old, changed string) []byte {
		return []byte(strings.Replace(string(from.Bundle(b)), old, changed, 1))
	}
	for _, test := range []struct {
		name   string
		policy provenance.Policy
		bundle []byte
		want   verdict
	}{
		{"its own workflow", acme, public.Bundle(own), builder},
		{"a repository in other case", provenance.Policy{Repository: "Acme/TOOL"}, public.Bundle(own), builder},
		{"a workflow in other case", provenance.Policy{Repository: "acme/tool", Signers: []string{"ACME/tool/.github/workflows/Release.yml"}}, public.Bundle(own), builder},
		{"a reusable workflow that is named", provenance.Policy{Repository: "acme/tool", Signers: []string{"acme/ci/.github/workflows/r.yml"}}, public.Bundle(reusable), builder},
		{"a reusable workflow that is not", acme, public.Bundle(reusable), other},
		{"any workflow", provenance.Policy{Repository: "acme/tool", AnySigner: true}, public.Bundle(reusable), builder},
		{"its ref", provenance.Policy{Repository: "acme/tool", Refs: []string{"refs/tags/*"}}, public.Bundle(own), builder},
		{"another ref", provenance.Policy{Repository: "acme/tool", Refs: []string{"refs/tags/v2*"}}, public.Bundle(own), other},
		{"the second of two subjects", acme, public.Bundle(with(func(b *Build) { b.Subjects = []map[string]string{{"sha256": otherFile}, {"sha256": file}} })), builder},
		{"a log with proofs", acme, public.Bundle(own, RekorV2), builder},
		{"GitHub's own instance", acme, github.Bundle(own), builder},
		{"a self-hosted runner that may", provenance.Policy{Repository: "acme/tool", SelfHosted: true}, public.Bundle(with(func(b *Build) { b.Runner = "self-hosted" })), builder},

		{"a stranger's fork", acme, public.Bundle(Of("stranger/tool", file)), other},
		{"a look-alike repository", acme, public.Bundle(Of("acme/tool-evil", file)), other},
		{"a look-alike workflow", provenance.Policy{Repository: "acme/tool", Signers: []string{"acme/tool/.github/workflows/b.yml"}},
			public.Bundle(with(func(b *Build) { b.Signer = "acme/tool/.github/workflows/b.yml-evil@refs/tags/v1" })), other},
		{"a look-alike repository's workflow", acme, public.Bundle(with(func(b *Build) { b.Signer = "acme/tool-evil/.github/workflows/release.yml@refs/heads/main" })), other},
		{"a self-hosted runner", acme, public.Bundle(with(func(b *Build) { b.Runner = "self-hosted" })), other},
		{"an unknown kind of runner", acme, public.Bundle(with(func(b *Build) { b.Runner = "" })), other},
		{"the zero policy", provenance.Policy{}, public.Bundle(own), other},

		{"an immutable release", acme, github.Bundle(ReleaseOf("acme/tool", "v1", file)), release},
		{"a release of another file", acme, github.Bundle(ReleaseOf("acme/tool", "v1", otherFile)), untrusted},
		{"a release that names no repository", acme, github.Bundle(ReleaseOf("", "v1", file)), untrusted},

		{"an unknown authority", acme, public.Bundle(own, UnknownCA), unknown},
		{"a forged authority", acme, public.Bundle(own, ForgedCA), unknown},
		{"another instance", acme, New().Bundle(own), unknown},
		{"an unknown log", acme, public.Bundle(own, UnknownLog), unknown},
		{"an unknown log with proofs", acme, public.Bundle(own, UnknownRekorV2), unknown},
		{"an unknown certificate log", acme, public.Bundle(own, UnknownCTLog), unknown},
		{"an unknown log, another file", acme, public.Bundle(Of("acme/tool", otherFile), UnknownLog), untrusted},
		{"an unknown log, another statement", acme, public.Bundle(own, UnknownLog, OtherPayload), untrusted},
		{"an unknown certificate log, another key", acme, public.Bundle(own, UnknownCTLog, OtherKey), untrusted},

		{"another file", acme, public.Bundle(Of("acme/tool", otherFile)), untrusted},
		{"a SHA-1 only", acme, public.Bundle(with(func(b *Build) { b.Subjects = []map[string]string{{"sha1": file[:40]}} })), untrusted},
		{"a SHA-512 only", acme, public.Bundle(with(func(b *Build) { b.Subjects = []map[string]string{{"sha512": file + file}} })), untrusted},
		{"no subject", acme, public.Bundle(own, WithoutSubjects), untrusted},
		{"too many subjects", acme, public.Bundle(with(func(b *Build) {
			for range 1024 {
				b.Subjects = append(b.Subjects, map[string]string{"sha256": otherFile})
			}
		})), untrusted},
		{"another predicate", acme, public.Bundle(with(func(b *Build) { b.PredicateType = "https://slsa.dev/provenance/v0.2" })), untrusted},
		{"no predicate type", acme, public.Bundle(with(func(b *Build) { b.PredicateType = "" })), untrusted},
		{"another issuer", acme, public.Bundle(with(func(b *Build) { b.Issuer = "https://token.actions.githubusercontent.com.evil.example" })), untrusted},
		{"an enterprise's issuer", acme, public.Bundle(with(func(b *Build) { b.Issuer += "/acme" })), untrusted},
		{"no repository", acme, public.Bundle(with(func(b *Build) { b.Repository = "" })), untrusted},
		{"a person", acme, public.Bundle(with(func(b *Build) { b.SAN = "mailto:me@acme.example" })), untrusted},
		{"another server's workflow", acme, public.Bundle(with(func(b *Build) {
			b.SAN = "https://github.com.evil.example/acme/tool/.github/workflows/release.yml@refs/tags/v1"
		})), untrusted},
		{"a release by the public instance's builder", acme, public.Bundle(with(func(b *Build) { b.PredicateType = "https://in-toto.io/attestation/release/v0.1" })), untrusted},
		{"no certificate timestamp", acme, public.Bundle(own, NoSCT), untrusted},
		{"the timestamp of another certificate", acme, public.Bundle(own, BadSCT), untrusted},
		{"no log entry", acme, public.Bundle(own, NoEntry), untrusted},
		{"no log entry, and a timestamp", acme, public.Bundle(own, NoEntry, RekorV2), untrusted},
		{"another bundle's entry", acme, public.Bundle(own, OtherEntry), untrusted},
		{"an entry that the log did not sign", acme, public.Bundle(own, BadEntry), untrusted},
		{"logged after the certificate's end", acme, public.Bundle(own, LateEntry), untrusted},
		{"a log with proofs, another's timestamp", acme, public.Bundle(own, RekorV2, OtherTimestamp), untrusted},
		{"no timestamp at GitHub's own instance", acme, github.Bundle(own, NoTimestamp), untrusted},
		{"a timestamp by a stranger", acme, github.Bundle(own, UnknownTSA), untrusted},
		{"another signature's timestamp", acme, github.Bundle(own, OtherTimestamp), untrusted},
		{"another statement", acme, public.Bundle(own, OtherPayload), untrusted},
		{"another key", acme, public.Bundle(own, OtherKey), untrusted},
		{"two signatures", acme, public.Bundle(own, TwoSignatures), untrusted},
		{"another payload", acme, public.Bundle(own, AnotherPayload), untrusted},
		{"a key instead of a certificate", acme, public.Bundle(own, NoCertificate), unknown},
		{"no media type", acme, text(public, own, `"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json",`, ""), untrusted},
		{"an unknown media type", acme, text(public, own, "bundle.v0.3+json", "bundle.v9.9+json"), untrusted},
		{"an unknown member", acme, text(public, own, `"mediaType"`, `"evil":1,"mediaType"`), untrusted},
	} {
		if got, err := verdictOf(roots, test.policy, test.bundle); got != test.want {
			t.Errorf("%s: %s (%v), want: %s", test.name, got, err, test.want)
		}
	}
}

// TestSignedTimestampsAreBounded holds what the parser behind them does not bound: it would overflow the stack, or take hours.
func TestSignedTimestampsAreBounded(t *testing.T) {
	s := NewWithoutLogs()
	roots, err := provenance.ParseRoots(s.Root())
	if err != nil {
		t.Fatal(err)
	}
	var b struct {
		Material struct {
			Data struct {
				Timestamps []map[string][]byte `json:"rfc3161Timestamps"`
			} `json:"timestampVerificationData"`
			Certificate any `json:"certificate"`
		} `json:"verificationMaterial"`
		MediaType any `json:"mediaType"`
		Envelope  any `json:"dsseEnvelope"`
	}
	if err := json.Unmarshal(s.Bundle(Of("acme/tool", file)), &b); err != nil {
		t.Fatal(err)
	}
	good := b.Material.Data.Timestamps[0]
	nested := []byte{5, 0}
	for range 64 {
		header := []byte{0x30, byte(len(nested))}
		if len(nested) > 127 {
			header = []byte{0x30, 0x81, byte(len(nested))}
		}
		nested = append(header, nested...)
	}
	// The parser takes the length of an element for a hint, and reads what lies behind it again: 2^n times.
	overlapping := bytes.Repeat([]byte{0x30, 2, 0x30, 4}, 1000)
	for name, stamp := range map[string][]byte{
		"nested": nested, "endless": bytes.Repeat([]byte{0x30, 0x80}, 5_400_000), "closed": append(bytes.Repeat([]byte{0x30, 0x80}, 1000), make([]byte, 2000)...),
		"overlapping": overlapping, "large": append([]byte{4, 0x82, 0x40, 0}, make([]byte, 16<<10)...),
	} {
		b.Material.Data.Timestamps = []map[string][]byte{good, {"signedTimestamp": stamp}}
		text, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := roots.Verify(text, digest.Digest{Algorithm: digest.SHA256, Sum: file}); err == nil || !strings.Contains(err.Error(), "signed timestamp") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for n, ok := range map[int]bool{1: true, 9: false} {
		b.Material.Data.Timestamps = slices.Repeat([]map[string][]byte{good}, n)
		text, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := roots.Verify(text, digest.Digest{Algorithm: digest.SHA256, Sum: file}); (err == nil) != ok {
			t.Errorf("%d timestamps: %v", n, err)
		}
	}
}

// TestRootsAreNotMerged holds that the demands of one root can't be met with the authorities of another.
func TestRootsAreNotMerged(t *testing.T) {
	public, github := New(), NewWithoutLogs()
	both, err := provenance.ParseRoots(bytes.Join([][]byte{github.Root(), public.Root()}, []byte("\n")))
	if err != nil {
		t.Fatal(err)
	}
	policy := provenance.Policy{Repository: "acme/tool"}
	if got, err := verdictOf(both, policy, public.Bundle(Of("acme/tool", file), NoEntry, NoSCT)); got != untrusted {
		t.Errorf("a bundle of the public instance without a log is %s: %v", got, err)
	}
	only, err := provenance.ParseRoots(public.Root())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := verdictOf(only, policy, github.Bundle(Of("acme/tool", file))); got != unknown {
		t.Errorf("a bundle of an instance without a root is %s: %v", got, err)
	}
}
