package digest_test

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/digest"
)

// Sums of the empty input (FIPS 180-4 examples).
const (
	emptySHA1   = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
	emptySHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	emptySHA384 = "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b"
	emptySHA512 = "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
)

func sri(name, sum string) string {
	raw, _ := hex.DecodeString(sum)
	return name + "-" + base64.StdEncoding.EncodeToString(raw)
}

func TestParseReadsEveryForm(t *testing.T) {
	for text, want := range map[string]string{
		"sha256:" + emptySHA256:                  "sha256:" + emptySHA256,
		"sha256:" + strings.ToUpper(emptySHA256): "sha256:" + emptySHA256,
		"sha384:" + emptySHA384:                  "sha384:" + emptySHA384,
		"sha512:" + strings.ToUpper(emptySHA512): "sha512:" + emptySHA512,
		"sha1:" + emptySHA1:                      "sha1:" + emptySHA1,
		emptySHA1:                                "sha1:" + emptySHA1,
		emptySHA256:                              "sha256:" + emptySHA256,
		emptySHA384:                              "sha384:" + emptySHA384,
		strings.ToUpper(emptySHA512):             "sha512:" + emptySHA512,
		sri("sha256", emptySHA256):               "sha256:" + emptySHA256,
		sri("sha384", emptySHA384):               "sha384:" + emptySHA384,
		sri("sha512", emptySHA512):               "sha512:" + emptySHA512,
	} {
		got, err := digest.Parse(text)
		if err != nil || got.String() != want {
			t.Errorf("Parse(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestParseSaysWhatWasExpected(t *testing.T) {
	for text, want := range map[string]string{
		"":                                                    "expected `sha256:`",
		" sha256:" + emptySHA256:                              "white space",
		"sha256:" + emptySHA256 + "\n":                        "white space",
		"sha256: " + emptySHA256:                              "64 hex digits",
		"sha256:" + emptySHA256[1:]:                           "needs 64 hex digits; this has 63",
		"sha256:" + emptySHA1:                                 "needs 64 hex digits; this has 40",
		"sha256:" + emptySHA256[1:] + "g":                     "invalid hex digit",
		"SHA256:" + emptySHA256:                               "lower case: sha256",
		"md5:d41d8cd98f00b204e9800998ecf8427e":                "MD5 is broken",
		"MD5:d41d8cd98f00b204e9800998ecf8427e":                "MD5 is broken",
		"d41d8cd98f00b204e9800998ecf8427e":                    "MD5 is broken",
		"md5-1B2M2Y8AsgTpgAmY7PhCfg==":                        "MD5 is broken",
		"blake2b:" + emptySHA256:                              "unknown algorithm",
		":" + emptySHA256:                                     "unknown algorithm",
		"sha256-" + emptySHA256:                               "needs 32 bytes",
		"sha256-47DEQpj8":                                     "needs 32 bytes; this base64 has 6",
		"sha256-47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=": "expected standard base64",
		sri("sha256", emptySHA256)[:30] + "\n" + sri("sha256", emptySHA256)[30:]: "expected standard base64",
		sri("sha1", emptySHA1): "has no form",
		emptySHA256 + "00":     "this has 66",
		"abc":                  "expected `sha256:`",
		"latest":               "expected `sha256:`",
	} {
		got, err := digest.Parse(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q) error %v; want it to say %q", text, err, want)
		}
		if !got.IsZero() {
			t.Errorf("Parse(%q) gives %q beside its error", text, got)
		}
	}
}

func TestHasherComputesAllAlgorithmsInOnePass(t *testing.T) {
	body := bytes.Repeat([]byte("model"), 100_000)
	h := digest.NewHasher(digest.SHA1, digest.SHA256, digest.SHA384, digest.SHA512, digest.SHA256)
	h.Write([]byte("an attempt that was broken off"))
	h.Reset()
	for chunk := range slices.Chunk(body, 4097) {
		h.Write(chunk)
	}
	s1, s256, s384, s512 := sha1.Sum(body), sha256.Sum256(body), sha512.Sum384(body), sha512.Sum512(body)
	for algorithm, want := range map[digest.Algorithm][]byte{
		digest.SHA1: s1[:], digest.SHA256: s256[:], digest.SHA384: s384[:], digest.SHA512: s512[:],
	} {
		if got := h.Digest(algorithm); got.Sum != hex.EncodeToString(want) || got.Algorithm != algorithm {
			t.Errorf("%s: got %s", algorithm, got)
		}
	}
}

func TestHasherKnowsOnlyWhatItComputes(t *testing.T) {
	if got := digest.NewHasher(digest.SHA256).Digest(digest.SHA512); !got.IsZero() {
		t.Errorf("got %s", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("a hasher for an unknown algorithm does not panic")
		}
	}()
	digest.NewHasher("crc32")
}

func TestTextForm(t *testing.T) {
	var d digest.Digest
	if err := d.UnmarshalText([]byte(emptySHA256)); err != nil {
		t.Fatal(err)
	}
	text, _ := d.MarshalText()
	if string(text) != "sha256:"+emptySHA256 {
		t.Errorf("got %s", text)
	}
	if err := d.UnmarshalText(nil); err != nil || !d.IsZero() || d.String() != "" {
		t.Errorf("empty text gives %q, %v", d, err)
	}
	if err := d.UnmarshalText([]byte("x")); err == nil {
		t.Error("x is taken for a digest")
	}
	if !digest.SHA1.Weak() || digest.SHA256.Weak() {
		t.Error("only SHA-1 is weak")
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", emptySHA1, "sha256:" + emptySHA256, sri("sha512", emptySHA512), "md5:00", " sha1:" + emptySHA1, "sha256-", "sha1-x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := digest.Parse(text)
		if err != nil {
			if !d.IsZero() {
				t.Fatalf("Parse(%q) gives %q beside its error", text, d)
			}
			return
		}
		again, err := digest.Parse(d.String())
		if err != nil || again != d || len(d.Sum) != 2*d.Algorithm.Size() {
			t.Fatalf("Parse(%q) = %q, read again %q, %v", text, d, again, err)
		}
	})
}

func BenchmarkHasher(b *testing.B) {
	buffer := make([]byte, 1<<20)
	for _, algorithms := range [][]digest.Algorithm{{digest.SHA256}, {digest.SHA512}, {digest.SHA1, digest.SHA256}} {
		h := digest.NewHasher(algorithms...)
		b.Run(fmt.Sprint(algorithms), func(b *testing.B) {
			b.SetBytes(int64(len(buffer)))
			b.ReportAllocs()
			for b.Loop() {
				h.Write(buffer)
			}
		})
	}
}
