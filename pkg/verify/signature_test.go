package verify_test

import (
	"crypto/rand"
	"strings"
	"testing"

	"aead.dev/minisign"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// signPrehashed signs as minisign does today.
func signPrehashed(t *testing.T, key minisign.PrivateKey, body string) string {
	t.Helper()
	r := minisign.NewReader(strings.NewReader(body))
	for buffer := make([]byte, 4096); ; {
		if _, err := r.Read(buffer); err != nil {
			return string(r.SignWithComments(key, "timestamp:1", "signature"))
		}
	}
}

func newKey(t *testing.T) (minisign.PublicKey, minisign.PrivateKey) {
	t.Helper()
	public, private, err := minisign.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return public, private
}

func TestSignatures(t *testing.T) {
	public, private := newKey(t)
	h := serve(t, map[string]string{"/m": gguf})
	for signature, want := range map[string]string{
		signPrehashed(t, private, gguf):                 "verified",
		string(minisign.Sign(private, []byte(gguf))):    "verified notice:signature/legacy",
		string(minisign.Sign(private, []byte("other"))): "verified error:signature/invalid",
		"hello": "verified error:signature/invalid",
	} {
		a := weight(h.URL+"/m", "m.gguf", sum(gguf))
		a.Signature = &artifact.Field[string]{Value: signature, Pointer: a.Pointer + "/signature", Position: finding.Position{Line: 24, Column: 22}}
		v := h.verifier(t)
		v.Policy.PublicKeys = []minisign.PublicKey{public}
		results, _ := v.Run(t.Context(), verify.Plan([]artifact.Artifact{a}))
		r := only(t, results)
		if outcome(r) != want {
			t.Errorf("%s: %v", outcome(r), r.Findings)
		}
		if len(r.Findings) > 0 && r.Findings[0].Line != 24 {
			t.Errorf("reported on line %d", r.Findings[0].Line)
		}
	}
}

func TestSignatureWithoutAKeyIsANotice(t *testing.T) {
	h := serve(t, map[string]string{"/m": gguf})
	a := weight(h.URL+"/m", "m.gguf", sum(gguf))
	a.Signature = &artifact.Field[string]{Value: "anything", Pointer: a.Pointer + "/signature"}
	results, _ := h.verifier(t).Run(t.Context(), verify.Plan([]artifact.Artifact{a}))
	if outcome(only(t, results)) != "verified notice:signature/unverified" {
		t.Errorf("got %s", outcome(only(t, results)))
	}
}

func TestSignatureThatFailsIsAnErrorWithoutAChecksumToo(t *testing.T) {
	public, private := newKey(t)
	h := serve(t, map[string]string{"/m": gguf})
	a := weight(h.URL+"/m", "m.gguf", "")
	a.Signature = &artifact.Field[string]{Value: signPrehashed(t, private, "other"), Pointer: a.Pointer + "/signature"}
	v := h.verifier(t)
	v.Policy.PublicKeys = []minisign.PublicKey{public}
	results, _ := v.Run(t.Context(), verify.Plan([]artifact.Artifact{a}))
	if outcome(only(t, results)) != "unverified error:signature/invalid" {
		t.Errorf("got %s", outcome(only(t, results)))
	}
}
