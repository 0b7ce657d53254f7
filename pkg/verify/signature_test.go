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

func TestSignatures(t *testing.T) {
	public, private, err := minisign.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	keys := []minisign.PublicKey{public}
	h := serve(t, map[string]string{"/m": gguf})
	for _, c := range []struct {
		signature, checksum string
		keys                []minisign.PublicKey
		want                string
	}{
		{signPrehashed(t, private, gguf), sum(gguf), keys, "verified"},
		{string(minisign.Sign(private, []byte(gguf))), sum(gguf), keys, "verified notice:signature/legacy"},
		{string(minisign.Sign(private, []byte("other"))), sum(gguf), keys, "verified error:signature/invalid"},
		{"hello", sum(gguf), keys, "verified error:signature/invalid"},
		{signPrehashed(t, private, "other"), "", keys, "unverified error:signature/invalid"},
		{"anything", sum(gguf), nil, "verified notice:signature/unverified"},
	} {
		a := weight(h.URL+"/m", "m.gguf", c.checksum)
		a.Signature = &artifact.Field[string]{Value: c.signature, Pointer: a.Pointer + "/signature", Position: finding.Position{Line: 24, Column: 22}}
		v := h.verifier(t)
		v.Policy.PublicKeys, v.Policy.MissingChecksum = c.keys, nil
		results, _ := v.Run(t.Context(), verify.Plan([]artifact.Artifact{a}))
		r := only(t, results)
		if outcome(r) != c.want || len(r.Findings) > 0 && r.Findings[0].Line != 24 {
			t.Errorf("%s, want %s: %v", outcome(r), c.want, r.Findings)
		}
	}
}
