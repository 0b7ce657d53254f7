package minisign_test

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
	"testing"

	aead "aead.dev/minisign"
	"golang.org/x/crypto/blake2b"

	"github.com/premAI-io/verify-manifests/pkg/minisign"
)

// sign signs as minisign does today.
func sign(t *testing.T, key aead.PrivateKey, body string) string {
	t.Helper()
	r := aead.NewReader(strings.NewReader(body))
	for buffer := make([]byte, 4096); ; {
		if _, err := r.Read(buffer); err != nil {
			return string(r.SignWithComments(key, "timestamp:1", "signature"))
		}
	}
}

// relabelled turns a signature of a hash into a legacy one of the file that consists of that hash.
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

func newKey(t *testing.T) (minisign.PublicKey, aead.PrivateKey) {
	t.Helper()
	public, private, err := aead.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return public, private
}

func encoded(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func TestVerify(t *testing.T) {
	const file = "the file"
	public, private := newKey(t)
	_, stranger := newKey(t)
	long := strings.Repeat("\x00", 5<<20)
	good := sign(t, private, file)
	sum := blake2b.Sum512([]byte(file))
	hash := string(sum[:])
	for name, c := range map[string]struct{ file, signature, want string }{
		"of the file":                {file, good, ""},
		"in base64":                  {file, encoded(good), ""},
		"of a long file":             {long, sign(t, private, long), ""},
		"legacy":                     {file, string(aead.Sign(private, []byte(file))), "legacy"},
		"of a hash, relabelled":      {hash, relabelled(t, good), "relabelled"},
		"legacy by its label only":   {file, relabelled(t, good), "does not match this file"},
		"legacy, of a long file":     {long, string(aead.Sign(private, []byte(long))), "minisign -S -H"},
		"of another file":            {file, sign(t, private, "other"), "does not match this file"},
		"by another key":             {file, sign(t, stranger, file), "not among the configured"},
		"with another comment":       {file, strings.Replace(good, "timestamp:1", "timestamp:2", 1), "trusted comment"},
		"in base64 of base64":        {file, encoded(encoded(good)), "base64 of them"},
		"cut off":                    {file, good[:len(good)/2], "truncated"},
		"in base64, cut off":         {file, encoded(good)[:101], "neither"},
		"in base64, cut off cleanly": {file, encoded(good)[:100], "truncated"},
		"of something else":          {file, "hello", "neither"},
		"empty":                      {file, "", "truncated or damaged"},
		"hostile":                    {file, "untrusted comment: ::error::\n`x`\n", "truncated or damaged"},
	} {
		m := minisign.NewMessage()
		_, _ = m.Write([]byte("what a first try read"))
		m.Reset()
		_, _ = m.Write([]byte(c.file[:len(c.file)/2]))
		_, _ = m.Write([]byte(c.file[len(c.file)/2:]))
		legacy, err := m.Verify(c.signature, []minisign.PublicKey{public})
		switch {
		case c.want == "" || c.want == "legacy":
			if err != nil || legacy != (c.want == "legacy") {
				t.Errorf("%s: legacy %t, %v", name, legacy, err)
			}
		case err == nil || !strings.Contains(err.Error(), c.want):
			t.Errorf("%s: %v; want it to say %q", name, err, c.want)
		}
	}
}

func TestANilMessageVerifiesNothing(t *testing.T) {
	public, private := newKey(t)
	var m *minisign.Message
	m.Reset()
	if n, err := m.Write([]byte("file")); n != 4 || err != nil {
		t.Errorf("Write: %d, %v", n, err)
	}
	if _, err := m.Verify(sign(t, private, "file"), []minisign.PublicKey{public}); err == nil {
		t.Error("a signature verifies without the file")
	}
}

func TestParseKey(t *testing.T) {
	public, _ := newKey(t)
	text, _ := public.MarshalText()
	for _, good := range []string{public.String(), string(text)} {
		if key, err := minisign.ParseKey(good); err != nil || !key.Equal(public) {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", "RW", public.String()[:40], "x" + public.String()[1:]} {
		if _, err := minisign.ParseKey(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}
