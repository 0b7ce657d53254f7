package verify_test

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
	"testing"

	"aead.dev/minisign"
	"golang.org/x/crypto/blake2b"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// signPrehashed signs as minisign does today.
func signPrehashed(t *testing.T, key minisign.PrivateKey, body string) string {
	t.Helper()
	r := minisign.NewReader(strings.NewReader(body))
	buffer := make([]byte, 4096)
	for {
		if _, err := r.Read(buffer); err != nil {
			break
		}
	}
	return string(r.SignWithComments(key, "timestamp:1", "signature"))
}

// relabelled calls a signature of a hash one of the file that is that hash.
func relabelled(t *testing.T, text string) string {
	t.Helper()
	lines := strings.Split(text, "\n")
	raw, err := base64.StdEncoding.DecodeString(lines[1])
	if err != nil || string(raw[:2]) != "ED" {
		t.Fatalf("got %q, %v", raw, err)
	}
	copy(raw, "Ed")
	lines[1] = base64.StdEncoding.EncodeToString(raw)
	return strings.Join(lines, "\n")
}

func newKey(t *testing.T) (minisign.PublicKey, minisign.PrivateKey) {
	t.Helper()
	public, private, err := minisign.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return public, private
}

func encoded(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func TestSignatures(t *testing.T) {
	public, private := newKey(t)
	_, stranger := newKey(t)
	long := strings.Repeat("\x00", 5<<20)
	good := signPrehashed(t, private, gguf)
	hash := blake2b.Sum512([]byte(gguf))
	h := serve(t, map[string]string{"/m": gguf, "/long": long, "/hash": string(hash[:])})
	for name, c := range map[string]struct {
		path, signature, want string
	}{
		"of the file":                {"/m", good, ""},
		"in base64":                  {"/m", encoded(good), ""},
		"of a long file":             {"/long", signPrehashed(t, private, long), ""},
		"legacy":                     {"/m", string(minisign.Sign(private, []byte(gguf))), "legacy"},
		"of a hash, relabelled":      {"/hash", relabelled(t, good), "relabelled"},
		"legacy by its label only":   {"/m", relabelled(t, signPrehashed(t, private, gguf)), "not of this file"},
		"legacy, of a long file":     {"/long", string(minisign.Sign(private, []byte(long))), "minisign -S -H"},
		"of another file":            {"/m", signPrehashed(t, private, "other"), "not of this file"},
		"by another key":             {"/m", signPrehashed(t, stranger, gguf), "none of those configured"},
		"with another comment":       {"/m", strings.Replace(good, "timestamp:1", "timestamp:2", 1), "trusted comment"},
		"in base64 of base64":        {"/m", encoded(encoded(good)), "base64 of base64"},
		"cut off":                    {"/m", good[:len(good)/2], "cut off"},
		"in base64, cut off":         {"/m", encoded(good)[:101], "cut off"},
		"in base64, cut off cleanly": {"/m", encoded(good)[:100], "cut off"},
		"of something else":          {"/m", "hello", "neither"},
		"empty":                      {"/m", "", "cut off or damaged"},
		"hostile":                    {"/m", "untrusted comment: ::error::\n`x`\n", "cut off or damaged"},
	} {
		a := weight(h.URL+c.path, "m.gguf", sum(map[string]string{"/m": gguf, "/long": long, "/hash": string(hash[:])}[c.path]))
		a.Name = "m"
		a.Signature = &artifact.Field[string]{Value: c.signature, Pointer: a.Pointer + "/signature", Position: finding.Position{Line: 24, Column: 22}}
		v := h.verifier(t)
		v.Fetcher = h.client(t, 1<<30)
		v.Policy.PublicKeys = []minisign.PublicKey{public}
		results, _ := v.Run(t.Context(), verify.Plan([]artifact.Artifact{a}))
		r := only(t, results)
		if c.want == "" && outcome(r) != "verified" {
			t.Errorf("%s: %s %v", name, outcome(r), r.Findings)
		}
		if c.want == "legacy" {
			if outcome(r) != "verified notice:signature/legacy" {
				t.Errorf("%s: %s", name, outcome(r))
			}
			continue
		}
		if c.want != "" && (outcome(r) != "verified error:signature/invalid" || !strings.Contains(r.Findings[0].Message, c.want)) {
			t.Errorf("%s: %s %v; want it to say %q", name, outcome(r), r.Findings, c.want)
		}
		if len(r.Findings) > 0 && r.Findings[0].Line != 24 {
			t.Errorf("%s: reported on line %d", name, r.Findings[0].Line)
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
